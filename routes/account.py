"""The members' section: e-mail and password."""

from collections.abc import Callable
from functools import wraps

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from db import accounts, email_changes, members
from db.sessions import Session
from forms import Bound, Form
from forms.journey import CHANGE_EMAIL, CHANGE_PASSWORD, CHOOSE_PASSWORD
from members import Wait, change
from members.change import PasswordChanged, WrongPassword
from members.sessions import CHOOSE, FULL
from rules import N_, Refused
from rules.email import email_slip
from security.form_tokens import session_mark
from security.tokens import token_hash
from web.answers import MADE_FOR, Begun, Handler, form_body, go, page, path_of
from web.cookies import SESSION, read_cookie
from web.guards import acting, choosing, made_for_of, session_of, signed_in, taken_back
from web.portal import portal_of, visit_of
from web.resume import typed_before
from web.scoring import score_too
from web.sending import sending_of

WRONG_PASSWORD = Refused(N_("Ce n’est pas votre mot de passe actuel. Essayez de nouveau."))


def sent_again(form: Form) -> Callable[[Handler], Handler]:
    """Before the guard: let in who sends the form of a password again.

    The first sending ended the session that it came from. Who sends it is known by that session's
    cookie, which the form names; or is signed in as the same member, the first answer having
    reached the browser after all.
    """

    def around(handler: Handler) -> Handler:
        @wraps(handler)
        async def answered(request: Request) -> Response:
            body = await form_body(request, form.names | {MADE_FOR})
            return await _saved_already(request, form, body) or await handler(request)

        return answered

    return around


async def _saved_already(request: Request, form: Form, body: dict[str, str]) -> Response | None:
    portal, session = portal_of(request), await session_of(request)
    made = made_for_of(request, body)
    bound = CHOOSE_PASSWORD.bind(body, portal.ground)
    if made is None or bound.errors:
        return None
    if session is None:
        cookie = read_cookie(request, portal.settings, SESSION) or ""
        if session_mark(token_hash(cookie)) != made.mark:
            return None
    # Where the guard lets in, the act itself knows the password again.
    elif session.member_id != made.member_id or session.scope != FULL or form is CHANGE_PASSWORD:
        return None
    answer = await change.saved_already(
        portal.means,
        made.member_id,
        bound.values["password"],
        visit_of(request),
        shown_at=made.at,
    )
    return await _led_on(request, answer) if answer else None


@signed_in
async def home(request: Request, session: Session) -> Response:
    """Who is signed in, since when, and what can be done."""
    member = session.member
    slip = None if member.email_confirmed_at else email_slip(member.email)
    sending = await sending_of(request, session)
    return await page(request, "account/home.html", member=member, slip=slip, **sending)


@signed_in
async def email(request: Request, session: Session) -> Response:
    """The address on file, the one that waits, and the form for another one."""
    typed = typed_before(request, session.member_id)
    blank = CHANGE_EMAIL.blank(portal_of(request).ground, **typed)
    return await _email_page(request, session, blank)


@acting(CHANGE_EMAIL.names)
async def change_email(request: Request, session: Session, body: dict[str, str]) -> Response:
    """Let a new address wait for its confirmation."""
    portal = portal_of(request)
    bound = CHANGE_EMAIL.bind(body, portal.ground)
    if bound.errors:
        return await _email_page(request, session, bound)
    answer = await change.change_email(
        portal.means,
        session.member_id,
        bound.values["email"],
        bound.values["current_password"],
        visit_of(request),
    )
    match answer:
        case Wait():
            return await _email_page(request, session, bound, wait=answer)
        case WrongPassword(call_code):
            bound.errors["current_password"] = WRONG_PASSWORD
            return await _email_page(request, session, bound, call_code=call_code)
        case Refused():
            bound.errors["email"] = answer
            return await _email_page(request, session, bound)
    return await go(request, "email", flash="email_pending")


@acting()
async def resend_confirmation(request: Request, session: Session, body: dict[str, str]) -> Response:
    """Send the confirmation mail again."""
    portal = portal_of(request)
    sent = await change.resend_confirmation(portal.means, session.member_id, visit_of(request))
    if isinstance(sent, Wait):
        blank = CHANGE_EMAIL.blank(portal.ground)
        return await _email_page(request, session, blank, wait=sent)
    return await go(request, "email", flash="email_resent" if sent else "")


