"""What the office needs while a member is on the telephone."""

from collections import Counter
from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import TypeVar

import click

from commands import fail, member_argument, with_database, words
from db import accounts, annulments, email_changes, journal, members, outbox
from db.accounts import Account
from db.annulments import Annulment
from db.database import Database
from db.email_changes import EmailChange
from db.journal import Entry
from db.members import Member
from db.outbox import Mail
from members import telephone
from members.dead_ends import stored_code
from members.events import FACTS, REASONS, SCREENS, awaited
from security.clock import system_clock
from security.throttle import LIMITS, By
from settings import Settings
from texts import texts
from web.portal import Portal

T = TypeVar("T")

DAY = 24 * 3600
AROUND = 3600
"""Seconds before and after a dead end in which other attempts are shown."""
MOST = 30
"""How many of them, the nearest in time."""
WARNING = (
    "Un code d’appel ne prouve pas qui appelle : faites dire les quatre renseignements, "
    "et ne dites jamais lequel ne convient pas."
)
NOBODY = "aucun de la liste n’a ces renseignements"
BY_ADDRESS = tuple(limit.name for limit in LIMITS if limit.by is By.SOURCE)
BY_NETWORK = tuple(limit.name for limit in LIMITS if limit.everywhere)
WHERE = ", là d’où viennent les essais"
"""What is said of such a limit: every network has it for itself."""
BY_FACTS = ("identify_failed", "recovery_requested")
"""The events whose member was looked for by the four facts."""
BY_MATRICULE = ("sign_in_failed", "sign_in_throttled", "identify_throttled", "recovery_throttled")


@click.command()
@click.argument("code")
def call(code: str) -> None:
    """Dire ce qui est arrivé à la page qui montrait le code d’appel CODE (ex. K7F-3M)."""

    async def work(settings: Settings, db: Database) -> list[str] | None:
        entry = await journal.by_call_code(db, stored_code(code))
        if entry is None:
            return None
        member = await members.by_id(db, entry.member_id) if entry.member_id else None
        lines = [WARNING, "", f"Quand     : {moment(settings, entry.at)}"]
        lines.append(f"Écran     : {words.say(SCREENS.get(entry.event, ''))}")
        lines.append(f"Quoi      : {words.event(entry.event)}")
        lines.append(f"Membre    : {_who(entry, member)}")
        found = _details(entry)
        lines += [f"{label:<9} : {said}" for label, said in found]
        around = await journal.around(db, entry, AROUND, most=MOST)
        lines += ["", "Autour de ce moment, du même membre ou de la même adresse :"]
        for other, matricule in around.entries:
            mark = "→" if other.id == entry.id else " "
            lines.append(
                f"{mark} {moment(settings, other.at)}  {matricule or '  –  '}  {_told(other)}"
            )
        if around.left_out:
            others = "autres" if around.left_out > 1 else "autre"
            lines.append(f"  (et {around.left_out} {others}, plus loin de ce moment)")
        return lines

    lines = with_database(work)
    if lines is None:
        fail(f"Aucun code d’appel {code} au journal. Faites-le répéter, lettre par lettre.")
    for line in lines:
        click.echo(line)


@click.command()
@member_argument
def show(matricule: str) -> None:
    """Montrer l’accès de MATRICULE : état, connexions, attentes, courriels."""

    async def work(settings: Settings, db: Database, member: Member) -> list[str]:
        account = await accounts.by_member(db, member.id)
        change = await email_changes.by_member(db, member.id)
        portal = Portal.assemble(settings, db, system_clock)
        lines = [f"{member.matricule} {member.family_name}, {member.first_name}"]
        lines.append("Membre actif")
        if not member.active:
            lines[-1] = await _inactive(settings, db, member)
        annulment = await annulments.by_member(db, member.id)
        lines += _account(settings, account, change) if account else _none(settings, annulment)
        lines += ["", "Attentes :"]
        waits = await telephone.waits(db, portal.throttle, member, system_clock())
        lines += [
            f"  {words.say(awaited(name))} : {texts('fr').duration(wait)}"
            + (WHERE if name in BY_NETWORK else "")
            for name, wait in waits.items()
        ]
        lines += [] if waits else ["  aucune"]
        lines += ["", "Dernières connexions :"]
        entered = await journal.sign_ins(db, member.id, most=5)
        lines += [f"  {moment(settings, at)}" for at in entered] or ["  aucune"]
        lines += ["", "Derniers événements :"]
        entries = await journal.of_member(db, member.id, most=12)
        lines += [f"  {moment(settings, e.at)}  {_told(e)}" for e in entries] or ["  aucun"]
        lines += ["", "Derniers courriels :"]
        mails = await outbox.of_member(db, member.id, most=10)
        lines += [
            f"  {moment(settings, mail.queued_at)}  {words.mail(mail.kind)}  {_fate(mail)}"
            for mail in mails
        ] or ["  aucun"]
        return lines

    for line in with_member(matricule, work):
        click.echo(line)


