"""`import` and `export`: the office's list of members in and out."""

import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

import click

from commands import confirmed, fail, fail_over, with_database
from db.database import Database
from roster.applying import RosterMoved, apply_plan
from roster.dates import ORDERS
from roster.exporting import KINDS, export
from roster.headings import FIELDS, OPTIONAL, UnknownColumn
from roster.objections import objections
from roster.planning import Plan, plan_import
from roster.reading import Choices, RosterFile
from roster.report import report
from roster.tables import UnknownSheet, UnreadableFile
from security.clock import system_clock
from settings import Settings
from texts import texts

LONG_FILE = 5_000
"""Lines from which on a progress bar is worth its place."""


@dataclass(frozen=True, slots=True)
class Agreed:
    """What the operator said beforehand, by options of `import`."""

    dry_run: bool
    yes: bool
    deactivate: bool
    force: bool
    successors: bool
    returning: bool


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
    help="Permettre que plus d’un membre sur dix soit désactivé, changé ou une autre personne.",
)
@click.option(
    "--successors",
    is_flag=True,
    help="Donner aussi, sans demander, les matricules qui passent à une autre personne.",
)
@click.option(
    "--returning",
    is_flag=True,
    help="Remettre aussi, sans demander, les personnes effacées à leur demande.",
)
@click.option(
    "--dates",
    type=click.Choice(list(ORDERS)),
    help="Dire dans quel ordre sont les dates : jour (d), mois (m), année (y).",
)
@click.option(
    "--clear",
    multiple=True,
    type=click.Choice(sorted(OPTIONAL)),
    help="Effacer aussi ce que porte le dossier, si cette colonne est vide.",
)
@click.option(
    "--hidden",
    type=click.Choice(["take", "skip"]),
    default="take",
    show_default=True,
    help="Prendre ou laisser les lignes masquées du classeur.",
)
@click.option("--sheet", metavar="NOM", help="Lire cette feuille du classeur.")
@click.option(
    "--map",
    "mapped",
    multiple=True,
    metavar="CHAMP=COLONNE",
    help=f"Dire quelle colonne est un champ ({', '.join(FIELDS)}).",
)
def import_(
    file: Path,
    dry_run: bool,
    yes: bool,
    absent: str,
    force: bool,
    successors: bool,
    returning: bool,
    dates: str | None,
    clear: Sequence[str],
    hidden: str,
    sheet: str | None,
    mapped: Sequence[str],
) -> None:
    """Charger la liste des membres depuis FILE (CSV, texte, Excel ou ODS)."""
    if not (dry_run or yes or sys.stdin.isatty()):
        fail("Sans terminal pour répondre : ajoutez --yes, ou --dry-run pour voir seulement.")
    agreed = Agreed(dry_run, yes, absent == "deactivate", force, successors, returning)
    choices = Choices(_mapping(mapped), sheet, dates, frozenset(clear), hidden == "take")
    try:
        with_database(lambda settings, db: _import(settings, db, file, choices, agreed))
    except (UnknownColumn, UnknownSheet) as error:
        fail(str(error))
    except UnreadableFile as error:
        fail(f"{file} : {error}")


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
        fail_over(file, error)
    click.echo(f"{file} : {count} membre(s).")


async def _import(
    settings: Settings, db: Database, path: Path, choices: Choices, agreed: Agreed
) -> None:
    try:
        file = RosterFile(path, replace(choices, abroad=settings.postal_codes == "any"))
    except OSError as error:
        fail_over(path, error)
    plan = await _plan(db, settings, file)
    for line in report(plan, deactivate=agreed.deactivate):
        click.echo(line)
    forbidden = "" if agreed.force else _forbidden(plan, deactivate=agreed.deactivate)
    if agreed.dry_run:
        if forbidden:
            click.echo(forbidden)
        return
    if plan.accepted_count == 0:
        fail("Aucune ligne ne peut être prise : rien n’a été changé.")
    if forbidden:
        fail(forbidden)
    await _decide(db, plan, agreed)


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


async def _decide(db: Database, plan: Plan, agreed: Agreed) -> None:
    """Ask what is to be asked, and apply what was agreed to."""
    deactivate = agreed.deactivate
    changes = plan.change_count(deactivate=deactivate, successors=True, returning=True) > 0
    if changes and not agreed.yes and not confirmed("\nAppliquer ce plan ?"):
        fail("Rien n’a été changé.", code=1)
    successors = bool(plan.successions) and (
        agreed.successors
        or (
            not agreed.yes
            and confirmed(
                f"Donner aussi {len(plan.successions)} matricule(s) à une autre personne ?"
                " L’accès de la personne d’avant sera annulé."
            )
        )
    )
    returning = bool(plan.erased) and (
        agreed.returning
        or (
            not agreed.yes
            and confirmed(
                f"Remettre aussi {len(plan.erased)} personne(s) effacée(s) à leur demande ?"
                " Assurez-vous qu’elles le veulent."
            )
        )
    )
    try:
        await apply_plan(
            db,
            plan,
            deactivate=deactivate,
            successors=successors,
            returning=returning,
            now=system_clock(),
        )
    except RosterMoved:
        fail("La liste a été modifiée entre-temps : recommencez.", code=1)
    if plan.successions and not successors:
        hint = " (--successors les donne)" if agreed.yes else ""
        click.echo(f"Matricules laissés à la personne d’avant : {len(plan.successions)}{hint}.")
    if plan.erased and not returning:
        hint = " (--returning les remet)" if agreed.yes else ""
        click.echo(f"Personnes effacées laissées de côté : {len(plan.erased)}{hint}.")
    click.echo("C’est fait." if changes else "Rien à changer.")


def _forbidden(plan: Plan, *, deactivate: bool) -> str:
    """Why the plan must not be applied without `--force`; empty where nothing speaks against it."""
    say = texts("fr").say
    reasons = [say(one.sentence, one.values) for one in objections(plan, deactivate=deactivate)]
    return " ".join([*reasons, "Si c’est bien voulu, ajoutez --force."]) if reasons else ""


def _mapping(pairs: Sequence[str]) -> dict[str, str]:
    mapping = {}
    for pair in pairs:
        field, sign, column = pair.partition("=")
        if not (field.strip() and sign and column.strip()):
            fail(f"--map {pair} : écrivez CHAMP=COLONNE, par exemple matricule=« No de dossier ».")
        mapping[field.strip()] = column.strip()
    return mapping
