"""What the office needs while a member is on the telephone."""

from datetime import datetime

import click

from commands import fail, with_database
from db import journal, members
from db.database import Database
from db.journal import Entry
from members.dead_ends import stored_code
from members.events import EVENTS, SCREENS
from settings import Settings
from texts import texts

AROUND = 3600
"""Seconds before and after a dead end in which other attempts are shown."""
FACTS = {
    "matricule": "le matricule",
    "family_name": "le nom de famille",
    "birth_date": "la date de naissance",
    "postal_code": "le code postal",
    "active": "n’est plus membre actif dans la liste",
}
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
        lines = [WARNING, "", f"Quand    : {_moment(settings, entry)}"]
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
            lines.append(f"  {_moment(settings, other)}  {what}")
        return lines

    lines = with_database(work)
    if lines is None:
        fail(f"Aucun code d’appel {code} au journal. Faites-le répéter, lettre par lettre.")
    for line in lines:
        click.echo(line)


def _say(sentence: str) -> str:
    return texts("fr").gettext(sentence)


def _moment(settings: Settings, entry: Entry) -> str:
    return f"{datetime.fromtimestamp(entry.at, settings.timezone):%Y-%m-%d %H:%M:%S}"
