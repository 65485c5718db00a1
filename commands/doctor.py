"""Looking for what goes wrong in practice."""

import asyncio
import sqlite3
import sys

import click

from commands import fail, load_settings
from db.database import DatabaseBusy
from mail.transports import transport_of
from security.clock import system_clock
from upkeep.doctor import Verdict, examine

MARKS = {Verdict.GOOD: "  ", Verdict.WARN: "? ", Verdict.BAD: "! "}


@click.command()
def doctor() -> None:
    """Chercher ce qui ne va pas, et dire le remède (code 1 s’il faut corriger)."""
    settings = load_settings()
    try:
        findings = asyncio.run(examine(settings, transport_of(settings), system_clock()))
    except DatabaseBusy:
        fail("La base de données est occupée. Réessayez dans une minute.", code=1)
    except (sqlite3.Error, OSError) as error:
        fail(f"{settings.database} : {error}", code=1)
    for finding in findings:
        click.echo(f"{MARKS[finding.verdict]}{finding.says}")
        if finding.cure:
            click.echo(f"     → {finding.cure}")
    count = {v: sum(f.verdict is v for f in findings) for v in Verdict}
    click.echo(f"{count[Verdict.BAD]} à corriger, {count[Verdict.WARN]} à voir.")
    sys.exit(1 if count[Verdict.BAD] else 0)
