"""The operator's commands, one module a subject; `manage.py` puts them together."""

import asyncio
import os
import pwd
import re
import signal
import sqlite3
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import NoReturn, TypeVar

import click

import settings as settings_module
from db.database import Database, DatabaseBusy
from db.migrate import pending
from rules import Refused
from rules.characters import folded_words
from rules.matricule import matricule
from settings import Settings, SettingsError
from texts import texts
from troubles import BUSY, is_busy, reason

T = TypeVar("T")
_CONTROLS = re.compile(r"[\x00-\x1f\x7f-\x9f]+")
TOO_NEW = "%s vient d’une version plus récente du portail."


def load_settings() -> Settings:
    """The settings; a wrong one ends the command with one line that names it (exit code 2).

    So does a database of another user: what this one writes beside it, the server could not.
    """
    try:
        settings = settings_module.load()
    except SettingsError as error:
        fail(str(error))
    owner = owner_of(settings.database)
    if owner is not None and owner != os.geteuid():
        fail(
            f"{settings.database} appartient à un autre utilisateur ({user_name(owner)}) : "
            "lancez « sudo portail … »."
        )
    return settings


def owner_of(path: Path) -> int | None:
    """The user id of a file's owner; None when there is no such file."""
    try:
        return path.stat().st_uid
    except OSError:
        return None


def user_name(uid: int) -> str:
    """The name of that user, or the number where there is none."""
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return str(uid)


def found_settings() -> tuple[Settings, int]:
    """The settings, once the database is there; else one line and exit code 2.

    With how many migrations it lacks, below zero where it is of a newer version.
    """
    settings = load_settings()
    check_file(settings.database)
    if not settings.database.exists():
        fail(f"{settings.database} n’existe pas encore : lancez d’abord « manage.py init ».")
    try:
        return settings, pending(settings.database)
    except sqlite3.Error as error:
        fail_over(settings.database, error)


def ready_settings() -> Settings:
    """The settings, once the database is there and migrated; else one line and exit code 2."""
    settings, behind = found_settings()
    if behind < 0:
        fail(TOO_NEW % settings.database)
    if behind > 0:
        fail(f"{settings.database} est à mettre à niveau : lancez d’abord « manage.py init ».")
    return settings


def check_file(database: Path) -> None:
    """End the command where the database's name is that of something else than a file."""
    try:
        wrong = database.exists() and not database.is_file()
    except OSError as error:
        fail_over(database, error)
    if wrong:
        fail(f"{database} n’est pas un fichier : donnez-en un à PORTAL_DATABASE.")


def with_database(work: Callable[[Settings, Database], Awaitable[T]]) -> T:
    """Run `work` on the opened database; a busy or broken one is one line and exit code 1."""
    settings = ready_settings()

    async def run() -> T:
        db = await Database.open(settings.database)
        try:
            return await work(settings, db)
        finally:
            await db.close()

    try:
        return asyncio.run(run())
    except DatabaseBusy as error:
        fail_over(settings.database, error, code=1)
    except sqlite3.Error as error:
        fail_over(settings.database, error, code=1)


def fail_over(path: Path, error: Exception, *, code: int = 2) -> NoReturn:
    """Say in one line what is wrong with that file; a busy database is always exit code 1."""
    if isinstance(error, DatabaseBusy) or (isinstance(error, sqlite3.Error) and is_busy(error)):
        fail(f"{BUSY[0].upper()}{BUSY[1:]}.", code=1)
    fail(f"{path} : {reason(error)}.", code=code)


def _read_matricule(context: click.Context, parameter: click.Parameter, typed: str) -> str:
    answer = matricule(typed)
    if isinstance(answer, Refused):
        # With the zeros that are missing, where it is that; the others speak to the member.
        fail(
            f"{typed} : {texts('fr').say(answer.sentence, answer.values)}"
            if answer.values
            else f"{typed} : un matricule a cinq chiffres, par exemple 00875."
        )
    return answer


member_argument = click.argument("matricule", callback=_read_matricule)
"""A matricule as the forms take it; one that they refuse ends the command with their sentence."""


def fail(sentence: str, *, code: int = 2) -> NoReturn:
    """Say what is wrong in one line and end with that exit code."""
    click.echo(_CONTROLS.sub(" ", sentence), err=True)  # a name that was typed may hold some
    sys.exit(code)


def confirmed(question: str) -> bool:
    """Ask the operator, for whom no answer is a no.

    The loop waits meanwhile, so that its own way with Ctrl-C would never come to it.
    """
    of_the_loop = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        answer = click.prompt(f"{question} [oui/non]", default="non", show_default=False)
    finally:
        signal.signal(signal.SIGINT, of_the_loop)
    return "".join(folded_words(answer)) in ("o", "oui", "y", "yes")
