"""Two members on one browser, as couples share a tablet: nobody's things reach the other."""

from tests.browser.visitor import Visitor, expect
from tests.people import FRANCOIS, SYLVIE

STEP_TWO = "Inscription, 2e étape"


async def test_the_next_member_does_not_find_the_address_that_was_typed(visitor: Visitor) -> None:
    email = visitor.page.locator("#email")
    await visitor.identify(FRANCOIS)
    await visitor.see(STEP_TWO)
    await visitor.fill(email="f@example.com")
    await email.blur()
    await visitor.identify(SYLVIE)
    await visitor.see(STEP_TWO)
    await expect(email).to_have_value("")
    await visitor.identify(FRANCOIS)
    await visitor.see(STEP_TWO)
    await expect(email).to_have_value("f@example.com")
