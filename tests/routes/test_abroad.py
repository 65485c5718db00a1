"""An office with members abroad: they type the postal code that they have."""

from dataclasses import replace

import pytest

from settings import Settings
from tests import given
from tests.conftest import Browser
from tests.people import FRANCOIS, Person, enrol
from web.portal import Portal

LONDON = Person("30001", "Roy", "Anne", "07/11/1950", "SW1A1AA")


@pytest.fixture
def settings(settings: Settings) -> Settings:
    return replace(settings, postal_codes="any")


@pytest.mark.parametrize("typed", ["SW1A 1AA", "sw1a1aa", " Sw1a-1aa "])
async def test_a_member_abroad_registers_with_the_code_of_the_country(
    portal: Portal, browser: Browser, typed: str
) -> None:
    await enrol(portal.db, [LONDON])
    answer = await browser.submit("/inscription", {**LONDON.facts, "postal_code": typed})
    assert "Inscription, 2e étape" in answer.text


async def test_a_member_here_registers_as_ever(browser: Browser) -> None:
    answer = await browser.submit("/inscription", {**FRANCOIS.facts, "postal_code": "j7j8g8"})
    assert "Inscription, 2e étape" in answer.text


async def test_hint_and_live_check_follow(browser: Browser) -> None:
    assert "Par exemple J7J 8G8, ou celui de votre pays" in given.words(
        await browser.get("/inscription")
    )
    check = "/verification/identite/postal_code"
    assert (await browser.submit(check, {"postal_code": "75011"})).status_code == 200
    wrong = await browser.submit(check, {"postal_code": "rue Roy"})
    assert wrong.status_code == 422
    assert "comme sur une lettre que vous recevez" in wrong.text
