"""What each mail says, to whom, and what its headers hold."""

import re
from dataclasses import replace
from email.message import EmailMessage
from email.utils import parsedate_to_datetime

import pytest

from db import accounts, email_changes, members, outbox
from db.database import Transaction
from db.email_changes import EmailChange
from mail.delivery import deliver_due
from mail.messages import IN_FRENCH, MESSAGES, Desk, compose, trial
from mail.outbox import queue
from mail.render import render
from mail.transports import Smtp
from settings import Settings
from tests import given
from tests.conftest import Post
from tests.languages import ENGLISH, FRENCH, strange
from tests.mail.sink import Sink
from tests.people import ANDRE, FRANCOIS, NICOLE
from web.portal import Portal

KINDS = sorted(MESSAGES)
TO_THE_OFFICE = "correction_requested"


async def written(portal: Portal, kind: str, recipient: str = "a@example.com") -> EmailMessage:
    """The mail of that kind about François, who has an access and asked for a@example.com."""
    desk = portal.desk
    member = await members.by_matricule(desk.db, FRANCOIS.matricule)
    assert member

    async def save(tx: Transaction) -> None:
        now = desk.clock()
        await email_changes.put(tx, EmailChange(member.id, recipient, now))
        await queue(tx, MESSAGES[kind], recipient, now=now, member_id=member.id, about="birth_date")

    await given.access(portal, FRANCOIS)
    await desk.db.write(save)
    [mail] = await outbox.newest(desk.db, failed=False, limit=1)
    letter = await compose(desk, mail)
    assert letter
    return render(letter, mail.recipient, desk.settings, now=desk.clock())


def html_of(mail: EmailMessage) -> str:
    body = mail.get_body(("html",))
    assert body
    html: str = body.get_content()
    return html


@pytest.mark.parametrize("kind", KINDS)
async def test_headers(portal: Portal, kind: str) -> None:
    mail = await written(portal, kind)
    assert mail["From"] == "Association des essais <portail@localhost>"
    assert mail["To"] == "a@example.com"
    assert mail["Reply-To"] == "Association des essais <bureau@example.org>"
    assert re.fullmatch(r"<[0-9a-f]{32}@127\.0\.0\.1>", mail["Message-ID"])
    assert int(parsedate_to_datetime(mail["Date"]).timestamp()) == portal.clock()
    assert mail["Auto-Submitted"] == "auto-generated"
    assert mail["Subject"].strip()
    assert [name for name in mail if name.lower().startswith("list-")] == []
    assert FRANCOIS.family_name not in str(mail["Subject"])


@pytest.mark.parametrize("kind", KINDS)
async def test_text_and_small_html_in_french_then_english(portal: Portal, kind: str) -> None:
    mail = await written(portal, kind)
    html, text = html_of(mail), Post.text(mail)
    assert len(html.encode()) < 8 * 1024
    assert '<html lang="fr-CA">' in html
    assert "prefers-color-scheme:dark" in html
    assert re.findall(r"<(?:img|script|link|iframe|object)", html) == []
    links = re.findall(r'(?:href|src|url)\W+(https?://[^"\')]+)', html)
    assert [link for link in links if not link.startswith(portal.settings.base_url + "/")] == []
    assert set(links) == set(re.findall(r"https?://\S+", text))
    french, english = html.split('lang="en-CA"', 1)
    assert re.search("portail|membre", french)
    assert re.search(r"\b(the|your|you)\b", english)
    assert "* * *" in text
    preview = re.search(r"<div style=\"display:none[^>]*>([^<]+)</div>", html)
    assert preview
    assert text.startswith(given.words(preview[1])[:20])
    assert "450 555-0199" in html
    assert "450 555-0199" in text


