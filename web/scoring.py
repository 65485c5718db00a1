"""Scoring a new password for whoever types it; the act that saves it judges it for good."""

from starlette.requests import Request

from forms import Bound
from rules.password import guessable
from security.throttle import network_of
from web.portal import portal_of, visit_of


async def live_score(request: Request, password: str) -> int | None:
    """The score for a live check; None where that network, or everybody, asks for too many.

    Nothing is counted in the file: the check is silent then, and the submit judges.
    """
    portal = portal_of(request)
    network = network_of(visit_of(request).address)
    if not portal.scores.take(network) or portal.passwords.many_wait:
        return None
    return await portal.passwords.score(password)


async def score_too(request: Request, bound: Bound) -> None:
    """Say of a form that has errors already whether its new password is guessable as well.

    Of one without errors the act says it, with the member's facts: each is scored once.
    """
    password = bound.values.get("password")
    refused = password and guessable(await portal_of(request).passwords.score(password))
    if refused:
        bound.errors["password"] = refused