@click.command()
@member_argument
def unlock(matricule: str) -> None:
    """Lever toutes les attentes de MATRICULE : il peut réessayer tout de suite."""

    async def work(settings: Settings, db: Database, member: Member) -> None:
        await telephone.unlock(db, Portal.assemble(settings, db, system_clock).throttle, member)

    with_member(matricule, work)
    click.echo(f"{matricule} : plus aucune attente.")
    click.echo(
        "Si la page fait encore attendre, c’est son adresse réseau : un quart d’heure suffit."
    )


@click.command()
@member_argument
def recover(matricule: str) -> None:
    """Envoyer un mot de passe temporaire à l’adresse au dossier de MATRICULE."""

    async def work(settings: Settings, db: Database, member: Member) -> tuple[bool, str | None]:
        return member.active, await telephone.recover(db, member, now=system_clock())

    active, address = with_member(matricule, work)
    if not active:
        fail(
            f"{matricule} n’est plus membre actif : rien n’est envoyé. "
            "S’il l’est de nouveau, chargez une liste qui le contient.",
            code=1,
        )
    if address is None:
        fail(f"{matricule} : pas d’accès, ou un accès bloqué. Rien n’est envoyé.")
    click.echo(f"{matricule} : un mot de passe temporaire part vers {address}.")


@click.command()
@member_argument
def deactivate(matricule: str) -> None:
    """Fermer le portail à MATRICULE : ses sessions prennent fin tout de suite."""

    async def work(settings: Settings, db: Database, member: Member) -> bool:
        return await telephone.deactivate(db, member, now=system_clock())

    cure = "Une liste qui le contient le rétablit."
    if with_member(matricule, work):
        click.echo(f"{matricule} n’est plus membre actif. {cure}")
    else:
        click.echo(f"{matricule} n’était déjà plus membre actif : rien n’est changé. {cure}")


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
        fail(f"Aucun membre n’a le matricule {matricule}.")
    return answer


class NoMember:
    """The roster does not know the matricule."""


async def _inactive(settings: Settings, db: Database, member: Member) -> str:
    """Since when a member is inactive, and until when what is on file is kept."""
    since = await members.inactive_since(db, member.id)
    if since is None:
        return "N’est plus membre actif"
    until = since + settings.inactive_days * DAY
    return (
        f"N’est plus membre actif depuis le {moment(settings, since)} ; "
        f"sera effacé après le {moment(settings, until)}"
    )


def _none(settings: Settings, annulment: Annulment | None) -> list[str]:
    """Why there is no access, and what a new one asks for."""
    if annulment is None:
        return ["Pas d’accès : ce membre ne s’est jamais inscrit."]
    lines = [
        f"Pas d’accès : annulé le {moment(settings, annulment.at)} ; s’inscrire demande un code."
    ]
    if annulment.expires_at is None:
        return [*lines, "Code : aucun n’a été donné."]
    is_over = annulment.expires_at <= system_clock()
    state = "ne sert plus depuis le" if is_over else "donné, bon jusqu’au"
    return [*lines, f"Code : {state} {moment(settings, annulment.expires_at)}"]


def _account(settings: Settings, account: Account, change: EmailChange | None) -> list[str]:
    state = "bloqué" if account.frozen_at is not None else "ouvert"
    confirmed = "confirmée" if account.email_confirmed_at else "pas encore confirmée"
    lines = [
        f"Accès {state}, créé le {moment(settings, account.created_at)}",
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


def _who(entry: Entry, member: Member | None) -> str:
    """Who an entry is about; without anybody, never what was typed."""
    if member:
        return f"{member.matricule} {member.family_name}, {member.first_name}"
    if entry.detail in BY_ADDRESS:
        return "inconnu, l’attente vaut pour toute une adresse réseau"
    if entry.event in BY_FACTS:
        return NOBODY
    if entry.event in BY_MATRICULE:
        return "aucun de la liste n’a ce matricule"
    return "inconnu, la page ne le disait pas"


def _details(entry: Entry) -> list[tuple[str, str]]:
    """What the journal says of an entry beside its name, each with its label."""
    detail = entry.detail or ""
    if awaited(detail):
        return [("Attente", words.say(awaited(detail)))]
    names = detail.split(",")
    facts = ", ".join(words.say(FACTS[name]) for name in names if name in FACTS)
    reasons = ", ".join(words.say(REASONS[name]) for name in names if name in REASONS)
    found = [("Différait", facts)] if facts else []
    if entry.event == "recovery_requested" and entry.actor == "visitor" and not facts:
        right = entry.member_id is not None
        found.append(("Réponse", "renseignements justes" if right else NOBODY))
    return found + ([("Précision", reasons)] if reasons else [])


def _told(entry: Entry) -> str:
    """An entry on one line."""
    details = [f"{label.lower()} {said}" for label, said in _details(entry)]
    return " · ".join([words.event(entry.event), *details])


def moment(settings: Settings, at: int) -> str:
    """A time as the office reads it: `2026-11-25 13:05:00`."""
    return f"{datetime.fromtimestamp(at, settings.timezone):%Y-%m-%d %H:%M:%S}"
