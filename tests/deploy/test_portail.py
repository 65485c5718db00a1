"""The `portail` command lends and brings back files between two real users (root only)."""

import os
import shutil
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.faults.conftest import ROOT

# Of this worker alone: others make and remove theirs at the same time.
WORKER = os.environ.get("PYTEST_XDIST_WORKER", "seul")
SERVICE, OFFICE = f"portail-{WORKER}", f"bureau-{WORKER}"
DEMO = ROOT / "roster" / "demo.csv"


def as_user(user: str, *command: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["runuser", "-u", user, "--", *map(str, command)],
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture(scope="module")
def users() -> Iterator[None]:
    """The service's user and an office person's, for the time of these tests."""
    if os.geteuid() != 0 or not shutil.which("runuser") or not shutil.which("useradd"):
        pytest.skip("two users are made for this, which takes root, useradd and runuser")
    try:
        for user in (SERVICE, OFFICE):
            subprocess.run(["useradd", "--system", "--user-group", user], check=True)
        if as_user(SERVICE, sys.executable, ROOT / "manage.py", "--help").returncode:
            pytest.skip("another user may not read this Python or this folder")
        yield
    finally:
        for user in (SERVICE, OFFICE):
            subprocess.run(["userdel", user], check=False, capture_output=True)


class Machine:
    """An installed portal in a folder, and the office person's own folder, closed to others."""

    def __init__(self, folder: Path) -> None:
        self.folder = Path(folder)
        release = self.folder / "current"
        (release / ".venv" / "bin").mkdir(parents=True)
        (release / "manage.py").symlink_to(ROOT / "manage.py")
        python = release / ".venv" / "bin" / "python"
        python.write_text(f'#!/bin/sh\nexec "{sys.executable}" "$@"\n')
        python.chmod(0o755)
        data = self._own(self.folder / "data", SERVICE)
        env = self.folder / "portail.env"
        env.write_text(f"PORTAL_DATABASE={data}/portal.db\nPORTAL_MAIL_DIR={data}/mail\n")
        self.command = self.folder / "portail"
        text = (ROOT / "deploy" / "portail").read_text("utf-8")
        for line, ours in {
            "user=portail\n": f"user={SERVICE}\n",
            "home=/opt/portail/current\n": f"home={release}\n",
            "/etc/portail/portail.env": str(env),
        }.items():
            assert line in text
            text = text.replace(line, ours)
        self.command.write_text(text, encoding="utf-8")
        self.command.chmod(0o755)
        self.office = self._own(self.folder / "bureau", OFFICE)

    def sudo(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """What `sudo portail …` of the office person runs, in their folder."""
        uid, gid = self.office.stat().st_uid, self.office.stat().st_gid
        return subprocess.run(
            [self.command, *arguments],
            cwd=self.office,
            env=os.environ | {"SUDO_UID": str(uid), "SUDO_GID": str(gid), "SUDO_USER": OFFICE},
            capture_output=True,
            text=True,
            check=False,
        )

    def _own(self, folder: Path, user: str) -> Path:
        folder.mkdir(mode=0o700)
        shutil.chown(folder, user, user)
        return folder


@pytest.fixture
def machine(users: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Machine]:
    # pytest's own folders are closed to others.
    folder = Path(subprocess.check_output(["mktemp", "-d"], text=True).strip())
    folder.chmod(0o755)
    try:
        made = Machine(folder)
        assert made.sudo("init").returncode == 0
        own = made.office / "membres.csv"
        shutil.copy(DEMO, own)
        shutil.chown(own, OFFICE, OFFICE)
        own.chmod(0o600)
        yield made
    finally:
        shutil.rmtree(folder)


def test_a_file_of_the_office_goes_in_and_the_export_comes_back(machine: Machine) -> None:
    done = machine.sudo("import", "membres.csv", "--yes")
    assert done.returncode == 0, done.stderr
    for name in ("liste.csv", "liste.xlsx"):
        for _ in range(2):  # over the last one too
            done = machine.sudo("export", name)
            assert (done.returncode, done.stdout) == (0, f"{name} : 200 membre(s).\n"), done.stderr
        file = machine.office / name
        assert file.owner() == OFFICE
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
        assert as_user(OFFICE, "test", "-r", file).returncode == 0
    assert (machine.office / "liste.csv").read_text("utf-8-sig").count("\n") == 201
    assert {path.owner() for path in (machine.folder / "data").iterdir()} == {SERVICE}


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("nulle/liste.csv", "le dossier nulle n’existe pas."),
        ("liste.pdf", "le nom du fichier doit se terminer par .csv ou .xlsx."),
    ],
)
def test_an_export_that_was_asked_wrongly(machine: Machine, name: str, said: str) -> None:
    done = machine.sudo("export", name)
    assert (done.returncode, done.stdout, done.stderr) == (2, "", f"{name} : {said}\n")
    assert [path.name for path in machine.office.iterdir()] == ["membres.csv"]


def test_the_office_without_sudo_is_told_to_use_it(machine: Machine) -> None:
    done = as_user(OFFICE, machine.command, "doctor")
    assert done.returncode == 2
    assert done.stderr.startswith("Lancez « sudo portail doctor »")


def secret_of_roots(machine: Machine) -> Path:
    secret = machine.folder / "ombre.tar.gz"
    secret.write_text("root alone")
    secret.chmod(0o600)
    return secret


@pytest.mark.parametrize("place", ["data", "shared", "folder in shared"])
def test_no_link_that_the_portals_user_planted_lends_it_a_file_of_roots(
    machine: Machine, place: str
) -> None:
    secret = secret_of_roots(machine)
    shared = machine.folder / "partage"
    shared.mkdir()
    shared.chmod(0o1777)
    planted = {"data": machine.folder / "data", "shared": shared}.get(place, shared / "sous")
    if place == "folder in shared":
        assert as_user(SERVICE, "ln", "-s", machine.folder, planted).returncode == 0
        given = planted / secret.name
    else:
        given = planted / "sauvegarde.tar.gz"
        assert as_user(SERVICE, "ln", "-s", secret, given).returncode == 0
    for caller in ("root", OFFICE):
        done = subprocess.run(
            [machine.command, "restore", given],
            env=os.environ | {"SUDO_USER": caller},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 2
        assert "donnez un fichier à vous" in done.stderr
    assert not list(Path("/run").glob("portail-lent.*"))


def test_only_what_the_caller_may_read_is_lent(machine: Machine) -> None:
    secret = secret_of_roots(machine)
    done = machine.sudo("restore", str(secret))
    assert (done.returncode, "droit de lire" in done.stderr) == (2, True), done.stderr
    link = machine.office / "lien.csv"
    link.symlink_to(machine.office / "membres.csv")
    done = machine.sudo("import", "lien.csv", "--yes")
    assert (done.returncode, "c’est un lien" in done.stderr) == (2, True), done.stderr
