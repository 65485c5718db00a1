"""SECURITY X6: 1,500 half-sent forms of one address before the proxy, and the portal answers."""

import resource
import shutil
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import httpx
import pytest

from app import create_app
from settings import Settings
from tests.conftest import Browser
from tests.deploy.proxies import Commands, caddy, nginx, running
from tests.faults.conftest import Served, free_port
from tests.given import words
from texts import LANGUAGES, environment

HALF = (
    b"POST /inscription HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 90\r\n"
    b"Content-Type: application/x-www-form-urlencoded\r\n\r\nmatricule=0"
)
FLOOD = 1500
STRANGER = "127.0.0.66"


@pytest.fixture
def room() -> Iterator[None]:
    """Descriptors for the flood, where this process has fewer."""
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    if before[1] < 2 * FLOOD:
        pytest.skip("a process has too few descriptors here")
    resource.setrlimit(resource.RLIMIT_NOFILE, (before[1], before[1]))
    yield
    resource.setrlimit(resource.RLIMIT_NOFILE, before)


@pytest.mark.parametrize("proxy", [caddy, nginx], ids=["caddy", "nginx"])
def test_x6_half_sent_forms_keep_nobody_out(
    proxy: Callable[..., Commands], tmp_path: Path, room: None
) -> None:
    if shutil.which(proxy.__name__) is None:
        pytest.skip(f"{proxy.__name__} is not installed here")
    port = free_port()
    served = Served(tmp_path, PORTAL_BASE_URL=f"http://127.0.0.1:{port}")
    served.hold_the_line()
    assert served.manage("init").returncode == 0
    served.start()
    try:
        with ExitStack() as stack:
            assert served.line
            stack.enter_context(running(*proxy(tmp_path, None, port, served.line), tmp_path))
            _wait_for(port)
            for _ in range(FLOOD):
                half = socket.create_connection(("127.0.0.1", port), source_address=(STRANGER, 0))
                stack.callback(half.close)
                half.sendall(HALF)
            assert served.descriptors() < 200
            statuses = list(_visits(port))
        assert statuses == [200, 200, 422] * 5
    finally:
        served.kill()
        served.drop_the_line()


async def test_x6_where_no_file_can_be_opened_the_error_is_a_page_in_words(
    settings: Settings,
) -> None:
    """As when the descriptors have run out all the same: a write's lock and template want one."""
    for language in LANGUAGES:
        environment(language).cache.clear()  # type: ignore[union-attr]
    app = create_app(settings)
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    async with app.router.lifespan_context(app), Browser(app, settings.base_url) as browser:
        resource.setrlimit(resource.RLIMIT_NOFILE, (0, before[1]))
        try:
            written = await browser.post("/", data={"matricule": "00875", "password": "rive42sud7"})
            lost = await browser.get("/nulle-part", headers={"Accept-Language": "en"})
        finally:
            resource.setrlimit(resource.RLIMIT_NOFILE, before)
    assert (written.status_code, lost.status_code) == (503, 404)
    assert "Le portail est occupé" in words(written)
    assert "This page does not exist" in words(lost)


def _visits(port: int) -> Iterator[int]:
    """Other visitors, each from an address of its own: a page, a live check, a form that writes."""
    for number in range(1, 6):
        where = httpx.HTTPTransport(local_address=f"127.0.0.{number}")
        url = f"http://127.0.0.1:{port}"
        with httpx.Client(base_url=url, transport=where, timeout=30) as browser:
            yield browser.get("/").status_code
            fields = {"matricule": f"0087{number}"}
            yield browser.post("/verification/identite/matricule", data=fields).status_code
            yield browser.post("/", data=fields | {"password": "rive42sud7"}).status_code


def _wait_for(port: int) -> None:
    while True:
        try:
            socket.create_connection(("127.0.0.1", port)).close()
        except ConnectionRefusedError:
            time.sleep(0.05)
        else:
            return
