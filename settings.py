"""Every setting of the portal, read once; nothing else reads the environment."""

import os
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from pathlib import Path
from urllib.parse import SplitResult, unquote, urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from starlette.config import Config

from troubles import reason

MONTREAL = ZoneInfo("America/Toronto")
ACCENT = "#195a4e"
LIGHT_SURFACE = "#efede6"
"""The darkest surface of the light scheme that the accent's text stands on."""
LOGO_BYTES = 100_000
SMTP_SCHEMES = ("smtp", "smtps", "smtp+starttls")


class SettingsError(Exception):
    """A setting is wrong; the message names it in one line."""


@dataclass(frozen=True, slots=True)
class Settings:
    """The portal's settings, checked. Durations are seconds, sizes bytes."""

    database: Path = Path("var/portal.db")
    secret_keys: tuple[str, ...] = ()
    """Signing keys, the newest last; the older ones are still accepted."""
    key_file: Path | None = None
    """Where the keys are kept; None when they came from the environment."""
    base_url: str = "http://127.0.0.1:8000"
    """Scheme, host and path of the portal, without a slash at its end."""
    smtp_url: str | None = None
    mail_dir: Path = Path("var/mail")
    mail_from: str = "portail@localhost"
    office_name: str = "Portail des membres"
    office_phone: str = ""
    office_email: str = ""
    privacy_officer: str = ""
    accent: str = ACCENT
    """The colour of buttons, links and the band on top, as #rrggbb."""
    logo: Path | None = None
    postal_codes: str = "canada"
    """Whether a member's postal code is Canadian, or `any` country's."""
    password_min: int = 8
    password_max: int = 12
    timezone: ZoneInfo = MONTREAL
    journal_days: int = 365
    """Days for which the journal is kept."""
    inactive_days: int = 365
    """Days for which what is on file about an inactive member is kept."""
    trusted_proxies: tuple[IPv4Network | IPv6Network, ...] = ()
    backup_dir: Path = Path("var/sauvegardes")
    backup_second_dir: Path | None = None
    """A folder on another device to which each good backup is copied."""
    log_json: bool = False
    """Whether a line of the log is a JSON object."""
    development: bool = False
    deliver_mail: bool = True
    """Whether the server itself delivers; tests deliver by hand."""

    @property
    def https(self) -> bool:
        """Whether members reach the portal over TLS."""
        return self.base_url.startswith("https://")

    @property
    def host(self) -> str:
        """The host of `base_url`, in ASCII: the portal's name among mail servers."""
        return (urlsplit(self.base_url).hostname or "").encode("idna").decode()

    @property
    def base_path(self) -> str:
        """The path of `base_url`: empty, or `/portail` without a slash at its end."""
        return unquote(urlsplit(self.base_url).path)


