"""« Not you? »: the link of a mail to a former address freezes the access."""

import re
from collections.abc import Callable
from urllib.parse import urlsplit

import pytest

from db import accounts, email_changes, freeze_links, members, outbox
from db.database import Transaction
from db.members import Member
from members.telephone import replace_email, unfreeze
from security.tokens import token_hash
from tests import given
from tests.conftest import Browser, Post, TurnedClock
from tests.people import FRANCOIS, MARIE, SYLVIE, Person
from web.portal import Portal

OLD = "francois@example.com"
NEW = "someone.else@example.com"
VOID = "Ce lien ne sert plus"


def link_in(text: str) -> str:
    """The path of the « Not you? » link of a mail."""
    found = re.search(r"https?://\S+/acces/bloquer/\S+", text)
    assert found, text
    return urlsplit(found[0]).path


def known(person: Person) -> dict[str, str]:
    return {"matricule": person.matricule, "birth_date": person.birth_date}


@pytest.fixture
async def thief(portal: Portal, browser: Browser) -> Browser:
    """Somebody who has François's password asked for another address."""
    await given.access(portal, FRANCOIS, email=OLD)
    signed_in = await browser.follow(
        "/", {"matricule": FRANCOIS.matricule, "password": FRANCOIS.password}
    )
    assert signed_in.url.path == "/membre"
    fields = {"email": NEW, "email_again": NEW, "current_password": FRANCOIS.password}
    asked = await browser.follow("/membre/courriel", fields)
    assert asked.status_code == 200
    return browser


@pytest.fixture
async def link(thief: Browser, post: Post) -> str:
    """The link in the mail to the address on file."""
    return link_in(post.text(await post.last(OLD)))


async def take_over(thief: Browser, post: Post) -> None:
    """The thief confirms the new address."""
    text = post.text(await post.last(NEW))
    found = re.search(r"https?://\S+/courriel/confirmer/\S+", text)
    assert found
    done = await thief.follow(urlsplit(found[0]).path, {})
    assert "est confirmée" in given.words(done)


async def member_of(portal: Portal, person: Person) -> Member:
    member = await members.by_matricule(portal.db, person.matricule)
    assert member
    return member


async def member_id_of(portal: Portal, person: Person) -> int:
    return (await member_of(portal, person)).id


async def test_both_mails_to_the_former_address_carry_a_link(
    thief: Browser, post: Post, link: str
) -> None:
    await take_over(thief, post)
    changed = await post.last(OLD)
    assert changed["Subject"] == "Votre adresse courriel a été changée"
    assert link_in(post.text(changed)) != link


async def test_opening_it_changes_nothing(
    browsers: Callable[..., Browser], link: str, digest: Callable[[], str]
) -> None:
    before = digest()
    page = await browsers().get(link)
    assert "Bloquer l’accès" in given.words(page)
    assert FRANCOIS.first_name not in page.text
    assert digest() == before


@pytest.mark.parametrize("htmx", [False, True])
async def test_it_freezes_the_access(
    portal: Portal,
    thief: Browser,
    browsers: Callable[..., Browser],
    post: Post,
    link: str,
    htmx: bool,
) -> None:
    await take_over(thief, post)
    member, stranger = await member_id_of(portal, FRANCOIS), browsers()
    await thief.follow(
        "/membre/courriel",
        {
            "email": "third@example.com",
            "email_again": "third@example.com",
            "current_password": FRANCOIS.password,
        },
    )
    waiting = link_in(post.text(await post.last(NEW)))
    done = await stranger.submit(link, known(FRANCOIS), htmx=htmx)
    assert done.status_code == 200
    assert "L’accès est bloqué" in given.words(done)
    account = await accounts.by_member(portal.db, member)
    assert account
    assert account.frozen_at == portal.clock()
    # It changes no address by itself.
    assert account.email == NEW
    assert await email_changes.by_member(portal.db, member) is None
    for path in (link, waiting):
        assert VOID in given.words(await stranger.get(path))
    for recipient in (OLD, NEW):
        mail = await post.last(recipient)
        assert mail["Subject"] == "Votre accès au portail est bloqué"
        assert "acces/bloquer" not in post.text(mail)
    # No session, no sign-in, no recovery.
    assert (await thief.get("/membre")).status_code == 303
    again = await browsers().submit("/", {"matricule": "00875", "password": FRANCOIS.password})
    assert again.status_code == 422
    sent = len(await post.fetch())
    page = await browsers().get("/mot-de-passe-oublie")
    challenge = given.hidden(page, "challenge")
    answer = portal.challenges.answer(challenge)
    assert answer
    recovery = FRANCOIS.facts | {"challenge": challenge, "captcha": answer}
    told = await browsers().submit("/mot-de-passe-oublie", recovery)
    assert "Vérifiez votre courriel" in given.words(told)
    assert len(await post.fetch()) == sent


