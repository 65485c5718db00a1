"""The real install.sh on a machine of its own: namespaces over a copy of this one (root only).

Foreign are only apt-get, systemctl (which starts and ends the server as systemd would) and the
making of a Python environment, whose packages are those of the running Python.
"""

import itertools
import os
import shutil
import sqlite3
import stat
import subprocess
import sys
import sysconfig
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from db.migrate import LATEST
from tests.faults.conftest import ROOT

PYTHON = Path(os.path.realpath(sys.executable)).relative_to(Path(sys.base_prefix).resolve())
OVERLAID = ("etc", "opt", "var/lib", "usr/local/bin")
NAMESPACES = ("unshare", "--mount", "--net", "--pid", "--fork", "--kill-child", "--mount-proc")
CUT_BEFORE_THE_LINK = '\nsay "Service"\n'
CUT_EARLY = '\nsay "Réglages : $env"\n'
CUT_IN_THE_TRIAL = "\n    come=yes\n"

STUBS = {
    "python3": f"""
if [ "$1 $2" = "-m venv" ]; then
    mkdir -p "$3/bin"
    echo '#!/bin/sh' > "$3/bin/pip"
    cat > "$3/bin/python" <<-'END'
#!/bin/sh
export LD_LIBRARY_PATH=/opt/python/lib PYTHONPATH=/opt/packages
exec /opt/python/{PYTHON} "$@"
END
    chmod +x "$3/bin/pip" "$3/bin/python"
    exit
fi
LD_LIBRARY_PATH=/opt/python/lib exec /opt/python/{PYTHON} "$@"
""",
    "apt-get": 'echo "apt-get $*"',
    # As systemd would, one socket: a wanted port is told in the machine's log only.
    "systemctl": """
stop() {
    [ ! -e /run/portail.pid ] || { kill "$(cat /run/portail.pid)"; sleep 1; }
    rm -f /run/portail.pid
}
start() {
    [ ! -e /run/portail.pid ] || return 0
    mkdir -p /run/portail
    rm -f /run/portail/portail.sock
    setsid systemd-socket-activate -l /run/portail/portail.sock -E PATH \\
        -E PORTAL_ENV_FILE=/etc/portail/portail.env \\
        setpriv --reuid portail --regid portail --init-groups \\
        /opt/portail/current/.venv/bin/python /opt/portail/current/manage.py serve \\
        > /run/portail.log 2>&1 &
    echo $! > /run/portail.pid
}
case "$*" in
    "-q is-active portail.socket") [ -e /run/portail.pid ] ;;
    "stop portail.service portail.socket") stop ;;
    "start portail.service") start ;;
    "restart portail.service") stop; start ;;
esac
""",
}
ENTER = """
set -e
for name in etc opt var/lib usr/local/bin; do
    mount -t overlay overlay "/$name" \\
        -o "lowerdir=/$name,upperdir=$1/$name/up,workdir=$1/$name/work"
done
mount -t tmpfs tmpfs /run
mkdir -p /run/systemd/system /opt/python /opt/packages /opt/version
mount --bind "$2" /opt/python
mount --bind "$3" /opt/packages
mount --bind "$4" /opt/version
ip link set lo up
set +e
cd /
sh -c "$5"
code=$?
# What a killed installation leaves running, and no server of the machine's.
pgrep -u portail -af 'serve --port' >&2
exit $code
"""


