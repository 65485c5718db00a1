"""A letter becomes a mail: text and small HTML from one template."""

from datetime import UTC, datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP, SMTPUTF8
from email.utils import format_datetime, make_msgid

from email_validator import validate_email

from mail.messages import Letter
from settings import Settings
from texts import environment


def render(letter: Letter, recipient: str, settings: Settings, *, now: int) -> EmailMessage:
    """The mail to `recipient`, headers and both parts, ready for a transport.

    Raises ValueError when the recipient cannot stand in a header.
    """
    name = f"mail/{letter.template}.jinja"
    html = environment("fr").get_template(name)
    # Plain text is no HTML: an apostrophe stays one.
    text = environment("fr").overlay(autoescape=False).get_template(name)
    as_text = letter.values | {"layout": "mail/text"}
    subject = str(text.make_module(as_text).subject)  # type: ignore[attr-defined]
    to = _address(recipient)
    message = EmailMessage(policy=SMTP if to.username.isascii() else SMTPUTF8)
    message["Subject"] = subject
    message["From"] = Address(settings.office_name, addr_spec=settings.mail_from)
    message["To"] = to
    if settings.office_email:
        message["Reply-To"] = Address(settings.office_name, addr_spec=settings.office_email)
    message["Date"] = format_datetime(datetime.fromtimestamp(now, UTC))
    message["Message-ID"] = make_msgid(domain=settings.mail_from.rpartition("@")[2])
    message["Auto-Submitted"] = "auto-generated"
    message["Content-Language"] = "fr"
    message.set_content(text.render(as_text), cte="quoted-printable")
    page = html.render(letter.values | {"layout": "mail/html", "subject": subject})
    message.add_alternative(page, subtype="html", cte="quoted-printable")
    return message


def _address(recipient: str) -> Address:
    """An accented domain in its ASCII form, which every server takes; a name as it is written."""
    parts = validate_email(recipient, check_deliverability=False)
    return Address(username=parts.local_part, domain=parts.ascii_domain)
