"""« Inscription » in two steps, over HTTP."""

import asyncio
import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace

import httpx
import pytest

from db import members
from members.register import CONSENT_VERSION
from tests import given
from tests.conftest import HTMX, Browser, Post, TurnedClock
from tests.people import FRANCOIS, GASTON, MARIE, NOBODY, SYLVIE, Person
from web.portal import Portal

STEP_TWO = "Inscription, 2e étape"
EXPIRED = "L’étape a expiré ou la page a été rechargée."


async def step_two(browser: Browser, person: Person = FRANCOIS) -> str:
    """The token that step one answers with."""
    answer = await browser.submit("/inscription", person.facts)
    assert STEP_TWO in answer.text
    return given.hidden(answer, "token")


def rows(portal: Portal, sql: str) -> list[tuple[object, ...]]:
    with closing(sqlite3.connect(portal.settings.database)) as connection:
        return connection.execute(sql).fetchall()


async def test_a_member_gets_an_access_in_two_steps(browser: Browser, post: Post) -> None:
    step_one = await browser.submit("/inscription", FRANCOIS.facts)
    assert step_one.status_code == 200
    assert STEP_TWO in step_one.text
    token = given.hidden(step_one, "token")
    done = await browser.follow("/inscription/acces", FRANCOIS.access(token))
    assert done.url.path == "/membre"
    assert "Bonjour François Lapointe" in done.text
    assert "Votre accès est créé" in done.text
    welcome = await post.last("00875@example.com")
    assert welcome["Subject"] == "Bienvenue au portail des membres"


async def test_htmx_gets_each_step_in_one_answer(browser: Browser) -> None:
    step_one = await browser.submit("/inscription", FRANCOIS.facts, htmx=True)
    assert step_one.status_code == 200
    assert step_one.headers["hx-push-url"].startswith("/inscription/acces/")
    assert "<title>Inscription, 2e étape – " in step_one.text
    assert "<html" not in step_one.text
    assert '<h1 tabindex="-1" autofocus>' in step_one.text
    token = given.hidden(step_one, "token")
    done = await browser.submit("/inscription/acces", FRANCOIS.access(token), htmx=True)
    assert done.status_code == 200
    assert done.headers["hx-push-url"] == "/membre"
    assert "<html" not in done.text
    assert "Bonjour François Lapointe" in done.text
    assert "Votre accès est créé" in done.text
    assert "Votre accès est créé" not in (await browser.get("/membre")).text


async def test_step_one_shows_the_guides_labels_and_button(browser: Browser) -> None:
    page = given.words(await browser.get("/inscription"))
    for label in ("Matricule", "Nom de famille complet", "Date de naissance", "Code postal"):
        assert label in page
    assert "00875 ou 33163" in page
    assert "JJ/MM/AAAA" in page
    assert "INSCRIPTION" in page


async def test_step_two_says_what_is_kept_beside_its_button(browser: Browser) -> None:
    answer = await browser.submit("/inscription", FRANCOIS.facts)
    page = given.words(answer)
    for label in ("Courriel", "Confirmer le courriel", "Mot de passe", "ENVOYER"):
        assert label in page
    assert "En appuyant sur ENVOYER, vous acceptez" in page
    assert 'href="/confidentialite"' in answer.text
    assert 'type="checkbox"' not in answer.text
    assert 'value="00875" autocomplete="username" readonly' in answer.text


async def test_step_two_fills_in_nothing_that_the_roster_knows(browser: Browser) -> None:
    answer = await browser.submit("/inscription", FRANCOIS.facts)
    assert FRANCOIS.email
    assert FRANCOIS.email not in answer.text
    assert "François" not in answer.text


async def test_facts_are_taken_as_people_type_them(browser: Browser) -> None:
    typed = {
        "matricule": " 10411 ",
        "family_name": "saint onge d'amours",
        "birth_date": "29.02.1944",
        "postal_code": "h2l4k1",
    }
    assert STEP_TWO in (await browser.submit("/inscription", typed)).text


