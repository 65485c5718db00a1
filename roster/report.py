"""A plan in French, for the person who decides on it: details first, the counts last."""

from collections.abc import Iterator
from datetime import date

from db.staging import Change
from roster.dates import ORDERS, Dates
from roster.grouping import Group, Groups, lines_named
from roster.headings import FIELDS
from roster.planning import Plan
from roster.reading import RosterFile
from roster.tables import listed
from texts import texts

_FIELDS = {
    "family_name": "nom",
    "first_name": "prénom",
    "birth_date": "date de naissance",
    "postal_code": "code postal",
    "email": "courriel",
    "active": "de nouveau membre",
}
_NAMED = 10
"""How many changed lines are named, beside the examples of each field."""
_SHAPES = {"dmy": "JJ/MM/AAAA", "mdy": "MM/JJ/AAAA", "ymd": "AAAA-MM-JJ"}


def report(plan: Plan, *, deactivate: bool) -> Iterator[str]:
    """The plan, a line a fact; `deactivate` says what is to become of the absent members."""
    yield from understood(plan.file)
    yield from _groups("À vérifier (lignes prises) :", plan.remarks)
    yield from _refused(plan)
    yield from _successions(plan)
    yield from _erased(plan)
    yield from _changed(plan)
    if deactivate:
        yield from _deactivated(plan)
    yield ""
    yield f"Nouveaux : {plan.new_count}"
    yield f"Modifiés : {plan.changed_count}{_by_field(plan)}"
    yield f"Inchangés : {plan.unchanged_count}"
    if plan.repeated_count:
        yield f"Répétés à l’identique : {plan.repeated_count} (pris une seule fois)"
    if plan.successions:
        yield f"Matricules passés à une autre personne : {len(plan.successions)} (à confirmer)"
    if plan.erased:
        yield f"Effacés à leur demande : {len(plan.erased)} (laissés de côté)"
    fate = "à désactiver" if deactivate else "gardés tels quels"
    yield f"Absents du fichier : {plan.absent_count}{f' ({fate})' if plan.absent_count else ''}"
    if plan.number_only:
        yield f"Numérotées mais vides, passées : {lines_named(plan.number_only)}"
    yield f"Refusés : {len(plan.refused)}"


def understood(file: RosterFile) -> Iterator[str]:
    """How the file was understood: sheet, columns, hidden rows, the order of its dates."""
    headings, survey = file.headings, file.survey
    left = f" (laissées : {listed(headings.left)})" if headings.left else ""
    yield f"Lu : {headings.table.description}{left}, {survey.length} ligne(s)."
    columns = {column.field: column for column in headings.columns if column.field}
    yield "Colonnes : " + ", ".join(
        f"{FIELDS[field]} = « {columns[field].heading or columns[field].letter} »"
        + (" (--map)" if columns[field].mapped else "")
        for field in FIELDS
        if field in columns
    )
    yield from _left_aside(file)
    yield f"Dates : {_dates(file.dates, headings.table.zero)}."
    if survey.matricules.prefix:
        yield f"Matricules : lus sans « {survey.matricules.prefix} », commun à tous."
    if "courriel" in columns and not file.has_emails:
        yield (
            "La colonne des courriels ne contient aucune adresse : celles du dossier restent"
            " (--clear courriel les efface)."
        )
    if survey.hidden:
        fate = "prises aussi (--hidden skip les laisse)" if file.choices.hidden else "laissées"
        yield f"Masquées dans le classeur, {fate} : {lines_named(survey.hidden)}."
    if survey.repeated_headings:
        yield f"En-têtes répétés, passés : {lines_named(survey.repeated_headings)}."


def _left_aside(file: RosterFile) -> Iterator[str]:
    columns = file.headings.columns
    named = [column.heading for column in columns if column.heading and column.field is None]
    if named or file.survey.unnamed:
        blank = len(file.survey.unnamed)
        aside = [listed(named)] if named else []
        aside += [f"{blank} colonne(s) sans en-tête"] if blank else []
        yield f"Laissées de côté : {', '.join(aside)}."
    for place, values in file.survey.values.items():
        if values:
            counts = ", ".join(f"{value} : {count}" for value, count in values.most_common())
            yield (
                f"« {columns[place].heading} » ({counts}) n’est pas lu : qui n’est plus membre se"
                " retire de la liste."
            )


