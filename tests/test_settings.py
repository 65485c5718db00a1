"""Settings: each value read, each wrong one named, and the key's file."""

import os
import stat
import subprocess
import sys
from ipaddress import ip_network
from pathlib import Path

import pytest

from settings import Settings, SettingsError, contrast, load

KEY = "k" * 32
ROOT = Path(__file__).parents[1]


@pytest.fixture(autouse=True)
def _nowhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Paths of the defaults are relative: they land in the test's own folder."""
    monkeypatch.chdir(tmp_path)


def given(**environ: str) -> Settings:
    return load({"PORTAL_SECRET_KEY": KEY} | environ)


def test_nothing_given_has_sane_defaults(tmp_path: Path) -> None:
    read = given()
    assert read.database == Path("var/portal.db")
    assert read.base_url == "http://127.0.0.1:8000"
    assert read.base_path == ""
    assert not read.https
    assert read.smtp_url is None
    assert read.mail_dir == Path("var/mail")
    assert (read.password_min, read.password_max) == (8, 12)
    assert str(read.timezone) == "America/Toronto"
    assert read.trusted_proxies == ()
    assert not read.development
    assert read == load({"PORTAL_SECRET_KEY": KEY, "PORTAL_BASE_URL": "", "PORTAL_SMTP_URL": " "})
    assert list(tmp_path.iterdir()) == []


def test_everything_is_read() -> None:
    read = given(
        PORTAL_DATABASE="/srv/p.db",
        PORTAL_BASE_URL="https://exemple.org/portail/",
        PORTAL_SMTP_URL="smtp+starttls://nom:mot%40passe@hote.example:587",
        PORTAL_MAIL_DIR="/srv/mail",
        PORTAL_MAIL_FROM="portail@exemple.org",
        PORTAL_OFFICE_NAME=" Association « É » ",
        PORTAL_OFFICE_PHONE="450 555-0100",
        PORTAL_OFFICE_EMAIL="bureau@exemple.org",
        PORTAL_PRIVACY_OFFICER="Jeanne",
        PORTAL_ACCENT="#7A1F5C",
        PORTAL_LOGO=str(ROOT / "static" / "icon.svg"),
        PORTAL_PASSWORD_MIN="10",
        PORTAL_PASSWORD_MAX="64",
        PORTAL_TIMEZONE="America/Halifax",
        PORTAL_TRUSTED_PROXIES="127.0.0.1, ::1 10.0.0.0/8",
        PORTAL_BACKUP_DIR="/srv/b",
        PORTAL_BACKUP_SECOND_DIR="/mnt/b",
        PORTAL_LOG="json",
        PORTAL_DEVELOPMENT="1",
    )
    assert read == Settings(
        database=Path("/srv/p.db"),
        secret_keys=(KEY,),
        base_url="https://exemple.org/portail",
        smtp_url="smtp+starttls://nom:mot%40passe@hote.example:587",
        mail_dir=Path("/srv/mail"),
        mail_from="portail@exemple.org",
        office_name="Association « É »",
        office_phone="450 555-0100",
        office_email="bureau@exemple.org",
        privacy_officer="Jeanne",
        accent="#7a1f5c",
        logo=ROOT / "static" / "icon.svg",
        password_min=10,
        password_max=64,
        timezone=read.timezone,
        trusted_proxies=(ip_network("127.0.0.1"), ip_network("::1"), ip_network("10.0.0.0/8")),
        backup_dir=Path("/srv/b"),
        backup_second_dir=Path("/mnt/b"),
        log_json=True,
        development=True,
    )
    assert str(read.timezone) == "America/Halifax"
    assert read.https
    assert read.base_path == "/portail"


