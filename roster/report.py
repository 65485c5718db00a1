"""A plan in French, for the person who decides on it: details first, the counts last."""

from collections.abc import Iterator

from roster.planning import Plan
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


def report(plan: Plan, *, deactivate: bool) -> Iterator[str]:
    """The plan, a line a fact; `deactivate` says what is to become of the absent members."""
    headings = plan.file.headings
    left = f" (laissées : {listed(headings.left)})" if headings.left else ""
    yield f"Lu : {headings.table.description}{left}, {plan.file.length} ligne(s)."
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
    yield f"Refusés : {len(plan.refused)}"
    if plan.file.completed:
        yield f"Matricules dont les zéros du début ont été remis : {plan.file.completed}"


def _refused(plan: Plan) -> Iterator[str]:
    if plan.refused:
        yield "\nLignes refusées :"
    say = texts("fr").say
    for line in plan.refused:
        for column, reason in line.reasons:
            yield f"  ligne {line.number}, {column} : {say(reason.sentence, reason.values)}"


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
    for number, matricule, fields in plan.changed:
        names = ", ".join(_FIELDS[field] for field in fields)
        yield f"  ligne {number}, {matricule} : {names}"
    yield from _others(plan.changed_count - len(plan.changed))


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
    counts = [f"{_FIELDS[field]} : {n}" for field, n in plan.changed_fields.items() if n]
    return f" ({', '.join(counts)})" if counts else ""
