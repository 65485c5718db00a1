"""What is read, heard and kept, without a browser: rows W1–W3 and F1 of docs/security.md."""

import re
import wave
from collections.abc import Callable
from io import BytesIO

import httpx
import pytest
from starlette.applications import Starlette

from forms.journey import FORMS
from security import throttle
from settings import Settings
from tests.conftest import HTMX, Browser, Post, TurnedClock
from tests.given import access, annulled, error_of, hidden, session, words
from tests.people import FRANCOIS, SYLVIE
from tests.security.parts import Page, interrupted, recover, rows, sign_in, solved, table
from web.portal import Portal

Browsers = Callable[..., Browser]


async def test_w1_recovery_without_the_image_and_without_the_sound(
    browser: Browser, portal: Portal, settings: Settings
) -> None:
    await access(portal, FRANCOIS)
    form = await browser.get("/mot-de-passe-oublie")
    ways = {button.get("formaction") for button in Page(form.text).all("button")}
    assert "/mot-de-passe-oublie/sans-image" in ways
    without = await browser.submit("/mot-de-passe-oublie/sans-image", FRANCOIS.facts)
    assert "<img" not in without.text
    assert "<audio" not in without.text
    assert "Le bureau peut aussi vous aider au 450 555-0199" in words(without)
    values = {tag["name"]: tag["value"] for tag in Page(without.text).all("input")}
    assert values == FRANCOIS.facts | {"without_image": "1"}
    sent = await browser.submit("/mot-de-passe-oublie", values)
    assert "Vérifiez votre courriel" in words(sent)
    assert rows(settings, "SELECT kind FROM outbox") == [("temporary_password",)]


async def test_w1_that_way_has_a_stricter_quota(browser: Browser, portal: Portal) -> None:
    statuses = []
    for number in range(5):
        facts = FRANCOIS.facts | {"matricule": f"4000{number}", "without_image": "1"}
        facts["birth_date"] = f"0{number + 1}/01/1950"
        answer = await browser.submit("/mot-de-passe-oublie", facts)
        statuses.append(answer.status_code)
    assert statuses == [200] * 4 + [429]
    assert "Réessayez dans 15 minutes" in words(answer)
    assert "450 555-0199" in words(answer)


async def test_w2_the_sound_is_a_file_with_a_name(browser: Browser) -> None:
    form = await browser.get("/mot-de-passe-oublie")
    [audio] = Page(form.text).all("audio")
    assert audio["aria-label"] == "Écouter les cinq caractères"
    [image] = Page(form.text).all("img")
    assert image["alt"] == "Image de cinq caractères à recopier"
    heard = [await browser.get(audio["src"]) for _ in range(2)]
    for answer in heard:
        with wave.open(BytesIO(answer.content)) as sound:
            assert sound.getnchannels() == 1
            samples = sound.readframes(sound.getnframes())
        assert max(samples) - min(samples) > 100, "it is silent"


AUTOCOMPLETE = {
    "matricule": "username",
    "family_name": "family-name",
    "birth_date": "bday",
    "postal_code": "postal-code",
    "email": "email",
    "email_again": "email",
    "current_password": "current-password",
    "password_again": "new-password",
    "username": "username",
    "captcha": "off",
}


async def test_w3_every_field_says_what_it_is_for(
    browsers: Browsers, portal: Portal, settings: Settings
) -> None:
    visitor, member, chooser = browsers(), browsers(), browsers()
    await session(member, portal, FRANCOIS)
    await session(chooser, portal, SYLVIE, "choose")
    pages = [
        await browser.get(path, follow_redirects=True)
        for browser in (visitor, member, chooser)
        for path in table("GET", settings)
        if not path.startswith("/membre/envoi")
    ]
    await portal.db.write(lambda tx: tx.execute("DELETE FROM account"))
    pages.append(await visitor.submit("/inscription", SYLVIE.facts))
    await annulled(portal, FRANCOIS)
    pages.append(await visitor.submit("/inscription", FRANCOIS.facts))
    seen = set()
    for answer in pages:
        if "text/html" not in answer.headers["content-type"]:
            continue
        page = Page(answer.text)
        labelled = {label.get("for") for label in page.all("label")}
        for field in page.all("input"):
            name = field["name"]
            if field.get("type") in ("hidden", "checkbox"):
                continue
            seen.add(name)
            expected = AUTOCOMPLETE.get(name, field["autocomplete"])
            assert field["autocomplete"] == expected or "bloquer" in str(answer.url), name
            assert name == "username" or field["id"] in labelled, name
            if name == "password":
                assert field["autocomplete"] in ("current-password", "new-password")
    names = {field.name for form in FORMS.values() for field in form.fields}
    assert seen >= names


async def test_w3_an_expired_step_keeps_what_was_typed_and_says_so(
    browser: Browser, portal: Portal, clock: TurnedClock
) -> None:
    step_two = await browser.submit("/inscription", FRANCOIS.facts)
    clock.turn(hours=2, minutes=1)
    fields = FRANCOIS.access(hidden(step_two, "token"), email="francois@example.net")
    expired = await browser.submit("/inscription/acces", fields)
    assert "L’étape a expiré" in words(expired)
    assert "Votre courriel est gardé" in words(expired)
    again = await browser.submit(
        "/inscription", FRANCOIS.facts | {"kept_email": hidden(expired, "kept_email")}
    )
    [email] = [tag for tag in Page(again.text).all("input") if tag["name"] == "email"]
    assert email["value"] == "francois@example.net"