def load(environ: Mapping[str, str] = os.environ, env_file: Path = Path(".env")) -> Settings:
    """The settings from `environ`, else from a file, else their defaults.

    The file is the one that `PORTAL_ENV_FILE` names, else `env_file` where there is one. Creates
    the secret key's file beside the database where no key is given. Raises `SettingsError`, whose
    message names the setting that is wrong.
    """
    named = environ.get("PORTAL_ENV_FILE")
    if named:
        env_file = Path(named)
    try:
        if named:
            env_file.open().close()  # one that is named must be there
        read = _Reader(Config(env_file if env_file.is_file() else None, environ))
    except (OSError, UnicodeError) as error:
        source = f"PORTAL_ENV_FILE ({env_file})" if named else env_file
        raise SettingsError(f"{source} : {reason(error)}") from error
    database = Path(read.text("PORTAL_DATABASE", "var/portal.db"))
    password_min = read.number("PORTAL_PASSWORD_MIN", 8, low=6, high=64)
    secret_keys, key_file = _secret_keys(read, database)
    second_dir = read.text("PORTAL_BACKUP_SECOND_DIR", "")
    return Settings(
        database=database,
        secret_keys=secret_keys,
        key_file=key_file,
        base_url=_base_url(read),
        smtp_url=_smtp_url(read),
        mail_dir=Path(read.text("PORTAL_MAIL_DIR", "var/mail")),
        mail_from=read.address("PORTAL_MAIL_FROM", "portail@localhost"),
        office_name=read.line("PORTAL_OFFICE_NAME", "Portail des membres"),
        office_phone=read.line("PORTAL_OFFICE_PHONE", ""),
        office_email=read.address("PORTAL_OFFICE_EMAIL", ""),
        privacy_officer=read.line("PORTAL_PRIVACY_OFFICER", ""),
        accent=_accent(read),
        logo=_logo(read),
        postal_codes=read.choice("PORTAL_POSTAL_CODES", "canada", ("canada", "any")),
        password_min=password_min,
        password_max=read.number("PORTAL_PASSWORD_MAX", 12, low=password_min, high=128),
        timezone=_timezone(read),
        journal_days=read.number("PORTAL_JOURNAL_DAYS", 365, low=30, high=3660),
        inactive_days=read.number("PORTAL_INACTIVE_DAYS", 365, low=30, high=3660),
        trusted_proxies=_trusted_proxies(read),
        backup_dir=Path(read.text("PORTAL_BACKUP_DIR", str(database.with_name("sauvegardes")))),
        backup_second_dir=Path(second_dir) if second_dir else None,
        log_json=read.choice("PORTAL_LOG", "text", ("text", "json")) == "json",
        development=read.text("PORTAL_DEVELOPMENT", "") == "1",
    )


class _Reader:
    def __init__(self, config: Config) -> None:
        self._config = config

    def text(self, name: str, default: str) -> str:
        """A value without the white space around it; an empty one counts as not given."""
        value = self._config(name, default="").strip()
        return value or default

    def line(self, name: str, default: str) -> str:
        value = self.text(name, default)
        # Python reads an encoded word in a name of a mail's header back, line breaks and all.
        if "=?" in value or any(ord(c) < 32 for c in value):
            raise SettingsError(f"{name} : un texte d’une seule ligne, sans « =? », est attendu")
        return value

    def number(self, name: str, default: int, *, low: int, high: int) -> int:
        value = self.text(name, str(default))
        if not re.fullmatch("[0-9]{1,6}", value) or not low <= int(value) <= high:
            raise SettingsError(f"{name} : un nombre de {low} à {high} est attendu")
        return int(value)

    def choice(self, name: str, default: str, choices: tuple[str, ...]) -> str:
        value = self.text(name, default)
        if value not in choices:
            raise SettingsError(f"{name} : {' ou '.join(choices)} est attendu")
        return value

    def address(self, name: str, default: str) -> str:
        value = self.text(name, default)
        if value and not re.fullmatch(r"[\w.!#$%&'*+/=^`{|}~-]+@[\w.-]+", value):
            raise SettingsError(f"{name} : une adresse courriel est attendue")
        return value


def _secret_keys(read: _Reader, database: Path) -> tuple[tuple[str, ...], Path | None]:
    """The keys, and the file they came from."""
    given = read.text("PORTAL_SECRET_KEY", "")
    path: Path | None = None
    if given:
        keys = tuple(given.split())
        source = "PORTAL_SECRET_KEY"
    else:
        path = Path(read.text("PORTAL_SECRET_KEY_FILE", str(database.with_suffix(".key"))))
        source = f"PORTAL_SECRET_KEY_FILE ({path})"
        try:
            if not read.text("PORTAL_SECRET_KEY_FILE", ""):
                _create_key_file(path)
            keys = tuple(path.read_text("ascii").split())
        except (OSError, UnicodeError) as error:
            raise SettingsError(f"{source} : {reason(error)}") from error
    if not keys or min(map(len, keys)) < 32:
        raise SettingsError(f"{source} : une clé d’au moins 32 caractères est attendue")
    return keys, path


