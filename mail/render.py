"""A letter becomes a mail: text and small HTML from one template."""

from datetime import UTC, datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, make_msgid

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
    message = EmailMessage(policy=SMTP)
    message["Subject"] = subject
    message["From"] = Address(settings.office_name, addr_spec=settings.mail_from)
    message["To"] = Address(addr_spec=recipient)
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
