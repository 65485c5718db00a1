"""The state of the mail that the member's last act caused, asked for again by the page itself."""

from starlette.requests import Request
from starlette.responses import Response

from members.sessions import FULL
from web.answers import message
from web.guards import session_of
from web.sending import TURNS, sending_of


async def state(request: Request) -> Response:
    """The sentence, once it has changed, into the page's own; until then, what asks again.

    Nothing (204) after the last turn, when there is none to say, or nobody is signed in.
    """
    session = await session_of(request)
    if session is None or session.scope != FULL:
        return Response(status_code=204)
    values = await sending_of(request, session)
    if values["sending"] is None:
        return Response(status_code=204)
    if values["sending"].soon:
        turn = request.path_params["turn"]
        if turn >= TURNS:
            return Response(status_code=204)
        return message(request, "sending/again.html", status=200, turn=turn)
    return message(request, "sending/state.html", status=200, target="#sending", here="", **values)