WRONG: list[tuple[str, str]] = [
    ("PORTAL_SECRET_KEY", "short"),
    ("PORTAL_SECRET_KEY", f"{KEY} short"),
    ("PORTAL_BASE_URL", "exemple.org"),
    ("PORTAL_BASE_URL", "ftp://exemple.org"),
    ("PORTAL_BASE_URL", "https://"),
    ("PORTAL_BASE_URL", "https://exemple.org/?a=1"),
    ("PORTAL_BASE_URL", "https://exemple.org/#a"),
    ("PORTAL_BASE_URL", "https://nom@exemple.org"),
    ("PORTAL_BASE_URL", "https://exemple.org/a//b"),
    ("PORTAL_BASE_URL", "https://exemple.org/a b"),
    ("PORTAL_BASE_URL", "https://exemple.org/a;b"),
    ("PORTAL_BASE_URL", "https://exemple.org:99999"),
    ("PORTAL_BASE_URL", "https://exemple.org:port"),
    ("PORTAL_BASE_URL", "https://[::1"),
    ("PORTAL_BASE_URL", "http://exemple.org"),
    ("PORTAL_BASE_URL", "http://10.0.0.1"),
    ("PORTAL_LOG", "xml"),
    ("PORTAL_ENV_FILE", "/nowhere/portail.env"),
    ("PORTAL_SMTP_URL", "hote.example"),
    ("PORTAL_SMTP_URL", "http://hote.example"),
    ("PORTAL_SMTP_URL", "smtp://"),
    ("PORTAL_SMTP_URL", "smtp://hote:99999"),
    ("PORTAL_SMTP_URL", "smtp://hote:port"),
    ("PORTAL_SMTP_URL", "smtp://hote:0"),
    ("PORTAL_SMTP_URL", "smtp://[::1"),
    ("PORTAL_MAIL_FROM", "portail"),
    ("PORTAL_MAIL_FROM", "Portail <portail@exemple.org>"),
    ("PORTAL_MAIL_FROM", "a@exemple.org\nBcc: b@exemple.org"),
    ("PORTAL_MAIL_FROM", "a@exemple.org,b@exemple.org"),
    ("PORTAL_OFFICE_EMAIL", "bureau"),
    ("PORTAL_OFFICE_NAME", "Deux\nlignes"),
    ("PORTAL_OFFICE_NAME", "Deux\x1blignes"),
    ("PORTAL_OFFICE_PHONE", "450\r\n555"),
    ("PORTAL_PRIVACY_OFFICER", "Jeanne\tT"),
    ("PORTAL_ACCENT", "red"),
    ("PORTAL_ACCENT", "#123"),
    ("PORTAL_ACCENT", "#12345g"),
    ("PORTAL_ACCENT", "195a4e"),
    ("PORTAL_ACCENT", "#ffcc00"),
    ("PORTAL_ACCENT", "#7f7f7f"),
    ("PORTAL_LOGO", "none.svg"),
    ("PORTAL_LOGO", __file__),
    ("PORTAL_LOGO", str(ROOT)),
    ("PORTAL_LOGO", "a" * 300 + ".png"),
    ("PORTAL_PASSWORD_MIN", "huit"),
    ("PORTAL_PASSWORD_MIN", "5"),
    ("PORTAL_PASSWORD_MIN", "٨"),
    ("PORTAL_PASSWORD_MIN", "-8"),
    ("PORTAL_PASSWORD_MIN", "65"),
    ("PORTAL_PASSWORD_MAX", "7"),
    ("PORTAL_PASSWORD_MAX", "129"),
    ("PORTAL_PASSWORD_MAX", "1" * 100),
    ("PORTAL_TIMEZONE", "Montréal"),
    ("PORTAL_TIMEZONE", "../../etc/passwd"),
    ("PORTAL_TIMEZONE", "/etc/passwd"),
    ("PORTAL_TIMEZONE", "America"),
    ("PORTAL_TRUSTED_PROXIES", "mandataire"),
    ("PORTAL_TRUSTED_PROXIES", "127.0.0.1;::1"),
    ("PORTAL_TRUSTED_PROXIES", "10.0.0.1/8"),
]


