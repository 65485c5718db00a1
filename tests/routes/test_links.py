"""Links in mails: a scanner that opens each and submits every form changes nothing."""

import logging
import re
from collections.abc import Callable
from html import unescape
from urllib.parse import urlsplit

import pytest

from db.database import Transaction
from mail import messages
from mail.outbox import queue
from tests import given
from tests.conftest import Browser, Post
from tests.people import FRANCOIS
from web.portal import Portal

STATE = ("account", "email_change", "freeze_link", "recovery", "session", "outbox")


@pytest.fixture
async def paths(portal: Portal, post: Post) -> list[str]:
    """Where the links of every kind of mail lead, all sent to François, who has an access."""
    member_id = await given.access(portal, FRANCOIS, confirmed=False)

    async def save(tx: Transaction) -> None:
        for message in messages.MESSAGES.values():
            to = f"{FRANCOIS.matricule}@example.com"
            await queue(tx, message, to, now=portal.clock(), member_id=member_id)

    await portal.db.write(save)
    mails = await post.fetch()
    assert len(mails) == len(messages.MESSAGES)
    links = {link for mail in mails for link in re.findall(r"https?://\S+", Post.text(mail))}
    return sorted(urlsplit(link).path for link in links)


async def submit_all(browser: Browser, path: str, typed: str) -> int:
    """Open the page and submit each of its forms, the same text in every field.

    The link's own address too, blindly.
    """
    await browser.submit(path, {})
    page = await browser.get(path)
    assert page.status_code == 200
    forms = re.findall(r"<form.*?</form>", page.text, re.S)
    for form in forms:
        action = re.search(r'action="([^"]+)"', form)
        assert action
        hidden = dict(re.findall(r'type="hidden" name="([^"]+)" value="([^"]*)"', form))
        names = set(re.findall(r'<input[^>]*? name="([^"]+)"', form)) - set(hidden)
        await browser.submit(unescape(action[1]), dict.fromkeys(names, typed) | hidden)
    return len(forms)


async def test_a_scanner_changes_nothing(
    browser: Browser, paths: list[str], digest: Callable[[], str]
) -> None:
    before = digest()
    submitted = [await submit_all(browser, path, "") for path in paths]
    assert sum(submitted) >= len(paths) > 4
    assert digest() == before


@pytest.mark.parametrize("typed", ["x", "12345", "01/01/1950", "a@example.com", "abc123def"])
async def test_a_scanner_that_types_changes_no_access(
    portal: Portal, browser: Browser, paths: list[str], typed: str
) -> None:
    async def state() -> list[object]:
        return [await portal.db.all(f"SELECT * FROM {table}") for table in STATE]

    before = await state()
    for path in paths:
        await submit_all(browser, path, typed)
    assert await state() == before


async def test_a_token_reaches_no_log_and_no_referrer(
    browser: Browser, paths: list[str], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    tokens = [path for path in paths if "/confirmer/" in path or "/bloquer/" in path]
    assert len(tokens) >= 3
    for path in tokens:
        for answer in (await browser.get(path), await browser.submit(path, {})):
            assert answer.headers["referrer-policy"] == "strict-origin"
    portals = [record for record in caplog.records if not record.name.startswith("http")]
    said = "\n".join(record.getMessage() for record in portals)
    for path in tokens:
        assert path.rpartition("/")[2] not in said