@pytest.mark.parametrize(
    "fact",
    [
        {"matricule": "00876"},
        {"family_name": "Lapoynte"},
        {"birth_date": "08/11/1950"},
        {"postal_code": "J7J 8G9"},
    ],
    ids=lambda fact: next(iter(fact)),
)
async def test_one_wrong_fact_is_not_found(
    browser: Browser, fact: dict[str, str], substance: Callable[[], list[str]]
) -> None:
    before = substance()
    answer = await browser.submit("/inscription", FRANCOIS.facts | fact)
    assert answer.status_code == 422
    page = given.words(answer)
    assert "Nous ne trouvons pas de membre avec ces quatre renseignements." in page
    assert "Appelez le bureau au 450 555-0199" in page
    assert substance() == before


async def test_not_found_keeps_what_was_typed_and_leads_nowhere_else(browser: Browser) -> None:
    answer = await browser.submit("/inscription", NOBODY.facts, htmx=True)
    assert answer.headers["hx-push-url"] == "false"
    for text in NOBODY.facts.values():
        assert f'value="{text}"' in answer.text
    assert "aria-invalid" not in answer.text


async def test_not_found_is_the_same_answer_whichever_fact_is_wrong(browser: Browser) -> None:
    unknown = await browser.submit("/inscription", NOBODY.facts)
    inactive = await browser.submit("/inscription", GASTON.facts)
    assert unknown.status_code == inactive.status_code
    strip = str.maketrans("", "", "".join(NOBODY.facts.values()) + "".join(GASTON.facts.values()))
    assert given.without_codes(unknown).translate(strip) == given.without_codes(inactive).translate(
        strip
    )


async def test_a_member_with_an_access_is_led_to_sign_in(browser: Browser, portal: Portal) -> None:
    await given.access(portal, FRANCOIS)
    answer = await browser.submit("/inscription", FRANCOIS.facts)
    assert answer.status_code == 422
    assert "Vous avez déjà un accès." in given.words(answer)
    assert '<a href="/">Connectez-vous</a>' in answer.text
    assert '<a href="/mot-de-passe-oublie">' in answer.text


async def test_step_two_opened_by_its_address_leads_back_with_a_sentence(browser: Browser) -> None:
    answer = await browser.get("/inscription/acces")
    assert answer.status_code == 200
    assert EXPIRED in given.words(answer)
    assert 'action="/inscription"' in answer.text
    assert "Votre courriel est gardé" not in answer.text


async def test_an_expired_step_keeps_the_email(browser: Browser, clock: TurnedClock) -> None:
    token = await step_two(browser)
    clock.turn(hours=2, minutes=1)
    answer = await browser.submit("/inscription/acces", FRANCOIS.access(token, "f@example.org"))
    assert answer.status_code == 422
    page = given.words(answer)
    assert EXPIRED in page
    assert "Votre courriel est gardé." in page
    assert FRANCOIS.password not in answer.text
    again = await browser.submit(
        "/inscription", FRANCOIS.facts | {"kept_email": given.hidden(answer, "kept_email")}
    )
    assert 'name="email" type="email" value="f@example.org"' in again.text


async def test_the_kept_email_survives_a_wrong_fact(browser: Browser) -> None:
    for facts in (NOBODY.facts, FRANCOIS.facts | {"matricule": "875"}):
        answer = await browser.submit("/inscription", facts | {"kept_email": "f@example.org"})
        assert answer.status_code == 422
        assert given.hidden(answer, "kept_email") == "f@example.org"


async def test_the_token_is_good_for_two_hours(browser: Browser, clock: TurnedClock) -> None:
    token = await step_two(browser)
    clock.turn(hours=2)
    done = await browser.follow("/inscription/acces", FRANCOIS.access(token))
    assert done.url.path == "/membre"


async def test_a_tampered_or_foreign_token_leads_back(
    browser: Browser, portal: Portal, substance: Callable[[], list[str]]
) -> None:
    token = await step_two(browser)
    member_id, _ = portal.tokens.registration.read(token) or []
    forged = [
        "",
        token[:-1] + ("A" if token[-1] != "A" else "B"),
        token[1:],
        "é" + token,
        token + "\u0000",
        token.replace(".", "", 1),
        portal.tokens.challenge.make(member_id),
        portal.tokens.confirmation.make(member_id),
        portal.tokens.confirmation.make([member_id, "x"]),
        portal.tokens.registration.make([member_id]),
        portal.tokens.registration.make(member_id),
        portal.tokens.registration.make([member_id, None]),
        portal.tokens.registration.make(str(member_id)),
    ]
    before = substance()
    for bad in forged:
        answer = await browser.submit("/inscription/acces", FRANCOIS.access(bad))
        assert answer.status_code == 422, bad
        assert EXPIRED in given.words(answer), bad
    assert substance() == before


