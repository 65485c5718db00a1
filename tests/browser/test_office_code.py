"""A new access after an annulment, with the office's code, as somebody sees it."""

from members.annul import make_code
from tests import given
from tests.browser.visitor import ACCESS, Visitor, expect
from tests.people import FRANCOIS
from web.portal import Portal


async def test_the_code_is_asked_after_the_four_facts(either: Visitor, portal: Portal) -> None:
    member_id = await given.annulled(portal, FRANCOIS)
    await either.identify(FRANCOIS)
    await either.see("Inscription, 2e étape")
    await expect(either.page.get_by_text("Appelez le bureau au 450")).to_be_visible()
    access = FRANCOIS.access("")
    await either.fill(office_code="7KQM-2XPD", **{name: access[name] for name in ACCESS})
    await either.press("ENVOYER")
    await either.focus_is_on(".summary")
    await expect(either.page.locator("#office_code-message")).to_contain_text("n’est pas le code")

    now = portal.clock()
    made = await make_code(portal.db, member_id, portal.recovery_key, now=now, actor="office")
    assert made
    passwords = {name: access[name] for name in ("password", "password_again")}
    await either.fill(office_code=made[0].lower().replace("-", " "), **passwords)
    await either.press("ENVOYER")
    await either.see("Section des membres", "/membre")