async def test_w3_an_expired_image_keeps_what_was_typed_and_says_so(
    browser: Browser, portal: Portal, clock: TurnedClock
) -> None:
    captcha = await solved(browser, portal)
    clock.turn(minutes=10.1)
    answer = await browser.submit("/mot-de-passe-oublie", FRANCOIS.facts | captcha)
    assert "ne sert que dix minutes" in error_of(answer, "captcha")
    values = {tag["name"]: tag["value"] for tag in Page(answer.text).all("input")}
    assert values["family_name"] == FRANCOIS.family_name
    assert values["challenge"] != captcha["challenge"]
    assert values["captcha"] == ""


@pytest.mark.parametrize("htmx", [False, True])
async def test_w4_errors_are_summed_up_on_top_and_tied_to_their_field(
    browser: Browser, htmx: bool
) -> None:
    answer = await browser.submit("/inscription", {"matricule": "875"}, htmx=htmx)
    page = Page(answer.text)
    [summary] = [tag for tag in page.all("div") if "summary" in tag.get("class", "")]
    # The focus has it read, whole for it is named by itself; an alert would have it read again.
    assert "autofocus" in summary
    assert (summary["role"], summary["aria-labelledby"]) == ("group", summary["id"])
    assert "<title>Erreur\u00a0: Inscription" in answer.text
    assert "4 champs sont à corriger" in words(answer)
    links = {tag["href"] for tag in page.all("a") if tag.get("href", "").startswith("#")}
    for name in FRANCOIS.facts:
        assert f"#{name}" in links
        assert error_of(answer, name)


async def test_w3_no_browser_corrects_names_and_codes(browser: Browser) -> None:
    for path in ("/", "/inscription", "/mot-de-passe-oublie"):
        page = Page((await browser.get(path)).text)
        fields = [tag for tag in page.all("input") if tag.get("type") != "hidden"]
        assert fields
        for field in fields:
            assert (field["autocorrect"], field["spellcheck"]) == ("off", "false"), field


ENGLISH = re.compile(
    r"\b(the|and|your|you|please|error|found|forbidden|invalid|required|password|submit|request|"
    r"internal|method|allowed|unauthorized|field|missing|too|many|sign|welcome|click|hello)\b",
    re.I,
)


async def test_f1_pages_errors_and_waits_are_in_french(
    app: Starlette, browsers: Browsers, portal: Portal, settings: Settings
) -> None:
    visitor, member, chooser = browsers(), browsers(), browsers()
    await session(member, portal, FRANCOIS)
    await session(chooser, portal, SYLVIE, "choose")
    answers: list[httpx.Response] = []
    for browser in (visitor, member, chooser):
        for method in ("GET", "POST", "PUT"):
            for path in [*table("GET", settings), *table("POST", settings), "/nulle-part"]:
                if path != "/deconnexion":
                    answers += [
                        await browser.request(method, path, headers=headers)
                        for headers in ({}, HTMX)
                    ]
    answers.append(await visitor.post("/", content=b"x" * 20_000))
    answers.append(await visitor.post("/", data={"x": "1"}))
    answers.append(await visitor.post("/", headers={"origin": "null"}))
    for _ in range(6):
        answers.append(await sign_in(visitor, SYLVIE, "mauvais11"))

    async def fail() -> None:
        raise ValueError

    await portal.throttle.clear(throttle.SIGN_IN, SYLVIE.matricule)
    interrupted(app).meanwhile = fail
    answers.append(await sign_in(visitor, SYLVIE))
    statuses = {answer.status_code for answer in answers}
    assert statuses >= {200, 303, 400, 403, 404, 405, 413, 422, 429, 500}
    for answer in answers:
        if "text/html" not in answer.headers.get("content-type", ""):
            assert not answer.text or answer.status_code == 200, (answer.url, answer.text)
            continue
        if "<html" in answer.text:
            assert '<html lang="fr-CA">' in answer.text
        said = words(answer).replace("English", "")
        assert not ENGLISH.search(said), (answer.url, ENGLISH.search(said), said)


async def test_f1_mails_are_in_french(
    browser: Browser, portal: Portal, post: Post, settings: Settings
) -> None:
    step_two = await browser.submit("/inscription", FRANCOIS.facts)
    await browser.submit("/inscription/acces", FRANCOIS.access(hidden(step_two, "token")))
    right = {"current_password": FRANCOIS.password}
    new = {"email": "n@example.net", "email_again": "n@example.net"}
    await browser.submit("/membre/courriel", new | right)
    link = re.search(r"/courriel/confirmer/\S+", post.text(await post.last("n@example.net")))
    assert link
    await browser.submit(link[0])
    choice = {"password": "brume19lac4", "password_again": "brume19lac4"}
    await browser.submit("/membre/mot-de-passe", choice | right)
    await browser.submit("/membre/mes-renseignements", {"birth_date": "1"})
    await recover(browser, portal, FRANCOIS)
    await recover(browser, portal, SYLVIE)
    await portal.db.write(
        lambda tx: tx.execute("UPDATE member SET email = 's@example.org' WHERE matricule = '33163'")
    )
    await recover(browser, portal, SYLVIE)
    mails = await post.fetch()
    kinds = {kind for (kind,) in rows(settings, "SELECT kind FROM outbox")}
    assert len(kinds) >= 9
    assert len(mails) >= 9
    for mail in mails:
        assert mail["Content-Language"].startswith("fr")
        html = mail.get_body(("html",))
        assert html
        assert '<html lang="fr-CA">' in html.get_content()
        french = re.sub(
            r'<(div|span)[^>]* lang="en-CA">.*?</\1>', "", html.get_content(), flags=re.S
        )
        for text in (mail["Subject"], post.text(mail).split("* * *")[0], words(french)):
            said = re.sub(r"\S+[@/]\S+", "", text)
            assert not ENGLISH.search(said), (ENGLISH.search(said), said)
