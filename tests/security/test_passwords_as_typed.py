"""A password is the one that its owner sees: at its choice and at every try, in both forms."""

from dataclasses import replace

import pytest

from db import accounts
from db.accounts import AS_TYPED, NORMALISED
from settings import Settings
from tests.conftest import Browser
from tests.given import access, error_of, hash_of, session, words
from tests.people import FRANCOIS, Person
from tests.security.parts import is_signed_in, rows, sign_in
from web.portal import Portal

QUOTED = replace(FRANCOIS, password="l'eau42sud7")
NEW = {"password": "brume19lac4", "password_again": "brume19lac4"}


async def hashed_as_typed(portal: Portal, password: str) -> int:
    """An access from before passwords were normalised."""
    member_id = await access(portal, FRANCOIS)
    await portal.db.write(
        lambda tx: tx.execute(
            "UPDATE account SET password_hash = ?, password_form = ?", (hash_of(password), AS_TYPED)
        )
    )
    return member_id


@pytest.mark.parametrize(
    ("person", "typed"),
    [
        (FRANCOIS, "rive42sud7 "),
        (FRANCOIS, "\u00a0rive42sud7\u202f"),
        (FRANCOIS, "rive42\u200bsud7\ufeff"),
        (FRANCOIS, "rive42sud7\r\n"),
        (QUOTED, "l’eau42sud7"),
        (QUOTED, "l‘eau42sud7"),
    ],
)
async def test_a_password_is_known_by_what_is_seen_of_it(
    browser: Browser, portal: Portal, person: Person, typed: str
) -> None:
    await access(portal, person)
    before = portal.passwords.verifications
    assert (await sign_in(browser, person, typed)).is_redirect
    assert portal.passwords.verifications - before == 1
    # The current password likewise.
    changed = await browser.submit("/membre/mot-de-passe", {"current_password": typed, **NEW})
    assert changed.is_redirect


@pytest.mark.parametrize(
    "typed", ["rive42sud 7", "Rive42sud7", "rive42sud7.", "rive42 sud7", "«rive42sud7»"]
)
async def test_what_is_seen_makes_a_difference(
    browser: Browser, portal: Portal, typed: str
) -> None:
    await access(portal, FRANCOIS)
    assert (await sign_in(browser, FRANCOIS, typed)).status_code == 422


@pytest.mark.parametrize(
    "own", ["l’eau42sud7", " rive42sud7", "rive42\u00a0sud7", "rive42sud7\u200b"]
)
async def test_an_older_hash_serves_whoever_types_as_before(
    browser: Browser, portal: Portal, settings: Settings, own: str
) -> None:
    await hashed_as_typed(portal, own)
    before = portal.passwords.verifications
    assert (await sign_in(browser, FRANCOIS, own)).is_redirect
    assert portal.passwords.verifications - before == 1
    # Its normalised form is another text, which nobody has hashed: it stays as it is.
    assert rows(settings, "SELECT password_form FROM account") == [(AS_TYPED,)]
    assert (
        await browser.submit("/membre/mot-de-passe", {"current_password": own, **NEW})
    ).is_redirect
    assert rows(settings, "SELECT password_form FROM account") == [(NORMALISED,)]
    assert (await sign_in(browser, FRANCOIS, f"{NEW['password']} ")).is_redirect


async def test_an_older_hash_of_a_plain_password_is_known_as_such_from_the_first_sign_in_on(
    browser: Browser, portal: Portal, settings: Settings
) -> None:
    await hashed_as_typed(portal, FRANCOIS.password)
    [(kept,)] = rows(settings, "SELECT password_hash FROM account")
    assert (await sign_in(browser, FRANCOIS)).is_redirect
    assert rows(settings, "SELECT password_hash, password_form FROM account") == [
        (kept, NORMALISED)
    ]
    assert (await sign_in(browser, FRANCOIS, f"{FRANCOIS.password} ")).is_redirect


async def test_two_first_sign_ins_at_once_both_succeed(
    browser: Browser, portal: Portal, monkeypatch: pytest.MonkeyPatch
) -> None:
    member_id = await hashed_as_typed(portal, FRANCOIS.password)
    verify = portal.passwords.verify

    async def verify_slowly(password_hash: str | None, typed: str) -> bool:
        is_password = await verify(password_hash, typed)
        await portal.db.write(lambda tx: accounts.set_normalised(tx, member_id))  # the other one
        return is_password

    monkeypatch.setattr(portal.passwords, "verify", verify_slowly)
    assert (await sign_in(browser, FRANCOIS)).is_redirect
    assert await is_signed_in(browser)


@pytest.mark.parametrize(
    ("chosen", "says"),
    [("brume19lac4 ", "l’espace"), ("brume19lac4\u200b", "ne se voit pas")],
)
async def test_a_new_password_with_what_is_not_seen_is_refused_with_a_sentence(
    browser: Browser, portal: Portal, settings: Settings, chosen: str, says: str
) -> None:
    await session(browser, portal, FRANCOIS)
    before = rows(settings, "SELECT password_hash FROM account")
    fields = {"password": chosen, "password_again": chosen, "current_password": FRANCOIS.password}
    answer = await browser.submit("/membre/mot-de-passe", fields)
    assert says in error_of(answer, "password")
    assert rows(settings, "SELECT password_hash FROM account") == before
    check = await browser.submit(
        "/verification/mot-de-passe/password", {"password": chosen}, htmx=True
    )
    # Beside three rules that are met it is the sentence that is read, not one for screen readers.
    assert says in words(check)
    assert check.text.count('class="met"') == 3
    assert "sr" not in check.text.split("<p")[1]