def _create_key_file(path: Path) -> None:
    """Write a new key unless there is one; two processes that start at once agree on one."""
    if path.exists():
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_name(f"{path.name}.{secrets.token_hex(8)}")
    with open(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(secrets.token_urlsafe(48) + "\n")
    try:
        os.link(fresh, path)
    except FileExistsError:
        pass
    finally:
        fresh.unlink()


def _base_url(read: _Reader) -> str:
    url = _url(read.text("PORTAL_BASE_URL", "http://127.0.0.1:8000").rstrip("/"))
    if (
        url is None
        or url.scheme not in ("http", "https")
        or not url.hostname
        or url.query
        or url.fragment
        or url.username
        or not re.fullmatch(r"(/[A-Za-z0-9._~-]+)*", url.path)
    ):
        raise SettingsError(
            "PORTAL_BASE_URL : une adresse comme https://exemple.org/portail est attendue"
        )
    if url.scheme == "http" and not _is_loopback(url.hostname):
        raise SettingsError(
            "PORTAL_BASE_URL : https est exigé (http seulement sur cette machine : 127.0.0.1)"
        )
    # As browsers write it in their Origin header.
    host = url.netloc.lower().removesuffix(":443" if url.scheme == "https" else ":80")
    return f"{url.scheme}://{host}{url.path}"


def _url(value: str) -> SplitResult | None:
    """The parts of an address; None when its host or port is none."""
    try:
        url = urlsplit(value)
        return None if url.port == 0 else url
    except ValueError:
        return None


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def _smtp_url(read: _Reader) -> str | None:
    value = read.text("PORTAL_SMTP_URL", "")
    if not value:
        return None
    url = _url(value)
    if url is None or url.scheme not in SMTP_SCHEMES or not url.hostname:
        raise SettingsError(
            "PORTAL_SMTP_URL : une adresse comme smtp+starttls://nom:motdepasse@hote:587 "
            "est attendue (smtp, smtps ou smtp+starttls)"
        )
    return value


def contrast(one: str, other: str) -> float:
    """The contrast of two #rrggbb colours, from 1 to 21 (WCAG 2.2, relative luminance)."""
    dim, bright = sorted((_luminance(one), _luminance(other)))
    return (bright + 0.05) / (dim + 0.05)


def _luminance(colour: str) -> float:
    parts = (int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5))
    red, green, blue = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _accent(read: _Reader) -> str:
    value = read.text("PORTAL_ACCENT", ACCENT).lower()
    if not re.fullmatch("#[0-9a-f]{6}", value):
        raise SettingsError(f"PORTAL_ACCENT : une couleur comme {ACCENT} est attendue")
    if contrast(value, LIGHT_SURFACE) < 4.5:
        raise SettingsError(
            "PORTAL_ACCENT : cette couleur est trop pâle pour être lue, prenez-en une plus foncée"
        )
    return value


def _logo(read: _Reader) -> Path | None:
    value = read.text("PORTAL_LOGO", "")
    if not value:
        return None
    path = Path(value)
    try:
        fits = path.is_file() and path.stat().st_size <= LOGO_BYTES
    except OSError:
        fits = False
    if not fits or path.suffix.lower() not in (".svg", ".png"):
        raise SettingsError(
            "PORTAL_LOGO : un fichier .svg ou .png de "
            f"{LOGO_BYTES // 1000} Ko au plus est attendu ({path})"
        )
    return path


def _timezone(read: _Reader) -> ZoneInfo:
    name = read.text("PORTAL_TIMEZONE", "America/Toronto")
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise SettingsError(
            "PORTAL_TIMEZONE : un fuseau comme America/Toronto est attendu"
        ) from error


def _trusted_proxies(read: _Reader) -> tuple[IPv4Network | IPv6Network, ...]:
    value = read.text("PORTAL_TRUSTED_PROXIES", "")
    try:
        return tuple(ip_network(part) for part in re.split(r"[\s,]+", value) if part)
    except ValueError as error:
        raise SettingsError(
            "PORTAL_TRUSTED_PROXIES : des adresses IP ou des réseaux séparés par des virgules "
            "sont attendus, par exemple 127.0.0.1,::1"
        ) from error
