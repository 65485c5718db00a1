"""What a visitor's tries count by, and the refusal where a network makes too many."""

from starlette.requests import Request

from members import Wait, devices
from members.dead_ends import refusal
from security.throttle import ADDRESS_REFUSES, Limit, Source, source_at
from web.portal import portal_of, visit_of


async def source_of(request: Request) -> Source:
    """The visitor's network; a browser that a member signed in with before counts apart, by them.

    Phones share an address behind their carrier: who fills its quota does not shut members out.
    By the member and not by the cookie, which each sign-in renews.
    """
    visit = visit_of(request)
    member_id = await devices.owner(portal_of(request).db, visit.device, visit.now)
    return Source(devices.source(member_id)) if member_id else source_at(visit.address)


async def take(request: Request, event: str, *stricter: Limit) -> Wait | None:
    """Count a request by where it comes from, at `stricter` limits before that of every form.

    To be asked before anything that costs or counts: the captcha, and what concerns a member. The
    first limit that refuses is noted as `event`, about nobody, for others may share the network.
    """
    portal, source = portal_of(request), await source_of(request)
    for limit in (*stricter, ADDRESS_REFUSES):
        seconds = await portal.throttle.take(limit, source.wide, source=source)
        if seconds:
            about, visit = (source.wide,), visit_of(request)
            return await refusal(portal.means, event, limit.name, about, seconds, visit)
    return None