class Machine:
    """A machine whose files stay between two runs, as over a restart."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def new(self) -> "Machine":
        """Make it: nothing of the portal's on it."""
        for name in OVERLAID:
            for part in ("up", "work"):
                (self.folder / "disk" / name / part).mkdir(parents=True)
        stubs = self.folder / "stubs"
        stubs.mkdir()
        for name, text in STUBS.items():
            (stubs / name).write_text(f"#!/bin/sh\n{text}")
            (stubs / name).chmod(0o755)
        return self

    def copied(self, folder: Path) -> "Machine":
        """Another machine in the same state."""
        subprocess.run(["cp", "-a", self.folder, folder], check=True)
        return Machine(folder)

    def run(self, version: Path, line: str) -> subprocess.CompletedProcess[str]:
        """Run a line of root's shell there, with a version's folder at /opt/version."""
        paths = (self.folder / "disk", sys.base_prefix, sysconfig.get_path("purelib"), version)
        return subprocess.run(
            [*NAMESPACES, "sh", "-c", ENTER, "enter", *map(str, paths), line],
            env={"PATH": f"{self.folder}/stubs:/usr/sbin:/usr/bin:/sbin:/bin:/usr/local/bin"},
            capture_output=True,
            text=True,
            check=False,
        )

    def install(self, version: Path, options: str = "") -> subprocess.CompletedProcess[str]:
        """Run install.sh of that version."""
        time.sleep(1)  # versions and backups are named by the second, and never taken twice
        return self.run(version, f"/opt/version/deploy/install.sh {options}")

    def path(self, path: str) -> Path:
        """Where a file of the machine lies."""
        for name in OVERLAID:
            if path.startswith(f"/{name}/"):
                return self.folder / "disk" / name / "up" / path.removeprefix(f"/{name}/")
        raise AssertionError(path)

    @property
    def current(self) -> str:
        """The release that serves."""
        return os.readlink(self.path("/opt/portail/current"))

    @property
    def releases(self) -> list[str]:
        return sorted(f.name for f in self.path("/opt/portail/releases").iterdir())

    @property
    def schema(self) -> int:
        """The database's version; it is sound."""
        with closing(sqlite3.connect(self.path("/var/lib/portail/portal.db"))) as connection:
            assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
            found: int = connection.execute("PRAGMA user_version").fetchone()[0]
            return found

    def data(self) -> set[str]:
        """The names in the portal's folder, but for SQLite's own."""
        names = {file.name for file in self.path("/var/lib/portail/").iterdir()}
        return names - {"portal.db-wal", "portal.db-shm"}

    @property
    def env(self) -> str:
        return self.path("/etc/portail/portail.env").read_text("utf-8")


USUAL = {"portal.db", "portal.db.lock", "portal.db.in-use", "portal.key", "sauvegardes"}