async def test_a_temporary_password_on_its_way_opens_nothing(
    portal: Portal, browsers: Callable[..., Browser], post: Post, link: str
) -> None:
    page = await browsers().get("/mot-de-passe-oublie")
    challenge = given.hidden(page, "challenge")
    answer = portal.challenges.answer(challenge)
    assert answer
    recovery = FRANCOIS.facts | {"challenge": challenge, "captcha": answer}
    await browsers().submit("/mot-de-passe-oublie", recovery)
    text = post.text(await post.last(OLD))
    code = next(line.strip() for line in text.splitlines() if line.startswith("    "))
    await browsers().submit(link, known(FRANCOIS))
    tried = await browsers().submit("/", {"matricule": "00875", "password": code})
    assert tried.status_code == 422
    # Void for good, not only while the access is frozen.
    assert await portal.db.all("SELECT * FROM recovery") == []


async def test_five_tries_a_link(
    portal: Portal, browsers: Callable[..., Browser], link: str, post: Post
) -> None:
    wrong = [
        known(FRANCOIS) | {"birth_date": "08/11/1950"},
        known(FRANCOIS) | {"matricule": SYLVIE.matricule},
        known(MARIE),
        known(SYLVIE),
    ]
    for left, facts in zip((4, 3, 2, 1), wrong, strict=True):
        answer = await browsers().submit(link, facts)
        assert answer.status_code == 422
        assert f"Essais restants : {left}." in given.words(answer)
    # What no rule accepts is no try.
    assert (await browsers().submit(link, {"matricule": "", "birth_date": ""})).status_code == 422
    last = await browsers().submit(link, wrong[0])
    assert VOID in given.words(last)
    right = await browsers().submit(link, known(FRANCOIS))
    assert VOID in given.words(right)
    account = await accounts.by_member(portal.db, await member_id_of(portal, FRANCOIS))
    assert account
    assert account.frozen_at is None


async def test_the_fifth_try_may_be_the_right_one(
    browsers: Callable[..., Browser], link: str
) -> None:
    for _ in range(4):
        await browsers().submit(link, known(MARIE))
    assert "est bloqué" in given.words(await browsers().submit(link, known(FRANCOIS)))


async def test_it_serves_for_seven_days(
    browsers: Callable[..., Browser], link: str, clock: TurnedClock
) -> None:
    clock.turn(days=6.75)
    assert "Bloquer l’accès" in given.words(await browsers().get(link))
    clock.turn(days=0.25)
    assert VOID in given.words(await browsers().get(link))
    assert VOID in given.words(await browsers().submit(link, known(FRANCOIS)))


async def test_a_made_up_link(browser: Browser) -> None:
    assert VOID in given.words(await browser.get("/acces/bloquer/abc"))
    assert VOID in given.words(await browser.submit("/acces/bloquer/abc", known(FRANCOIS)))


