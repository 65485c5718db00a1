"""X2: header and body of a mail are ours, whatever was typed as an address."""

import base64
import re
from dataclasses import replace
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP

import pytest

from db import outbox
from db.database import Database
from mail.delivery import deliver_due
from mail.messages import Desk, trial
from mail.render import render
from mail.serialize import serialize
from mail.transports import Files, Smtp
from rules import Refused
from rules.email import email
from settings import Settings, SettingsError, load
from tests.mail.sink import Sink


def word(text: str) -> str:
    """That text as an encoded word, which some mail programs read back."""
    return f"=?utf-8?b?{base64.b64encode(text.encode()).decode()}?="


HIDDEN = [
    word("x\r\nBcc: v@evil.example\r\n") + "@x.example",
    word("x\r\n\r\nWin a prize\r\n") + "@x.example",
    word("a@evil.example,") + "@example.com",
    "=?utf-8?q?a=40evil.example=2C?=@example.com",
    "＝？utf-8？q？a？＝@example.com",
    "a" + word("\n") + "b@example.com",
]
LOUD = [
    "a@evil.example,@example.com",
    "a@evil.example, b@example.com",
    "a@example.com\r\nBcc: v@evil.example",
    "a@example.com\nX: y",
    "a\u2028b@example.com",
    "a\u200bb@example.com",
    "a\u202eb@example.com",
    "a\x00b@example.com",
    '"a b"@example.com',
    '"a@evil.example,"@example.com',
    "A <a@example.com>",
    "a(comment)@example.com",
    "a;b@example.com",
    "a:b@example.com",
    "a@[127.0.0.1]",
]


@pytest.mark.parametrize("typed", [*HIDDEN, *LOUD])
def test_x2_an_address_with_anything_else_in_it_is_refused(typed: str) -> None:
    assert isinstance(email(typed), Refused)


@pytest.mark.parametrize("typed", [*HIDDEN, *LOUD])
def test_x2_in_the_settings_too(typed: str, monkeypatch: pytest.MonkeyPatch) -> None:
    if "\x00" in typed:
        pytest.skip("the environment holds none")
    monkeypatch.setenv("PORTAL_MAIL_FROM", typed)
    with pytest.raises(SettingsError):
        load()


@pytest.mark.parametrize("recipient", HIDDEN)
async def test_x2_such_an_address_in_the_outbox_leaves_nothing_on_the_wire(
    recipient: str, sink: Sink, smtp: Smtp, desk: Desk, db: Database
) -> None:
    await db.write(
        lambda tx: outbox.add(
            tx, "trial", recipient, now=desk.clock(), lapses_at=desk.clock() + 99, member_id=None
        )
    )
    await deliver_due(desk, smtp)
    assert sink.to == []
    [given_up] = await outbox.newest(db, failed=True, limit=9)
    assert given_up.recipient == recipient


def broken(to: str) -> EmailMessage:
    """A mail whose recipient no rule has seen."""
    message = EmailMessage(policy=SMTP)
    message["Subject"] = "Essai"
    message["From"] = Address("Bureau", addr_spec="bureau@example.org")
    local, _, domain = to.rpartition("@")
    message["To"] = Address(username=local, domain=domain)
    message.set_content("texte", cte="quoted-printable")
    message.add_alternative("<p>texte", subtype="html", cte="quoted-printable")
    return message


@pytest.mark.parametrize("to", HIDDEN[:4])
async def test_x2_no_finished_mail_leaves_with_another_header(
    to: str, sink: Sink, smtp: Smtp, settings: Settings
) -> None:
    """Python's own fault (CVE-2024-6923), or what its mending left: the splitting of an address."""
    message = broken(to)
    if re.search(rb"^To: " + re.escape(to.encode()) + rb"\r$", message.as_bytes(), re.MULTILINE):
        pytest.skip("this Python writes that address as it is")
    for transport in (smtp, Files(settings.mail_dir)):
        async with transport.connect() as connection:
            with pytest.raises(ValueError, match="en-tête"):
                await connection.send(message)
    assert sink.to == []
    assert not list(settings.mail_dir.glob("*"))


async def test_x2_a_long_and_an_international_address_leave_as_they_are(
    sink: Sink, smtp: Smtp, settings: Settings
) -> None:
    for recipient in ("a" * 64 + "@" + "b" * 60 + ".example.org", "bœuf@example.org"):
        message = render(trial(), recipient, settings, now=0)
        assert f"\r\nTo: {recipient}\r\n".encode() in serialize(message)
        async with smtp.connect() as connection:
            await connection.send(message)
        assert sink.to[-1] == recipient


def test_x2_the_offices_name_holds_no_encoded_word(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PORTAL_OFFICE_NAME", word("x\r\nBcc: v@evil.example"))
    with pytest.raises(SettingsError, match="PORTAL_OFFICE_NAME"):
        load()


async def test_x2_a_name_that_got_past_the_settings_leaves_nothing_either(
    sink: Sink, smtp: Smtp, settings: Settings
) -> None:
    named = replace(settings, office_name=word("x\r\nBcc: v@evil.example"))
    message = render(trial(), "a@example.org", named, now=0)
    if b"\r\nBcc:" not in message.as_bytes():
        pytest.skip("this Python writes that name as it is")
    async with smtp.connect() as connection:
        with pytest.raises(ValueError, match="en-tête"):
            await connection.send(message)
    assert sink.to == []
