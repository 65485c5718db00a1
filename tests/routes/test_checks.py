"""The live check of one field, over HTTP."""

import re
from collections.abc import Callable

import pytest

from forms.journey import FORMS
from tests import given
from tests.conftest import HTMX, Browser
from tests.people import FRANCOIS
from web.portal import Portal

LIVE = [(form.name, field.name) for form in FORMS.values() for field in form.fields if field.live]
SILENT = [
    (form.name, field.name) for form in FORMS.values() for field in form.fields if not field.live
]
RIGHT = FRANCOIS.facts | {
    "email": "francois@example.org",
    "email_again": "francois@example.org",
    "password": FRANCOIS.password,
    "password_again": FRANCOIS.password,
}
WRONG = {
    "matricule": "875",
    "family_name": "",
    "birth_date": "31/02/1950",
    "postal_code": "J7J",
    "email": "rien",
    "email_again": "autre@example.org",
    "password": "abc",
    "password_again": "autre123mot",
}
MOST = 400
"""Bytes of a check's answer (DESIGN §3)."""


def body_of(form: str, name: str, value: str) -> dict[str, str]:
    """What the script sends: the field and its twin."""
    field = FORMS[form].field(name)
    assert field
    return ({field.twin: RIGHT[field.twin]} if field.twin else {}) | {name: value}


def test_every_field_of_the_guide_is_checked_live() -> None:
    assert {field for form, field in LIVE if form == "identite"} == set(FRANCOIS.facts)
    assert {field for form, field in LIVE if form == "acces"} == set(RIGHT) - set(FRANCOIS.facts)


async def test_a_right_field_is_met(browser: Browser) -> None:
    for form, name in LIVE:
        answer = await browser.submit(
            f"/verification/{form}/{name}", body_of(form, name, RIGHT[name]), htmx=True
        )
        assert answer.status_code == 200, (form, name)
        assert 'class="met"' in answer.text
        assert "error" not in answer.text
        assert len(answer.content) < MOST
        assert answer.headers["cache-control"] == "no-store"


async def test_a_wrong_field_gets_its_sentence_alone(browser: Browser) -> None:
    for form, name in LIVE:
        answer = await browser.submit(
            f"/verification/{form}/{name}", body_of(form, name, WRONG[name]), htmx=True
        )
        assert answer.status_code == 422, (form, name)
        assert given.words(answer)
        assert "<input" not in answer.text
        assert "<title" not in answer.text
        assert "hx-push-url" not in answer.headers
        assert len(answer.content) < MOST


@pytest.mark.parametrize(
    ("form", "name"), [(form, name) for form, name in LIVE if form in ("identite", "acces")]
)
async def test_a_check_and_the_submit_say_the_same(browser: Browser, form: str, name: str) -> None:
    checked = await browser.submit(
        f"/verification/{form}/{name}", body_of(form, name, WRONG[name]), htmx=True
    )
    if form == "identite":
        sent = await browser.submit("/inscription", FRANCOIS.facts | {name: WRONG[name]})
    else:
        step_two = await browser.submit("/inscription", FRANCOIS.facts)
        body = FRANCOIS.access(given.hidden(step_two, "token"))
        twins = {"email": "email_again", "password": "password_again"}
        body |= {name: WRONG[name]} | ({twins[name]: WRONG[name]} if name in twins else {})
        sent = await browser.submit("/inscription/acces", body)
    said = given.error_of(sent, name)
    if name == "password":
        said = f"De 8 à 12 caractères ✓ Au moins 3 lettres Au moins 3 chiffres {said}"
    assert given.words(checked) == said


async def test_no_check_asks_the_database(browser: Browser, portal: Portal) -> None:
    await given.session(browser, portal, FRANCOIS)
    async with given.statements(portal.db) as seen:
        for form, name in LIVE:
            for values in (RIGHT, WRONG):
                body = body_of(form, name, values[name])
                await browser.submit(f"/verification/{form}/{name}", body, htmx=True)
    assert seen == []


