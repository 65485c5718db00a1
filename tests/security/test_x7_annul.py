"""X7: taking an access back ends the impostor, who knows the four facts as the member does."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import httpx
import pytest
from anyio import to_thread
from click.testing import CliRunner

from app import create_app
from db import annulments, members
from manage import commands
from members import telephone
from members.annul import CODE_TERM, annul, make_code
from members.telephone import deactivate
from security import throttle
from security.clock import system_clock
from settings import Settings
from tests.conftest import Browser, Post, TurnedClock
from tests.given import access, annulled, error_of, hidden, words
from tests.people import EVERYONE, FRANCOIS, SYLVIE, Person, enrol
from tests.roster.conftest import HEADINGS, line
from tests.security.parts import ELSEWHERE, change, events, interrupted, is_signed_in, recover, rows
from upkeep.backup import make
from upkeep.restore import restore
from web.portal import Portal

Browsers = Callable[..., Browser]
STEP_TWO = "Inscription, 2e étape"
FIELD = 'name="office_code"'
EXPIRED = "L’étape a expiré"
IMPOSTOR = "198.51.100.66"
NOT_IT = "Ce n’est pas le code du bureau, ou il ne sert plus"


async def step_two(browser: Browser, person: Person = FRANCOIS) -> httpx.Response:
    answer = await browser.submit("/inscription", person.facts)
    assert STEP_TWO in answer.text
    return answer


async def complete(
    browser: Browser, token: str, code: str | None = None, *, htmx: bool = False, **other: str
) -> httpx.Response:
    """Step two sent, with a code where the page asks for one."""
    fields = FRANCOIS.access(token) | ({} if code is None else {"office_code": code}) | other
    return await browser.submit("/inscription/acces", fields, htmx=htmx)


async def code_for(portal: Portal, member_id: int) -> str:
    made = await make_code(
        portal.db, member_id, portal.recovery_key, now=portal.clock(), actor="office"
    )
    assert made
    return made[0]


def accesses(settings: Settings) -> list[str]:
    return [email for (email,) in rows(settings, "SELECT email FROM account")]


@pytest.mark.parametrize("minutes", [0, 1, 119])
async def test_x7_an_older_token_of_step_two_makes_no_access(
    browsers: Browsers, portal: Portal, settings: Settings, clock: TurnedClock, minutes: int
) -> None:
    """Whenever it was made: in the annulment's very second, and shortly before its term."""
    impostor = browsers(IMPOSTOR)
    token = hidden(await step_two(impostor), "token")
    member_id = await access(portal, FRANCOIS)
    clock.turn(minutes=minutes)
    now = clock()
    await portal.db.write(lambda tx: annul(tx, member_id, now=now, actor="office"))
    for code in (None, "", "7KQM-2XPD", await code_for(portal, member_id)):
        answer = await complete(impostor, token, code)
        assert answer.status_code == 422
        assert EXPIRED in words(answer)
    assert accesses(settings) == []
    assert not await is_signed_in(impostor)


async def test_x7_the_token_of_an_earlier_annulment_is_void_too(
    browser: Browser, portal: Portal, settings: Settings
) -> None:
    member_id = await annulled(portal, FRANCOIS)
    token = hidden(await step_two(browser), "token")
    await annulled(portal, FRANCOIS)
    assert EXPIRED in words(await complete(browser, token, await code_for(portal, member_id)))
    assert accesses(settings) == []


@pytest.mark.parametrize("htmx", [False, True])
async def test_x7_a_new_access_asks_for_the_offices_code(
    browsers: Browsers, portal: Portal, settings: Settings, htmx: bool
) -> None:
    member_id = await annulled(portal, FRANCOIS)
    impostor, member = browsers(IMPOSTOR), browsers()
    page = await step_two(impostor)
    assert FIELD in page.text
    assert "Appelez le bureau au 450 555-0199" in words(page)
    token = hidden(page, "token")
    for code in (None, "", "7KQM", "7KQM-2XPD"):
        answer = await complete(impostor, token, code, htmx=htmx)
        assert answer.status_code == 422
        assert error_of(answer, "office_code")
    assert NOT_IT in error_of(answer, "office_code")
    assert "Code d’appel" in words(answer)
    assert accesses(settings) == []

    code = await code_for(portal, member_id)
    answer = await complete(member, hidden(await step_two(member), "token"), code)
    assert answer.headers["location"] == "/membre"
    assert accesses(settings) == ["00875@example.com"]
    assert await is_signed_in(member)
    assert rows(settings, "SELECT * FROM annulment") == []
    assert events(settings)[-1] == "registered"
    assert rows(settings, "SELECT detail FROM journal ORDER BY id DESC LIMIT 1") == [("with_code",)]
    # What the impostor has in hand opens nothing, and the code serves once.
    other = {"office_code": code, "password": "autre58mot9", "password_again": "autre58mot9"}
    answer = await impostor.submit("/inscription/acces", FRANCOIS.access(token) | other)
    assert "Vous avez déjà un accès" in words(answer)
    assert accesses(settings) == ["00875@example.com"]


