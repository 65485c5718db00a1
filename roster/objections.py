"""What looks like an accident in a plan, so that it is not applied without being asked twice."""

from collections.abc import Iterator

from roster.facts import Remark
from roster.planning import Plan
from rules import N_

_A_TENTH = 10
_FEWEST = 2
"""One member who moves is no shifted column, however small the association."""

_MASS_CHANGES = {
    "family_name": N_(
        "%(count)s membres sur %(members)s changeraient de nom de famille :"
        " une colonne a-t-elle été triée seule ou décalée ?"
    ),
    "first_name": N_(
        "%(count)s membres sur %(members)s changeraient de prénom :"
        " une colonne a-t-elle été triée seule ou décalée ?"
    ),
    "birth_date": N_(
        "%(count)s membres sur %(members)s changeraient de date de naissance :"
        " jours et mois inversés, colonne triée seule ou décalée ?"
    ),
    "postal_code": N_(
        "%(count)s membres sur %(members)s changeraient de code postal :"
        " une colonne a-t-elle été triée seule ou décalée ?"
    ),
    "email": N_(
        "%(count)s membres sur %(members)s changeraient de courriel ou n’en auraient plus :"
        " une colonne a-t-elle été triée seule ou décalée ?"
    ),
}
_SUCCESSIONS = N_(
    "%(count)s matricules sur %(members)s passeraient à une autre personne :"
    " une colonne a-t-elle été triée seule ?"
)
_ABSENT = N_("%(count)s membres sur %(members)s seraient désactivés.")
_UNREADABLE = N_(
    "%(count)s ligne(s) refusée(s) sans matricule lisible : on ne peut pas dire qui est absent."
)


def objections(plan: Plan, *, deactivate: bool) -> Iterator[Remark]:
    """Why a plan is not to be applied unless somebody insists, one sentence each."""

    def many(count: int) -> bool:
        return count * _A_TENTH > plan.active_count

    def said(sentence: str, count: int) -> Remark:
        return Remark(sentence, {"count": count, "members": plan.active_count})

    if many(len(plan.successions)):
        yield said(_SUCCESSIONS, len(plan.successions))
    for field, sentence in _MASS_CHANGES.items():
        count = plan.changed_fields[field].weighty
        meant = field == "email" and not plan.file.survey.has_addresses  # --clear
        if count >= _FEWEST and many(count) and not meant:
            yield said(sentence, count)
    if deactivate and many(plan.absent_count):
        yield said(_ABSENT, plan.absent_count)
    elif deactivate and plan.absent_count and plan.without_matricule:
        yield Remark(_UNREADABLE, {"count": plan.without_matricule})
