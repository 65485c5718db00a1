"""What the office needs while a member is on the telephone."""

from collections import Counter
from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import TypeVar

import click

from commands import fail, with_database
from db import accounts, email_changes, journal, members, outbox
from db.accounts import Account
from db.database import Database
from db.email_changes import EmailChange
from db.members import Member
from db.outbox import Mail
from members import telephone
from members.dead_ends import stored_code
from members.events import EVENTS, SCREENS
from security import throttle
from security.clock import system_clock
from settings import Settings
from texts import texts
from web.portal import Portal

T = TypeVar("T")

AROUND = 3600
"""Seconds before and after a dead end in which other attempts are shown."""
FACTS = {
    "matricule": "le matricule",
    "family_name": "le nom de famille",
    "birth_date": "la date de naissance",
    "postal_code": "le code postal",
    "active": "n’est plus membre actif dans la liste",
}
WAITS = {
    throttle.SIGN_IN.name: "se connecter",
    throttle.SIGN_IN_KNOWN.name: "se connecter, d’un appareil connu",
    throttle.CURRENT_PASSWORD.name: "mot de passe actuel",
    throttle.IDENTIFY_MATRICULE.name: "inscription, ce matricule",
    throttle.IDENTIFY_FACTS.name: "inscription, ces renseignements",
    throttle.RECOVER_MATRICULE.name: "mot de passe oublié, ce matricule",
    throttle.RECOVER_FACTS.name: "mot de passe oublié, ces renseignements",
    throttle.SEND_AGAIN.name: "renvoyer un courriel",
}
"""What each rule makes a member wait for."""
WARNING = (
    "Un code d’appel ne prouve pas qui appelle : faites dire les quatre renseignements, "
    "et ne dites jamais lequel ne convient pas."
)


@click.command()
@click.argument("code")
def call(code: str) -> None:
    """Dire ce qui est arrivé à la page qui montrait le code d’appel CODE (ex. K7F-3M)."""

    async def work(settings: Settings, db: Database) -> list[str] | None:
        entry = await journal.by_call_code(db, stored_code(code))
        if entry is None:
            return None
        lines = [WARNING, "", f"Quand    : {_moment(settings, entry.at)}"]
        lines.append(f"Écran    : {_say(SCREENS.get(entry.event, ''))}")
        lines.append(f"Quoi     : {_say(EVENTS.get(entry.event, entry.event))}")
        member = await members.by_id(db, entry.member_id) if entry.member_id else None
        if member:
            lines.append(f"Membre   : {member.matricule} {member.family_name}, {member.first_name}")
        if entry.detail:
            differing = ", ".join(FACTS.get(name, name) for name in entry.detail.split(","))
            lines.append(f"Différait : {differing}")
        lines += ["", "Autour de ce moment :"]
        for other in await journal.around(db, entry, AROUND):
            what = _say(EVENTS.get(other.event, other.event))
            lines.append(f"  {_moment(settings, other.at)}  {what}")
        return lines

    lines = with_database(work)
    if lines is None:
        fail(f"Aucun code d’appel {code} au journal. Faites-le répéter, lettre par lettre.")
    for line in lines:
        click.echo(line)


@click.command()
@click.argument("matricule")
def show(matricule: str) -> None:
    """Montrer l’accès de MATRICULE : état, connexions, attentes, courriels."""

    async def work(settings: Settings, db: Database, member: Member) -> list[str]:
        account = await accounts.by_member(db, member.id)
        change = await email_changes.by_member(db, member.id)
        portal = Portal.assemble(settings, db, system_clock)
        lines = [f"{member.matricule} {member.family_name}, {member.first_name}"]
        lines.append("Membre actif" if member.active else "N’est plus membre actif")
        lines += _account(settings, account, change)
        lines += ["", "Attentes :"]
        waits = await telephone.waits(db, portal.throttle, member)
        lines += [
            f"  {WAITS.get(name, name)} : {texts('fr').duration(wait)}"
            for name, wait in waits.items()
        ]
        lines += [] if waits else ["  aucune"]
        lines += ["", "Dernières connexions :"]
        entered = await journal.sign_ins(db, member.id, most=5)
        lines += [f"  {_moment(settings, at)}" for at in entered] or ["  aucune"]
        lines += ["", "Derniers événements :"]
        for entry in await journal.of_member(db, member.id, most=12):
            what = _say(EVENTS.get(entry.event, entry.event))
            lines.append(f"  {_moment(settings, entry.at)}  {what}")
        lines += ["", "Derniers courriels :"]
        for mail in await outbox.of_member(db, member.id, most=10):
            lines.append(f"  {_moment(settings, mail.queued_at)}  {mail.kind}  {_fate(mail)}")
        return lines

    for line in with_member(matricule, work):
        click.echo(line)


