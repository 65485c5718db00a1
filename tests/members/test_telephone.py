"""What the office does at the telephone."""

from db import journal, members
from members import telephone
from tests import given
from tests.conftest import Browser
from tests.people import FRANCOIS
from web.portal import Portal


async def test_unlock_ends_the_wait_of_a_browser_that_the_member_uses(
    browser: Browser, portal: Portal
) -> None:
    member_id = await given.access(portal, FRANCOIS)
    right = {"matricule": FRANCOIS.matricule, "password": FRANCOIS.password}
    await browser.submit("/", right)
    await browser.submit("/deconnexion", {})
    for _ in range(6):
        refused = await browser.submit("/", right | {"password": "wrong12345"})
    assert refused.status_code == 429
    member = await members.by_id(portal.db, member_id)
    assert member
    assert await telephone.waits(portal.db, portal.throttle, member, portal.clock())
    assert len(await journal.sign_ins(portal.db, member_id, most=5)) == 1
    await telephone.unlock(portal.db, portal.throttle, member)
    assert await telephone.waits(portal.db, portal.throttle, member, portal.clock()) == {}
    assert (await browser.submit("/", right)).status_code == 303
