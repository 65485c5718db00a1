"""X11: a person is erased (Loi 25), stays erased, and nobody else is."""

import asyncio
import sqlite3
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import httpx
import pytest
from anyio import to_thread
from click.testing import CliRunner, Result

from db import erasures, members
from db.database import Database, Transaction
from db.members import Member
from db.migrate import migrate
from mail.delivery import deliver_due
from mail.transports import Files
from manage import commands
from members import telephone
from members.annul import annul
from members.erase import erase
from members.purge import purge
from roster.report import report
from security.clock import system_clock
from settings import Settings
from tests.conftest import Browser, Post, TurnedClock
from tests.given import access, hidden, session, words
from tests.people import EVERYONE, FRANCOIS, SYLVIE, enrol
from tests.roster.conftest import HEADINGS, ROSTER, Office, line
from tests.security.parts import change, events, interrupted, is_signed_in, recover, rows, sign_in
from upkeep.backup import make
from upkeep.restore import restore
from web.portal import Portal

Browsers = Callable[..., Browser]
WriteFile = Callable[..., Path]
HERS = ("Lapointe", "François", "francois.lapointe@example.org", "00875@example.com", "00875")


@pytest.fixture
def office(portal: Portal, clock: TurnedClock) -> Office:
    """The office at the running portal's roster."""
    return Office(portal.db, clock)


@pytest.fixture
def write_file(tmp_path: Path) -> WriteFile:
    """Writes a file of the office's."""

    def write(*lines: str) -> Path:
        file = tmp_path / "liste.csv"
        file.write_text("\n".join([HEADINGS, *lines, ""]), "utf-8")
        return file

    return write


async def member_of(db: Database, matricule: str = FRANCOIS.matricule) -> Member:
    member = await members.by_matricule(db, matricule)
    assert member
    return member


async def erased(portal: Portal) -> int:
    """François is erased; gives the id that he had."""
    member = await member_of(portal.db)
    assert await erase(portal.db, portal.throttle, member, now=portal.clock())
    return member.id


def everything(settings: Settings) -> bytes:
    """Every byte of the file and of what lies beside it."""
    folder = settings.database.parent
    return b"".join(path.read_bytes() for path in folder.glob(settings.database.name + "*"))


async def test_x11_everything_of_the_person_goes_and_a_line_stays(
    browser: Browser, browsers: Browsers, portal: Portal, settings: Settings
) -> None:
    change(settings, "DELETE FROM member WHERE matricule = ?", (SYLVIE.matricule,))  # a namesake
    member_id = await access(portal, FRANCOIS)
    await sign_in(browser, FRANCOIS)
    await browsers("198.51.100.9").submit("/", {"matricule": "00875", "password": "faux58mot9"})
    await recover(browser, portal, FRANCOIS)
    now = portal.clock()
    await portal.db.write(
        lambda tx: tx.execute("INSERT INTO email_change VALUES (?, 'n@example.org', ?)",
                              (member_id, now))
    )  # fmt: skip
    await deliver_due(portal.desk, Files(settings.mail_dir))
    before = events(settings)
    assert rows(settings, "SELECT 1 FROM recovery")

    assert await erased(portal) == member_id

    for name in ("account", "session", "device", "email_change", "recovery", "outbox", "throttle"):
        about = "" if name != "throttle" else " WHERE forget > 9e15"
        assert rows(settings, f"SELECT * FROM {name}{about}") == [], name
    assert rows(settings, "SELECT count(*) FROM member") == [(len(EVERYONE) - 2,)]
    assert events(settings) == [*before, "member_erased"]
    assert rows(settings, "SELECT DISTINCT member_id, address, call_code FROM journal") == [
        (None, None, None)
    ]
    found = everything(settings)
    for fact in HERS:
        assert fact.encode() not in found, fact
    assert not await is_signed_in(browser)
    assert (await sign_in(browser, FRANCOIS)).status_code == 422
    answer = await browser.submit("/inscription", FRANCOIS.facts)
    assert "Nous ne trouvons pas de membre" in words(answer)


