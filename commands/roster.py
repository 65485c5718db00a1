"""`import` and `export`: the office's list of members in and out."""

import sys
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

import click

from commands import fail, with_database
from db.database import Database
from roster.applying import RosterMoved, apply_plan
from roster.exporting import KINDS, export
from roster.headings import FIELDS, UnknownColumn
from roster.planning import Plan, plan_import
from roster.reading import RosterFile
from roster.report import report
from roster.tables import UnreadableFile
from rules.characters import folded_words
from security.clock import system_clock
from settings import Settings

LONG_FILE = 5_000
"""Lines from which on a progress bar is worth its place."""


@click.command("import")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--dry-run", is_flag=True, help="Dire ce qui changerait, sans rien écrire.")
@click.option("--yes", is_flag=True, help="Appliquer sans demander (pour un script).")
@click.option(
    "--absent",
    type=click.Choice(["keep", "deactivate"]),
    default="keep",
    show_default=True,
    help="Garder ou désactiver les membres qui ne sont plus dans le fichier.",
)
@click.option(
    "--force",
    is_flag=True,
    help="Permettre de désactiver plus d’un membre sur dix ; avec --yes, donner aussi les"
    " matricules qui passent à une autre personne.",
)
@click.option(
    "--map",
    "mapped",
    multiple=True,
    metavar="CHAMP=COLONNE",
    help=f"Dire quelle colonne est un champ ({', '.join(FIELDS)}).",
)
def import_(
    file: Path, dry_run: bool, yes: bool, absent: str, force: bool, mapped: Sequence[str]
) -> None:
    """Charger la liste des membres depuis FILE (CSV, texte, Excel ou ODS)."""
    if not (dry_run or yes or sys.stdin.isatty()):
        fail("Sans terminal pour répondre : ajoutez --yes, ou --dry-run pour voir seulement.")
    try:
        roster_file = RosterFile(file, _mapping(mapped))
        with_database(
            lambda settings, db: _import(
                settings, db, roster_file, dry_run, yes, absent == "deactivate", force
            )
        )
    except UnknownColumn as error:
        fail(str(error))
    except UnreadableFile as error:
        fail(f"{file} : {error}")
    except OSError as error:
        fail(f"{file} : {_trouble(error)}")


@click.command("export")
@click.argument("file", type=click.Path(path_type=Path))
def export_(file: Path) -> None:
    """Écrire les membres actifs et l’état de leurs accès dans FILE (.csv ou .xlsx)."""
    if file.suffix.lower() not in KINDS:
        fail(f"{file} : le nom du fichier doit se terminer par {' ou '.join(KINDS)}.")

    async def work(settings: Settings, db: Database) -> int:
        return await export(db, file, settings.timezone)

    try:
        count = with_database(work)
    except OSError as error:
        fail(f"{file} : {_trouble(error)}")
    click.echo(f"{file} : {count} membre(s).")


async def _import(
    settings: Settings,
    db: Database,
    file: RosterFile,
    dry_run: bool,
    yes: bool,
    deactivate: bool,
    force: bool,
) -> None:
    plan = await _plan(db, settings, file)
    for line in report(plan, deactivate=deactivate):
        click.echo(line)
    forbidden = _forbidden(plan) if deactivate and not force else None
    if dry_run:
        if forbidden:
            click.echo(forbidden)
        return
    if plan.accepted_count == 0:
        fail("Aucune ligne ne peut être prise : rien n’a été changé.")
    if forbidden:
        fail(forbidden)
    await _decide(db, plan, yes=yes, deactivate=deactivate, force=force)


async def _plan(db: Database, settings: Settings, file: RosterFile) -> Plan:
    today = datetime.fromtimestamp(system_clock(), settings.timezone).date()
    hidden = file.length < LONG_FILE or not sys.stderr.isatty()
    with click.progressbar(
        length=file.length,
        label="Lecture",
        file=sys.stderr,
        hidden=hidden,
        update_min_steps=LONG_FILE // 10,
    ) as bar:
        return await plan_import(db, file, today, lambda: bar.update(1))


async def _decide(db: Database, plan: Plan, *, yes: bool, deactivate: bool, force: bool) -> None:
    """Ask what is to be asked, and apply what was agreed to."""
    if not plan.change_count(deactivate=deactivate, successors=True):
        click.echo("Rien à changer.")
        return
    if not yes and not _agreed("\nAppliquer ce plan ?"):
        fail("Rien n’a été changé.", code=1)
    successors = bool(plan.successions) and (
        force
        if yes
        else _agreed(
            f"Donner aussi {len(plan.successions)} matricule(s) à une autre personne ?"
            " L’accès de la personne d’avant sera annulé."
        )
    )
    try:
        await apply_plan(db, plan, deactivate=deactivate, successors=successors, now=system_clock())
    except RosterMoved:
        fail("La liste a été modifiée entre-temps : recommencez.", code=1)
    if plan.successions and not successors:
        hint = " (--force avec --yes les donne)" if yes else ""
        click.echo(f"Matricules laissés à la personne d’avant : {len(plan.successions)}{hint}.")
    click.echo("C’est fait.")


def _forbidden(plan: Plan) -> str | None:
    """Why the plan must not deactivate without `--force`."""
    if plan.absent_count * 10 > plan.active_count:
        return (
            f"{plan.absent_count} membres sur {plan.active_count} seraient désactivés : si c’est"
            " bien voulu, ajoutez --force."
        )
    if plan.absent_count and plan.without_matricule:
        return (
            f"{plan.without_matricule} ligne(s) refusée(s) sans matricule lisible : on ne peut pas"
            " dire qui est absent. Corrigez-les, ou ajoutez --force."
        )
    return None


def _mapping(pairs: Sequence[str]) -> dict[str, str]:
    mapping = {}
    for pair in pairs:
        field, sign, column = pair.partition("=")
        if not (field.strip() and sign and column.strip()):
            fail(f"--map {pair} : écrivez CHAMP=COLONNE, par exemple matricule=« No de dossier ».")
        mapping[field.strip()] = column.strip()
    return mapping


def _agreed(question: str) -> bool:
    """Ask the operator, for whom no answer is a no."""
    answer = click.prompt(f"{question} [oui/non]", default="non", show_default=False)
    return "".join(folded_words(answer)) in ("o", "oui", "y", "yes")


def _trouble(error: OSError) -> str:
    """What is wrong with a file, in French words."""
    known = {
        FileNotFoundError: "ce fichier ou ce dossier n’existe pas.",
        PermissionError: "vous n’avez pas le droit de le lire ou de l’écrire.",
        IsADirectoryError: "c’est un dossier, pas un fichier.",
        NotADirectoryError: "ce dossier n’en est pas un.",
    }
    return known.get(type(error), f"le système répond « {error.strerror} ».")
