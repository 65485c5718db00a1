"""What became of the mail that a member's act caused, told on the page after that act."""

from typing import Any

from starlette.requests import Request

from db.sessions import Session
from mail.outbox import TERM, told
from web.answers import flash_of
from web.portal import portal_of

TURNS = 10
"""How often the page asks again, while the mail waits."""


async def sending_of(request: Request, session: Session) -> dict[str, Any]:
    """The template's values for a page; only the one right after the act asks again by itself."""
    portal, last_mail = portal_of(request), session.member.last_mail
    if last_mail is None or portal.clock() - last_mail >= TERM:
        return {"sending": None}
    return {
        "sending": await told(portal.db, session.member_id, portal.clock()),
        "turn": 0 if flash_of(request) else TURNS,
        "turns": TURNS,
    }