async def test_x7_after_the_access_is_made_the_matricule_is_as_any_other(
    browser: Browser, portal: Portal, settings: Settings
) -> None:
    member_id = await annulled(portal, FRANCOIS)
    code = await code_for(portal, member_id)
    token = hidden(await step_two(browser), "token")
    await complete(browser, token, code)
    browser.cookies.clear()
    # The answer was lost on its way: the same form signs in.
    again = await complete(browser, token, code)
    assert again.headers["location"] == "/membre"
    assert (
        await make_code(portal.db, member_id, portal.recovery_key, now=portal.clock(), actor="x")
        is None
    )
    others = await step_two(browser, SYLVIE)
    assert FIELD not in others.text


@pytest.mark.parametrize(
    "typed",
    [
        str,
        str.lower,
        lambda code: code.replace("-", ""),
        lambda code: f"  {code.replace('-', ' ')}  ",
        lambda code: " ".join(code),
        lambda code: code.replace("-", "\u2011"),
        lambda code: code.replace("-", "\u2212"),
        lambda code: code.replace("-", "\u202f–\u200b"),
        lambda code: f"« {code} ».",
        lambda code: code.translate({ord(c): ord(c) + 0xFEE0 for c in code}),
    ],
    ids=["as it is", "small", "together", "space", "apart", "u2011", "u2212", "u202f", "quoted",
         "wide"],
)  # fmt: skip
async def test_x7_the_code_is_taken_however_it_was_copied(
    browser: Browser, portal: Portal, typed: Callable[[str], str]
) -> None:
    code = await code_for(portal, await annulled(portal, FRANCOIS))
    answer = await complete(browser, hidden(await step_two(browser), "token"), typed(code))
    assert answer.headers["location"] == "/membre"


async def test_x7_a_new_code_replaces_the_older_and_none_lasts_over_seven_days(
    browser: Browser, portal: Portal, settings: Settings, clock: TurnedClock
) -> None:
    member_id = await annulled(portal, FRANCOIS)
    first, second = await code_for(portal, member_id), await code_for(portal, member_id)
    token = hidden(await step_two(browser), "token")
    assert NOT_IT in words(await complete(browser, token, first))
    clock.turn(minutes=CODE_TERM / 60)
    token = hidden(await step_two(browser), "token")
    assert NOT_IT in words(await complete(browser, token, second))
    assert rows(settings, "SELECT detail FROM journal WHERE event = 'office_code_failed'") == [
        ("code_wrong",),
        ("code_expired",),
    ]
    await portal.db.write(lambda tx: annulments.purge(tx, clock()))
    assert rows(settings, "SELECT code_hmac FROM annulment") == [(None,)]
    assert FIELD in (await step_two(browser)).text
    third = await code_for(portal, member_id)
    assert (await complete(browser, token, third)).headers["location"] == "/membre"


async def test_x7_the_code_stands_in_the_file_as_a_keyed_hash_and_what_was_typed_nowhere(
    browser: Browser, portal: Portal, settings: Settings
) -> None:
    code = await code_for(portal, await annulled(portal, FRANCOIS))
    typed = "QWER-TY23"
    await complete(browser, hidden(await step_two(browser), "token"), typed)
    stored = b"".join(
        path.read_bytes() for path in settings.database.parent.glob(settings.database.name + "*")
    )
    for secret in (code, typed):
        assert secret.encode() not in stored
        assert secret.replace("-", "").encode() not in stored


