"""The link of a mail that confirms an address, over HTTP."""

from collections.abc import Callable

import pytest

from mail.messages import address_fingerprint
from tests import given
from tests.conftest import Browser, Post, TurnedClock
from tests.people import FRANCOIS
from web.portal import Portal

ADDRESS = "nouveau@example.org"
Digest = Callable[[], str]


@pytest.fixture
async def link(portal: Portal) -> str:
    """The link of the mail that went to an address of François, which waits."""
    member_id = await given.access(portal, FRANCOIS)
    await portal.db.write(
        lambda tx: tx.execute(
            "INSERT INTO email_change VALUES (?, ?, ?)", (member_id, ADDRESS, portal.clock())
        )
    )
    return link_for(portal, member_id, ADDRESS)


def link_for(portal: Portal, member_id: int, address: str) -> str:
    fingerprint = address_fingerprint(portal.address_key, address)
    return f"/courriel/confirmer/{portal.tokens.confirmation.make([member_id, fingerprint])}"


async def on_file(portal: Portal) -> str:
    row = await portal.db.one(
        "SELECT account.email FROM account JOIN member ON id = member_id WHERE matricule = '00875'"
    )
    assert row
    return str(row[0])


async def test_opening_the_link_changes_nothing(
    browsers: Callable[..., Browser], portal: Portal, link: str, digest: Digest
) -> None:
    visitor, member = browsers(), browsers()
    await given.session(member, portal, FRANCOIS)
    before = digest()
    for browser in (visitor, member):
        for method in ("GET", "HEAD"):
            assert (await browser.request(method, link)).status_code == 200
        assert (await browser.fragment(link)).status_code == 200
    assert digest() == before
    assert await on_file(portal) == "00875@example.com"


async def test_a_visitor_reads_no_address_in_the_link_or_its_page(
    browser: Browser, link: str
) -> None:
    answer = await browser.get(link)
    page = given.words(answer)
    assert "Connectez-vous d’abord : vous pourrez ensuite confirmer" in page
    assert "Mot de passe" in page
    assert "example" not in link
    assert ADDRESS not in answer.text
    assert "François" not in answer.text
    assert answer.headers["cache-control"] == "no-store"


@pytest.mark.parametrize("htmx", [False, True])
async def test_signing_in_leads_back_to_the_button(
    browser: Browser, portal: Portal, link: str, htmx: bool
) -> None:
    form = await browser.get(link)
    body = {
        "matricule": "00875",
        "password": FRANCOIS.password,
        "confirmation": given.hidden(form, "confirmation"),
    }
    if htmx:
        answer = await browser.submit("/", body, htmx=True)
        assert answer.headers["hx-push-url"] == link
    else:
        answer = await browser.follow("/", body)
        assert answer.url.path == link
    assert "Confirmer mon adresse" in given.words(answer)
    assert (await browser.follow(link)).url.path == "/membre/courriel"
    assert await on_file(portal) == ADDRESS


async def test_a_wrong_password_keeps_the_link(browser: Browser, link: str) -> None:
    token = link.rpartition("/")[2]
    for password in ("rive42sud8", ""):
        answer = await browser.submit(
            "/", {"matricule": "00875", "password": password, "confirmation": token}
        )
        assert answer.status_code == 422
        assert given.hidden(answer, "confirmation") == token


async def test_a_forged_link_at_sign_in_leads_to_the_members_section(
    browser: Browser, link: str
) -> None:
    for token in ("https://example.org", "//example.org", "x"):
        answer = await browser.submit(
            "/", {"matricule": "00875", "password": FRANCOIS.password, "confirmation": token}
        )
        assert answer.headers["location"] == "/membre"
        browser.cookies.clear()


@pytest.mark.parametrize("htmx", [False, True])
async def test_a_visitor_confirms_nothing(
    browser: Browser, portal: Portal, link: str, digest: Digest, htmx: bool
) -> None:
    before = digest()
    answer = await browser.submit(link, htmx=htmx)
    assert "Connectez-vous d’abord" in given.words(answer)
    assert given.hidden(answer, "confirmation") == link.rpartition("/")[2]
    assert digest() == before


async def test_a_choosing_session_confirms_nothing(
    browser: Browser, portal: Portal, link: str, digest: Digest
) -> None:
    await given.session(browser, portal, FRANCOIS, scope="choose")
    before = digest()
    assert "Connectez-vous d’abord" in given.words(await browser.submit(link))
    assert digest() == before


async def test_the_link_is_good_for_seven_days(
    browser: Browser, portal: Portal, link: str, clock: TurnedClock, digest: Digest
) -> None:
    clock.turn(days=7)
    assert "Connectez-vous d’abord" in given.words(await browser.get(link))
    clock.turn(minutes=1)
    page = given.words(await browser.get(link))
    assert "Ce lien ne sert plus" in page
    assert "Il date de plus de sept jours" in page
    await given.session(browser, portal, FRANCOIS)
    before = digest()
    assert "Ce lien ne sert plus" in given.words(await browser.get(link))
    answer = await browser.follow(link)
    assert answer.url.path == "/membre/courriel"
    assert "Ce lien ne sert plus." in given.words(answer)
    assert digest() == before


async def test_a_link_followed_twice_confirms_once(
    browser: Browser, portal: Portal, link: str, post: Post, clock: TurnedClock
) -> None:
    await given.session(browser, portal, FRANCOIS)
    await browser.submit(link)
    told = len(await post.fetch())
    clock.turn(minutes=5)
    again = await browser.follow(link)
    assert "Votre adresse courriel est confirmée." in given.words(again)
    assert len(await post.fetch()) == told
    assert await portal.db.all("SELECT count(*) FROM journal WHERE event = 'email_confirmed'") == [
        (1,)
    ]


async def test_the_link_of_a_former_address_brings_it_not_back(
    browser: Browser, portal: Portal, link: str
) -> None:
    member_id = await given.session(browser, portal, FRANCOIS)
    former = link_for(portal, member_id, "00875@example.com")
    await browser.submit(link)
    answer = await browser.follow(former)
    assert "Ce lien ne sert plus." in given.words(answer)
    assert await on_file(portal) == ADDRESS


async def test_a_tampered_link_serves_nothing(
    browser: Browser, portal: Portal, link: str, digest: Digest
) -> None:
    member_id = await given.session(browser, portal, FRANCOIS)
    before = digest()
    head, token = link.rsplit("/", 1)
    forged = [
        token[:-1] + ("A" if token[-1] != "A" else "B"),
        portal.tokens.registration.make(member_id),
        portal.tokens.registration.make([member_id, "0" * 16]),
        "%00",
        "%C3%A9",
        "%ED%A0%80",
        "x" * 4000,
    ]
    for bad in forged:
        answer = await browser.get(f"{head}/{bad}")
        assert answer.status_code == 200
        assert "Ce lien ne sert plus" in given.words(answer)
        assert "Ce lien ne sert plus." in given.words(await browser.follow(f"{head}/{bad}"))
    assert digest() == before


async def test_the_welcome_mails_link_confirms_the_first_address(
    browser: Browser, portal: Portal, post: Post
) -> None:
    await given.access(portal, FRANCOIS, confirmed=False)
    member_id = await given.session(browser, portal, FRANCOIS)
    answer = await browser.follow(link_for(portal, member_id, "00875@example.com"))
    assert "est confirmée" in given.words(answer)
    assert "à confirmer" not in given.words(answer)
    assert await portal.db.all("SELECT email_confirmed_at FROM account") == [(portal.clock(),)]
    assert await post.fetch() == []