@click.command()
@click.argument("matricule")
def unlock(matricule: str) -> None:
    """Lever toutes les attentes de MATRICULE : il peut réessayer tout de suite."""

    async def work(settings: Settings, db: Database, member: Member) -> None:
        await telephone.unlock(db, Portal.assemble(settings, db, system_clock).throttle, member)

    with_member(matricule, work)
    click.echo(f"{matricule} : plus aucune attente.")


@click.command()
@click.argument("matricule")
def recover(matricule: str) -> None:
    """Envoyer un mot de passe temporaire à l’adresse au dossier de MATRICULE."""

    async def work(settings: Settings, db: Database, member: Member) -> str | None:
        return await telephone.recover(db, member, now=system_clock())

    address = with_member(matricule, work)
    if address is None:
        fail(f"{matricule} : pas d’accès, ou un accès bloqué. Rien n’est envoyé.")
    click.echo(f"{matricule} : un mot de passe temporaire part vers {address}.")


@click.command()
@click.argument("matricule")
def deactivate(matricule: str) -> None:
    """Fermer le portail à MATRICULE : ses sessions prennent fin tout de suite."""

    async def work(settings: Settings, db: Database, member: Member) -> None:
        await telephone.deactivate(db, member, now=system_clock())

    with_member(matricule, work)
    click.echo(f"{matricule} n’est plus membre actif. Une liste qui le contient le rétablit.")


@click.command()
def stats() -> None:
    """Compter les membres, les accès et les nouveaux accès par mois."""

    async def work(settings: Settings, db: Database) -> list[str]:
        counts = await members.counts(db)
        lines = [
            f"Membres        : {counts.members}",
            f"  actifs       : {counts.active}",
            f"  avec accès   : {counts.accesses}",
            f"  jamais activé : {counts.active - counts.accesses}",
            "",
            "Nouveaux accès par mois :",
        ]
        months = Counter(
            f"{datetime.fromtimestamp(at, settings.timezone):%Y-%m}"
            for at in await accounts.creation_times(db)
        )
        return lines + [f"  {month} : {count}" for month, count in sorted(months.items())]

    for line in with_database(work):
        click.echo(line)


def with_member(matricule: str, work: Callable[[Settings, Database, Member], Awaitable[T]]) -> T:
    """Run `work` on the member of that matricule; one French line and exit code 2 if none."""

    async def run(settings: Settings, db: Database) -> T | NoMember:
        member = await members.by_matricule(db, matricule)
        return await work(settings, db, member) if member else NoMember()

    answer = with_database(run)
    if isinstance(answer, NoMember):
        fail(f"Aucun membre n’a le matricule {matricule}. Il a cinq chiffres, par exemple 00875.")
    return answer


class NoMember:
    """The roster does not know the matricule."""


def _account(settings: Settings, account: Account | None, change: EmailChange | None) -> list[str]:
    if account is None:
        return ["Pas d’accès : ce membre ne s’est jamais inscrit."]
    state = "bloqué" if account.frozen_at is not None else "ouvert"
    confirmed = "confirmée" if account.email_confirmed_at else "pas encore confirmée"
    lines = [
        f"Accès {state}, créé le {_moment(settings, account.created_at)}",
        f"Adresse : {account.email} ({confirmed})",
    ]
    if change:
        lines.append(f"Adresse en attente : {change.email}")
    return lines


def _fate(mail: Mail) -> str:
    if mail.sent_at is not None:
        return f"parti vers {mail.recipient}"
    if mail.next_attempt_at is not None:
        return f"en attente ({mail.attempts} essai(s)) {mail.last_error or ''}".rstrip()
    return f"abandonné : {mail.last_error}"


def _say(sentence: str) -> str:
    return texts("fr").gettext(sentence)


def _moment(settings: Settings, at: int) -> str:
    return f"{datetime.fromtimestamp(at, settings.timezone):%Y-%m-%d %H:%M:%S}"