@pytest.mark.parametrize(("name", "value"), WRONG)
def test_a_wrong_value_is_named_in_one_line(name: str, value: str) -> None:
    with pytest.raises(SettingsError) as refused:
        given(**{name: value})
    sentence = str(refused.value)
    assert sentence.startswith(name)
    assert "\n" not in sentence
    if name in ("PORTAL_SECRET_KEY", "PORTAL_SMTP_URL"):
        assert value not in sentence


def test_a_maximum_below_the_minimum_is_refused() -> None:
    with pytest.raises(SettingsError, match=r"^PORTAL_PASSWORD_MAX : un nombre de 13 à 128"):
        given(PORTAL_PASSWORD_MIN="13")


@pytest.mark.parametrize(
    "url",
    ["http://localhost:8000", "http://127.0.0.1", "http://[::1]:8000/a", "https://exemple.org"],
)
def test_http_is_for_this_machine_alone(url: str) -> None:
    assert given(PORTAL_BASE_URL=url).base_url == url


@pytest.mark.parametrize(
    ("typed", "read"),
    [
        ("HTTPS://Exemple.ORG/Portail/", "https://exemple.org/Portail"),
        ("https://exemple.org:443", "https://exemple.org"),
        ("https://exemple.org:8443/", "https://exemple.org:8443"),
        ("http://[::1]:80", "http://[::1]"),
    ],
)
def test_the_address_is_written_as_browsers_do(typed: str, read: str) -> None:
    settings = given(PORTAL_BASE_URL=typed)
    assert settings.base_url == read
    assert settings.https is read.startswith("https")


def test_several_keys_are_read_oldest_first() -> None:
    new = "n" * 40
    assert given(PORTAL_SECRET_KEY=f"{KEY}\n{new}\n").secret_keys == (KEY, new)


# The .env file.


def test_the_env_file_is_read_and_the_environment_wins(tmp_path: Path) -> None:
    file = tmp_path / ".env"
    file.write_text(
        f'PORTAL_SECRET_KEY="{KEY}"\n# PORTAL_OFFICE_PHONE=no\nPORTAL_OFFICE_NAME=Bureau é\n'
        "PORTAL_PASSWORD_MAX=20\n",
        encoding="utf-8",
    )
    read = load({"PORTAL_OFFICE_NAME": "Autre"})
    assert (read.office_name, read.password_max) == ("Autre", 20)
    assert load({}).office_name == "Bureau é"
    assert load({}).office_phone == ""


def test_the_env_file_may_be_named(tmp_path: Path) -> None:
    (tmp_path / "portail.env").write_text(f"PORTAL_SECRET_KEY={KEY}\nPORTAL_OFFICE_NAME=Là\n")
    (tmp_path / ".env").write_text("PORTAL_OFFICE_NAME=Ici\n")
    assert load({"PORTAL_ENV_FILE": str(tmp_path / "portail.env")}).office_name == "Là"


def test_an_absent_env_file_is_no_fault(tmp_path: Path) -> None:
    assert load({"PORTAL_SECRET_KEY": KEY}, tmp_path / "none") == given()


@pytest.mark.parametrize("content", [b"\xff\xfe", b"PORTAL_OFFICE_NAME=\xe9\n"])
def test_an_env_file_that_is_no_text_is_named(tmp_path: Path, content: bytes) -> None:
    (tmp_path / ".env").write_bytes(content)
    with pytest.raises(SettingsError, match=r"\.env"):
        load({"PORTAL_SECRET_KEY": KEY})


# The key's file.


def without_key(tmp_path: Path, **more: str) -> dict[str, str]:
    return {"PORTAL_DATABASE": str(tmp_path / "var" / "portal.db")} | more


def test_a_key_is_made_once_beside_the_database(tmp_path: Path) -> None:
    first = load(without_key(tmp_path))
    path = tmp_path / "var" / "portal.key"
    assert [file.name for file in path.parent.iterdir()] == ["portal.key"]
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert len(first.secret_keys[0]) >= 43
    assert load(without_key(tmp_path)).secret_keys == first.secret_keys


