"""The captcha's sound."""

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from security.throttle import SOUND, network_of
from web.portal import portal_of, visit_of


async def sound(request: Request) -> Response:
    """The five characters said in French; hearing them does not spend the captcha."""
    portal = portal_of(request)
    address = network_of(visit_of(request).address)
    wait = await portal.throttle.take(SOUND, address)
    if wait:
        raise HTTPException(429, headers={"retry-after": str(wait)})
    wav = await portal.challenges.sound(request.path_params["token"])
    if wav is None:
        raise HTTPException(404)
    return Response(wav, media_type="audio/wav", headers={"cache-control": "no-store"})
