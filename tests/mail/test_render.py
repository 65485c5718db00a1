"""A letter becomes a mail: headers, two parts, nothing smuggled in."""

import re
from dataclasses import replace
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from mail.messages import MESSAGES, Letter
from mail.render import render
from settings import Settings

NOW = 1_795_000_000
OFFICE = Settings(
    base_url="https://exemple.org/portail",
    mail_from="portail@exemple.org",
    office_name="Association « É »",
    office_phone="450 555-0199",
    office_email="bureau@exemple.org",
)


def letter(template: str = "password_changed", **values: Any) -> Letter:
    common = {
        "first_name": "François",
        "digits": "",
        "sign_in_link": "https://exemple.org/portail/",
        "recovery_link": "https://exemple.org/portail/mot-de-passe-oublie",
        "wants_code": True,
        "registration_link": "https://exemple.org/portail/inscription",
        "confirm_link": "https://exemple.org/portail/courriel/confirmer/x.y.z",
        "code": "7KQM-2XPD-HW49",
        "term": 4 * 3600,
        "hours": 4,
        "freeze_link": "https://exemple.org/portail/acces/bloquer/x",
        "settings": OFFICE,
        "now": NOW,
    }
    return Letter(template, common | values)


def sent(template: str = "password_changed", to: str = "a@example.org", **values: Any) -> Any:
    """The mail as its recipient's program reads it."""
    message = render(letter(template, **values), to, OFFICE, now=NOW)
    return message_from_bytes(message.as_bytes(), policy=policy.default)


def parts(mail: EmailMessage) -> tuple[str, str]:
    text, html = mail.get_body(("plain",)), mail.get_body(("html",))
    assert text
    assert html
    return text.get_content(), html.get_content()


def test_the_headers_say_who_writes_and_where_answers_go() -> None:
    mail = sent()
    assert mail["From"].addresses[0].display_name == "Association « É »"
    assert mail["From"].addresses[0].addr_spec == "portail@exemple.org"
    assert mail["Reply-To"].addresses[0].addr_spec == "bureau@exemple.org"
    assert mail["To"] == "a@example.org"
    assert mail["Auto-Submitted"] == "auto-generated"
    assert mail["Message-ID"].endswith("@exemple.org>")
    assert int(mail["Date"].datetime.timestamp()) == NOW
    assert mail.get_content_type() == "multipart/alternative"


def test_two_mails_have_two_message_ids() -> None:
    assert sent()["Message-ID"] != sent()["Message-ID"]


def test_an_office_without_an_address_has_no_reply_to() -> None:
    message = render(letter(), "a@example.org", replace(OFFICE, office_email=""), now=NOW)
    assert message["Reply-To"] is None


def member_messages() -> list[str]:
    """Those to a member; the office's own are another matter."""
    return sorted(name for name in MESSAGES if "correction" not in name)


@pytest.mark.parametrize("template", member_messages())
def test_text_and_html_say_the_same_in_French(template: str) -> None:
    mail = sent(template)
    text, html = parts(mail)
    assert mail["Subject"]
    for content in (text, html):
        assert "Bonjour François," in content
        assert "450 555-0199" in content
    assert "&#" not in text
    assert "<p" not in text
    assert '<html lang="fr-CA">' in html
    assert "http://" not in html
    assert " src=" not in html


@pytest.mark.parametrize("template", member_messages())
def test_every_line_is_short_enough_for_a_server(template: str) -> None:
    data = render(letter(template), "a@example.org", OFFICE, now=NOW).as_bytes()
    assert max(map(len, data.split(b"\r\n"))) <= 998
    assert b"\n" not in data.replace(b"\r\n", b"")


def test_the_code_stands_alone_on_its_line_and_is_one_word() -> None:
    """A double click takes the whole of it: its groups are parted for the eye only."""
    text, html = parts(sent("temporary_password"))
    lines = [line.strip() for line in text.splitlines()]
    assert "7KQM2XPDHW49" in lines
    assert "7KQM-2XPD-HW49" in lines
    [shown] = re.findall('<p class="c">(.+?)</p>', html)
    assert re.sub("<.+?>", "", shown) == "7KQM2XPDHW49"


def test_a_shared_address_gets_two_digits() -> None:
    for content in parts(sent(digits="02")):
        assert "matricule finit par 02" in content


@pytest.mark.parametrize(
    "recipient",
    [
        "a@example.org\r\nBcc: b@example.org",
        "a@example.org\nBcc: b@example.org",
        "a@example.org, b@example.org",
        "a@example.org b@example.org",
        "<a@example.org>",
        "a",
        "",
        "@example.org",
    ],
)
def test_what_is_no_address_cannot_stand_in_a_header(recipient: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        render(letter(), recipient, OFFICE, now=NOW)


def test_an_accented_name_and_domain_are_written_to() -> None:
    data = render(letter(), "bœuf@example.org", OFFICE, now=NOW).as_bytes()
    assert "\r\nTo: bœuf@example.org\r\n".encode() in data
    assert sent(to="a@cliché.ca")["To"] == "a@xn--clich-fsa.ca"


@settings(deadline=None, max_examples=30)
@given(name=st.text(max_size=40))
@example(name="A\r\nBcc: b@example.org\r\n\r\n")
@example(name="<script>alert(1)</script>")
def test_a_name_of_the_roster_stays_a_name(name: str) -> None:
    name = name.encode(errors="replace").decode()
    mail = sent(first_name=name)
    assert mail["Bcc"] is None
    assert [str(header) for header in mail.get_all("To")] == ["a@example.org"]
    assert "<script" not in parts(mail)[1]
    assert len(mail.keys()) == len(sent().keys())
