"""A real Chromium on a phone's viewport, before the real application on a free loopback port."""

# Annotations stay unread and playwright is imported late: without it the tests are skipped.
from __future__ import annotations

import asyncio
import shutil
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import uvicorn
from starlette.applications import Starlette

from settings import Settings
from tools.audit.needs import CLOSED_NETWORK

if TYPE_CHECKING:
    from playwright.async_api import Browser

    from tests.browser.visitor import Visitor

PROGRAMS = ("chromium", "chromium-browser", "google-chrome")
PHONE = {"width": 360, "height": 740}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Every test of this folder drives a browser, and is skipped where there is none."""
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.browser)


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    """One event loop for the session: the browser outlives a test."""
    return "asyncio"


@pytest.fixture(scope="session")
async def chromium() -> AsyncIterator[Browser]:
    """One Chromium for the session."""
    from playwright.async_api import async_playwright

    from tests.browser.visitor import REQUIRED

    program = next(filter(None, map(shutil.which, PROGRAMS)), None)
    if program is None:
        missing = "No Chromium here: install Debian's `chromium` to run the browser tests."
        (pytest.fail if REQUIRED else pytest.skip)(missing)
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=program, args=CLOSED_NETWORK)
        yield browser
        await browser.close()


@pytest.fixture
def listener() -> Iterator[socket.socket]:
    """A free loopback port, already bound."""
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        yield bound


@pytest.fixture
def settings(settings: Settings, listener: socket.socket) -> Settings:
    return replace(settings, base_url=f"http://127.0.0.1:{listener.getsockname()[1]}")


@pytest.fixture
async def site(app: Starlette, settings: Settings, listener: socket.socket) -> AsyncIterator[str]:
    """The address of the application, served by uvicorn."""
    server = uvicorn.Server(
        uvicorn.Config(app, lifespan="off", log_config=None, server_header=False)
    )
    serving = asyncio.create_task(server.serve(sockets=[listener]))
    while not server.started:
        await asyncio.sleep(0.01)
    yield settings.base_url
    server.should_exit = server.force_exit = True
    await serving


Visit = Callable[..., Awaitable["Visitor"]]


@pytest.fixture
async def visit(chromium: Browser, site: str) -> AsyncIterator[Visit]:
    """Makes visitors: `await visit()`, or `await visit(scripts=False, color_scheme="dark")`.

    After the test none of them may have met a console error, a breach of the CSP or another host.
    """
    from tests.browser.visitor import Visitor

    visitors: list[Visitor] = []

    async def make(*, scripts: bool = True, **options: Any) -> Visitor:
        context = await chromium.new_context(
            **{
                "viewport": PHONE,
                "is_mobile": True,
                "has_touch": True,
                "locale": "fr-CA",
                "java_script_enabled": scripts,
                **options,
            }
        )
        context.set_default_timeout(10_000)
        visitor = Visitor(await context.new_page(), site, scripts)
        visitor.watch()
        visitors.append(visitor)
        return visitor

    yield make
    for visitor in visitors:
        await visitor.page.context.close()
    assert [fault for visitor in visitors for fault in visitor.faults] == []


@pytest.fixture
async def visitor(visit: Visit) -> Visitor:
    """A visitor whose phone runs the script."""
    return await visit()


@pytest.fixture(params=[True, False], ids=["scripts", "no-scripts"])
async def either(visit: Visit, request: pytest.FixtureRequest) -> Visitor:
    """The same journey by both kinds of visitor."""
    return await visit(scripts=request.param)
