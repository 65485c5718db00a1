"""What a visitor's tries count by, and the refusal where there are too many."""

from starlette.requests import Request

from members import Wait, devices
from members.dead_ends import refusal
from security.throttle import ADDRESS_REFUSES, RECOVER_WITHOUT_IMAGE, Rule, network_of
from web.portal import portal_of, visit_of


async def source_of(request: Request) -> str:
    """The visitor's network; a browser that a member signed in with before counts apart, by them.

    Phones share an address behind their carrier: who fills its quota does not shut members out.
    By the member and not by the cookie, which each sign-in renews.
    """
    visit = visit_of(request)
    member_id = await devices.owner(portal_of(request).db, visit.device, visit.now)
    return devices.source(member_id) if member_id else network_of(visit.address)


BY_SOURCE = (ADDRESS_REFUSES, RECOVER_WITHOUT_IMAGE)
Try = tuple[Rule, tuple[str, ...]]
"""A rule, and what a try counts by."""


async def take(
    request: Request,
    event: str,
    *tries: Try,
    matricule: str | None = None,
    member_id: int | None = None,
) -> Wait | None:
    """Count one try at each of these; where one refuses, the longest wait of all.

    The first that refuses is noted as `event`. Put what counts by address first: what costs a
    stranger nothing to vary then makes no entries beyond that quota. An entry about an address
    names nobody, for others may share it.
    """
    portal = portal_of(request)
    refused = [
        (rule, subject, seconds)
        for rule, subject in tries
        if (seconds := await portal.throttle.take(rule, *subject))
    ]
    if not refused:
        return None
    rule, subject, _ = refused[0]
    return await refusal(
        portal.means,
        event,
        rule,
        subject,
        max(seconds for *_, seconds in refused),
        visit_of(request),
        member_id=member_id,
        matricule=None if rule in BY_SOURCE else matricule,
    )
