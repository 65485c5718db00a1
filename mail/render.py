"""A letter becomes a mail: text and small HTML from one template."""

from dataclasses import replace
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP, SMTPUTF8
from email.utils import format_datetime
from functools import cache

from email_validator import validate_email
from jinja2 import Environment
from jinja2.environment import TemplateModule
from markupsafe import Markup

from mail.messages import Letter
from settings import Settings
from texts import environment


def render(letter: Letter, recipient: str, settings: Settings, *, now: int) -> EmailMessage:
    """The mail to `recipient`, headers and both parts, ready for a transport.

    In French it ends with a short English part, in English with all of the French: others than
    the member may have to understand it. Raises ValueError when the recipient cannot stand in a
    header.
    """
    common = {"settings": settings, "sign_in_link": settings.base_url + "/"}
    letter = replace(letter, values=common | letter.values)
    text = _module(letter, "mail/text")
    subject = str(text.subject)  # type: ignore[attr-defined]
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
    message.set_content(str(text), cte="quoted-printable")
    page = str(_module(letter, "mail/html", subject=subject))
    message.add_alternative(page, subtype="html", cte="quoted-printable")
    # Last: setting a body drops the headers that are about it.
    message["Content-Language"] = "fr, en" if letter.language == "fr" else "en, fr"
    return message


def _module(
    letter: Letter, layout: str, *, subject: str = "", part: bool = False
) -> TemplateModule:
    """The letter in its language; with `part`, only what it says, to stand in another one."""
    values = letter.values | {"layout": layout, "part": part, "subject": subject}
    if letter.language != "fr":
        french = _module(replace(letter, language="fr"), layout, part=True)
        values["french"] = Markup(french)  # noqa: S704 (rendered, so escaped where it must be)
    env = (_plain if layout == "mail/text" else environment)(letter.language)
    return env.get_template(f"mail/{letter.template}.jinja").make_module(values)


def _address(recipient: str) -> Address:
    """An accented domain in its ASCII form, which every server takes; a name as it is written."""
    parts = validate_email(recipient, check_deliverability=False, globally_deliverable=False)
    return Address(username=parts.local_part, domain=parts.ascii_domain)


@cache
def _plain(language: str) -> Environment:
    """Plain text is no HTML: an apostrophe stays one."""
    return environment(language).overlay(autoescape=False)
