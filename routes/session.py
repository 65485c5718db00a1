"""« Se connecter » and « Se déconnecter »."""

from starlette.requests import Request
from starlette.responses import Response

from forms import Bound
from forms.journey import SIGN_IN
from members import sessions
from members import sign_in as access
from rules import N_, Refused
from web.answers import form_body, go, page, shared_page
from web.cookies import SESSION, forget_cookie, read_cookie
from web.guards import session_of
from web.portal import address_of, portal_of

WRONG = Refused(
    N_(
        "Le matricule ou le mot de passe n’est pas le bon. Vérifiez-les, "
        "ou choisissez « Mot de passe oublié ? »."
    )
)


async def sign_in_page(request: Request) -> Response:
    """The portal's first page; a signed-in visitor goes on to the members' section."""
    if await session_of(request):
        return await go(request, "member")
    return await shared_page(request, "session/sign_in.html")


async def sign_in(request: Request) -> Response:
    """Sign in; a temporary password leads to the choice of a new one."""
    portal = portal_of(request)
    body = await form_body(request, SIGN_IN.names)
    bound = SIGN_IN.bind(body, portal.ground)
    confirmation = body.get("confirmation", "")
    if bound.errors:
        return await _again(request, bound, confirmation)
    signed_in = await access.sign_in(
        portal.db,
        portal.passwords,
        portal.recovery_key,
        bound.values["matricule"],
        bound.values["password"],
        now=portal.clock(),
        address=address_of(request),
    )
    if signed_in is None:
        return await _again(request, bound, confirmation, WRONG)
    if signed_in.scope == sessions.CHOOSE:
        return await go(request, "choose_password", session=signed_in.cookie)
    if confirmation and portal.tokens.confirmation.read(confirmation):
        return await go(request, "confirmation", session=signed_in.cookie, token=confirmation)
    return await go(request, "member", session=signed_in.cookie)


async def sign_out(request: Request) -> Response:
    """End the session; the browser drops what it kept of the members' pages."""
    portal = portal_of(request)
    await form_body(request, ())
    cookie = read_cookie(request, portal.settings, SESSION)
    if cookie:
        await sessions.sign_out(portal.db, cookie, now=portal.clock(), address=address_of(request))
    request.scope["state"][SESSION] = None
    response = await go(request, "home", flash="signed_out")
    forget_cookie(response, portal.settings, SESSION)
    response.headers["clear-site-data"] = '"cache"'
    return response


async def _again(
    request: Request, bound: Bound, confirmation: str, problem: Refused | None = None
) -> Response:
    return await page(
        request,
        "session/sign_in.html",
        status=422,
        form=bound,
        confirmation=confirmation,
        problem=problem,
    )
