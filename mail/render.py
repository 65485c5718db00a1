"""A letter becomes a mail: text and small HTML from one template."""

from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP, SMTPUTF8
from email.utils import format_datetime
from functools import cache

from email_validator import validate_email
from jinja2 import Environment

from mail.messages import Letter
from settings import Settings
from texts import environment

LANGUAGE = "fr"
"""Every mail is in French and ends with a short English part, for whom it may reach."""


def render(letter: Letter, recipient: str, settings: Settings, *, now: int) -> EmailMessage:
    """The mail to `recipient`, headers and both parts, ready for a transport.

    Raises ValueError when the recipient cannot stand in a header.
    """
    name = f"mail/{letter.template}.jinja"
    common = {"settings": settings, "sign_in_link": settings.base_url + "/"}
    values = common | letter.values
    text = _plain().get_template(name).make_module(values | {"layout": "mail/text"})
    subject = str(text.subject)  # type: ignore[attr-defined]
    html = environment(LANGUAGE).get_template(name)
    to = _address(recipient)
    message = EmailMessage(policy=SMTP if to.username.isascii() else SMTPUTF8)
    message["Subject"] = subject
    message["From"] = Address(settings.office_name, addr_spec=settings.mail_from)
    message["To"] = to
    if settings.office_email:
        message["Reply-To"] = Address(settings.office_name, addr_spec=settings.office_email)
    message["Date"] = format_datetime(datetime.fromtimestamp(now, settings.timezone))
    message["Message-ID"] = f"<{letter.reference}@{settings.host}>"
    message["Auto-Submitted"] = "auto-generated"
    message["Content-Language"] = "fr, en"
    message.set_content(str(text), cte="quoted-printable")
    page = html.render(values | {"layout": "mail/html", "subject": subject})
    message.add_alternative(page, subtype="html", cte="quoted-printable")
    return message


def _address(recipient: str) -> Address:
    """An accented domain in its ASCII form, which every server takes; a name as it is written."""
    parts = validate_email(recipient, check_deliverability=False, globally_deliverable=False)
    return Address(username=parts.local_part, domain=parts.ascii_domain)


@cache
def _plain() -> Environment:
    """Plain text is no HTML: an apostrophe stays one."""
    return environment(LANGUAGE).overlay(autoescape=False)