async def test_x11_the_journal_loses_nothing_else(portal: Portal, settings: Settings) -> None:
    await access(portal, FRANCOIS)
    member = await member_of(portal.db)
    await telephone.recover(portal.db, member, now=portal.clock())
    for changed in (
        "event = 'x'",
        "at = 1",
        "actor = 'x'",
        "detail = 'x'",
        "address = '1.2.3.4'",
        "member_id = NULL, detail = 'x'",
        "member_id = NULL, address = '1.2.3.4'",
    ):
        with pytest.raises(sqlite3.IntegrityError, match="append-only"):
            change(settings, f"UPDATE journal SET {changed}")
    await erased(portal)
    with pytest.raises(sqlite3.IntegrityError, match="append-only"):
        change(settings, "UPDATE journal SET address = '1.2.3.4'")


async def test_x11_nobody_else_loses_anything(
    browser: Browser, portal: Portal, settings: Settings
) -> None:
    """They share a tablet, an address and a name."""
    await access(portal, SYLVIE)
    await sign_in(browser, SYLVIE)
    hers = rows(settings, "SELECT * FROM member WHERE matricule = '33163'")
    await access(portal, FRANCOIS)
    await erased(portal)
    assert await is_signed_in(browser)
    assert rows(settings, "SELECT * FROM member WHERE matricule = '33163'") == hers
    assert rows(settings, "SELECT count(*) FROM device") == [(1,)]


# In the middle of something ---------------------------------------------------------------------


async def test_x11_in_the_middle_of_a_registration(
    app: object, browser: Browser, portal: Portal, settings: Settings
) -> None:
    step_two = await browser.submit("/inscription", FRANCOIS.facts)
    passwords = interrupted(app)  # type: ignore[arg-type]
    hash_password = passwords.hash

    async def hash_and_erase(password: str) -> str:
        made = await hash_password(password)
        await erased(portal)
        return made

    passwords.hash = hash_and_erase  # type: ignore[method-assign]
    fields = FRANCOIS.access(hidden(step_two, "token"))
    answer = await browser.submit("/inscription/acces", fields)
    assert answer.status_code == 422
    assert "Nous ne trouvons pas de membre" in words(answer)
    assert rows(settings, "SELECT * FROM account") == []
    assert rows(settings, "SELECT * FROM outbox") == []


@pytest.mark.parametrize("password", [FRANCOIS.password, "faux58mot9"])
async def test_x11_in_the_middle_of_a_sign_in(
    app: object, browser: Browser, portal: Portal, password: str
) -> None:
    await access(portal, FRANCOIS)
    interrupted(app).meanwhile = lambda: erased(portal)  # type: ignore[arg-type]
    assert (await sign_in(browser, FRANCOIS, password)).status_code == 422
    assert not await is_signed_in(browser)


@pytest.mark.parametrize("path", ["/membre/courriel", "/membre/mot-de-passe"])
@pytest.mark.parametrize("password", [FRANCOIS.password, "faux58mot9"])
async def test_x11_in_the_middle_of_a_session(
    app: object, browser: Browser, portal: Portal, settings: Settings, path: str, password: str
) -> None:
    await session(browser, portal, FRANCOIS)
    token = hidden(await browser.get(path), "made_for")
    interrupted(app).meanwhile = lambda: erased(portal)  # type: ignore[arg-type]
    address, new = "n@example.org", "vent58nord9"
    fields = {"made_for": token, "current_password": password} | (
        {"email": address, "email_again": address}
        if path.endswith("courriel")
        else {"password": new, "password_again": new}
    )
    answer = await browser.submit(path, fields)
    assert answer.status_code in (303, 422)
    assert not await is_signed_in(browser)
    assert rows(settings, "SELECT * FROM outbox") == []
    assert rows(settings, "SELECT * FROM account") == []


