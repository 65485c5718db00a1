"""The member's journey and a restart, through Caddy and through nginx, on loopback, with TLS."""

import datetime
import email
import re
import shutil
import ssl
import threading
import time
from collections import Counter
from collections.abc import Callable
from email import policy
from pathlib import Path

import httpx
import pytest

from db.database import Database
from tests.deploy.proxies import HURRIED, Commands, caddy, make_certificate, nginx, running
from tests.faults.conftest import Served, free_port
from tests.given import hidden, words
from tests.people import EVERYONE, FRANCOIS, enrol

Proxy = Callable[..., Commands]


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_certificate(tmp_path_factory.mktemp("tls"))


@pytest.fixture(params=[caddy, nginx], ids=["caddy", "nginx"])
def proxy(request: pytest.FixtureRequest) -> Proxy:
    made: Proxy = request.param
    if shutil.which(made.__name__) is None:
        pytest.skip(f"{made.__name__} is not installed here")
    return made


async def test_the_journey_passes_through(proxy: Proxy, certificate: Path, tmp_path: Path) -> None:
    port = free_port()
    url = f"https://127.0.0.1:{port}"
    served = Served(tmp_path, PORTAL_BASE_URL=url, PORTAL_TRUSTED_PROXIES="")
    served.hold_the_line()
    assert served.manage("init").returncode == 0
    db = await Database.open(served.database)
    await enrol(db, EVERYONE)
    await db.close()
    trusted = ssl.create_default_context(cafile=str(certificate / "fullchain.pem"))
    served.start()
    try:
        with (
            running(*proxy(tmp_path, certificate, port, served.line, *HURRIED[proxy]), tmp_path),
            httpx.Client(base_url=url, verify=trusted, timeout=30) as browser,
        ):
            wait_for(browser, tmp_path / "out")
            journey(browser)
            secrets = links(browser, tmp_path / "mail")
            served.hang()
            restarting(browser, secrets)
            served.kill()
            served.drop_the_line()
            restarting(browser, secrets)
    finally:
        served.kill()
        served.drop_the_line()
    db = await Database.open(served.database)
    addresses = await db.all("SELECT DISTINCT address FROM journal WHERE address IS NOT NULL")
    await db.close()
    assert addresses == [("127.0.0.1",)]
    for file in tmp_path.rglob("*"):
        if file.is_file() and file.parent.name != "mail":
            held = file.read_bytes()
            assert not [path for path in secrets if path.split("/")[-1].encode() in held], file


def test_no_request_is_lost_over_a_restart(proxy: Proxy, certificate: Path, tmp_path: Path) -> None:
    """As `systemctl restart portail` does while members are at it: systemd holds the line."""
    port = free_port()
    url = f"https://127.0.0.1:{port}"
    served = Served(tmp_path, PORTAL_BASE_URL=url)
    served.hold_the_line()
    assert served.manage("init").returncode == 0
    trusted = ssl.create_default_context(cafile=str(certificate / "fullchain.pem"))
    statuses: Counter[int | str] = Counter()
    enough = threading.Event()

    def visit() -> None:
        with httpx.Client(base_url=url, verify=trusted, timeout=30) as browser:
            while not enough.is_set():
                for method, path, fields in (("GET", "/", None), ("POST", CHECK, FIELDS)):
                    try:
                        statuses[browser.request(method, path, data=fields).status_code] += 1
                    except httpx.HTTPError as error:
                        statuses[repr(error)] += 1

    served.start()
    visitors = [threading.Thread(target=visit) for _ in range(4)]
    try:
        with running(*proxy(tmp_path, certificate, port, served.line), tmp_path):
            with httpx.Client(base_url=url, verify=trusted) as browser:
                wait_for(browser, tmp_path / "out")
            for visitor in visitors:
                visitor.start()
            for _ in range(2):
                time.sleep(0.3)
                served.stop()
                served.start()
            enough.set()
            for visitor in visitors:
                visitor.join()
    finally:
        enough.set()
        served.kill()
        served.drop_the_line()
    assert set(statuses) == {200}, statuses


CHECK, FIELDS = "/verification/identite/matricule", {"matricule": FRANCOIS.matricule}


def journey(browser: httpx.Client) -> None:
    """Register, leave, come back; nothing that a stranger says of his address is believed."""
    spoofed = {"X-Forwarded-For": "192.0.2.66"}
    home = browser.get("/", headers={"Accept-Encoding": "br"})
    assert home.headers["content-encoding"] == "br"
    assert home.headers["strict-transport-security"]
    assert not re.search(r"[0-9]|caddy", home.headers.get("server", ""), re.I)
    step_one = browser.post(
        "/inscription", data=FRANCOIS.facts, headers=spoofed, follow_redirects=True
    )
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