async def test_x7_tries_are_bounded_and_close_nothing_elsewhere(
    browsers: Browsers, portal: Portal, settings: Settings, clock: TurnedClock
) -> None:
    """From its network the impostor is stopped soon; the member elsewhere gets in all the same."""
    code = await code_for(portal, await annulled(portal, FRANCOIS))
    impostor, member = browsers(IMPOSTOR), browsers(ELSEWHERE)
    token = hidden(await step_two(impostor), "token")
    for _ in range(throttle.OFFICE_CODE.burst):
        assert (await complete(impostor, token, "7KQM-2XPD")).status_code == 422
    refused = await complete(impostor, token, "7KQM-2XPD")
    assert refused.status_code == 429
    assert isinstance(throttle.OFFICE_CODE.figures, throttle.Quota)
    assert int(refused.headers["retry-after"]) <= throttle.OFFICE_CODE.figures.every
    assert "Trop d’essais" in words(refused)
    assert "450 555-0199" in words(refused)
    for _ in range(20):
        await complete(impostor, token, "7KQM-2XPD")
    failed = rows(settings, "SELECT event FROM journal WHERE event LIKE 'office_code_%'")
    assert len(failed) <= throttle.OFFICE_CODE.burst + 2  # and the code itself was given
    answer = await complete(member, hidden(await step_two(member), "token"), code)
    assert answer.headers["location"] == "/membre"


async def test_x7_at_the_impostors_own_network_a_new_code_opens_the_way(
    browser: Browser, portal: Portal
) -> None:
    member_id = await annulled(portal, FRANCOIS)
    await code_for(portal, member_id)
    token = hidden(await step_two(browser), "token")
    for _ in range(throttle.OFFICE_CODE.burst + 3):
        refused = await complete(browser, token, "7KQM-2XPD")
    assert refused.status_code == 429
    new = await code_for(portal, member_id)
    assert (await complete(browser, token, new)).headers["location"] == "/membre"


async def test_x7_the_same_code_in_several_tabs_makes_one_access(
    browsers: Browsers, portal: Portal, settings: Settings
) -> None:
    code = await code_for(portal, await annulled(portal, FRANCOIS))
    tabs = [browsers(f"203.0.113.{n}") for n in range(6)]
    tokens = [hidden(await step_two(tab), "token") for tab in tabs]
    answers = await asyncio.gather(
        *(
            complete(tab, token, code, password=f"onglet{n}58vif", password_again=f"onglet{n}58vif")
            for n, (tab, token) in enumerate(zip(tabs, tokens, strict=True))
        )
    )
    assert sorted(answer.status_code for answer in answers) == [303] + [422] * 5
    assert accesses(settings) == ["00875@example.com"]


async def test_x7_annulled_in_the_middle_of_a_registration_it_makes_none(
    app: object, browsers: Browsers, portal: Portal, settings: Settings
) -> None:
    """Another tab's access is taken back while this one's password is being hashed."""
    impostor = browsers(IMPOSTOR)
    token = hidden(await step_two(impostor), "token")
    passwords = interrupted(app)  # type: ignore[arg-type]
    hash_password = passwords.hash

    async def hash_and_annul(password: str) -> str:
        made = await hash_password(password)
        await annulled(portal, FRANCOIS)
        return made

    passwords.hash = hash_and_annul  # type: ignore[method-assign]
    assert EXPIRED in words(await complete(impostor, token))
    assert accesses(settings) == []
    assert len(rows(settings, "SELECT * FROM annulment")) == 1


async def test_x7_a_code_survives_the_rotation_of_the_key_and_not_a_leak(
    settings: Settings, clock: TurnedClock
) -> None:
    old, new = "the-old-secret-key-of-32-characters", "the-new-secret-key-of-32-characters"

    async def tried(keys: tuple[str, ...], code: str) -> int:
        app = create_app(replace(settings, secret_keys=keys), clock)
        async with app.router.lifespan_context(app), Browser(app, settings.base_url) as browser:
            token = hidden(await step_two(browser), "token")
            return (await complete(browser, token, code)).status_code

    app = create_app(replace(settings, secret_keys=(old,)), clock)
    async with app.router.lifespan_context(app):
        portal: Portal = app.state.portal
        await enrol(portal.db, EVERYONE)
        code = await code_for(portal, await annulled(portal, FRANCOIS))
    assert await tried((new,), code) == 422
    assert await tried((old, new), code) == 303


async def test_x7_who_lost_the_access_and_asks_for_a_password_reads_of_the_code(
    browser: Browser, portal: Portal, post: Post
) -> None:
    await annulled(portal, FRANCOIS)
    await recover(browser, portal, FRANCOIS)
    assert FRANCOIS.email
    said = words(post.text(await post.last(FRANCOIS.email)))
    assert "Un code vous sera demandé" in said
    assert "call the office for it" in said


async def test_x7_inactive_and_listed_again_the_code_is_still_asked(
    browser: Browser, portal: Portal, settings: Settings
) -> None:
    member_id = await annulled(portal, FRANCOIS)
    member = await members.by_id(portal.db, member_id)
    assert member
    await deactivate(portal.db, member, now=portal.clock())
    change(settings, "UPDATE member SET active = 1")
    assert FIELD in (await step_two(browser)).text