async def test_x11_with_a_mail_in_the_deliverers_hands(
    browser: Browser,
    portal: Portal,
    settings: Settings,
    post: Post,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Erased between the taking of a mail and the keeping of its temporary password."""
    await access(portal, FRANCOIS)
    await recover(browser, portal, FRANCOIS)
    write = portal.db.write
    calls = 0

    async def erase_first(work: Callable[[Transaction], object]) -> object:
        nonlocal calls
        calls += 1
        if calls == 2:  # the first took the mail, this one keeps the temporary password
            portal.db.write = write  # type: ignore[method-assign]
            await erased(portal)
        return await write(work)  # type: ignore[arg-type]

    portal.db.write = erase_first  # type: ignore[method-assign, assignment]
    assert await post.fetch() == []
    assert rows(settings, "SELECT * FROM recovery") == []
    assert rows(settings, "SELECT * FROM outbox") == []
    assert [r for r in caplog.records if r.levelname == "ERROR"] == []


async def test_x11_at_any_moment_nothing_fails(
    browsers: Browsers, portal: Portal, settings: Settings, clock: TurnedClock,
    caplog: pytest.LogCaptureFixture,
) -> None:  # fmt: skip
    """Everything that a member does at once, and the erasing among it."""
    for delay in range(8):
        clock.turn(days=2)
        change(settings, "DELETE FROM member WHERE matricule = '00875'")
        await enrol(portal.db, [FRANCOIS])
        member = browsers(f"203.0.113.{delay}")
        await session(member, portal, FRANCOIS)
        stranger = browsers(f"198.51.100.{delay}")

        async def erase_later(turns: int = delay) -> None:
            for _ in range(turns * 6):
                await asyncio.sleep(0)
            await erased(portal)

        answers = await asyncio.gather(
            member.get("/membre"),
            member.get("/membre/mes-renseignements.json"),
            member.submit("/membre/courriel/renvoyer"),
            member.submit("/membre/mes-renseignements", {"birth_date": "1"}),
            sign_in(stranger, FRANCOIS, "faux58mot9"),
            sign_in(stranger, FRANCOIS),
            stranger.submit("/inscription", FRANCOIS.facts),
            recover(stranger, portal, FRANCOIS),
            deliver_due(portal.desk, Files(settings.mail_dir)),
            erase_later(),
        )
        codes = [answer.status_code for answer in answers if isinstance(answer, httpx.Response)]
        assert max(codes) < 500, codes
        assert rows(settings, "SELECT 1 FROM member WHERE matricule = '00875'") == []
        assert rows(settings, "SELECT * FROM account WHERE email LIKE '00875%'") == []
    assert [r for r in caplog.records if r.levelname == "ERROR"] == []


# The term of an inactive member -----------------------------------------------------------------


async def test_x11_an_inactive_members_rows_go_when_their_term_is_over(
    portal: Portal, settings: Settings, clock: TurnedClock
) -> None:
    await access(portal, FRANCOIS)
    await telephone.deactivate(portal.db, await member_of(portal.db), now=clock())

    async def purged(days: float) -> set[str]:
        clock.turn(days=days)
        await purge(portal.db, now=clock(), journal_days=365, inactive_days=30)
        return {matricule for (matricule,) in rows(settings, "SELECT matricule FROM member")}

    # Since when Gaston is inactive nobody knows: his term begins with the first purge.
    assert {"00875", "77777"} <= await purged(10)
    assert {"00875", "77777"} <= await purged(19.5)
    assert "77777" in (left := await purged(1))
    assert "00875" not in left
    assert "77777" not in await purged(10)
    assert len(left) == len(EVERYONE) - 1
    assert events(settings).count("member_erased") == 2
    # Their term was over, no more: who comes back is listed as anybody.
    assert rows(settings, "SELECT salt, person FROM erasure") == [(None, None)] * 2


async def test_x11_who_is_listed_again_has_no_term(
    office: Office, write_file: WriteFile, clock: TurnedClock
) -> None:
    without = [text for text in ROSTER if not text.startswith(FRANCOIS.matricule)]
    await office.load(write_file(*without), deactivate=True)
    since = "SELECT active, inactive_since FROM member WHERE matricule = '00875'"
    assert office.all(since) == [(0, clock())]
    first = clock()
    clock.turn(days=3)
    await office.load(write_file(*without), deactivate=True)
    assert office.all(since) == [(0, first)]
    await office.load(write_file(*ROSTER))
    assert office.all(since) == [(1, None)]


# A roster that still has the person -------------------------------------------------------------


async def test_x11_the_roster_does_not_bring_a_person_back_in_silence(
    portal: Portal, office: Office, write_file: WriteFile
) -> None:
    former = await erased(portal)
    file = write_file(*ROSTER)
    plan = await office.plan(file)
    assert [(one.number, one.matricule) for one in plan.erased] == [(2, "00875")]
    assert plan.new_count == 0
    told = "\n".join(report(plan, deactivate=False))
    assert "Effacés à leur demande" in told
    assert "ligne 2, 00875" in told
    await office.load(file)
    assert office.all("SELECT * FROM member WHERE matricule = '00875'") == []
    # However it is spelt, and from another address.
    again = line(FRANCOIS, family_name="LAPOINTE", first_name="Francois", postal_code="H2H2H2")
    assert len((await office.plan(write_file(again))).erased) == 1

    await office.load(file, returning=True)
    ((new_id,),) = office.all("SELECT id FROM member WHERE matricule = '00875'")
    assert new_id != former
    assert (await office.plan(file)).erased == []
    assert office.all("SELECT member_id, person FROM erasure") == [(former, None)]


async def test_x11_who_has_the_matricule_next_is_somebody_else(
    portal: Portal, office: Office, write_file: WriteFile
) -> None:
    await erased(portal)
    heir = replace(FRANCOIS, family_name="Roy", first_name="Luc", birth_date="02/03/1960")
    plan = await office.load(write_file(line(heir)))
    assert (plan.erased, plan.new_count) == ([], 1)
    assert office.all("SELECT family_name FROM member WHERE matricule = '00875'") == [("Roy",)]


async def test_x11_no_id_is_used_twice(
    portal: Portal, office: Office, write_file: WriteFile
) -> None:
    """A token, a mail under way or a list of erasures may still name it."""
    used = set()
    for number in range(4):
        newcomer = f"5000{number};Roy;Luc;0{number + 1}/01/1950;h1h1h1;"
        await office.load(write_file(newcomer))
        ((new_id,),) = office.all(f"SELECT id FROM member WHERE matricule = '5000{number}'")
        assert new_id not in used
        used.add(new_id)
        member = await member_of(portal.db, f"5000{number}")
        await erase(portal.db, portal.throttle, member, now=portal.clock())


# A backup from before ---------------------------------------------------------------------------


async def filled(settings: Settings) -> None:
    db = await Database.open(settings.database)
    await enrol(db, EVERYONE)
    await db.close()


async def erase_in(settings: Settings, now: int, *, asked: bool = True) -> None:
    db = await Database.open(settings.database)
    member = await member_of(db)
    await db.write(lambda tx: erasures.erase(tx, member, now=now, asked=asked))
    await db.close()


def names(settings: Settings) -> set[str]:
    return {name for (name,) in rows(settings, "SELECT matricule FROM member")}


def made_at(settings: Settings, clock: TurnedClock) -> datetime:
    return datetime.fromtimestamp(clock(), settings.timezone)


@pytest.mark.parametrize("asked", [True, False])
async def test_x11_a_restored_backup_does_not_bring_anybody_back(
    settings: Settings, clock: TurnedClock, tmp_path: Path, asked: bool
) -> None:
    await filled(settings)
    made = await asyncio.to_thread(make, settings, tmp_path / "b", made_at(settings, clock))
    clock.turn(days=40)
    # The name was corrected since the backup.
    change(settings, "UPDATE member SET family_name = 'Roy', family_key = 'roy' WHERE id = 1")
    await erase_in(settings, clock(), asked=asked)
    for _ in range(2):  # the list goes on in the restored file
        clock.turn(minutes=5)
        restored = await restore(settings, made.path, clock())
        assert (restored.erased, restored.list_known) == (1, True)
        assert names(settings) == {p.matricule for p in EVERYONE} - {"00875"}
        assert events(settings)[-2:] == ["member_erased", "restored"]
        assert "François".encode() not in settings.database.read_bytes()


async def test_x11_whom_the_office_has_listed_again_stays(
    settings: Settings, clock: TurnedClock, tmp_path: Path
) -> None:
    await filled(settings)
    await erase_in(settings, clock())
    clock.turn(days=1)
    db = await Database.open(settings.database)
    file = tmp_path / "liste.csv"
    file.write_text(f"{HEADINGS}\n{line(FRANCOIS)}\n")
    await Office(db, clock).load(file, returning=True)
    await db.close()
    clock.turn(days=1)
    made = await asyncio.to_thread(make, settings, tmp_path / "b", made_at(settings, clock))
    assert (await restore(settings, made.path, clock())).erased == 0
    assert "00875" in names(settings)


async def test_x11_another_machines_backup_is_known_by_the_person(
    settings: Settings, clock: TurnedClock, tmp_path: Path
) -> None:
    await filled(settings)
    made = await asyncio.to_thread(make, settings, tmp_path / "b", made_at(settings, clock))
    other = replace(settings, database=tmp_path / "new" / "portal.db")
    migrate(other.database)
    db = await Database.open(other.database)
    file = tmp_path / "liste.csv"
    file.write_text(f"{HEADINGS}\n{line(FRANCOIS)}\n")
    await Office(db, clock).load(file)
    await db.close()
    clock.turn(days=1)
    await erase_in(other, clock())
    assert (await restore(other, made.path, clock())).erased == 1
    assert names(other) == {p.matricule for p in EVERYONE} - {"00875"}


@pytest.mark.parametrize("present", ["none", "damaged"])
async def test_x11_where_nothing_knows_who_was_erased_the_office_is_told(
    settings: Settings, clock: TurnedClock, tmp_path: Path, present: str
) -> None:
    await filled(settings)
    made = await asyncio.to_thread(make, settings, tmp_path / "b", made_at(settings, clock))
    if present == "none":
        settings.database.unlink()
    else:
        settings.database.write_bytes(b"not a database" * 1000)
    assert not (await restore(settings, made.path, clock())).list_known


# As the office does it --------------------------------------------------------------------------


def manage(settings: Settings, *arguments: str, typed: str = "") -> Result:
    environment = {
        "PORTAL_DATABASE": str(settings.database),
        "PORTAL_SECRET_KEY": settings.secret_keys[-1],
    }
    return CliRunner().invoke(commands, arguments, env=environment, input=typed)


async def test_x11_the_office_erases_with_one_command(
    portal: Portal, settings: Settings, clock: TurnedClock
) -> None:
    clock.now = system_clock()
    await access(portal, FRANCOIS)
    asked = await to_thread.run_sync(manage, settings, "member", "erase", "00875")
    assert asked.exit_code == 2
    assert "ajoutez --yes" in asked.output
    done = await to_thread.run_sync(manage, settings, "member", "erase", "00875", "--yes")
    assert done.exit_code == 0, done.output
    assert "est effacée" in done.output
    assert "sauvegardes" in done.output
    assert events(settings)[-1] == "member_erased"
    again = await to_thread.run_sync(manage, settings, "member", "erase", "00875", "--yes")
    assert "Aucun membre n’a le matricule 00875." in again.output


async def test_x11_an_annulled_member_is_erased_too(portal: Portal, settings: Settings) -> None:
    member_id, now = await access(portal, FRANCOIS), portal.clock()
    await portal.db.write(lambda tx: annul(tx, member_id, now=now, actor="office"))
    await erased(portal)
    assert rows(settings, "SELECT * FROM annulment") == []


async def test_x11_the_privacy_page_says_the_terms(browser: Browser, settings: Settings) -> None:
    said = words(await browser.get("/confidentialite"))
    for term in ("365 jours après", "90 jours", "7 jours", "4 semaines", "12 mois"):
        assert term in said
    browser.headers["accept-language"] = "en"
    assert "365 days after" in words(await browser.get("/confidentialite"))
