"""The captcha's sound."""

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from security.challenge import TooMany
from security.throttle import network_of
from web.portal import portal_of, visit_of


async def sound(request: Request) -> Response:
    """The five characters said in French; hearing them does not spend the captcha."""
    network = network_of(visit_of(request).address)
    try:
        wav = await portal_of(request).challenges.sound(request.path_params["token"], network)
    except TooMany as error:
        raise HTTPException(429, headers={"retry-after": "5"}) from error
    if wav is None:
        raise HTTPException(404)
    return Response(wav, media_type="audio/wav", headers={"cache-control": "no-store"})
