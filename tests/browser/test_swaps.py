"""What the script adds: one round trip a step, the focus, the address, Back, bad networks."""

import asyncio

from tests.browser.conftest import Visit
from tests.browser.visitor import ACCESS, Route, Visitor, expect
from tests.conftest import TurnedClock
from tests.people import FRANCOIS, NOBODY
from web.portal import Portal

STEP_TWO = "Inscription, 2e étape"


async def test_each_swap_is_one_request_and_moves_focus_title_and_address(
    visitor: Visitor,
) -> None:
    await visitor.open("/")
    visitor.requests.clear()
    await visitor.press("Inscrivez-vous")
    await visitor.see("Inscription", "/inscription")
    await visitor.focus_is_on("h1")
    await visitor.fill(**FRANCOIS.facts)
    await visitor.press("INSCRIPTION")
    await visitor.see(STEP_TWO)
    await visitor.focus_is_on("h1")
    await visitor.fill(
        email="f@example.com",
        email_again="f@example.com",
        password=FRANCOIS.password,
        password_again=FRANCOIS.password,
    )
    await visitor.press("ENVOYER")
    await visitor.see("Section des membres", "/membre")
    await visitor.focus_is_on("h1")
    steps = [f"{r.method} {r.url[len(visitor.site) :]}" for r in visitor.requests]
    assert [step for step in steps if "/verification/" not in step] == [
        "GET /inscription",
        "POST /inscription",
        "POST /inscription/acces",
    ]


async def test_errors_move_the_focus_to_their_summary_and_a_link_leads_to_the_field(
    either: Visitor,
) -> None:
    await either.open("/inscription")
    await either.fill(**{**FRANCOIS.facts, "matricule": "875", "postal_code": "Z"})
    await either.press("INSCRIPTION")
    await either.focus_is_on(".summary")
    summary = either.page.locator(".summary")
    await expect(summary).to_contain_text("2 champs sont à corriger")
    await expect(either.page.locator("#family_name")).to_have_value("Lapointe")
    await summary.get_by_role("link", name="Code postal").click()
    await either.focus_is_on("#postal_code")
    assert not either.page.url.endswith("/acces")


async def test_dead_ends_move_the_focus_to_what_they_say(either: Visitor) -> None:
    await either.identify(NOBODY)
    await either.focus_is_on(".summary")
    await expect(either.page.locator(".summary")).to_contain_text("Nous ne trouvons pas de membre")
    await either.open("/")
    await either.fill(matricule="00875", password="rive42sud7")
    await either.press("Se connecter")
    await either.focus_is_on(".summary")


async def test_back_and_forward_bring_each_page_with_its_title(visitor: Visitor) -> None:
    await visitor.open("/")
    await visitor.press("Inscrivez-vous")
    await visitor.see("Inscription", "/inscription")
    await visitor.press("Aide")
    await visitor.see("Le guide du portail", "/aide")
    await visitor.page.go_back()
    await visitor.see("Inscription", "/inscription")
    await visitor.focus_is_on("h1")
    await visitor.page.go_back()
    await visitor.see("Se connecter", "/")
    await visitor.page.go_forward()
    await visitor.see("Inscription", "/inscription")
    await visitor.fill(**FRANCOIS.facts)
    await visitor.press("INSCRIPTION")
    await visitor.see(STEP_TWO)
    await visitor.page.go_back()
    await visitor.see("Inscription", "/inscription")


async def test_step_two_survives_a_reload_and_back(either: Visitor) -> None:
    await either.identify(FRANCOIS)
    await either.see(STEP_TWO)
    await either.fill(email="f@example.com")
    await either.page.locator("#email").blur()
    await either.page.reload()
    await either.see(STEP_TWO)
    await expect(either.page.locator("#matricule")).to_have_value(FRANCOIS.matricule)
    if either.scripts:
        await expect(either.page.locator("#email")).to_have_value("f@example.com")
    await either.press("Aide")
    await either.see("Le guide du portail", "/aide")
    await either.page.go_back()
    await either.see(STEP_TWO)
    await either.fill(**{name: FRANCOIS.access("")[name] for name in ACCESS})
    await either.press("ENVOYER")
    await either.see("Section des membres", "/membre")
    await either.page.go_back()
    await either.see("Section des membres")


async def test_that_a_mail_leaves_survives_a_reload_and_back(
    either: Visitor, portal: Portal
) -> None:
    await either.open("/mot-de-passe-oublie")
    await either.fill(**FRANCOIS.facts, captcha=await either.captcha(portal))
    await either.press("ENVOYER")
    await either.see("Vérifiez votre courriel")
    await either.page.reload()
    await either.see("Vérifiez votre courriel")
    await either.press("Se connecter")
    await either.see("Se connecter", "/")
    await either.page.go_back()
    await either.see("Vérifiez votre courriel")


async def test_an_expired_step_begins_anew_and_keeps_the_address(
    either: Visitor, clock: TurnedClock
) -> None:
    await either.identify(FRANCOIS)
    await either.see(STEP_TWO)
    await either.fill(email="f@example.com")
    clock.turn(hours=3)
    await either.press("ENVOYER")
    await either.see("Inscription")
    await expect(either.page.locator(".summary")).to_contain_text("Votre courriel est gardé.")
    await either.focus_is_on(".summary")
    await either.fill(**FRANCOIS.facts)
    await either.press("INSCRIPTION")
    await either.see(STEP_TWO)
    await expect(either.page.locator("#email")).to_have_value("f@example.com")