def _dates(dates: Dates, zero: date) -> str:
    column = dates.column
    parts = [
        f"{count} {words}"
        for count, words in (
            (column.real, "date(s) du tableur"),
            (
                column.numbers,
                f"numéro(s) de jour du tableur, comptés depuis {max(zero.year, 1900)}",
            ),
            (column.year_first, "année d’abord (AAAA-MM-JJ)"),
            (column.in_words, "en lettres"),
        )
        if count
    ]
    if column.last.count:
        parts.append(
            f"{column.last.count} lue(s) {ORDERS[dates.order]} ({_SHAPES[dates.order]}),"
            f" {_why(dates)}"
        )
    if column.short.count and dates.short:
        parts.append(f"{column.short.count} à deux chiffres lue(s) {ORDERS[dates.short]}")
    if column.two_digits:
        parts.append(f"{column.two_digits} année(s) à deux chiffres lue(s) 19xx")
    return " ; ".join(parts) or "aucune lisible"


def _why(dates: Dates) -> str:
    if dates.why == "asked":
        return "comme --dates le demande"
    if dates.why == "heading":
        return "comme l’en-tête le dit"
    if dates.why == "shown":
        return f"la seule lecture possible de plusieurs (ligne {dates.example})"
    return "l’usage d’ici : rien dans la colonne ne dit le contraire, vérifiez-en une"


def _refused(plan: Plan) -> Iterator[str]:
    groups = Groups(
        (line.number, column, reason) for line in plan.refused for column, reason in line.reasons
    )
    yield from _groups("Lignes refusées :", groups.all())


def _groups(title: str, groups: list[Group]) -> Iterator[str]:
    if groups:
        yield f"\n{title}"
    say = texts("fr").say
    for group in groups:
        sentence = say(group.said.sentence, group.said.values)
        example = "" if group.alike else f" (ligne {group.numbers[0]})"
        yield f"  {lines_named(group.numbers)}, {group.column} : {sentence}{example}"


def _successions(plan: Plan) -> Iterator[str]:
    if plan.successions:
        yield "\nMatricules passés à une autre personne (nom et date de naissance ont changé) :"
    for one in plan.successions:
        yield f"  ligne {one.number}, {one.matricule} : {one.before} devient {one.after}"


def _erased(plan: Plan) -> Iterator[str]:
    if plan.erased:
        yield "\nEffacés à leur demande, encore dans votre fichier (enlevez-les-en) :"
    for one in plan.erased:
        yield f"  ligne {one.number}, {one.matricule}"


def _changed(plan: Plan) -> Iterator[str]:
    if plan.changed:
        yield "\nModifiés :"
    for line in plan.changed[:_NAMED]:
        names = ", ".join(_FIELDS[change.field] for change in line.changes)
        yield f"  ligne {line.number}, {line.matricule} : {names}"
    yield from _others(plan.changed_count - len(plan.changed[:_NAMED]))
    for field, changes in plan.changed_fields.items():
        if changes.examples:
            yield f"  {_FIELDS[field]}, par exemple :"
        for number, matricule, change in changes.examples:
            yield f"    ligne {number}, {matricule} : {_before_after(change)}"


def _before_after(change: Change) -> str:
    return f"{change.before or '(rien)'} → {change.after or '(rien)'}"


def _deactivated(plan: Plan) -> Iterator[str]:
    if plan.absent:
        yield "\nAbsents du fichier, à désactiver :"
    for matricule, name in plan.absent:
        yield f"  {matricule} : {name}"
    yield from _others(plan.absent_count - len(plan.absent))


def _others(count: int) -> Iterator[str]:
    if count:
        yield f"  … et {count} autre(s)."


def _by_field(plan: Plan) -> str:
    counts = [
        f"{_FIELDS[field]} : {changes.count}"
        for field, changes in plan.changed_fields.items()
        if changes.count
    ]
    return f" ({', '.join(counts)})" if counts else ""
