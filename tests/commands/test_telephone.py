"""`call`, `member` and `stats`, as a shell runs them, after what members did on the pages."""

import os
import re
import subprocess
import sys
from collections.abc import Awaitable, Callable
from datetime import datetime
from pathlib import Path

import pytest
from anyio import to_thread
from click.testing import CliRunner, Result

from commands.telephone import MOST, WARNING
from commands.words import KINDS
from db import members
from db.database import Transaction
from mail.messages import MESSAGES
from manage import commands
from members.events import WAITS
from members.telephone import locks
from security import throttle
from security.clock import system_clock
from settings import Settings
from tests import given
from tests.conftest import Browser, Post, TurnedClock
from tests.people import ANDRE, FRANCOIS, NICOLE, NOBODY, SYLVIE, Person
from tests.security.parts import (
    ELSEWHERE,
    change,
    events,
    is_signed_in,
    recover,
    rows,
    sign_in,
    solved,
)
from web.portal import Portal

ROOT = Path(__file__).parents[2]
Browsers = Callable[..., Browser]
Manage = Callable[..., Awaitable[Result]]
CODE = re.compile(r"Code d’appel : (\S+) ")
WRONG = "mauvais11mot"


@pytest.fixture
def manage(portal: Portal, settings: Settings, clock: TurnedClock) -> Manage:
    """Runs a command beside the running portal, at the machine's time."""
    clock.now = system_clock()
    environment = {
        "PORTAL_DATABASE": str(settings.database),
        "PORTAL_SECRET_KEY": settings.secret_keys[-1],
        "PORTAL_MAIL_DIR": str(settings.mail_dir),
    }

    async def run(*words: str) -> Result:
        return await to_thread.run_sync(
            lambda: CliRunner().invoke(commands, words, env=environment)
        )

    return run


async def code_after(browser: Browser, path: str, fields: dict[str, str]) -> str:
    found = CODE.search(given.words(await browser.submit(path, fields)))
    assert found
    return found[1]


async def told(manage: Manage, *words: str) -> list[str]:
    """The lines of a command that was done, with ordinary spaces."""
    done = await manage(*words)
    assert (done.exit_code, done.stderr) == (0, ""), done.output
    return [line.replace("\u00a0", " ") for line in done.stdout.splitlines()]


async def refused(manage: Manage, *words: str, code: int = 2) -> str:
    """The one line of a command that was not done."""
    done = await manage(*words)
    assert (done.exit_code, done.stdout) == (code, ""), done.output
    (line,) = done.stderr.splitlines()
    return str(line)


def facts_of(lines: list[str]) -> dict[str, str]:
    """What `call` says of the entry itself, by its labels."""
    head = lines[2 : lines.index("", 2)]
    return {label.strip(): said for label, _, said in (line.partition(" : ") for line in head)}


def around(lines: list[str]) -> list[tuple[str, ...]]:
    """The lines around: mark, matricule, what."""
    start = next(n for n, line in enumerate(lines) if line.startswith("Autour"))
    shape = re.compile(r"([→ ]) \d{4}-\d\d-\d\d \d\d:\d\d:\d\d  (\d{5}|  –  )  (.+)")
    return [found.groups() for line in lines[start + 1 :] if (found := shape.fullmatch(line))]


@pytest.mark.parametrize(
    "typed", [str, str.lower, lambda code: code.replace("-", ""), " {} ".format]
)
async def test_a_call_code_tells_the_screen_the_member_and_what_differed(
    browser: Browser, manage: Manage, typed: Callable[[str], str]
) -> None:
    slip = {"family_name": "Quetzal", "birth_date": "13/02/1931"}
    code = await code_after(browser, "/inscription", FRANCOIS.facts | slip)
    lines = await told(manage, "call", typed(code))
    assert lines[0] == WARNING
    assert "ne prouve pas qui appelle" in lines[0]
    assert "ne dites jamais lequel ne convient pas" in lines[0]
    said = facts_of(lines)
    assert datetime.fromisoformat(said.pop("Quand"))
    assert said == {
        "Écran": "Inscription",
        "Quoi": "Identification refusée",
        "Membre": "00875 Lapointe, François",
        "Différait": "le nom de famille, la date de naissance",
    }
    for value in (*slip.values(), "1931", "Quetzal".lower()):
        assert value not in "\n".join(lines)


