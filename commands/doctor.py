"""Looking for what goes wrong in practice."""

import asyncio
import sqlite3
import sys
from collections.abc import Sequence

import click

from commands import fail, load_settings
from db.database import DatabaseBusy
from mail.messages import trouble
from mail.render import render
from mail.transports import Refused, Unreachable, transport_of
from security.clock import system_clock
from settings import Settings
from troubles import reason
from upkeep.doctor import Finding, Verdict, bad, examine

MARKS = {Verdict.GOOD: "  ", Verdict.WARN: "? ", Verdict.BAD: "! "}


@click.command()
@click.option("--mail", is_flag=True, help="Écrire au bureau ce qui est à corriger.")
@click.option(
    "--night",
    type=click.Choice(["success", "failed"]),
    help="Comment la sauvegarde de la nuit a fini (pour systemd).",
)
def doctor(mail: bool, night: str | None) -> None:
    """Chercher ce qui ne va pas, et dire le remède (code 1 s’il faut corriger)."""
    settings = load_settings()
    findings = []
    if night == "failed":
        findings.append(
            bad(
                "La sauvegarde de cette nuit a échoué.",
                "« portail backup » ; sinon « journalctl -u portail-nightly » dit pourquoi.",
            )
        )
    findings += _findings(settings)
    for finding in findings:
        click.echo(f"{MARKS[finding.verdict]}{finding.says}")
        if finding.cure:
            click.echo(f"     → {finding.cure}")
    count = {v: sum(f.verdict is v for f in findings) for v in Verdict}
    click.echo(f"{count[Verdict.BAD]} à corriger, {count[Verdict.WARN]} à voir.")
    if mail and count[Verdict.BAD]:
        _tell(settings, [f.says for f in findings if f.verdict is Verdict.BAD])
    sys.exit(1 if count[Verdict.BAD] else 0)


def _findings(settings: Settings) -> list[Finding]:
    try:
        return asyncio.run(examine(settings, transport_of(settings), system_clock()))
    except DatabaseBusy:
        return [bad("La base de données est occupée.", "Réessayez dans une minute.")]
    except (sqlite3.Error, OSError) as error:
        return [bad(f"{settings.database} : {reason(error)}.", "Restaurez la dernière sauvegarde.")]


def _tell(settings: Settings, faults: Sequence[str]) -> None:
    """Write to the office now, past the outbox: its database may be what is broken."""
    if not (settings.office_email and settings.smtp_url):
        fail("Personne n’en est averti : donnez PORTAL_OFFICE_EMAIL et PORTAL_SMTP_URL.", code=1)

    async def send() -> None:
        message = render(trouble(faults), settings.office_email, settings, now=system_clock())
        async with transport_of(settings).connect() as connection:
            await connection.send(message)

    try:
        asyncio.run(send())
    except (Refused, Unreachable, OSError) as error:
        fail(f"Le bureau n’a pu en être averti : {error}", code=1)
    click.echo(f"Le bureau en est averti : {settings.office_email}")