async def test_the_link_is_kept_as_its_hash(portal: Portal, link: str) -> None:
    token = link.rpartition("/")[2]
    [row] = await portal.db.all("SELECT token_hash, expires_at FROM freeze_link")
    assert row == (token_hash(token), portal.clock() + 7 * 86400)
    for file in portal.settings.database.parent.glob("portal.db*"):
        assert token.encode() not in file.read_bytes()


async def test_the_office_settles_it(
    portal: Portal, thief: Browser, browsers: Callable[..., Browser], post: Post, link: str
) -> None:
    await take_over(thief, post)
    await browsers().submit(link, known(FRANCOIS))
    now = portal.clock()
    member = await member_of(portal, FRANCOIS)
    before = await replace_email(portal.db, member, "true@example.com", now=now)
    assert before
    assert before.email == NEW
    replaced = await post.last(NEW)
    assert replaced["Subject"] == "Le bureau a changé votre adresse courriel"
    assert "acces/bloquer" not in post.text(replaced)
    await unfreeze(portal.db, portal.passwords, member, now=now)
    reopened = await post.last("true@example.com")
    assert reopened["Subject"] == "Votre accès au portail est rouvert"
    # The thief knows the former password: it is void. The mail's temporary one works.
    tried = await thief.submit("/", {"matricule": "00875", "password": FRANCOIS.password})
    assert tried.status_code == 422
    text = post.text(reopened)
    code = next(line.strip() for line in text.splitlines() if line.startswith("    "))
    entered = await browsers().follow("/", {"matricule": "00875", "password": code})
    assert entered.url.path == "/membre/nouveau-mot-de-passe"
    assert (await thief.get("/membre")).status_code == 303


async def test_what_a_request_under_way_began_does_not_outlive_the_reopening(
    portal: Portal, thief: Browser, browsers: Callable[..., Browser], link: str
) -> None:
    member = await member_of(portal, FRANCOIS)
    await browsers().submit(link, known(FRANCOIS))
    late = browsers()
    await given.session(late, portal, FRANCOIS)
    assert (await late.get("/membre")).status_code == 303
    await unfreeze(portal.db, portal.passwords, member, now=portal.clock())
    assert (await late.get("/membre")).status_code == 303


async def test_a_frozen_access_gets_no_new_link(portal: Portal, link: str) -> None:
    member = await member_id_of(portal, FRANCOIS)

    async def save(tx: Transaction) -> bool:
        await accounts.set_frozen(tx, member, 1)
        return await freeze_links.add(tx, b"hash", member, OLD, portal.clock() + 60)

    assert not await portal.db.write(save)


async def test_the_office_replaces_an_address(
    portal: Portal, browsers: Callable[..., Browser], post: Post
) -> None:
    await given.access(portal, FRANCOIS, email=OLD)
    member, now = await member_of(portal, FRANCOIS), portal.clock()
    without_access = await member_of(portal, SYLVIE)
    assert await replace_email(portal.db, without_access, NEW, now=now) is None
    assert await replace_email(portal.db, member, OLD, now=now) is None
    assert await outbox.newest(portal.db, failed=False, limit=9) == []
    await replace_email(portal.db, member, NEW, now=now)
    account = await accounts.by_member(portal.db, member.id)
    assert account
    assert (account.email, account.email_confirmed_at) == (NEW, None)
    assert (await post.last(NEW))["Subject"] == "Confirmez votre adresse courriel"
    # The former one is told, and may say that it was not the member at the telephone.
    link = link_in(post.text(await post.last(OLD)))
    assert "est bloqué" in given.words(await browsers().submit(link, known(FRANCOIS)))


async def test_only_a_frozen_access_is_reopened(portal: Portal) -> None:
    member, now = await member_of(portal, FRANCOIS), portal.clock()
    assert await unfreeze(portal.db, portal.passwords, member, now=now) is None
    await given.access(portal, FRANCOIS)
    assert await unfreeze(portal.db, portal.passwords, member, now=now) is None
    assert await outbox.newest(portal.db, failed=False, limit=9) == []