async def test_a_code_names_the_only_member_of_the_three_other_facts(
    browser: Browser, manage: Manage
) -> None:
    slip = FRANCOIS.facts | {"matricule": "00876"}
    code = await code_after(browser, "/inscription", slip)
    lines = await told(manage, "call", code)
    assert facts_of(lines)["Membre"] == "00875 Lapointe, François"
    assert facts_of(lines)["Différait"] == "le matricule"
    assert "00876" not in "\n".join(lines)


@pytest.mark.parametrize("path", ["/inscription", "/mot-de-passe-oublie"])
async def test_a_code_of_nobody_says_so_and_not_what_was_typed(
    browser: Browser, portal: Portal, manage: Manage, path: str
) -> None:
    captcha = await solved(browser, portal) if path != "/inscription" else {}
    code = await code_after(browser, path, NOBODY.facts | captcha)
    lines = await told(manage, "call", code)
    assert facts_of(lines)["Membre"] == "aucun de la liste n’a ces renseignements"
    assert "Différait" not in facts_of(lines)
    for value in NOBODY.facts.values():
        assert value not in "\n".join(lines)


@pytest.mark.parametrize(
    ("person", "state", "why"),
    [
        (FRANCOIS, "", "mauvais mot de passe, ou temporaire qui ne sert plus"),
        (FRANCOIS, "UPDATE account SET frozen_at = 1", "l’accès est bloqué"),
        (FRANCOIS, "UPDATE member SET active = 0", "n’est plus membre actif dans la liste"),
        (SYLVIE, "", "n’a pas d’accès : à inscrire d’abord"),
        (NOBODY, "", "aucun membre de la liste n’a ce matricule"),
    ],
)
async def test_a_code_of_a_refused_sign_in_says_why(
    browser: Browser, portal: Portal, manage: Manage, person: Person, state: str, why: str
) -> None:
    await given.access(portal, FRANCOIS)
    if state:
        change(portal.settings, state)
    fields = {"matricule": person.matricule, "password": WRONG}
    lines = await told(manage, "call", await code_after(browser, "/", fields))
    assert facts_of(lines)["Écran"] == "Se connecter"
    assert facts_of(lines)["Précision"] == why
    who = f"{person.matricule} {person.family_name}, {person.first_name}"
    known = "aucun de la liste n’a ce matricule" if person is NOBODY else who
    assert facts_of(lines)["Membre"] == known
    assert WRONG not in "\n".join(lines)


async def test_a_code_of_a_wait_says_of_which(browser: Browser, manage: Manage) -> None:
    fields = {"matricule": SYLVIE.matricule, "password": WRONG}
    for _ in range(5):
        await browser.submit("/", fields)
    lines = await told(manage, "call", await code_after(browser, "/", fields))
    assert facts_of(lines)["Quoi"] == "Connexion remise à plus tard : trop d’essais"
    assert facts_of(lines)["Attente"] == "se connecter"
    assert facts_of(lines)["Membre"] == "33163 Lapointe, Sylvie"


async def test_a_code_of_an_addresss_wait_names_nobody(
    browser: Browser, portal: Portal, manage: Manage
) -> None:
    await given.fill(portal, throttle.ADDRESS_REFUSES, "203.0.113.7")
    code = await code_after(browser, "/inscription", FRANCOIS.facts)
    said = facts_of(await told(manage, "call", code))
    assert said["Membre"] == "inconnu, l’attente vaut pour toute une adresse réseau"
    assert said["Attente"] == "tous les formulaires"


async def test_what_is_around_says_who_and_what_and_marks_the_entry(
    browser: Browser, browsers: Browsers, portal: Portal, manage: Manage, clock: TurnedClock
) -> None:
    await given.access(portal, FRANCOIS)
    await browser.submit("/inscription", SYLVIE.facts | {"postal_code": "X9X 9X9"})
    clock.now += 1
    code = await code_after(browser, "/inscription", FRANCOIS.facts | {"birth_date": "08/11/1950"})
    clock.now += 1
    await recover(browser, portal, FRANCOIS)
    await recover(browser, portal, NOBODY)
    await recover(browser, portal, SYLVIE)
    await recover(browser, portal, NICOLE)
    # The same member from elsewhere; a stranger elsewhere is not around.
    await sign_in(browsers(ELSEWHERE), FRANCOIS, WRONG)
    await sign_in(browsers(ELSEWHERE), ANDRE, WRONG)
    await browser.submit("/inscription/acces", FRANCOIS.access("forged"))
    lines = await told(manage, "call", code)
    right = "Mot de passe temporaire demandé · réponse renseignements justes"
    assert around(lines) == [
        (" ", "33163", "Identification refusée · différait le code postal"),
        ("→", "00875", "Identification refusée · différait la date de naissance"),
        (" ", "00875", right),
        (
            " ",
            "  –  ",
            "Mot de passe temporaire demandé · réponse aucun de la liste n’a ces renseignements",
        ),
        (" ", "33163", f"{right} · précision n’a pas d’accès : à inscrire d’abord"),
        (" ", "20002", f"{right} · précision n’a pas d’accès : à inscrire d’abord"),
        (
            " ",
            "00875",
            "Connexion refusée · précision mauvais mot de passe, ou temporaire qui ne sert plus",
        ),
        (" ", "  –  ", "Étape de l’inscription expirée"),
    ]
    assert lines[-1].endswith("Étape de l’inscription expirée")