async def test_a_token_of_nobody_is_not_found(browser: Browser, portal: Portal) -> None:
    token = portal.tokens.registration.make([987654, 0])
    answer = await browser.submit("/inscription/acces", FRANCOIS.access(token))
    assert answer.status_code == 422
    assert "Nous ne trouvons pas de membre" in given.words(answer)


async def test_a_member_deactivated_between_the_steps_gets_no_access(
    browser: Browser, portal: Portal
) -> None:
    token = await step_two(browser)
    await portal.db.write(lambda tx: tx.execute("UPDATE member SET active = 0"))
    answer = await browser.submit("/inscription/acces", FRANCOIS.access(token))
    assert answer.status_code == 422
    assert "Nous ne trouvons pas de membre" in given.words(answer)
    assert rows(portal, "SELECT * FROM account") == []


async def test_sent_again_with_the_same_password_signs_in(browser: Browser, portal: Portal) -> None:
    token = await step_two(browser)
    await browser.submit("/inscription/acces", FRANCOIS.access(token))
    browser.cookies.clear()
    again = await browser.follow("/inscription/acces", FRANCOIS.access(token))
    assert again.url.path == "/membre"
    assert "Bonjour François Lapointe" in given.words(again)
    assert rows(portal, "SELECT count(*) FROM account") == [(1,)]
    assert rows(portal, "SELECT kind FROM outbox WHERE recipient LIKE '00875%'") == [("welcome",)]


async def test_a_replayed_token_with_another_password_opens_nothing(
    browser: Browser, portal: Portal
) -> None:
    token = await step_two(browser)
    await browser.submit("/inscription/acces", FRANCOIS.access(token))
    before = rows(portal, "SELECT * FROM account")
    browser.cookies.clear()
    again = await browser.submit(
        "/inscription/acces", FRANCOIS.access(token, "thief@example.org", "autre58mot9")
    )
    assert again.status_code == 422
    assert "Vous avez déjà un accès." in given.words(again)
    assert "set-cookie" not in again.headers
    assert rows(portal, "SELECT * FROM account") == before


async def test_a_frozen_access_cannot_be_signed_in_to_by_sending_again(
    browser: Browser, portal: Portal
) -> None:
    token = await step_two(browser)
    await browser.submit("/inscription/acces", FRANCOIS.access(token))
    browser.cookies.clear()
    await portal.db.write(lambda tx: tx.execute("UPDATE account SET frozen_at = 1"))
    again = await browser.submit("/inscription/acces", FRANCOIS.access(token))
    assert "Vous avez déjà un accès." in given.words(again)
    assert "set-cookie" not in again.headers


async def test_two_tabs_make_one_access(browser: Browser, portal: Portal) -> None:
    first, second = await step_two(browser), await step_two(browser)
    one = await browser.follow("/inscription/acces", FRANCOIS.access(first))
    other = await browser.follow(
        "/inscription/acces", FRANCOIS.access(second, "other@example.org", "autre58mot9")
    )
    assert one.url.path == "/membre"
    assert "Vous avez déjà un accès." in given.words(other)
    assert rows(portal, "SELECT email FROM account") == [("00875@example.com",)]


@pytest.mark.parametrize("tabs", [2, 8])
async def test_tabs_at_once_make_one_access(
    browsers: Callable[..., Browser], portal: Portal, tabs: int
) -> None:
    several = [browsers(f"203.0.113.{n}") for n in range(tabs)]
    member = await members.by_matricule(portal.db, FRANCOIS.matricule)
    assert member
    tokens = [portal.tokens.registration.make([member.id, 0]) for _ in several]
    answers = await asyncio.gather(
        *(
            browser.follow(
                "/inscription/acces",
                FRANCOIS.access(token, f"tab{n}@example.org", f"onglet{n}58vif"[:12]),
            )
            for n, (browser, token) in enumerate(zip(several, tokens, strict=True))
        )
    )
    entered = [answer for answer in answers if answer.url.path == "/membre"]
    told = [answer for answer in answers if "Vous avez déjà un accès." in given.words(answer)]
    assert (len(entered), len(told)) == (1, tabs - 1)
    assert rows(portal, "SELECT count(*) FROM account") == [(1,)]
    assert rows(portal, "SELECT count(*) FROM journal WHERE event = 'registered'") == [(1,)]
    assert rows(portal, "SELECT count(*) FROM outbox WHERE kind = 'welcome'") == [(1,)]
    assert rows(portal, "SELECT count(*) FROM session") == [(1,)]