@acting()
async def cancel_email_change(request: Request, session: Session, body: dict[str, str]) -> Response:
    """Forget the address that waits."""
    portal = portal_of(request)
    await change.cancel_email_change(portal.db, session.member_id, visit_of(request))
    return await go(request, "email", flash="email_cancelled")


async def well_known(request: Request) -> Response:
    """Where a password manager looks for the page that changes a password (W3C)."""
    return RedirectResponse(path_of(request.app, "password"), 303)


@signed_in
async def password(request: Request, session: Session) -> Response:
    """When the password was last changed, and the form for another one."""
    blank = CHANGE_PASSWORD.blank(portal_of(request).ground)
    return await _password_page(request, session, blank)


@sent_again(CHANGE_PASSWORD)
@acting(CHANGE_PASSWORD.names)
async def change_password(request: Request, session: Session, body: dict[str, str]) -> Response:
    """Save a new password; every other session ends."""
    return await _save(request, session, CHANGE_PASSWORD, body)


@choosing
async def choose_password(request: Request, session: Session) -> Response:
    """« Choisissez un nouveau mot de passe », after a temporary one."""
    blank = CHOOSE_PASSWORD.blank(portal_of(request).ground)
    return await _password_page(request, session, blank)


@sent_again(CHOOSE_PASSWORD)
@acting(CHOOSE_PASSWORD.names, CHOOSE)
async def save_password(request: Request, session: Session, body: dict[str, str]) -> Response:
    """Save the chosen password; every temporary one is void."""
    return await _save(request, session, CHOOSE_PASSWORD, body)


async def _led_on(request: Request, changed: PasswordChanged) -> Response:
    begun = Begun(changed.cookie, changed.device)
    return await go(request, "member", flash="password_changed", begun=begun)


async def _save(request: Request, session: Session, form: Form, body: dict[str, str]) -> Response:
    portal, made = portal_of(request), made_for_of(request, body)
    assert made
    bound = form.bind(body, portal.ground)
    current_password = bound.values.get("current_password")
    if bound.errors:
        await score_too(request, bound)
        return await _password_page(request, session, bound)
    answer = await change.change_password(
        portal.means,
        session.member_id,
        bound.values["password"],
        current_password,
        visit_of(request),
        shown_at=made.at,
    )
    code = ""
    match answer:
        case Wait():
            return await _password_page(request, session, bound, wait=answer)
        case WrongPassword() if current_password is None:
            # Another tab was faster: the choice is no longer this session's.
            del request.scope["state"][SESSION]
            return await go(request, "choose_password")
        case WrongPassword(call_code):
            bound.errors["current_password"], code = WRONG_PASSWORD, call_code
        case Refused():
            bound.errors["password"] = answer
        case PasswordChanged():
            return await _led_on(request, answer)
    return await _password_page(request, session, bound, call_code=code)


async def _email_page(
    request: Request,
    session: Session,
    bound: Bound,
    *,
    wait: Wait | None = None,
    call_code: str = "",
) -> Response:
    db = portal_of(request).db
    account = await accounts.by_member(db, session.member_id)
    if account is None:
        return await taken_back(request)
    return await page(
        request,
        "account/email.html",
        status=422 if bound.errors else 200,
        form=bound,
        wait=wait,
        matricule=session.member.matricule,
        call_code=call_code,
        account=account,
        change=await email_changes.by_member(db, session.member_id),
        **await sending_of(request, session),
    )


async def _password_page(
    request: Request,
    session: Session,
    bound: Bound,
    *,
    wait: Wait | None = None,
    call_code: str = "",
) -> Response:
    db = portal_of(request).db
    account = await accounts.by_member(db, session.member_id)
    if account is None:
        return await taken_back(request)
    return await page(
        request,
        "account/choose.html" if bound.form is CHOOSE_PASSWORD else "account/password.html",
        status=422 if bound.errors else 200,
        form=bound,
        wait=wait,
        call_code=call_code,
        account=account,
        member=await members.by_id(db, session.member_id),
    )
