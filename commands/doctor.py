"""Looking for what goes wrong in practice."""

import asyncio
import sys
from collections.abc import Sequence

import click

from commands import fail, load_settings
from mail.messages import trouble
from mail.render import render
from mail.transports import Refused, Unreachable, transport_of
from security.clock import system_clock
from settings import Settings
from upkeep.doctor import Verdict, bad, examine, portail

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
                f"« {portail('backup')} » ; sinon « sudo journalctl -u portail-nightly » dit "
                "pourquoi.",
            )
        )
    findings += asyncio.run(examine(settings, transport_of(settings), system_clock()))
    for finding in findings:
        click.echo(f"{MARKS[finding.verdict]}{finding.says}")
        if finding.cure:
            click.echo(f"     → {finding.cure}")
    count = {v: sum(f.verdict is v for f in findings) for v in Verdict}
    click.echo(f"{count[Verdict.BAD]} à corriger, {count[Verdict.WARN]} à voir.")
    if mail and count[Verdict.BAD]:
        _tell(settings, [f.says for f in findings if f.verdict is Verdict.BAD])
    sys.exit(1 if count[Verdict.BAD] else 0)


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
    except (Refused, Unreachable, OSError, ValueError) as error:
        fail(f"Le bureau n’a pu en être averti : {error}", code=1)
    click.echo(f"Le bureau en est averti : {settings.office_email}")
