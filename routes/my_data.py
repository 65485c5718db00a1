"""« Mes renseignements » : seeing, downloading, having corrected what is held (SECURITY P7)."""

import json
from collections.abc import Callable, Collection
from datetime import UTC, datetime
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from db.sessions import Session
from members import Wait
from members.events import ACTORS, EVENTS, told
from members.my_data import FACTS, Held, held_on
from members.my_data import request_correction as ask_office
from rules import N_, Refused
from texts import texts
from web.answers import go, page
from web.guards import acting, signed_in, taken_back
from web.language import language_of
from web.portal import portal_of, visit_of
from web.resume import typed_before

NO_OFFICE = Refused(N_("Le portail ne peut pas écrire au bureau : appelez-le."))
NOTHING_CHOSEN = Refused(N_("Cochez au moins un renseignement à corriger."))


@signed_in
async def show(request: Request, session: Session) -> Response:
    """Everything that is held, in words."""
    return await _page(request, session, chosen=typed_before(request, session.member_id))


@signed_in
async def download(request: Request, session: Session) -> Response:
    """Everything that is held, as a JSON file; times are ISO 8601 in UTC."""
    held = await held_on(portal_of(request).db, session.member_id)
    if held is None:
        return await taken_back(request)
    return Response(
        json.dumps(as_json(held, texts(language_of(request)).say), ensure_ascii=False, indent=2),
        media_type="application/json",
        headers={
            "content-disposition": 'attachment; filename="mes-renseignements.json"',
            "cache-control": "no-store",
        },
    )


@acting(FACTS)
async def request_correction(request: Request, session: Session, body: dict[str, str]) -> Response:
    """Ask the office to correct facts of the roster."""
    portal = portal_of(request)
    facts = [name for name in FACTS if name in body]
    office = portal.settings.office_email
    if not office:
        return await _page(request, session, problem=NO_OFFICE)
    if not facts:
        return await _page(request, session, problem=NOTHING_CHOSEN)
    wait = await ask_office(portal.means, session.member_id, facts, office, visit_of(request))
    if wait:
        return await _page(request, session, wait=wait, chosen=facts)
    return await go(request, "my_data", flash="correction_requested")


def as_json(held: Held, say: Callable[[str], str]) -> dict[str, Any]:
    """What is held, as it is handed to the member: French keys, words in the member's language."""
    member, account = held.member, held.account
    return {
        "liste_des_membres": {
            "matricule": member.matricule,
            "nom": member.family_name,
            "prenom": member.first_name,
            "date_naissance": member.birth_date,
            "code_postal": member.postal_code,
            "courriel_du_bureau": member.email,
        },
        "acces": {
            "courriel": account.email,
            "courriel_confirme_le": _iso(account.email_confirmed_at),
            "courriel_en_attente": held.change.email if held.change else None,
            "mot_de_passe": say(N_("empreinte argon2id, illisible")),
            "mot_de_passe_change_le": _iso(account.password_changed_at),
            "consentement": account.consent_version,
            "consenti_le": _iso(account.consented_at),
            "langue": account.language,
            "cree_le": _iso(account.created_at),
        },
        "sessions_ouvertes_depuis": [_iso(at) for at in held.sessions],
        "navigateurs_connus_vus_le": [_iso(at) for at in held.browsers],
        "mots_de_passe_temporaires_bons_jusqu_au": [_iso(at) for at in held.temporary],
        "courriels": [
            {
                "prepare_le": _iso(mail.queued_at),
                "a": mail.recipient,
                "parti_le": _iso(mail.sent_at),
            }
            for mail in held.mails
        ],
        "journal": [
            {
                "le": _iso(entry.at),
                "evenement": say(EVENTS.get(entry.event, entry.event)),
                "par": say(ACTORS.get(entry.actor, entry.actor)),
                "adresse_reseau": entry.address,
                "detail": ", ".join(map(say, told(entry.detail or ""))) or None,
            }
            for entry in held.journal
        ],
    }


def _iso(seconds: int | None) -> str | None:
    return None if seconds is None else datetime.fromtimestamp(seconds, UTC).isoformat()


async def _page(
    request: Request,
    session: Session,
    *,
    chosen: Collection[str] = (),
    problem: Refused | None = None,
    wait: Wait | None = None,
) -> Response:
    held = await held_on(portal_of(request).db, session.member_id)
    if held is None:
        return await taken_back(request)
    return await page(
        request,
        "my_data/show.html",
        status=422 if problem else 200,
        held=held,
        events=EVENTS,
        chosen=chosen,
        problem=problem,
        wait=wait,
        call_code="",
    )