async def in_english(portal: Portal, kind: str) -> EmailMessage:
    """As `written`, for François who chose English."""
    member_id = await given.access(portal, FRANCOIS)
    await portal.db.write(lambda tx: accounts.set_language(tx, member_id, "en"))
    return await written(portal, kind)


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind not in IN_FRENCH])
async def test_who_chose_english_reads_all_of_it_in_english_then_in_french(
    portal: Portal, kind: str
) -> None:
    mail = await in_english(portal, kind)
    html, text = (part.replace("François", "F.") for part in (html_of(mail), Post.text(mail)))
    assert strange(mail["Subject"], FRENCH) == []
    assert mail["Content-Language"] == "en, fr"
    assert '<html lang="en-CA">' in html
    assert '<div class="e" lang="fr-CA">' in html
    assert len(html.encode()) < 8 * 1024
    assert strange(html, FRENCH) == [portal.settings.office_name]
    links = re.compile(r"https?://\S+")
    english, french = text.split("\n-- \n")[0].split("* * *")
    assert set(links.findall(english)) == set(links.findall(french))
    assert "Hello F.," in english
    assert strange(links.sub("", english), FRENCH) == []
    assert "Bonjour F.," in french
    assert strange(links.sub("", french), ENGLISH) == []


@pytest.mark.parametrize("kind", sorted(IN_FRENCH))
async def test_the_roster_and_the_office_are_written_to_in_french(
    portal: Portal, kind: str
) -> None:
    mail = await in_english(portal, kind)
    assert '<html lang="fr-CA">' in html_of(mail)
    assert mail["Content-Language"] == "fr, en"


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind != TO_THE_OFFICE])
async def test_misdelivered_it_helps_nobody(portal: Portal, kind: str) -> None:
    mail = await written(portal, kind)
    for part in (html_of(mail), Post.text(mail), mail.as_string()):
        assert "Lapointe" not in part
        assert FRANCOIS.matricule not in part
        assert "1950" not in part
    assert "Bonjour François," in Post.text(mail)
    assert "finit par" not in Post.text(mail)


async def test_a_couples_mails_say_whose_access_it_is(portal: Portal) -> None:
    for person in (ANDRE, NICOLE):
        await given.access(portal, person, email="couple@example.org")

    async def text_for(recipient: str) -> str:
        member = await members.by_matricule(portal.db, NICOLE.matricule)
        assert member
        now = portal.clock()
        await portal.db.write(
            lambda tx: queue(
                tx, MESSAGES["password_changed"], recipient, now=now, member_id=member.id
            )
        )
        [mail] = await outbox.newest(portal.db, failed=False, limit=1)
        letter = await compose(portal.desk, mail)
        assert letter
        return Post.text(render(letter, recipient, portal.settings, now=now))

    for shared in ("couple@example.org", "Couple@Example.org", "bœuf@example.org"):
        text = await text_for(shared)
        assert "Bonjour Nicole," in text
        assert "finit par 02" in text
    assert "finit par" not in await text_for("nicole@example.org")


async def test_an_access_alone_at_its_address_is_not_shared_with_its_own_roster_line(
    portal: Portal,
) -> None:
    assert FRANCOIS.email
    member_id = await given.access(portal, FRANCOIS, email=FRANCOIS.email)
    assert not await accounts.shares_email(portal.db, FRANCOIS.email, member_id)


async def test_it_arrives_as_it_was_written(
    portal: Portal, desk: Desk, sink: Sink, smtp: Smtp
) -> None:
    mail = await written(portal, "welcome")
    await deliver_due(desk, smtp)
    [arrived] = sink.mails
    assert arrived["Subject"] == mail["Subject"] == "Bienvenue au portail des membres"
    assert arrived["Message-ID"] == mail["Message-ID"]
    assert "Votre accès au portail des membres est créé. Bienvenue\u00a0!" in Post.text(arrived)
    # The sheet's lines begin with a dot, which SMTP doubles on its way.
    assert html_of(arrived).split() == html_of(mail).split()
    assert max(map(len, sink.bodies[0].splitlines())) <= 998


async def test_the_trial_concerns_nobody(portal: Portal) -> None:
    first, second = (render(trial(), "a@example.com", portal.settings, now=0) for _ in range(2))
    assert first["Message-ID"] != second["Message-ID"]
    assert "Bonjour" not in Post.text(first)


def test_a_letter_without_office_telephone_and_address(settings: Settings) -> None:
    bare = replace(settings, office_phone="", office_email="")
    mail = render(trial(), "a@example.com", bare, now=0)
    assert mail["Reply-To"] is None
    assert "Téléphone" not in Post.text(mail)