async def test_only_the_nearest_around_are_shown(
    browser: Browser, portal: Portal, manage: Manage
) -> None:
    now = portal.clock()
    code = await code_after(browser, "/inscription", NOBODY.facts)

    async def crowd(tx: Transaction) -> None:
        for seconds in [*range(-1000, 0, 10), *range(10, 1010, 10), -3601, 3601]:
            await tx.execute(
                "INSERT INTO journal (at, event, actor, address)"
                " VALUES (?, 'signed_out', 'member', '203.0.113.7')",
                (now + seconds,),
            )

    await portal.db.write(crowd)
    lines = await told(manage, "call", code)
    shown = around(lines)
    assert len(shown) == MOST == 30
    assert [mark for mark, *_ in shown].count("→") == 1
    times = [datetime.fromisoformat(line[2:21]) for line in lines if "Déconnexion" in line]
    assert (max(times) - min(times)).total_seconds() <= 300
    assert lines[-1] == "  (et 171 autres, plus loin de ce moment)"


async def test_a_code_that_nobody_was_shown(manage: Manage) -> None:
    assert "Aucun code d’appel ZZZ-ZZ au journal" in await refused(manage, "call", "ZZZ-ZZ")


async def test_show_tells_state_sign_ins_waits_and_mails(
    browsers: Browsers, portal: Portal, manage: Manage, post: Post
) -> None:
    step_two = await browsers().submit("/inscription", FRANCOIS.facts)
    fields = FRANCOIS.access(given.hidden(step_two, "token"))
    await browsers().submit("/inscription/acces", fields)
    await post.fetch()
    await recover(browsers(), portal, FRANCOIS)
    for _ in range(6):
        await sign_in(browsers(ELSEWHERE), FRANCOIS, WRONG)
    lines = await told(manage, "member", "show", "00 875")
    text = "\n".join(lines)
    assert lines[:2] == ["00875 Lapointe, François", "Membre actif"]
    assert "Accès ouvert, créé le " in text
    assert "Adresse : 00875@example.com (pas encore confirmée)" in text
    waits = lines[lines.index("Attentes :") + 1]
    assert re.fullmatch(r"  se connecter : \d+ secondes?, là d’où viennent les essais", waits)
    entered = lines[lines.index("Dernières connexions :") + 1 :]
    assert re.match(r"  \d{4}-\d\d-\d\d ", entered[0])
    assert entered[1] == ""
    assert "Connexion refusée · précision mauvais mot de passe" in text
    assert re.search(r"  mot de passe temporaire  en attente \(0 essai\(s\)\)", text)
    assert re.search(r"  bienvenue, adresse à confirmer  parti vers 00875@example\.com", text)
    assert "avis d’un accès créé" in text
    for kind in MESSAGES:
        assert kind not in text
    change(portal.settings, "UPDATE account SET frozen_at = 1")
    assert "Accès bloqué" in "\n".join(await told(manage, "member", "show", "00875"))


async def test_show_of_who_never_came(manage: Manage) -> None:
    assert await told(manage, "member", "show", "77777") == [
        "77777 Gagné, Gaston",
        "N’est plus membre actif",
        "Pas d’accès : ce membre ne s’est jamais inscrit.",
        "",
        "Attentes :",
        "  aucune",
        "",
        "Dernières connexions :",
        "  aucune",
        "",
        "Derniers événements :",
        "  aucun",
        "",
        "Derniers courriels :",
        "  aucun",
    ]


async def waits(manage: Manage, person: Person) -> set[str]:
    lines = await told(manage, "member", "show", person.matricule)
    shown = lines[lines.index("Attentes :") + 1 : lines.index("Dernières connexions :") - 1]
    return {line.partition(" : ")[0].strip() for line in shown}


