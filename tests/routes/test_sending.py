"""The state of a mail on the page after an act: what is true, and asked for again by itself."""

import re
from collections.abc import Callable

import pytest

from db import outbox
from tests import given
from tests.conftest import HTMX, Browser, Post, TurnedClock
from tests.people import FRANCOIS
from web.portal import Portal
from web.sending import TURNS

ADDRESS = "00875@example.com"


@pytest.fixture
async def member(portal: Portal, browser: Browser) -> Browser:
    """François, who has just registered; his welcome mail has not left yet."""
    step_one = await browser.submit("/inscription", FRANCOIS.facts)
    fields = FRANCOIS.access(given.hidden(step_one, "token"), email=ADDRESS)
    done = await browser.submit("/inscription/acces", fields)
    assert done.status_code == 303
    return browser


async def settle(portal: Portal, error: str | None, *, sent: bool = False) -> None:
    """Write what a deliverer would on the newest mail to the member."""
    mails = await outbox.newest(portal.db, failed=False, limit=9)
    mail = next(mail for mail in mails if mail.recipient == ADDRESS)
    now = portal.clock()
    if sent:
        await portal.db.write(lambda tx: outbox.mark_sent(tx, mail.id, now))
    else:
        await portal.db.write(lambda tx: outbox.mark_failed(tx, mail.id, str(error), None))


def asks_again(html: str) -> str | None:
    """The path that the page will ask by itself."""
    found = re.search(r'data-hx-get="([^"]+)" data-hx-trigger="load delay:3s"', html)
    return found[1] if found else None


async def test_queued_then_sent(portal: Portal, member: Browser, post: Post) -> None:
    page = await member.get("/membre")
    assert "Votre accès est créé" in given.words(page)
    assert f"Le courriel à {ADDRESS} part dans un instant." in given.words(page)
    assert asks_again(page.text) == "/membre/envoi/1"
    # Without scripts: a reload tells it anew; only the page after the act asks by itself.
    again = await member.get("/membre")
    assert "part dans un instant" in given.words(again)
    assert '<a href="/membre">Actualiser</a>' in again.text
    assert asks_again(again.text) is None
    await post.fetch()
    assert f"Le courriel à {ADDRESS} est parti." in given.words(await member.get("/membre"))


async def test_the_page_asks_ten_times_at_most(member: Browser, post: Post) -> None:
    turns, path = 0, asks_again((await member.get("/membre")).text)
    while path and turns < 99:
        turns += 1
        answer = await member.get(path, headers=HTMX)
        assert answer.status_code in (200, 204)
        # As long as nothing changed, nothing is said anew.
        assert "<p" not in answer.text
        assert "<html" not in answer.text
        path = asks_again(answer.text)
    assert turns == TURNS == 10


async def test_once_sent_it_asks_no_more(member: Browser, post: Post) -> None:
    await post.fetch()
    answer = await member.get("/membre/envoi/1", headers=HTMX)
    assert "est parti" in answer.text
    assert answer.headers["hx-retarget"] == "#sending"
    assert asks_again(answer.text) is None


async def test_refused_for_good(portal: Portal, member: Browser, clock: TurnedClock) -> None:
    await settle(portal, "550 No such user")
    page = given.words(await member.get("/membre"))
    assert f"Le courriel à {ADDRESS} n’est pas parti." in page
    assert "Vérifiez cette adresse." in page
    assert "Appelez le bureau au 450 555-0199" in page
    assert "550" not in page.replace("450 555", "")
    clock.turn(minutes=29)
    assert "n’est pas parti" in given.words(await member.get("/membre/courriel"))


async def test_not_yet(portal: Portal, member: Browser) -> None:
    [mail] = [
        mail
        for mail in await outbox.newest(portal.db, failed=False, limit=9)
        if mail.recipient == ADDRESS
    ]
    later = portal.clock() + 60
    await portal.db.write(lambda tx: outbox.mark_failed(tx, mail.id, "451 Later", later))
    page = given.words(await member.get("/membre"))
    assert "n’a pas encore pu partir. Le portail essaiera de nouveau" in page


async def test_after_ten_minutes_nothing_is_said(
    member: Browser, post: Post, clock: TurnedClock
) -> None:
    await post.fetch()
    clock.turn(minutes=10)
    assert ADDRESS + " est parti" not in given.words(await member.get("/membre"))
    assert (await member.get("/membre/envoi/1", headers=HTMX)).status_code == 204


async def test_under_htmx_the_very_answer_asks_again(member: Browser) -> None:
    await member.get("/membre")
    answer = await member.submit("/membre/courriel/renvoyer", htmx=True)
    assert asks_again(answer.text) == "/membre/envoi/1"


async def test_nobody_else_is_told(
    member: Browser, browsers: Callable[..., Browser], portal: Portal
) -> None:
    assert (await browsers().get("/membre/envoi/1", headers=HTMX)).status_code == 204


async def test_on_the_recovery_page_nothing_is_shown(
    member: Browser, browsers: Callable[..., Browser], portal: Portal
) -> None:
    for browser in (member, browsers()):
        page = await browser.get("/mot-de-passe-oublie")
        challenge = given.hidden(page, "challenge")
        answer = portal.challenges.answer(challenge)
        assert answer
        fields = FRANCOIS.facts | {"challenge": challenge, "captcha": answer}
        told = await browser.submit("/mot-de-passe-oublie", fields)
        assert "Vérifiez votre courriel" in told.text
        assert ADDRESS not in told.text
        assert asks_again(told.text) is None
