"""The member's journey through Caddy and through nginx, on loopback, with TLS."""

import datetime
import email
import os
import re
import shutil
import ssl
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from email import policy
from pathlib import Path

import httpx
import pytest

from db.database import Database
from tests.faults.conftest import ROOT, Served, free_port
from tests.given import hidden, words
from tests.people import EVERYONE, FRANCOIS, enrol

DEPLOY = ROOT / "deploy"
HOST = "portail.exemple.org"


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a self-signed certificate for 127.0.0.1."""
    folder = tmp_path_factory.mktemp("tls")
    if shutil.which("openssl") is None:
        pytest.skip("openssl is not installed here")
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
         "-nodes", "-days", "2", "-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1",
         "-keyout", str(folder / "privkey.pem"), "-out", str(folder / "fullchain.pem")],
        check=True,
        capture_output=True,
    )  # fmt: skip
    return folder


def hurried(text: str, *patience: str) -> str:
    """The configuration, that waits two seconds where ours has this patience."""
    for wait in patience:
        assert wait in text
        text = text.replace(wait, re.sub("[0-9]+s", "2s", wait))
    return text


def caddy(folder: Path, certificate: Path, port: int, upstream: int) -> tuple[list[str], list[str]]:
    """The check and the start of our Caddyfile on that port."""
    text = (DEPLOY / "Caddyfile").read_text("utf-8")
    text = text.replace(
        f"{HOST} {{",
        f"https://127.0.0.1:{port} {{\n\ttls {certificate}/fullchain.pem {certificate}/privkey.pem",
    )
    # With all that it can log, as newer versions log more than this one.
    ours = "admin off\n\tauto_https disable_redirects\n\tdebug"
    text = text.replace("\n{\n", f"\n{{\n\t{ours}\n", 1)
    assert ours in text
    assert f"127.0.0.1:{port}" in text
    file = folder / "Caddyfile"
    text = hurried(text, "lb_try_duration 15s", "response_header_timeout 30s")
    file.write_text(text.replace("127.0.0.1:8000", f"127.0.0.1:{upstream}"), encoding="utf-8")
    which = ["--config", str(file), "--adapter", "caddyfile"]
    return ["caddy", "validate", *which], ["caddy", "run", *which]


def nginx(folder: Path, certificate: Path, port: int, upstream: int) -> tuple[list[str], list[str]]:
    """The check and the start of our site on that port, within what Debian's nginx.conf logs."""
    site = (DEPLOY / "nginx.conf").read_text("utf-8")
    site = re.sub(r"    listen \[::\]:.*\n", "", site)
    site = site.replace("listen 443", f"listen 127.0.0.1:{port}").replace(
        f"/etc/letsencrypt/live/{HOST}", str(certificate)
    )
    site = site.replace("listen 80;", f"listen 127.0.0.1:{free_port()};")
    assert str(certificate) in site
    site = hurried(site, "proxy_read_timeout 30s")
    (folder / "site.conf").write_text(
        site.replace("127.0.0.1:8000", f"127.0.0.1:{upstream}"), encoding="utf-8"
    )
    user = "" if os.geteuid() else "user root; "  # who alone may read the test's folder
    (folder / "nginx.conf").write_text(
        f"{user}daemon off; pid {folder}/pid; error_log {folder}/error.log; events {{}}\n"
        f"http {{ access_log {folder}/access.log; client_body_temp_path {folder}/body;"
        f" proxy_temp_path {folder}/proxy; fastcgi_temp_path {folder}/f;"
        f" uwsgi_temp_path {folder}/u; scgi_temp_path {folder}/s; include {folder}/site.conf; }}\n"
    )
    which = ["nginx", "-c", str(folder / "nginx.conf"), "-e", str(folder / "error.log")]
    return [*which, "-t"], which


@contextmanager
def running(check: list[str], start: list[str], folder: Path) -> Iterator[None]:
    environ = os.environ | {"XDG_DATA_HOME": str(folder), "XDG_CONFIG_HOME": str(folder)}
    checked = subprocess.run(check, env=environ, capture_output=True, text=True, check=False)
    assert checked.returncode == 0, checked.stderr
    with (
        (folder / "out").open("wb") as out,
        subprocess.Popen(start, env=environ, stdout=out, stderr=out) as process,
    ):
        try:
            yield
        finally:
            process.terminate()