async def test_unlock_lifts_what_a_members_own_browser_waits_for(
    browser: Browser, portal: Portal, manage: Manage
) -> None:
    await given.access(portal, FRANCOIS)
    await sign_in(browser, FRANCOIS)
    await browser.submit("/deconnexion")
    for _ in range(5):
        patient = SYLVIE.facts | {"without_image": "1"}
        without_image = await browser.submit("/mot-de-passe-oublie", patient)
    assert without_image.status_code == 429
    owner = await members.by_matricule(portal.db, FRANCOIS.matricule)
    assert owner
    await given.fill(portal, throttle.ADDRESS_REFUSES, f"member {owner.id}")
    assert (await sign_in(browser, FRANCOIS)).status_code == 429
    assert await waits(manage, FRANCOIS) == {
        "mot de passe oublié, sans l’image",
        "tous les formulaires",
    }
    said = await told(manage, "member", "unlock", "00875")
    assert said[0] == "00875 : plus aucune attente."
    assert "adresse réseau" in said[1]
    assert await waits(manage, FRANCOIS) == {"aucune"}
    patient = FRANCOIS.facts | {"without_image": "1"}
    assert (await browser.submit("/mot-de-passe-oublie", patient)).status_code == 200
    assert (await recover(browser, portal, FRANCOIS)).status_code == 200
    assert (await sign_in(browser, FRANCOIS)).is_redirect


async def test_unlock_lifts_what_a_shared_tablet_waits_for(
    browser: Browser, portal: Portal, manage: Manage
) -> None:
    """It counts by one of the couple, whoever of the two asks."""
    for person in (ANDRE, NICOLE):
        await given.access(portal, person)
        await sign_in(browser, person)
        await browser.submit("/deconnexion")
    for _ in range(5):
        answer = await browser.submit("/mot-de-passe-oublie", NICOLE.facts | {"without_image": "1"})
    assert answer.status_code == 429
    assert await waits(manage, NICOLE) == {"mot de passe oublié, sans l’image", "courriels"}
    await told(manage, "member", "unlock", NICOLE.matricule)
    assert await waits(manage, ANDRE) == {"aucune"}
    answer = await browser.submit("/mot-de-passe-oublie", NICOLE.facts | {"without_image": "1"})
    assert answer.status_code == 200


async def test_every_wait_of_a_member_has_its_words(portal: Portal) -> None:
    await given.access(portal, FRANCOIS)
    member = await members.by_matricule(portal.db, FRANCOIS.matricule)
    assert member
    # Who knows the device, or the code, comes with it; they have their words all the same.
    names = {rule.name for rule, _ in await locks(portal.db, member)}
    assert names | {throttle.SIGN_IN_KNOWN.name, throttle.OFFICE_CODE.name} == set(WAITS)


def test_every_mail_has_its_words() -> None:
    assert set(KINDS) == set(MESSAGES)


async def test_recover_sends_a_temporary_password(
    browser: Browser, portal: Portal, manage: Manage, post: Post
) -> None:
    await given.access(portal, FRANCOIS)
    lines = await told(manage, "member", "recover", "00875")
    assert lines == ["00875 : un mot de passe temporaire part vers 00875@example.com."]
    mail = await post.last("00875@example.com")
    code = re.search(r"\b\w{4}-\w{4}-\w{4}\b", post.text(mail))
    assert code
    entered = await sign_in(browser, FRANCOIS, code[0])
    assert entered.headers["location"] == "/membre/nouveau-mot-de-passe"


@pytest.mark.parametrize(
    ("state", "code", "said"),
    [
        ("UPDATE member SET active = 0", 1, "n’est plus membre actif"),
        ("UPDATE account SET frozen_at = 1", 2, "un accès bloqué"),
        ("DELETE FROM account", 2, "pas d’accès"),
    ],
)
async def test_recover_sends_nothing_that_would_be_useless(
    portal: Portal, manage: Manage, state: str, code: int, said: str
) -> None:
    await given.access(portal, FRANCOIS)
    change(portal.settings, state)
    line = await refused(manage, "member", "recover", "00875", code=code)
    assert said in line
    assert "chargez une liste qui le contient" in line or code == 2
    assert rows(portal.settings, "SELECT * FROM outbox") == []
    assert events(portal.settings) == []


