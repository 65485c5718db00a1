"""`manage.py mail`: delivering, trying, listing and retrying mails."""

import asyncio

import click

from commands import fail, load_settings, with_database, words
from db import members, outbox
from db.database import Database
from db.outbox import Mail
from mail.delivery import Tally, deliver_due
from mail.messages import trial
from mail.outbox import retry as requeue
from mail.render import render
from mail.transports import Refused, Unreachable, transport_of
from rules import Refused as NoAddress
from rules.email import email
from security.clock import system_clock
from settings import Settings
from texts import texts
from web.portal import Portal

STATES = {"sent": "parti", "waiting": "en attente", "failed": "pas parti"}


@click.group()
def mail() -> None:
    """Les courriels du portail : en attente, partis, refusés."""


@mail.command()
def deliver() -> None:
    """Envoyer ce qui attend, une fois (pour cron, ou quand le serveur est arrêté)."""

    async def run(settings: Settings, db: Database) -> Tally:
        portal = Portal.assemble(settings, db, system_clock)
        length = await outbox.due(portal.db, portal.clock())
        with click.progressbar(length=length, label="Envoi") as bar:
            return await deliver_due(
                portal.desk, transport_of(portal.settings), lambda: bar.update(1)
            )

    try:
        tally = with_database(run)
    except Unreachable as error:
        fail(f"Le serveur de courriel ne répond pas, rien n’est perdu : {error}", code=1)
    click.echo(f"Partis : {tally.sent} · à réessayer : {tally.later} · pas partis : {tally.failed}")


@mail.command()
@click.argument("address")
def test(address: str) -> None:
    """Envoyer un essai à ADDRESS, en montrant chaque étape."""
    settings = load_settings()
    recipient = email(address)
    if isinstance(recipient, NoAddress):
        fail(f"{address} : {texts('fr').say(recipient.sentence, recipient.values)}")

    async def run() -> None:
        message = render(trial(), recipient, settings, now=system_clock())
        async with transport_of(settings, click.echo).connect() as connection:
            await connection.send(message)

    try:
        asyncio.run(run())
    except Refused as error:
        fail(f"Refusé par le serveur : {error}", code=1)
    except ValueError as error:
        fail(f"L’essai n’est pas parti : {error}", code=1)
    except Unreachable as error:
        fail(f"L’essai n’a pas pu partir : {error}", code=1)
    click.echo(f"Accepté : regardez la boîte de {recipient}, et ses courriels indésirables.")


@mail.command("list")
@click.option("--failed", is_flag=True, help="Seulement ceux qui ne sont pas partis.")
@click.option(
    "--limit",
    type=click.IntRange(1, 100_000),
    default=50,
    show_default=True,
    help="Combien, les plus récents.",
)
def list_(failed: bool, limit: int) -> None:
    """Les courriels, les plus récents d’abord."""

    async def run(settings: Settings, db: Database) -> list[str]:
        mails = await outbox.newest(db, failed=failed, limit=limit)
        return [await _line(settings, db, mail) for mail in mails]

    for line in with_database(run) or ["Aucun."]:
        click.echo(line)


@mail.command()
@click.argument("ids", metavar="ID", nargs=-1, type=click.IntRange(1, 2**62), required=True)
def retry(ids: tuple[int, ...]) -> None:
    """Essayer de nouveau les courriels de ces numéros (voir « mail list »)."""

    async def run(settings: Settings, db: Database) -> list[int]:
        return [id_ for id_ in ids if not await requeue(db, id_, system_clock())]

    refused = with_database(run)
    for id_ in ids:
        if id_ not in refused:
            click.echo(f"{id_} : il partira au prochain envoi.")
    if refused:
        numbers = ", ".join(map(str, refused))
        fail(f"{numbers} : inconnu, déjà parti, ou en train de partir.")


async def _line(settings: Settings, db: Database, mail: Mail) -> str:
    member = await members.by_id(db, mail.member_id) if mail.member_id else None
    moment = texts("fr").moment
    zone = settings.timezone
    parts = [
        f"{mail.id}",
        moment(mail.queued_at, zone),
        words.mail(mail.kind),
        member.matricule if member else "-",
        mail.recipient,
        STATES[mail.state],
    ]
    if mail.sent_at is not None:
        parts.append(moment(mail.sent_at, zone))
    elif mail.attempts:
        parts.append(f"essais : {mail.attempts}")
    if mail.state == "waiting" and mail.next_attempt_at and mail.attempts:
        parts.append(f"prochain : {moment(mail.next_attempt_at, zone)}")
    if mail.last_error:
        parts.append(mail.last_error)
    return " · ".join(parts)
