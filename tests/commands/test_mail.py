"""`manage.py mail` and `manage.py member`, as the operator runs them."""

import asyncio
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from db import accounts, members
from db.database import Database, Transaction
from db.migrate import migrate
from mail import messages
from mail.outbox import queue
from manage import commands
from security.clock import system_clock
from settings import load
from tests import given
from tests.mail.sink import Sink, free_port
from tests.people import EVERYONE, FRANCOIS, enrol
from web.portal import Portal

Run = Callable[..., Result]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Runs a command in an office of its own, where François has an access."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PORTAL_DATABASE", str(tmp_path / "portal.db"))
    monkeypatch.setenv("PORTAL_MAIL_DIR", str(tmp_path / "mail"))

    async def prepare() -> None:
        settings = load()
        migrate(settings.database)
        db = await Database.open(settings.database)
        await enrol(db, EVERYONE)
        await given.access(Portal.assemble(settings, db, system_clock), FRANCOIS)
        await db.close()

    asyncio.run(prepare())

    def run(*words: str) -> Result:
        return CliRunner().invoke(commands, words)

    return run


@pytest.fixture
def sink(monkeypatch: pytest.MonkeyPatch, run: Run) -> Iterator[Sink]:
    """A mail server in a thread: commands have an event loop of their own."""
    sink = Sink(free_port())
    monkeypatch.setenv("PORTAL_SMTP_URL", f"smtp://bureau:motdepasse@127.0.0.1:{sink.port}")
    ready, done = threading.Event(), asyncio.Event()
    loop = asyncio.new_event_loop()

    async def serve() -> None:
        sink.open.set()
        async with sink.serving():
            ready.set()
            await done.wait()

    thread = threading.Thread(target=lambda: loop.run_until_complete(serve()))
    thread.start()
    ready.wait()
    yield sink
    loop.call_soon_threadsafe(done.set)
    thread.join()
    loop.close()


@pytest.fixture
def queued(run: Run) -> None:
    """Two mails that wait."""

    async def put() -> None:
        db = await Database.open(load().database)

        async def save(tx: Transaction) -> None:
            for recipient in ("a@example.com", "b@example.com"):
                await queue(
                    tx, messages.password_changed, recipient, now=system_clock(), member_id=1
                )

        await db.write(save)
        await db.close()

    asyncio.run(put())


@pytest.mark.usefixtures("queued")
def test_deliver(run: Run, sink: Sink) -> None:
    done = run("mail", "deliver")
    assert (done.exit_code, done.stderr) == (0, "")
    assert "Partis : 2 · à réessayer : 0 · pas partis : 0" in done.stdout
    assert sorted(sink.to) == ["a@example.com", "b@example.com"]
    assert "Partis : 0" in run("mail", "deliver").stdout


@pytest.mark.usefixtures("queued")
def test_deliver_without_a_server(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PORTAL_SMTP_URL", f"smtp://127.0.0.1:{free_port()}")
    done = run("mail", "deliver")
    assert done.exit_code == 1
    assert done.stderr.startswith("Le serveur de courriel ne répond pas, rien n’est perdu")
    assert len(done.stderr.splitlines()) == 1
    assert run("mail", "list").stdout.count("en attente") == 2


@pytest.mark.usefixtures("queued")
def test_list_and_retry(run: Run, sink: Sink) -> None:
    sink.answers.append("550 5.1.1 No such user")
    run("mail", "deliver")
    listed = run("mail", "list").stdout.splitlines()
    assert [line.split(" · ")[0] for line in listed] == ["2", "1"]
    assert " · 00875 · b@example.com · parti · " in listed[0]
    assert listed[1].endswith("a@example.com · pas parti · essais : 1 · 550 5.1.1 No such user")
    assert run("mail", "list", "--failed").stdout.splitlines() == [listed[1]]
    again = run("mail", "retry", "1", "2")
    assert again.stdout == "1 : il partira au prochain envoi.\n"
    assert again.exit_code == 2
    assert again.stderr == "2 : inconnu, déjà parti, ou en train de partir.\n"
    run("mail", "deliver")
    assert sink.to == ["b@example.com", "a@example.com"]
    assert run("mail", "list", "--failed").stdout == "Aucun.\n"


def test_trying_an_address(run: Run, sink: Sink) -> None:
    done = run("mail", "test", "marie@example.com")
    assert done.exit_code == 0
    assert sink.to == ["marie@example.com"]
    assert sink.logins == [(b"bureau", b"motdepasse")]
    for step in ("→ EHLO", "→ AUTH", "→ RCPT TO:<marie@example.com>", "→ DATA", "← 250"):
        assert step in done.stdout
    assert "motdepasse" not in done.output
    assert "Accepté : regardez la boîte de marie@example.com" in done.stdout


def test_trying_an_address_that_is_refused(run: Run, sink: Sink) -> None:
    sink.answers.append("550 5.1.1 No such user")
    done = run("mail", "test", "marie@example.com")
    assert done.exit_code == 1
    assert done.stderr == "Refusé par le serveur : 550 5.1.1 No such user\n"
    wrong = run("mail", "test", "marie")
    assert wrong.exit_code == 2
    assert len(wrong.stderr.splitlines()) == 1


def test_trying_without_a_server_shows_the_file(run: Run) -> None:
    done = run("mail", "test", "marie@example.com")
    assert done.exit_code == 0
    assert ".eml" in done.stdout


def test_member_email_and_unfreeze(run: Run) -> None:
    async def freeze() -> None:
        db = await Database.open(load().database)
        member = await members.by_matricule(db, FRANCOIS.matricule)
        assert member
        await db.write(lambda tx: accounts.set_frozen(tx, member.id, system_clock()))
        await db.close()

    asyncio.run(freeze())
    changed = run("member", "email", "00875", "vrai@example.com")
    assert changed.exit_code == 0
    assert "00875@example.com est remplacée par vrai@example.com" in changed.stdout
    assert "« manage.py member unfreeze 00875 »" in changed.stdout
    opened = run("member", "unfreeze", "00875")
    assert opened.exit_code == 0
    assert "un mot de passe temporaire part vers vrai@example.com" in opened.stdout
    kinds = [line.split(" · ")[2] for line in run("mail", "list").stdout.splitlines()]
    assert kinds == [
        "accès rouvert, mot de passe temporaire",
        "adresse à confirmer",
        "avis d’une adresse remplacée par le bureau",
    ]


@pytest.mark.parametrize(
    "words",
    [
        ("member", "unfreeze", "00875"),
        ("member", "unfreeze", "33163"),
        ("member", "unfreeze", "875"),
        ("member", "email", "33163", "a@example.com"),
        ("member", "email", "00875", "a@"),
        ("member", "email", "00875", "00875@example.com"),
        ("mail", "retry", "99"),
    ],
    ids=" ".join,
)
def test_a_wrong_argument_is_one_french_line(run: Run, words: tuple[str, ...]) -> None:
    done = run(*words)
    assert done.exit_code == 2
    assert done.stdout == ""
    assert len(done.stderr.splitlines()) == 1