async def test_deactivate_closes_the_portal_once(
    browser: Browser, portal: Portal, manage: Manage, settings: Settings
) -> None:
    await given.session(browser, portal, FRANCOIS)
    assert await is_signed_in(browser)
    assert (await told(manage, "member", "deactivate", "00875"))[0].startswith(
        "00875 n’est plus membre actif."
    )
    assert not await is_signed_in(browser)
    assert (await sign_in(browser, FRANCOIS)).status_code == 422
    assert events(settings) == ["member_deactivated", "sign_in_failed"]
    again = await told(manage, "member", "deactivate", "00875")
    assert again[0].startswith("00875 n’était déjà plus membre actif : rien n’est changé.")
    assert events(settings) == ["member_deactivated", "sign_in_failed"]


@pytest.mark.parametrize("active", [True, False])
async def test_annul_offers_a_code_to_members_only(
    portal: Portal, manage: Manage, active: bool
) -> None:
    await given.access(portal, FRANCOIS)
    if not active:
        change(portal.settings, "UPDATE member SET active = 0")
    line, then = await told(manage, "annul", "00 875")
    assert line.startswith("L’accès du membre 00875 est annulé.")
    assert ("member code 00875" in then) is active
    assert ("Il n’est plus membre actif" in then) is not active
    if not active:
        code = await refused(manage, "member", "code", "00875", code=1)
        assert "n’est plus membre actif" in code
    assert "n’a pas d’accès" in await refused(manage, "annul", "00875")


async def test_stats_counts_members_accesses_and_months(
    portal: Portal, manage: Manage, settings: Settings
) -> None:
    for person, created in ((FRANCOIS, "2026-01-31T23:30"), (SYLVIE, "2026-02-01T00:30"),
                            (ANDRE, "2026-02-28T12:00")):  # fmt: skip
        member_id = await given.access(portal, person)
        at = datetime.fromisoformat(created).replace(tzinfo=settings.timezone).timestamp()
        change(settings, "UPDATE account SET created_at = ? WHERE member_id = ?", (at, member_id))
    assert await told(manage, "stats") == [
        "Membres        : 6",
        "  actifs       : 5",
        "  avec accès   : 3",
        "  jamais activé : 2",
        "",
        "Nouveaux accès par mois :",
        "  2026-01 : 1",
        "  2026-02 : 2",
    ]


WITH_A_MATRICULE = [
    ("member", "show"),
    ("member", "unlock"),
    ("member", "recover"),
    ("member", "deactivate"),
    ("member", "unfreeze"),
    ("member", "code"),
    ("member", "erase"),
    ("annul",),
]


@pytest.mark.parametrize("command", WITH_A_MATRICULE, ids=" ".join)
@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("875", "875 : Le matricule compte cinq chiffres, zéros compris : écrivez 00875."),
        ("", " : un matricule a cinq chiffres, par exemple 00875."),
        ("abc\ndef", "abc def : un matricule a cinq chiffres, par exemple 00875."),
        ("99 999", "Aucun membre n’a le matricule 99999."),
    ],
)
async def test_a_wrong_matricule_is_one_line(
    manage: Manage, command: tuple[str, ...], typed: str, said: str
) -> None:
    line = await refused(manage, *command, typed)
    assert line.replace("\u00a0", " ") == said


async def test_a_wrong_matricule_for_an_address_is_one_line(manage: Manage) -> None:
    line = await refused(manage, "member", "email", "875", "a@example.com")
    assert "écrivez 00875" in line


@pytest.mark.parametrize(
    "command",
    [
        *WITH_A_MATRICULE,
        ("member", "email", "00875"),
        ("call",),
        ("backup",),
        ("restore",),
        ("import", "--yes"),
        ("export",),
        ("mail", "test"),
        ("serve", "--host"),
    ],
    ids=" ".join,
)
def test_what_is_no_utf_8_is_one_line(settings: Settings, command: tuple[str, ...]) -> None:
    """As the shell's $'\\xff'."""
    done = subprocess.run(
        [sys.executable, "manage.py", *command, b"\xff"],
        cwd=ROOT,
        env=os.environ | {"PORTAL_DATABASE": str(settings.database)},
        capture_output=True,
        timeout=30,
        check=False,
    )
    assert (done.returncode, done.stdout) == (2, b"")
    (line,) = done.stderr.decode().splitlines()
    assert "n’est pas du texte lisible" in line


@pytest.mark.parametrize("host", ["", "a..b", "nulle part"])
async def test_a_host_that_is_no_address_is_one_line(manage: Manage, host: str) -> None:
    assert "n’est pas une adresse" in await refused(manage, "serve", "--host", host)
