"""« Mot de passe oublié ? »."""

import base64

from starlette.requests import Request
from starlette.responses import Response

from forms import Bound
from forms.journey import RECOVERY
from members.identify import Facts
from members.recover import recover
from rules import N_, Refused
from web.answers import form_body, page
from web.portal import address_of, portal_of

WRONG_CODE = Refused(
    N_("Le code ne correspond pas à l’image. En voici une autre : essayez de nouveau.")
)


async def start(request: Request) -> Response:
    """The form, empty, with a new captcha."""
    return await _form(request, RECOVERY.blank(portal_of(request).ground), status=200)


async def another_image(request: Request) -> Response:
    """The form as it was typed, with another captcha."""
    portal = portal_of(request)
    body = await form_body(request, RECOVERY.names)
    kept = {name: text for name, text in body.items() if name not in ("captcha", "challenge")}
    return await _form(request, RECOVERY.blank(portal.ground, **kept), status=200)


async def send(request: Request) -> Response:
    """Queue the mail, if these are somebody's facts; the answer is the same whoever asks."""
    portal = portal_of(request)
    body = await form_body(request, RECOVERY.names)
    bound = RECOVERY.bind(body, portal.ground)
    token = body.get("challenge", "")
    if bound.errors:
        return await _form(request, bound, token)
    code = bound.values.pop("captcha")
    if not await portal.challenges.solve(portal.db, token, code, portal.clock()):
        bound.typed["captcha"] = ""
        bound.errors["captcha"] = WRONG_CODE
        return await _form(request, bound)
    await recover(portal.db, Facts(**bound.values), now=portal.clock(), address=address_of(request))
    return await page(request, "recovery/sent.html")


async def _form(request: Request, bound: Bound, token: str = "", *, status: int = 422) -> Response:
    """The form; a captcha that was not tried yet stays the same."""
    challenges = portal_of(request).challenges
    if challenges.answer(token) is None:
        token = challenges.issue()
        bound.typed["captcha"] = ""
    image = base64.b64encode(await challenges.image(token)).decode()
    return await page(
        request, "recovery/form.html", status=status, form=bound, challenge=token, image=image
    )
