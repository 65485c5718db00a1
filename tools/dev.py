"""`make dev`: a development database with a demo roster, and the server with reload."""

import asyncio
import os
import socket
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent
ROSTER = ROOT / "roster" / "demo.csv"


def main() -> None:
    """Prepare `var/dev.db`, say where everything is, and serve until interrupted."""
    port = int(os.environ.get("PORT", "8000"))
    development = {
        "PORTAL_DATABASE": "var/dev.db",
        "PORTAL_BASE_URL": f"http://127.0.0.1:{port}",
        "PORTAL_MAIL_DIR": "var/mail",
        "PORTAL_DEVELOPMENT": "1",
        "PORTAL_OFFICE_NAME": "Association de démonstration",
        "PORTAL_OFFICE_PHONE": "450 555-0100",
        "PORTAL_OFFICE_EMAIL": "bureau@example.org",
        "PORTAL_PRIVACY_OFFICER": "Jeanne Tremblay",
    }
    for name, value in development.items():
        os.environ.setdefault(name, value)
    os.environ["PORTAL_SMTP_URL"] = os.environ.get("PORTAL_SMTP_URL", "")
    with socket.socket() as probe:
        if probe.connect_ex(("127.0.0.1", port)) == 0:
            sys.exit(f"Port {port} is taken: make dev PORT={port + 1}")
    asyncio.run(prepare())
    print(welcome(port), flush=True)
    from manage import commands

    commands(["serve", "--port", str(port), "--reload"])


async def prepare() -> None:
    """Create or migrate the database and load the demo roster."""
    import settings as settings_module
    from db.database import Database
    from db.migrate import migrate
    from roster.applying import load
    from security.clock import system_clock

    settings = settings_module.load()
    migrate(settings.database)
    db = await Database.open(settings.database)
    try:
        await load(db, ROSTER, zone=settings.timezone, now=system_clock())
    finally:
        await db.close()


def welcome(port: int) -> str:
    """Where the portal is, two members to try, and where mails go."""
    header, *lines = ROSTER.read_text("utf-8").splitlines()[:3]
    people = [dict(zip(header.split(","), line.split(","), strict=True)) for line in lines]
    tried = "\n".join(
        f"  matricule {p['matricule']} · nom {p['nom']} · né(e) le {p['date_naissance']}"
        f" · code postal {p['code_postal']}"
        for p in people
    )
    return (
        f"\nPortail : http://127.0.0.1:{port}\n\nDeux membres à essayer :\n{tried}\n\n"
        f"Courriels : var/mail/*.eml, aussi à http://127.0.0.1:{port}/dev/courriels\n"
    )


if __name__ == "__main__":
    main()