def test_two_portals_have_two_keys(tmp_path: Path) -> None:
    one, other = (load(without_key(tmp_path / name)).secret_keys for name in ("a", "b"))
    assert one != other


def test_processes_that_start_at_once_agree(tmp_path: Path) -> None:
    script = "import sys; from settings import load; print(*load().secret_keys)"
    environ = os.environ | without_key(tmp_path) | {"PYTHONPATH": str(ROOT)}
    starting = [
        subprocess.Popen(
            [sys.executable, "-c", script], env=environ, cwd=tmp_path, stdout=subprocess.PIPE
        )
        for _ in range(3)
    ]
    keys = {process.communicate()[0] for process in starting}
    assert len(keys) == 1
    assert len(keys.pop()) > 40
    assert [file.name for file in (tmp_path / "var").iterdir()] == ["portal.key"]


def test_a_key_that_another_process_made_first_is_the_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "var" / "portal.key"

    def meanwhile(_: int) -> str:
        path.write_text("n" * 40)
        return "00"

    monkeypatch.setattr("secrets.token_hex", meanwhile)
    assert load(without_key(tmp_path)).secret_keys == ("n" * 40,)
    assert [file.name for file in path.parent.iterdir()] == ["portal.key"]


def test_a_named_file_is_read_and_never_made(tmp_path: Path) -> None:
    file = tmp_path / "secret"
    named = without_key(tmp_path, PORTAL_SECRET_KEY_FILE=str(file))
    with pytest.raises(SettingsError, match="PORTAL_SECRET_KEY_FILE"):
        load(named)
    assert not file.exists()
    file.write_text(KEY + "\n")
    assert load(named).secret_keys == (KEY,)
    assert not (tmp_path / "var").exists()


@pytest.mark.parametrize("content", [b"", b"short\n", b"\xff" * 40])
def test_a_bad_key_file_is_named(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "secret"
    file.write_bytes(content)
    with pytest.raises(SettingsError, match="PORTAL_SECRET_KEY_FILE") as refused:
        load(without_key(tmp_path, PORTAL_SECRET_KEY_FILE=str(file)))
    assert "\n" not in str(refused.value)


def test_an_emptied_key_file_is_not_replaced(tmp_path: Path) -> None:
    """A new key would silently void every session and token."""
    path = tmp_path / "var" / "portal.key"
    path.parent.mkdir()
    path.touch()
    with pytest.raises(SettingsError, match="PORTAL_SECRET_KEY_FILE"):
        load(without_key(tmp_path))
    assert path.read_bytes() == b""


def test_every_setting_is_in_the_example() -> None:
    source = (ROOT / "settings.py").read_text("utf-8")
    example = (ROOT / ".env.example").read_text("utf-8")
    names = {part.split('"')[0] for part in source.split('"')[1::2] if part.startswith("PORTAL_")}
    named = {name.split()[0] for name in names} - {"PORTAL_DEVELOPMENT"}
    assert len(named) >= 15
    assert [name for name in sorted(named) if name not in example] == []


def test_a_logo_too_heavy_for_a_slow_phone_is_named(tmp_path: Path) -> None:
    (tmp_path / "logo.png").write_bytes(bytes(100_001))
    with pytest.raises(SettingsError, match=r"PORTAL_LOGO : .*100 Ko"):
        given(PORTAL_LOGO="logo.png")
    (tmp_path / "logo.png").write_bytes(bytes(100_000))
    assert given(PORTAL_LOGO="logo.png").logo == Path("logo.png")


def test_contrast_is_that_of_wcag() -> None:
    assert contrast("#000000", "#ffffff") == contrast("#ffffff", "#000000") == 21
    assert round(contrast("#777777", "#ffffff"), 2) == 4.48
