"""« Inscription » in two steps, over HTTP."""

import re

from tests.conftest import Browser, Post
from tests.people import FRANCOIS


def token_of(html: str) -> str:
    found = re.search(r'name="token" value="([^"]+)"', html)
    assert found, html
    return found[1]


async def test_a_member_gets_an_access_in_two_steps(browser: Browser, post: Post) -> None:
    step_one = await browser.submit("/inscription", FRANCOIS.facts)
    assert step_one.status_code == 200
    assert "Inscription, 2e étape" in step_one.text
    done = await browser.follow("/inscription/acces", FRANCOIS.access(token_of(step_one.text)))
    assert done.url.path == "/membre"
    assert "Bonjour François Lapointe" in done.text
    assert "Votre accès est créé" in done.text
    welcome = await post.last("00875@example.com")
    assert welcome["Subject"] == "Bienvenue au portail des membres"
