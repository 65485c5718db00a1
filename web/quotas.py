"""What a visitor's tries count by."""

from starlette.requests import Request

from members import devices
from security.throttle import network_of
from web.portal import portal_of, visit_of


async def source_of(request: Request) -> str:
    """The visitor's network; a browser that a member signed in with before counts apart, by them.

    Phones share an address behind their carrier: who fills its quota does not shut members out.
    By the member and not by the cookie, which each sign-in renews.
    """
    visit = visit_of(request)
    member_id = await devices.owner(portal_of(request).db, visit.device, visit.now)
    return f"member {member_id}" if member_id else network_of(visit.address)