@pytest.mark.parametrize(
    ("typed", "met", "said"),
    [
        ("", (), "Choisissez un mot de passe."),
        ("abc", ("lettres",), "de 8 à 12 caractères"),
        ("a1b2c3", ("lettres", "chiffres"), "de 8 à 12 caractères"),
        ("vertbleu12", ("caractères", "lettres"), "3 chiffres"),
        ("rive42sud7", ("caractères", "lettres", "chiffres"), "Solidité"),
        ("abc12345", ("caractères", "lettres", "chiffres"), "plus difficile à deviner"),
    ],
)
async def test_the_checklist_ticks_while_typing(
    browser: Browser, typed: str, met: tuple[str, ...], said: str
) -> None:
    answer = await browser.submit("/verification/acces/password", {"password": typed}, htmx=True)
    ticked = re.findall(r'<li class="met">✓ .*?(\w+)</li>', answer.text)
    assert tuple(ticked) == met
    assert answer.text.count("<li") == 3
    assert said in given.words(answer)
    assert len(answer.content) < MOST


async def test_a_password_is_never_said_back(browser: Browser) -> None:
    for name in ("password", "password_again"):
        body = {"password": "secret58mot9", "password_again": "secret58mot8"}
        if name == "password":
            del body["password_again"]
        answer = await browser.submit(f"/verification/acces/{name}", body, htmx=True)
        assert "secret58" not in answer.text


async def test_a_slip_in_a_well_known_domain_is_offered_corrected(browser: Browser) -> None:
    answer = await browser.submit("/verification/acces/email", {"email": "f@gmial.com"}, htmx=True)
    assert answer.status_code == 200
    assert given.words(answer) == "Vouliez-vous dire f@gmail.com ?"


async def test_the_longest_slip_stays_short_and_escaped(browser: Browser) -> None:
    name = "x" * 52 + "&'" * 5
    answer = await browser.submit(
        "/verification/acces/email", {"email": f"{name}@gmial.com"}, htmx=True
    )
    assert answer.status_code == 200
    assert "&'" not in answer.text
    assert len(answer.content) < MOST


async def test_a_twin_compares_what_its_field_means(browser: Browser) -> None:
    body = {"email": "f@Example.org", "email_again": " f@example.org"}
    answer = await browser.submit("/verification/acces/email_again", body, htmx=True)
    assert answer.status_code == 200


async def test_a_twin_alone_is_not_the_same(browser: Browser) -> None:
    body = {"email_again": "f@example.org"}
    answer = await browser.submit("/verification/acces/email_again", body, htmx=True)
    assert answer.status_code == 422
    assert given.words(answer) == "Ce n’est pas la même chose que dans le champ précédent."


async def test_an_unknown_field_is_no_page(browser: Browser) -> None:
    for path in (
        "rien/matricule",
        "identite/rien",
        "identite/email",
        "identite/kept_email",
        "acces/token",
        "identite/",
        "identite",
        *(f"{form}/{field}" for form, field in SILENT),
    ):
        answer = await browser.submit(f"/verification/{path}", {}, htmx=True)
        assert answer.status_code == 404, path


async def test_the_rest_of_the_form_is_not_wanted(browser: Browser) -> None:
    answer = await browser.submit("/verification/identite/matricule", FRANCOIS.facts, htmx=True)
    assert answer.status_code == 400


async def test_a_check_is_asked_by_post(browser: Browser, digest: Callable[[], str]) -> None:
    before = digest()
    answer = await browser.get("/verification/identite/matricule?matricule=00875", headers=HTMX)
    assert answer.status_code == 405
    assert digest() == before


async def test_a_field_tells_where_and_when_it_is_checked(browser: Browser) -> None:
    page = (await browser.get("/inscription")).text
    for name in FRANCOIS.facts:
        assert f'data-hx-post="/verification/identite/{name}"' in page
        assert f'data-hx-target="#{name}-message"' in page
        assert f'id="{name}-message"' in page
    assert page.count('data-hx-trigger="change"') == 4
    assert page.count('data-hx-sync="this:replace"') == 4