async def test_the_same_form_sent_four_times_at_once_makes_one_access(
    browsers: Callable[..., Browser], portal: Portal
) -> None:
    token = await step_two(browsers())
    answers = await asyncio.gather(
        *(
            browsers(f"203.0.113.{n}").follow("/inscription/acces", FRANCOIS.access(token))
            for n in range(4)
        )
    )
    assert {answer.url.path for answer in answers} == {"/membre"}
    assert rows(portal, "SELECT count(*) FROM account") == [(1,)]
    assert rows(portal, "SELECT count(*) FROM outbox WHERE kind = 'welcome'") == [(1,)]


@pytest.mark.parametrize(
    ("field", "text", "sentence"),
    [
        ("matricule", "", "Écrivez votre matricule."),
        ("matricule", "875", "écrivez 00875"),
        ("family_name", "", "Écrivez votre nom de famille."),
        ("birth_date", "31/02/1950", "cette date n’existe pas au calendrier"),
        ("birth_date", "07/11/2050", "cette date est à venir"),
        ("postal_code", "J7J", "sous la forme A1A 1A1"),
    ],
)
async def test_a_wrong_fact_is_said_beside_its_field(
    browser: Browser, field: str, text: str, sentence: str, digest: Callable[[], str]
) -> None:
    before = digest()
    for htmx in (False, True):
        answer = await browser.submit("/inscription", FRANCOIS.facts | {field: text}, htmx=htmx)
        assert answer.status_code == 422
        assert sentence in given.error_of(answer, field)
        assert answer.text.count('class="error"') == 1
        assert "Un champ est à corriger" in given.words(answer)
    assert digest() == before


@pytest.mark.parametrize(
    ("fields", "wrong", "sentence"),
    [
        ({"email": "rien"}, "email", "avec son signe @"),
        ({"email_again": ""}, "email_again", "Écrivez-le une seconde fois."),
        ({"email_again": "autre@example.com"}, "email_again", "Ce n’est pas la même chose"),
        ({"password": ""}, "password", "Choisissez un mot de passe."),
        ({"password": "a1b2c3"}, "password", "de 8 à 12 caractères"),
        ({"password": "troplong123456789012"}, "password", "de 8 à 12 caractères"),
        ({"password": "vertbleu12"}, "password", "au moins 3 chiffres"),
        ({"password": "12345678ab"}, "password", "au moins 3 lettres"),
        ({"password": "abc12345"}, "password", "plus difficile à deviner"),
        ({"password": "z9lapointe48"}, "password", "sans votre nom"),
        ({"password": "abc00875xyz"}, "password", "votre matricule"),
        ({"password": "abc07111950x"}, "password", "votre date de naissance"),
        ({"password": "j7j8g8vertige"[:12]}, "password", "code postal"),
        ({"password_again": "rive42sud8"}, "password_again", "Ce n’est pas la même chose"),
    ],
    ids=lambda value: "-".join(value.values()) if isinstance(value, dict) else None,
)
async def test_a_wrong_access_is_said_beside_its_field(
    browser: Browser,
    fields: dict[str, str],
    wrong: str,
    sentence: str,
    substance: Callable[[], list[str]],
) -> None:
    token = await step_two(browser)
    before = substance()
    body = FRANCOIS.access(token)
    if "password" in fields:
        body["password_again"] = fields["password"]
    if "email" in fields:
        body["email_again"] = fields["email"]
    answer = await browser.submit("/inscription/acces", body | fields)
    assert answer.status_code == 422
    assert sentence in given.error_of(answer, wrong)
    assert given.hidden(answer, "token") == token
    assert 'value="00875" autocomplete="username" readonly' in answer.text
    assert body["password"] not in answer.text
    assert substance() == before


