"""The state of the mail that the member's last act caused, asked for again by the page itself."""

from starlette.requests import Request
from starlette.responses import Response

from members.sessions import FULL
from web.answers import message
from web.guards import session_of
from web.sending import TURNS, sending_of


async def state(request: Request) -> Response:
    """One sentence; nothing (204) when there is none to say, or nobody is signed in."""
    session = await session_of(request)
    if session is None or session.scope != FULL:
        return Response(status_code=204)
    values = await sending_of(request, session)
    if values["sending"] is None:
        return Response(status_code=204)
    values["turn"] = min(request.path_params["turn"], TURNS)
    return message(request, "sending/state.html", status=200, here="", **values)
