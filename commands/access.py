"""Accesses: the new ones, taking one back, forgetting what is past its term."""

from datetime import datetime

import click

from commands import fail, member_argument, with_database
from commands.member import TO_THE_MEMBER
from commands.telephone import with_member
from db import accounts
from db.database import Database, Transaction
from db.members import Member
from members.annul import annul as annul_access
from members.purge import purge as purge_all
from security.clock import system_clock
from settings import Settings
from upkeep import keys
from upkeep.doctor import portail
from upkeep.restore import drop_aside


@click.command()
@click.option(
    "--since",
    required=True,
    type=click.DateTime(["%Y-%m-%d"]),
    metavar="AAAA-MM-JJ",
    help="Le premier jour à montrer.",
)
def registrations(since: datetime) -> None:
    """Lister les accès créés depuis un jour."""

    async def work(settings: Settings, db: Database) -> None:
        start = int(since.replace(tzinfo=settings.timezone).timestamp())
        for matricule, family, first, email, created in await accounts.created_since(db, start):
            day = datetime.fromtimestamp(created, settings.timezone)
            click.echo(f"{day:%Y-%m-%d %H:%M}  {matricule}  {family}, {first}  {email}")

    with_database(work)


@click.command()
@member_argument
def annul(matricule: str) -> None:
    """Annuler l’accès du membre MATRICULE : sessions, appareils et changements compris."""

    async def work(settings: Settings, db: Database, member: Member) -> tuple[bool, bool]:
        async def erase(tx: Transaction) -> bool:
            return await annul_access(tx, member.id, now=system_clock(), actor="office")

        return await db.write(erase), member.active

    erased, active = with_member(matricule, work)
    if not erased:
        fail(f"Le membre {matricule} n’a pas d’accès.")
    click.echo(
        f"L’accès du membre {matricule} est annulé. Qui l’avait créé connaît les quatre "
        "renseignements : une nouvelle inscription demandera donc un code du bureau."
    )
    if not active:
        click.echo(
            "Il n’est plus membre actif : une liste qui le contient lui rouvre l’inscription."
        )
        return
    code = portail(f"member code {matricule}")
    click.echo(f"Pour donner ce code : {code}. {TO_THE_MEMBER}")


@click.command()
def purge() -> None:
    """Effacer ce dont le terme est passé (sessions, journal, courriels partis…)."""

    async def work(settings: Settings, db: Database) -> dict[str, int]:
        now = system_clock()
        counts = await purge_all(
            db,
            now=now,
            journal_days=settings.journal_days,
            inactive_days=settings.inactive_days,
        )
        await db.scrub()
        if settings.key_file:
            counts["key"] = keys.drop_retired(settings.key_file, settings.secret_keys, now)
        counts["avant"] = drop_aside(settings.database, now)
        return counts

    counts = with_database(work)
    click.echo("Effacé : " + ", ".join(f"{table} {count}" for table, count in counts.items()))