async def test_every_wrong_field_is_listed_on_top(browser: Browser) -> None:
    answer = await browser.submit("/inscription", {})
    assert "4 champs sont à corriger" in given.words(answer)
    for field in FRANCOIS.facts:
        assert f'<a href="#{field}"' in answer.text


async def test_what_was_typed_is_escaped(browser: Browser) -> None:
    answer = await browser.submit("/inscription", FRANCOIS.facts | {"family_name": '"><b>x</b>'})
    assert "<b>x" not in answer.text
    assert "&gt;&lt;b&gt;x" in answer.text


async def test_the_consent_and_the_moment_are_recorded(
    browser: Browser, portal: Portal, clock: TurnedClock
) -> None:
    token = await step_two(browser)
    clock.turn(minutes=3)
    await browser.submit("/inscription/acces", FRANCOIS.access(token))
    kept = rows(portal, "SELECT consent_version, consented_at, created_at, language FROM account")
    assert kept == [(CONSENT_VERSION, clock(), clock(), "fr")]
    assert rows(portal, "SELECT password_hash FROM account")[0][0].startswith("$argon2id$")  # type: ignore[attr-defined]


async def test_an_address_the_office_did_not_know_is_told_to_the_one_it_knows(
    browser: Browser, post: Post
) -> None:
    await browser.submit("/inscription/acces", FRANCOIS.access(await step_two(browser)))
    told = await post.last("francois.lapointe@example.org")
    assert told["Subject"] == "Un accès au portail a été créé à votre nom"
    assert "450 555-0199" in post.text(told)


async def test_the_address_the_office_knows_gets_one_mail(browser: Browser, post: Post) -> None:
    token = await step_two(browser)
    address = "Francois.Lapointe@example.org"
    await browser.submit("/inscription/acces", FRANCOIS.access(token, address))
    assert [mail["To"] for mail in await post.fetch()] == [address]


async def test_a_signed_in_member_may_register_another_on_the_same_phone(
    browser: Browser, portal: Portal
) -> None:
    await given.session(browser, portal, SYLVIE)
    before = browser.cookies["session"]
    done = await browser.follow("/inscription/acces", MARIE.access(await step_two(browser, MARIE)))
    assert "Bonjour Marie-Ève" in given.words(done)
    assert browser.cookies["session"] != before


async def test_passwords_compare_in_one_unicode_form(browser: Browser) -> None:
    token = await step_two(browser)
    body = FRANCOIS.access(token, password="rivé42sud7")
    body["password_again"] = "rive\u030142sud7"
    assert (await browser.follow("/inscription/acces", body)).url.path == "/membre"
    browser.cookies.clear()
    typed = {"matricule": "00875", "password": "rive\u030142sud7"}
    assert (await browser.follow("/", typed)).url.path == "/membre"


async def test_a_lone_surrogate_never_reaches_the_page(browser: Browser) -> None:
    """A multipart body may name a charset that decodes to what no page can hold."""
    for charset in ("unicode_escape", "idna", "punycode", "undefined", "utf-7", "nothing"):
        answer = await browser.post(
            "/inscription",
            headers={"content-type": f"multipart/form-data; boundary=x; charset={charset}"},
            content=b'--x\r\nContent-Disposition: form-data; name="kept_email"\r\n\r\n'
            b"\\ud800+2AA-xn--\xff\r\n--x--\r\n",
        )
        assert answer.status_code == 400, charset


async def test_a_broken_body_is_a_French_400(browser: Browser) -> None:
    broken: list[tuple[str, bytes]] = [
        ("multipart/form-data", b"--x"),
        ("multipart/form-data; boundary=x", b"nothing of the kind"),
        ("application/x-www-form-urlencoded", b"=&=&matricule"),
    ]
    for kind, body in broken:
        answer: httpx.Response = await browser.post(
            "/inscription", content=body, headers=HTMX | {"content-type": kind}
        )
        assert answer.status_code == 400, (kind, body)
        assert "Cette demande n’est pas claire" in given.words(answer)


async def test_a_name_of_two_persons_stays_with_its_facts(browser: Browser) -> None:
    twin = replace(SYLVIE, birth_date=FRANCOIS.birth_date)
    assert "Nous ne trouvons pas" in given.words(await browser.submit("/inscription", twin.facts))