# As the office does it --------------------------------------------------------------------------


Manage = Callable[..., Awaitable[list[str]]]


@pytest.fixture
def manage(portal: Portal, settings: Settings, clock: TurnedClock) -> Manage:
    """Runs a command beside the running portal, at the machine's time; gives what it says."""
    clock.now = system_clock()
    environment = {
        "PORTAL_DATABASE": str(settings.database),
        "PORTAL_SECRET_KEY": settings.secret_keys[-1],
    }

    async def run(*arguments: str, code: int = 0) -> list[str]:
        done = await to_thread.run_sync(
            lambda: CliRunner().invoke(commands, arguments, env=environment)
        )
        assert done.exit_code == code, done.output
        return done.output.replace("\u00a0", " ").splitlines()

    return run


async def test_x7_the_office_annuls_gives_a_code_and_sees_where_it_stands(
    browser: Browser, portal: Portal, manage: Manage
) -> None:
    await access(portal, FRANCOIS)
    (said,) = await manage("member", "code", "00875", code=2)
    assert "a un accès" in said
    said = " ".join(await manage("annul", "00875"))
    assert "member code 00875" in said
    assert "au numéro que le bureau connaît" in said
    shown = await manage("member", "show", "00875")
    assert shown[2].startswith("Pas d’accès : annulé le 20")
    assert shown[3] == "Code : aucun n’a été donné."
    said = (await manage("member", "code", "875".zfill(5)))[0]
    code = said.removeprefix("Code de 00875 : ")
    assert "Code : donné, bon jusqu’au" in (await manage("member", "show", "00875"))[3]
    answer = await complete(browser, hidden(await step_two(browser), "token"), code)
    assert answer.headers["location"] == "/membre"
    shown = await manage("member", "show", "00875")
    assert shown[2].startswith("Accès ouvert")
    told = "\n".join(shown)
    for label in ("Accès annulé par le bureau", "Code du bureau donné",
                  "Accès créé · précision avec le code du bureau"):  # fmt: skip
        assert label in told
    (said,) = await manage("member", "code", "33163", code=2)
    assert "peut s’inscrire sans code" in said


async def test_x7_the_office_finds_a_refused_code_by_its_call_code(
    browser: Browser, portal: Portal, manage: Manage
) -> None:
    await annulled(portal, FRANCOIS)
    answer = await complete(browser, hidden(await step_two(browser), "token"), "7KQM-2XPD")
    call_code = words(answer).partition("Code d’appel : ")[2].split()[0]
    said = "\n".join(await manage("call", call_code))
    assert "Inscription, 2e étape" in said
    assert "le bureau n’a pas encore donné de code" in said


async def test_x7_who_has_the_matricule_next_needs_no_code(
    browser: Browser, portal: Portal, manage: Manage, tmp_path: Path
) -> None:
    await annulled(portal, FRANCOIS)
    heir = replace(FRANCOIS, family_name="Roy", first_name="Luc", birth_date="02/03/1960")
    file = tmp_path / "liste.csv"
    file.write_text(f"{HEADINGS}\n{line(heir)}\n")
    await manage("import", str(file), "--yes", "--successors", "--force")
    assert FIELD not in (await step_two(browser, heir)).text


@pytest.mark.parametrize("minutes", [0, 60])
async def test_x7_a_restored_backup_does_not_give_the_impostors_access_back(
    settings: Settings, clock: TurnedClock, tmp_path: Path, minutes: int
) -> None:
    app = create_app(settings, clock)
    made_at = datetime.fromtimestamp(clock(), settings.timezone)
    async with app.router.lifespan_context(app):
        portal: Portal = app.state.portal
        await enrol(portal.db, EVERYONE)
        await access(portal, FRANCOIS)
        await access(portal, SYLVIE)
        member = await members.by_matricule(portal.db, FRANCOIS.matricule)
        assert member
        await telephone.recover(portal.db, member, now=clock())
        made = await asyncio.to_thread(make, settings, tmp_path / "b", made_at)
        clock.turn(minutes=minutes)
        now = clock()
        await portal.db.write(lambda tx: annul(tx, member.id, now=now, actor="office"))
    assert (await restore(settings, made.path, clock())).annulled == 1
    assert accesses(settings) == ["33163@example.com"]
    assert rows(settings, "SELECT member_id FROM annulment") == [(member.id,)]
    assert rows(settings, "SELECT * FROM outbox WHERE recipient LIKE '00875%'") == []