async def test_a_signed_in_reload_stays(either: Visitor) -> None:
    await either.register(FRANCOIS)
    await either.page.reload()
    await either.see("Section des membres", "/membre")


async def test_a_lost_network_says_so_and_nothing_typed_is_lost(visitor: Visitor) -> None:
    visitor.tolerated += "|ERR_INTERNET_DISCONNECTED|Failed to fetch"
    await visitor.open("/inscription")
    await visitor.fill(**FRANCOIS.facts)
    await visitor.page.context.set_offline(True)
    await visitor.press("INSCRIPTION")
    await expect(visitor.page.get_by_role("alert")).to_contain_text(
        "La connexion au portail est interrompue. Rien de ce que vous avez écrit n’est perdu."
    )
    await expect(visitor.page.get_by_role("alert")).to_be_in_viewport()
    await expect(visitor.page.locator("#family_name")).to_have_value("Lapointe")
    await expect(visitor.page.get_by_role("button", name="INSCRIPTION")).to_be_enabled()
    await visitor.page.context.set_offline(False)
    await visitor.press("Réessayer")
    await visitor.see(STEP_TWO)
    await expect(visitor.page.get_by_role("alert")).to_be_empty()


async def test_what_fails_twice_keeps_the_focus_and_what_was_typed(visitor: Visitor) -> None:
    visitor.tolerated += "|ERR_INTERNET_DISCONNECTED|Failed to fetch"
    retry = visitor.page.get_by_role("button", name="Réessayer")
    await visitor.open("/inscription")
    await visitor.fill(**FRANCOIS.facts)
    await visitor.page.context.set_offline(True)
    await visitor.press("INSCRIPTION")
    for _ in range(2):
        await expect(visitor.page.get_by_role("alert")).to_contain_text("interrompue")
        await retry.press("Enter")
        await visitor.focus_is_on("main form button:not([type])")
    await visitor.page.context.set_offline(False)
    await retry.press("Enter")
    await visitor.see(STEP_TWO)
    await visitor.focus_is_on("h1")


async def test_a_browser_that_does_not_tell_which_button_was_pressed(visitor: Visitor) -> None:
    """Safari before 16: every form still does what its button says."""
    await visitor.page.add_init_script("delete HTMLFormElement.prototype.requestSubmit")
    await visitor.open("/mot-de-passe-oublie")
    await visitor.fill(**FRANCOIS.facts)
    await visitor.press("Je ne peux pas lire l’image")
    await visitor.page.wait_for_url("**/sans-image")
    await expect(visitor.page.locator("#family_name")).to_have_value("Lapointe")
    await expect(visitor.page.locator(".captcha")).to_have_count(0)
    await visitor.press("ENVOYER")
    await visitor.see("Vérifiez votre courriel")
    await visitor.register(FRANCOIS)


async def test_what_the_page_asks_by_itself_fails_in_silence(visitor: Visitor) -> None:
    asked: list[Route] = []

    async def lost(route: Route) -> None:
        asked.append(route)
        marked = await visitor.page.locator(".busy, [aria-busy=true]").count()
        assert not marked
        await route.abort()

    await visitor.page.route("**/membre/envoi/*", lost)
    await visitor.register(FRANCOIS)
    async with asyncio.timeout(10):
        while not asked:
            await asyncio.sleep(0.1)
    await visitor.page.wait_for_timeout(300)
    await expect(visitor.page.locator("#trouble")).to_be_empty()
    await expect(visitor.page.locator("#said")).not_to_contain_text("Un instant")
    visitor.faults.clear()  # the browser's own line on the lost request


async def test_a_slow_answer_shows_that_it_is_under_way(visitor: Visitor) -> None:
    await visitor.open("/inscription")
    await visitor.fill(**FRANCOIS.facts)
    waiting: list[Route] = []

    async def hold(route: Route) -> None:
        waiting.append(route)

    await visitor.page.route("**/inscription", hold)
    await visitor.press("INSCRIPTION")
    await expect(visitor.page.locator("form[aria-busy=true]")).to_have_count(1)
    button = visitor.page.get_by_role("button", name="Un instant…")
    await expect(button).to_be_visible()
    await expect(button).to_be_focused()
    await button.click(force=True)
    await waiting[0].continue_()
    await visitor.see(STEP_TWO)
    assert len(waiting) == 1


async def test_a_double_click_makes_one_access(either: Visitor, portal: Portal) -> None:
    await either.identify(FRANCOIS)
    await either.see(STEP_TWO)
    await either.fill(
        email="f@example.com",
        email_again="f@example.com",
        password=FRANCOIS.password,
        password_again=FRANCOIS.password,
    )
    await either.page.get_by_role("button", name="ENVOYER").dblclick()
    await either.see("Section des membres", "/membre")
    assert [tuple(row) for row in await portal.db.all("SELECT count(*) FROM account")] == [(1,)]


async def test_two_tabs_make_one_access(visit: Visit) -> None:
    visitor = await visit()
    await visitor.identify(FRANCOIS)
    await visitor.see(STEP_TWO)
    other = Visitor(await visitor.page.context.new_page(), visitor.site, scripts=True)
    await other.register(FRANCOIS)
    await visitor.fill(
        email="g@example.com",
        email_again="g@example.com",
        password="lac42vent7",
        password_again="lac42vent7",
    )
    await visitor.press("ENVOYER")
    await visitor.see("Inscription")
    await expect(visitor.page.locator(".summary")).to_contain_text("Vous avez déjà un accès.")
