"""Live checks: each field as it is left, a new password while it is typed."""

import re
from urllib.parse import parse_qs

from tests.browser.visitor import Request, Visitor, expect
from tests.people import FRANCOIS


def checks(visitor: Visitor) -> list[Request]:
    return [request for request in visitor.requests if "/verification/" in request.url]


def sent(request: Request) -> dict[str, list[str]]:
    return parse_qs(request.post_data or "", keep_blank_values=True)


async def step_two(visitor: Visitor) -> None:
    await visitor.identify(FRANCOIS)
    await visitor.see("Inscription, 2e étape")
    visitor.requests.clear()


async def test_a_field_says_what_it_expects_as_it_is_left(visitor: Visitor) -> None:
    await visitor.open("/inscription")
    field, message = visitor.page.locator("#matricule"), visitor.page.locator("#matricule-message")
    await field.press_sequentially("875")
    assert checks(visitor) == []
    await field.press("Tab")
    await expect(message).to_contain_text("00875")
    await expect(field).to_have_attribute("aria-invalid", "true")
    await field.fill("00875")
    await field.press("Tab")
    await expect(message.locator(".met")).to_be_visible()
    await expect(field).not_to_have_attribute("aria-invalid", "true")
    assert [sent(request) for request in checks(visitor)] == [
        {"matricule": ["875"]},
        {"matricule": ["00875"]},
    ]


async def test_a_field_left_as_it_was_is_not_judged(visitor: Visitor) -> None:
    await visitor.open("/inscription")
    for _ in range(8):
        await visitor.page.keyboard.press("Tab")
    await expect(visitor.page.locator(".error")).to_have_count(0)
    assert checks(visitor) == []


async def test_a_check_sends_its_field_and_twin_only(visitor: Visitor) -> None:
    await step_two(visitor)
    await visitor.fill(email="f@example.com", password="rive42sud7", email_again="g@example.com")
    await visitor.page.locator("#email_again").press("Tab")
    await expect(visitor.page.locator("#email_again-message")).to_contain_text(
        "Ce n’est pas la même chose"
    )
    bodies = {request.url.rsplit("/", 1)[1]: sent(request) for request in checks(visitor)}
    assert bodies == {
        "email": {"email": ["f@example.com"]},
        "password": {"password": ["rive42sud7"]},
        "email_again": {"email": ["f@example.com"], "email_again": ["g@example.com"]},
    }


async def test_the_password_rules_tick_while_typing(visitor: Visitor) -> None:
    await step_two(visitor)
    field = visitor.page.locator("#password")
    met = visitor.page.locator("#password-message li.met")
    await expect(met).to_have_count(0)
    await field.press_sequentially("rive")
    await expect(met).to_have_text([re.compile("Au moins 3 lettres")])
    await field.press_sequentially("42sud7")
    await expect(met).to_have_count(3)
    await expect(field).to_be_focused()
    await field.press("Backspace")
    await expect(met).to_have_count(2)


async def test_the_last_edit_wins(visitor: Visitor) -> None:
    await step_two(visitor)
    field = visitor.page.locator("#password")
    for text in ("riv", "rive42sud7 trop long", "rive42sud7"):
        await field.fill(text)
        await visitor.page.wait_for_timeout(520)
    await expect(visitor.page.locator("#password-message li.met")).to_have_count(3)


async def test_a_slip_in_a_known_domain_is_offered_corrected(visitor: Visitor) -> None:
    await step_two(visitor)
    await visitor.fill(email="f@gmial.com")
    await visitor.page.locator("#email").press("Tab")
    await expect(visitor.page.locator("#email-message")).to_contain_text("f@gmail.com")
    await expect(visitor.page.locator("#email")).not_to_have_attribute("aria-invalid", "true")


async def test_an_answer_under_way_does_not_disturb_the_next_step(visitor: Visitor) -> None:
    await visitor.open("/inscription")
    await visitor.fill(**FRANCOIS.facts)
    await visitor.page.locator("#postal_code").press("Enter")
    await visitor.see("Inscription, 2e étape")
    await visitor.focus_is_on("h1")
