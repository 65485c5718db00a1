"""Step two of the registration under way on this browser: a cookie lets it be shown again.

The step's token stands in its form too. The address of step two has a mark of the token, so that
of two tabs, which may be of two members, each shows its own step or none.
"""

from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response

from security.tokens import token_hash
from web.cookies import STEP, forget_cookie, read_cookie, set_cookie
from web.portal import portal_of


@dataclass(frozen=True, slots=True)
class Step:
    """The token of step two, and an e-mail that was typed in an earlier one."""

    token: str
    email: str = ""

    @property
    def mark(self) -> str:
        """What the address of step two has of its token: it opens nothing."""
        return token_hash(self.token).hex()[:12]


def begin(request: Request, step: Step) -> None:
    """Let the answer to this very request be that step."""
    request.scope["state"][STEP] = step


def under_way(request: Request, mark: str) -> Step | None:
    """The step of that mark, where it is the one under way."""
    portal = portal_of(request)
    step: Step | None = request.scope["state"].get(STEP)
    cookie = read_cookie(request, portal.settings, STEP)
    if step is None and cookie:
        kept = portal.tokens.step.read(cookie)
        step = Step(*kept) if kept else None
    return step if step and step.mark == mark else None


def keep(request: Request, response: Response, step: Step) -> None:
    """Have the browser keep it; the token inside is good as long as an idle session.

    Without a term of its own: no cookie at all then means that the browser refuses them.
    """
    portal = portal_of(request)
    cookie = portal.tokens.step.make([step.token, step.email])
    set_cookie(response, portal.settings, STEP, cookie)


def forget(request: Request, response: Response) -> None:
    """Have the browser drop it: the access is made, or somebody signed in."""
    settings = portal_of(request).settings
    if read_cookie(request, settings, STEP):
        forget_cookie(response, settings, STEP)
