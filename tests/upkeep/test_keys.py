"""A rotation of the secret key, as members feel it: not at all."""

import os
import re
import stat
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from app import create_app
from settings import Settings, load
from tests.conftest import Browser, Post, TurnedClock
from tests.people import EVERYONE, FRANCOIS, enrol
from upkeep.keys import drop_retired, rotate, write_keys
from web.portal import Portal

OLD, NEW = "the-old-secret-key-of-32-characters", "the-new-secret-key-of-32-characters"


def test_the_new_key_comes_after_the_old_one(tmp_path: Path) -> None:
    file = tmp_path / "portal.key"
    write_keys(file, [OLD])
    rotate(file, (OLD,), leaked=False)
    old, new = file.read_text().split()
    assert old == OLD
    assert len(new) >= 64
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert [path.name for path in tmp_path.iterdir()] == ["portal.key"]
    environ = {"PORTAL_DATABASE": str(tmp_path / "portal.db")}
    assert load(environ, tmp_path / "none").secret_keys == (old, new)


def test_a_key_that_leaked_is_not_kept(tmp_path: Path) -> None:
    file = tmp_path / "portal.key"
    rotate(file, (OLD,), leaked=True)
    (new,) = file.read_text().split()
    assert new != OLD


@pytest.mark.parametrize(("days", "left"), [(6.9, [OLD, NEW]), (7.1, [NEW])])
def test_the_old_key_goes_when_its_tokens_have_expired(
    tmp_path: Path, clock: TurnedClock, days: float, left: list[str]
) -> None:
    file = tmp_path / "portal.key"
    write_keys(file, [OLD, NEW])
    os.utime(file, (clock(), clock()))
    clock.turn(days=days)
    drop_retired(file, (OLD, NEW), clock())
    assert file.read_text().split() == left


@asynccontextmanager
async def restarted(
    settings: Settings, clock: TurnedClock, *keys: str
) -> AsyncIterator[tuple[Portal, Browser, Post]]:
    """The portal as it starts with these keys, and somebody at its door."""
    app = create_app(replace(settings, secret_keys=keys), clock)
    async with app.router.lifespan_context(app), Browser(app, settings.base_url) as browser:
        yield app.state.portal, browser, Post(app.state.portal)


async def test_what_was_under_way_survives_a_rotation(
    settings: Settings, clock: TurnedClock
) -> None:
    async with restarted(settings, clock, OLD) as (portal, browser, _):
        await enrol(portal.db, EVERYONE)
        step_one = await browser.submit("/inscription", FRANCOIS.facts)
    token = re.findall(r'name="token" value="([^"]+)"', step_one.text)[0]

    async with restarted(settings, clock, OLD, NEW) as (_, browser, _):
        step_two = await browser.follow("/inscription/acces", FRANCOIS.access(token))
        assert step_two.url.path == "/membre"

    async with restarted(settings, clock, NEW) as (_, browser, _):
        again = await browser.submit("/inscription/acces", FRANCOIS.access(token))
        assert again.status_code == 422


async def test_mails_and_captchas_survive_a_rotation(
    settings: Settings, clock: TurnedClock
) -> None:
    async with restarted(settings, clock, OLD) as (portal, browser, post):
        await enrol(portal.db, EVERYONE)
        step_one = await browser.submit("/inscription", FRANCOIS.facts)
        token = re.findall(r'name="token" value="([^"]+)"', step_one.text)[0]
        await browser.submit("/inscription/acces", FRANCOIS.access(token))
        mail = await post.last("00875@example.com")
        link = re.findall(r"http\S+/courriel/confirmer/\S+", post.text(mail))[0]
        asked = portal.challenges.issue("recuperation", "203.0.113.7")
        answer = portal.challenges.answer(asked) or ""
        form = {**FRANCOIS.facts, "challenge": asked, "captcha": answer}
        await browser.submit("/mot-de-passe-oublie", form)
        mail = await post.last("00875@example.com")
        temporary = re.findall(r"(?:[2-9A-Z]{4}-){2}[2-9A-Z]{4}", post.text(mail))[0]
        asked = portal.challenges.issue("recuperation", "203.0.113.7")
        answer = portal.challenges.answer(asked) or ""

    async with restarted(settings, clock, OLD, NEW) as (portal, browser, _):
        assert portal.challenges.answer(asked) != answer
        assert await portal.challenges.solve(portal.db, asked, answer, b"", clock())
        chosen = await browser.submit(
            "/", {"matricule": FRANCOIS.matricule, "password": temporary.lower()}
        )
        assert chosen.headers["location"] == "/membre/nouveau-mot-de-passe"
        facts = {"matricule": FRANCOIS.matricule, "password": FRANCOIS.password}
        await browser.submit("/", facts)
        confirmed = await browser.follow(link.removeprefix(settings.base_url))
        assert "confirmée" in confirmed.text
