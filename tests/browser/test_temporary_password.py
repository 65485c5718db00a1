"""The temporary password in its mail, in a real browser: one word, whoever copies it."""

from mail.messages import Letter
from mail.render import render
from settings import Settings
from tests.browser.visitor import Visitor

CODE = "7KQM-2XPD-HW49"


async def test_a_double_click_takes_the_whole_of_it(visitor: Visitor, settings: Settings) -> None:
    values = {"code": CODE, "term": 14400, "hours": 4, "first_name": "", "digits": ""}
    mail = render(Letter("temporary_password", values), "a@example.org", settings, now=0)
    part = mail.get_body(("html",))
    assert part
    await visitor.page.set_content(part.get_content())
    for group in CODE.split("-"):
        await visitor.page.get_by_text(group, exact=True).dblclick()
        selected = await visitor.page.evaluate("getSelection().toString().trim()")
        assert selected == CODE.replace("-", "")