@pytest.mark.parametrize("proxy", [caddy, nginx], ids=["caddy", "nginx"])
async def test_the_journey_passes_through(
    proxy: Callable[..., tuple[list[str], list[str]]], certificate: Path, tmp_path: Path
) -> None:
    if shutil.which(proxy.__name__) is None:
        pytest.skip(f"{proxy.__name__} is not installed here")
    port = free_port()
    url = f"https://127.0.0.1:{port}"
    served = Served(tmp_path, PORTAL_BASE_URL=url)
    assert served.manage("init").returncode == 0
    db = await Database.open(served.database)
    await enrol(db, EVERYONE)
    await db.close()
    trusted = ssl.create_default_context(cafile=str(certificate / "fullchain.pem"))
    served.start()
    try:
        with (
            running(*proxy(tmp_path, certificate, port, served.port), tmp_path),
            httpx.Client(base_url=url, verify=trusted, timeout=30) as browser,
        ):
            wait_for(browser, tmp_path / "out")
            journey(browser)
            secrets = links(browser, tmp_path / "mail")
            served.hang()
            restarting(browser, secrets)
            served.kill()
            restarting(browser, secrets)
    finally:
        served.kill()
    db = await Database.open(served.database)
    addresses = await db.all("SELECT DISTINCT address FROM journal WHERE address IS NOT NULL")
    await db.close()
    assert addresses == [("127.0.0.1",)]
    for file in tmp_path.rglob("*"):
        if file.is_file() and file.parent.name != "mail":
            held = file.read_bytes()
            assert not [path for path in secrets if path.split("/")[-1].encode() in held], file


def journey(browser: httpx.Client) -> None:
    """Register, leave, come back; nothing that a stranger says of his address is believed."""
    spoofed = {"X-Forwarded-For": "192.0.2.66"}
    home = browser.get("/", headers={"Accept-Encoding": "br"})
    assert home.headers["content-encoding"] == "br"
    assert home.headers["strict-transport-security"]
    assert not re.search(r"[0-9]|caddy", home.headers.get("server", ""), re.I)
    step_one = browser.post("/inscription", data=FRANCOIS.facts, headers=spoofed)
    done = browser.post(
        "/inscription/acces",
        data=FRANCOIS.access(hidden(step_one, "token")),
        headers=spoofed | {"Origin": str(browser.base_url).rstrip("/")},
        follow_redirects=True,
    )
    assert "Bonjour François Lapointe" in words(done)
    browser.post("/deconnexion", headers=spoofed)
    assert browser.get("/membre").status_code == 303
    sign_in = {"matricule": FRANCOIS.matricule, "password": FRANCOIS.password}
    member = browser.post("/", data=sign_in, headers=spoofed, follow_redirects=True)
    assert member.url.path == "/membre"
    assert browser.post("/", content=b"x" * 20000).status_code == 413


def links(browser: httpx.Client, mails: Path) -> list[str]:
    """Follow the links of mails and hear the captcha: their paths, which hold tokens."""
    address = "autre@example.com"
    change = {"email": address, "email_again": address, "current_password": FRANCOIS.password}
    change["made_for"] = hidden(browser.get("/membre/courriel"), "made_for")
    assert browser.post("/membre/courriel", data=change).status_code == 303
    browser.cookies.clear()
    page = browser.get("/mot-de-passe-oublie")
    (sound,) = re.findall(r"/captcha/[\w.~%-]+\.wav", page.text)
    paths = {sound}
    until = time.monotonic() + 20
    while len(paths) < 4 and time.monotonic() < until:
        time.sleep(0.1)
        for file in mails.glob("*.eml"):
            mail = email.message_from_bytes(file.read_bytes(), policy=policy.default)
            body = mail.get_body(("plain",))
            assert body
            text = body.get_content()
            paths |= set(re.findall(r"/(?:courriel/confirmer|acces/bloquer)/\S+", text))
    assert len(paths) == 4, paths
    for path in paths:
        assert browser.get(path, headers={"Referer": f"{browser.base_url}{path}"}).is_success, path
    return sorted(paths)


def restarting(browser: httpx.Client, paths: list[str]) -> None:
    """While the portal does not answer, its proxy says so in French, for every page."""
    for path in paths:
        away = browser.get(path, headers={"Referer": f"{browser.base_url}{path}"})
        assert away.status_code == 503
        assert away.headers["content-type"] == "text/html; charset=utf-8"
        assert away.headers["retry-after"] == "60"
        assert "Le portail redémarre" in words(away)


def wait_for(browser: httpx.Client, out: Path) -> None:
    until = datetime.datetime.now() + datetime.timedelta(seconds=60)
    while datetime.datetime.now() < until:
        try:
            browser.get("/sante")
        except httpx.TransportError:
            time.sleep(0.05)
        else:
            return
    raise AssertionError(out.read_text())