@pytest.fixture(scope="module")
def version(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of this version, as an office unpacks it."""
    folder = tmp_path_factory.mktemp("version") / "portail"
    left_out = ("tests", "bench", "node_modules", "__pycache__", ".*", "var", "screenshots")
    shutil.copytree(
        ROOT, folder, ignore=lambda _, names: shutil.ignore_patterns(*left_out)("", names)
    )
    shutil.copy(ROOT / ".env.example", folder)
    return folder


@pytest.fixture(scope="module")
def installed(version: Path, tmp_path_factory: pytest.TempPathFactory) -> Machine:
    """A machine with the portal on it, installed under a umask that closes everything."""
    if os.geteuid() or any(
        shutil.which(name) is None
        for name in ("unshare", "ip", "setpriv", "runuser", "useradd", "systemd-socket-activate")
    ):
        pytest.skip("a machine of its own takes root, util-linux and systemd's programs")
    machine = Machine(tmp_path_factory.mktemp("machine") / "first").new()
    probe = machine.run(version, "true")
    if probe.returncode:
        pytest.skip(f"no machine of its own here: {probe.stderr}")
    done = machine.run(version, "umask 077; /opt/version/deploy/install.sh")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "apt-get install -q -y" in done.stdout or shutil.which("nano")
    assert "Sauvegarde faite et relue" in done.stdout
    assert "0 à corriger" in done.stdout, done.stdout
    assert "→ sudo /opt/portail/current/deploy/install.sh --host VOTRE.SITE\n" in done.stdout
    assert "Il manque le nom du site : sudo /opt/version/deploy/install.sh --host" in done.stdout
    return machine


@pytest.fixture
def machine(installed: Machine, tmp_path: Path) -> Machine:
    return installed.copied(tmp_path / "machine")


@pytest.fixture
def changed(version: Path, tmp_path: Path) -> Callable[..., Path]:
    """Makes another version: files to add, and what install.sh does at a mark."""
    number = itertools.count()

    def make(files: dict[str, str] | None = None, *, at: str = "", do: str = "") -> Path:
        folder = tmp_path / "another" / str(next(number))
        shutil.copytree(version, folder)
        for name, text in (files or {}).items():
            (folder / name).write_text(text, "utf-8")
        script = folder / "deploy" / "install.sh"
        text = script.read_text("utf-8")
        assert not at or text.count(at) == 1
        script.write_text(text.replace(at, f"\n{do}{at}") if at else text, "utf-8")
        return folder

    return make


def migration(sql: str) -> dict[str, str]:
    """One migration more than this version has."""
    return {f"db/migrations/{LATEST + 1:04d}_more.sql": f"{sql};\n"}


MORE = migration("CREATE TABLE more (id INTEGER PRIMARY KEY) STRICT")


def test_a_bare_machine_serves_and_has_all_in_place(installed: Machine) -> None:
    assert installed.data() == USUAL
    assert installed.current == f"/opt/portail/releases/{installed.releases[0]}"
    assert stat.S_IMODE(installed.path("/etc/portail/portail.env").stat().st_mode) == 0o640
    for unit in (ROOT / "deploy").glob("portail*.[st]*"):
        there = installed.path(f"/etc/systemd/system/{unit.name}")
        assert there.read_text() == unit.read_text()
    assert os.access(installed.path("/usr/local/bin/portail"), os.X_OK)


def test_the_same_again_is_an_upgrade(machine: Machine, version: Path) -> None:
    """Also where the Python in place is broken, as after an upgrade of the machine itself."""
    first, env = machine.current, machine.env
    machine.path(f"{first}/.venv/bin/python").write_text("#!/nowhere/python\n")
    done = machine.install(version)
    assert done.returncode == 0, done.stdout + done.stderr
    assert " 0 migration(s)" in done.stdout
    assert machine.current != first
    assert machine.releases == sorted(map(os.path.basename, (first, machine.current)))
    assert (machine.data(), machine.env) == (USUAL, env)


@pytest.mark.parametrize("sql", ["INSERT INTO nowhere VALUES (1)", "DROP TABLE member"])
def test_a_version_that_fails_leaves_the_one_in_place(
    machine: Machine, changed: Callable[..., Path], sql: str
) -> None:
    """The migration fails, or the server does that meets its outcome."""
    files = migration(sql)
    if "DROP" in sql:
        files["app.py"] = "raise SystemExit('broken')\n"
        files |= migration("CREATE TABLE more (id INTEGER PRIMARY KEY) STRICT")
    before = (machine.current, machine.releases, machine.schema)
    done = machine.install(changed(files))
    assert done.returncode == 1, done.stdout
    assert "Rien n'a changé" in done.stderr
    assert (machine.current, machine.releases, machine.schema) == before
    assert machine.data() == USUAL


def test_cut_between_migration_and_link_it_can_be_run_again(
    machine: Machine, changed: Callable[..., Path]
) -> None:
    first = machine.current
    done = machine.install(changed(MORE, at=CUT_BEFORE_THE_LINK, do="kill -KILL $$"))
    assert done.returncode == 137, done.stdout + done.stderr
    assert (machine.current, machine.schema) == (first, LATEST + 1)
    done = machine.install(changed(MORE))
    assert done.returncode == 0, done.stdout + done.stderr
    assert machine.current != first
    assert machine.data() == USUAL


@pytest.mark.parametrize(
    ("signal", "at"), [("INT", CUT_IN_THE_TRIAL), ("TERM", CUT_EARLY), ("HUP", CUT_EARLY)]
)
def test_interrupted_it_leaves_nothing(
    machine: Machine, changed: Callable[..., Path], signal: str, at: str
) -> None:
    before = machine.releases
    serving = 'answers "$port"; ' if at == CUT_IN_THE_TRIAL else ""
    done = machine.install(changed(at=at, do=f"{serving}kill -{signal} $$"))
    assert done.returncode == 130, done.stdout + done.stderr
    assert "serve --port" not in done.stderr
    assert (machine.releases, machine.data()) == (before, USUAL)


def test_killed_it_ends_its_trial_and_leaves_the_rest_to_the_next_time(
    machine: Machine, version: Path, changed: Callable[..., Path]
) -> None:
    (before,) = machine.releases
    cut = changed(at=CUT_IN_THE_TRIAL, do='answers "$port"; kill -KILL $$')
    done = machine.run(cut, "/opt/version/deploy/install.sh; sleep 2; exit 9")
    assert done.returncode == 9
    assert "serve --port" not in done.stderr
    assert len(machine.releases) == 2
    assert len(machine.data()) == len(USUAL) + 1
    done = machine.install(version)
    assert done.returncode == 0, done.stdout + done.stderr
    assert machine.releases == [before, os.path.basename(machine.current)]
    assert machine.data() == USUAL


def test_what_answers_in_the_place_of_the_trial_is_not_it(
    machine: Machine, changed: Callable[..., Path]
) -> None:
    do = """answers "$port"; kill -KILL "$trial"; wait "$trial" || true
    python3 -c "
import http.server as h
class Handler(h.BaseHTTPRequestHandler):
    def do_GET(self): self.send_response(200); self.end_headers()
h.HTTPServer(('127.0.0.1', $port), Handler).serve_forever()" & sleep 1"""
    done = machine.install(changed(at=CUT_IN_THE_TRIAL, do=do))
    assert done.returncode == 1, done.stdout
    assert "ne répond pas sur la copie" in done.stderr


def test_the_name_of_the_site_may_come_later(
    machine: Machine, version: Path, changed: Callable[..., Path]
) -> None:
    """And what Caddy reads is put in place, renewed, or told of where the office changed it."""
    if shutil.which("caddy") is None:
        pytest.skip("caddy is not installed here")
    done = machine.install(version, "--host portail.example.com")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "PORTAL_BASE_URL=https://portail.example.com\n" in machine.env
    assert "PORTAL_TRUSTED_PROXIES=127.0.0.1,::1\n" in machine.env
    assert "Il manque" not in done.stdout
    site = machine.path("/etc/caddy/Caddyfile")
    new = site.with_name("Caddyfile.nouveau")
    before = site.read_text()
    assert "\nportail.example.com {" in before
    ours = (version / "deploy" / "Caddyfile").read_text("utf-8")

    done = machine.install(changed({"deploy/Caddyfile": ours + "\nnonsense {\n"}))
    assert (done.returncode, site.read_text()) == (1, before)
    assert "Caddy refuse" in done.stderr

    done = machine.install(changed({"deploy/Caddyfile": ours + "# newer\n"}))
    assert done.returncode == 0, done.stdout + done.stderr
    assert site.read_text() == before  # since the version in place came with another
    assert "n'est plus celui" in done.stdout
    assert new.read_text().endswith("# newer\n")

    site.write_text(new.read_text())
    env = machine.path("/etc/portail/portail.env")
    env.write_text(machine.env.replace("PROXIES=127.0.0.1,::1", "PROXIES=::1"))
    written = machine.env
    newest = changed({"deploy/Caddyfile": ours + "# newest\n"})
    done = machine.install(newest)
    assert done.returncode == 0, done.stdout + done.stderr
    assert site.read_text().endswith("# newest\n")
    assert not new.exists()
    assert machine.env == written


def test_without_sudo_the_whole_line_is_repeated(installed: Machine, version: Path) -> None:
    done = installed.run(
        version,
        "setpriv --reuid 65534 /opt/version/deploy/install.sh --host a.example --proxy nginx",
    )
    assert done.returncode == 2
    line = "Lancez : sudo /opt/version/deploy/install.sh --host a.example --proxy nginx\n"
    assert done.stderr == line


def test_an_export_is_yours_and_goes_to_a_usb_key_too(machine: Machine, version: Path) -> None:
    """Whose file system knows no owners."""
    if not (shutil.which("mkfs.exfat") and shutil.which("mount.exfat-fuse")):
        pytest.skip("no key may be made here")
    lines = """set -e
export SUDO_UID=12345 SUDO_GID=12345
portail export /run/liste.csv
stat -c '%a %u %g' /run/liste.csv
truncate -s 20M /run/image
mkfs.exfat /run/image > /dev/null
loop=$(losetup -f --show /run/image)
trap 'umount /run/key; losetup -d "$loop"' EXIT
mkdir /run/key
mount.exfat-fuse "$loop" /run/key 2> /dev/null > /dev/null
for _ in once over; do portail export /run/key/liste.csv; done
cmp /run/liste.csv /run/key/liste.csv
portail export /proc/liste.csv"""
    done = machine.run(version, lines)
    said = ["/run/liste.csv : 0 membre(s).", "600 12345 12345"]
    said += ["/run/key/liste.csv : 0 membre(s)."] * 2
    assert done.stdout.splitlines() == said, done.stderr
    assert done.returncode == 1
    assert done.stderr.startswith("/proc/liste.csv n’a pu être écrit")
