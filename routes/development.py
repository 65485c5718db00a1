"""The mails that left, readable in development only."""

import email
from email import policy
from email.message import EmailMessage
from pathlib import Path

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from web.answers import page
from web.portal import portal_of


async def mails(request: Request) -> Response:
    """The mails, the newest first."""
    files = sorted(portal_of(request).settings.mail_dir.glob("*.eml"), reverse=True)
    return await page(
        request,
        "development/mails.html",
        mails=[(file.name, _read(file)) for file in files[:50]],
    )


async def mail(request: Request) -> Response:
    """One mail as its plain text."""
    name = request.path_params["name"]
    file = portal_of(request).settings.mail_dir / name
    if Path(name).name != name or not file.is_file():
        raise HTTPException(404)
    message = _read(file)
    body = message.get_body(("plain",))
    text = body.get_content() if body else ""
    return await page(request, "development/mail.html", message=message, text=text)


def _read(file: Path) -> EmailMessage:
    return email.message_from_bytes(file.read_bytes(), policy=policy.default)
