"""What members type, as people write it: taken all the same, and never for somebody else."""

import pytest

from db import members
from rules.name import name_key
from settings import Settings
from tests.conftest import Browser
from tests.given import hidden, words
from tests.people import FRANCOIS, Person, enrol
from tests.security.parts import rows
from web.portal import Portal

# On the roster as the office wrote her: by both of her names.
ANNE = Person("20333", "Lévesque (née Roy)", "Anne", "07/11/1950", "J7J 8G8")


@pytest.mark.parametrize(
    "typed",
    [
        {"family_name": "Lapointe, François", "birth_date": "07–11–1950"},
        {"family_name": "M. F. Lapointe", "postal_code": "J7J 8G8."},
        {"family_name": "Mme Lapointe (née Roy)", "matricule": "00 875."},
    ],
)
async def test_facts_as_people_write_them_are_recognised(
    browser: Browser, typed: dict[str, str]
) -> None:
    answer = await browser.submit("/inscription", FRANCOIS.facts | typed)
    assert answer.status_code == 200
    assert 'name="token"' in answer.text


async def test_either_of_two_names_on_the_roster_is_enough(
    browser: Browser, portal: Portal
) -> None:
    await enrol(portal.db, [ANNE])
    for name in ("Lévesque", "Mme Roy", "Lévesque née Roy"):
        answer = await browser.submit("/inscription", ANNE.facts | {"family_name": name})
        assert 'name="token"' in answer.text
    for name in ("Lévesque née Dion", "Royer"):
        answer = await browser.submit("/inscription", ANNE.facts | {"family_name": name})
        assert answer.status_code == 422


async def test_no_password_is_made_of_one_of_two_names(portal: Portal) -> None:
    await enrol(portal.db, [ANNE])
    anne = await members.by_matricule(portal.db, ANNE.matricule)
    assert anne
    assert {"levesque", "roy"} <= set(map(name_key, anne.own_facts))


async def test_two_addresses_that_differ_in_case_are_the_same(
    browser: Browser, settings: Settings
) -> None:
    step_two = await browser.submit("/inscription", FRANCOIS.facts)
    fields = FRANCOIS.access(hidden(step_two, "token"), email="F.Lapointe@Exemple.ca")
    again = {"email_again": "f.lapointe@exemple.ca."}
    check = {"email": fields["email"], **again}
    said = await browser.submit("/verification/acces/email_again", check, htmx=True)
    assert "C’est bon" in words(said)
    other = {"email_again": "g.lapointe@exemple.ca"}
    said = await browser.submit("/verification/acces/email_again", check | other, htmx=True)
    assert "pas la même chose" in words(said)
    assert (await browser.submit("/inscription/acces", fields | again)).is_redirect
    assert rows(settings, "SELECT email FROM account") == [("F.Lapointe@exemple.ca",)]


@pytest.mark.parametrize("typed", ["{0[0]} {0[1]}{0[2]} {0[3]}{0[4]}", " {0}.", "« {0} »"])
async def test_a_captcha_is_taken_with_spaces(browser: Browser, portal: Portal, typed: str) -> None:
    form = await browser.get("/mot-de-passe-oublie")
    token = hidden(form, "challenge")
    answer = portal.challenges.answer(token)
    assert answer
    captcha = {"challenge": token, "captcha": typed.format(answer.lower())}
    sent = await browser.follow("/mot-de-passe-oublie", FRANCOIS.facts | captcha)
    assert "Vérifiez votre courriel" in words(sent)
