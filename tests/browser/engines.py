"""Firefox and WebKit, by the few commands of WebDriver that a walk takes.

Firefox speaks them over its own Marionette, WebKit through Debian's WebKitWebDriver: neither wants
a package beside the browser.
"""

import asyncio
import contextlib
import json
import os
import shutil
import signal
import socket
import tempfile
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, Protocol

import httpx
import pytest

from web.portal import Portal

PATIENCE = 20
"""Seconds for anything to come, on a busy machine too."""
ELEMENT = "element-6066-11e4-a52e-4f735466cecf"
"""What WebDriver calls a reference to an element."""
NEEDED = {
    "firefox": (("firefox-esr",), "firefox-esr"),
    "webkit": (("WebKitWebDriver", "Xvfb"), "webkit2gtk-driver xvfb"),
}
"""The programs of each engine, and the Debian packages that bring them."""
FIREFOX = {
    "marionette.port": 0,
    "browser.startup.page": 0,
    "browser.newtabpage.enabled": False,
    "browser.aboutwelcome.enabled": False,
    "app.update.disabledForTesting": True,
    "app.normandy.enabled": False,
    "datareporting.policy.dataSubmissionEnabled": False,
    "toolkit.telemetry.enabled": False,
    "services.settings.server": "data:,",
    "network.captive-portal-service.enabled": False,
    "network.connectivity-service.enabled": False,
    "intl.accept_languages": "fr-CA",
    # Nothing but the portal can be reached.
    "network.proxy.type": 1,
    "network.proxy.http": "127.0.0.1",
    "network.proxy.http_port": 9,
    "network.proxy.ssl": "127.0.0.1",
    "network.proxy.ssl_port": 9,
    "network.proxy.no_proxies_on": "127.0.0.1",
}
PRESSED = """
const said = e => e.textContent.replace(/\\s+/g, " ").trim();
return [...document.querySelectorAll("button, a")].find(
    e => said(e) === arguments[0] && e.getClientRects().length) || null"""
"""The button or link of that name that can be seen."""


class Refused(Exception):
    """The browser's answer to a command that it could not carry out."""


class Wire(Protocol):
    """How commands reach a browser."""

    async def call(self, command: str, element: str = "", **values: Any) -> Any:
        """Carry out `navigate`, `execute`, or `click`, `clear`, `type` at an element."""


class Marionette:
    """Firefox's own protocol: lengths and JSON over a socket."""

    NAMES: ClassVar = {
        "session": "WebDriver:NewSession",
        "navigate": "WebDriver:Navigate",
        "execute": "WebDriver:ExecuteScript",
        "click": "WebDriver:ElementClick",
        "clear": "WebDriver:ElementClear",
        "type": "WebDriver:ElementSendKeys",
    }

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader, self._writer = reader, writer

    async def read(self) -> Any:
        """The next message."""
        length = await self._reader.readuntil(b":")
        return json.loads(await self._reader.readexactly(int(length[:-1])))

    async def call(self, command: str, element: str = "", **values: Any) -> Any:
        """The value that Firefox answers with; raises `Refused`."""
        named = {"id": element, **values} if element else values
        message = json.dumps([0, 1, self.NAMES[command], named]).encode()
        self._writer.write(b"%d:%s" % (len(message), message))
        _, _, error, result = await self.read()
        if error:
            raise Refused(error["message"])
        return result.get("value") if isinstance(result, dict) else result


class Driver:
    """WebDriver over HTTP."""

    PATHS: ClassVar = {
        "navigate": "url",
        "execute": "execute/sync",
        "click": "element/{}/click",
        "clear": "element/{}/clear",
        "type": "element/{}/value",
    }

    def __init__(self, client: httpx.AsyncClient, session: str) -> None:
        self._client, self._session = client, session

    async def call(self, command: str, element: str = "", **values: Any) -> Any:
        """The value that the driver answers with; raises `Refused`."""
        path = f"/session/{self._session}/{self.PATHS[command].format(element)}"
        response = await self._client.post(path, json=values)
        value = response.json()["value"]
        if response.status_code >= 400:
            raise Refused(value["message"])
        return value


@dataclass
class Driven:
    """A person before Firefox or WebKit (a `tests.browser.walk.Walker`)."""

    wire: Wire
    site: str

    async def open(self, path: str) -> None:
        """Go to an address of the portal, and wait for the script to take hold of the page."""
        await self.wire.call("navigate", url=self.site + path)
        await self.until("return document.querySelector('body [data-htmx-powered]') !== null")

    async def fill(self, **texts: str) -> None:
        """Type into the fields of these names, key by key, in place of what stands there."""
        for name, text in texts.items():
            found = await self.until("return document.getElementById(arguments[0])", name)
            if await self.ask("return document.getElementById(arguments[0]).value", name):
                await self.wire.call("clear", found[ELEMENT])
            await self.wire.call("type", found[ELEMENT], text=text)

    async def press(self, name: str) -> None:
        """Press the button or follow the link of that name."""
        found = await self.until(PRESSED, name)
        await self.wire.call("click", found[ELEMENT])

    async def see(self, heading: str, path: str | None = None) -> None:
        """Wait for the page with that heading, its title and its address."""
        await self.until(
            """const said = text => (text || "").replace(/\\s+/g, " ").trim();
            return said(document.querySelector("h1")?.textContent) === arguments[0]
                && said(document.title).includes(arguments[0])
                && [null, location.pathname].includes(arguments[1])""",
            heading,
            path,
        )

    async def read(self, sentence: str) -> None:
        """Wait for that sentence in the page's main part."""
        script = "return document.querySelector('main').textContent.includes(arguments[0])"
        await self.until(script, sentence)

    async def captcha(self, portal: Portal) -> str:
        """What the image shows, told by the running portal itself."""
        token = await self.ask("return document.querySelector('[name=challenge]').value")
        answer = portal.challenges.answer(token)
        assert answer
        return answer

    async def ask(self, script: str, *values: object) -> Any:
        """What a script in the page returns."""
        return await self.wire.call("execute", script=script, args=list(values))

    async def until(self, script: str, *values: object) -> Any:
        """What that script returns, once it is neither null nor false."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(PATIENCE):
                while True:
                    with contextlib.suppress(Refused):  # between two pages
                        if answer := await self.ask(script, *values):
                            return answer
                    await asyncio.sleep(0.02)
        page = await self.ask("return location.href + ' ' + document.body.innerText")
        return pytest.fail(f"not within {PATIENCE} s: {script} {values}\nThe page: {page}")


def missing(engine: str) -> str:
    """What to install for that engine, an empty string where everything is there."""
    programs, packages = NEEDED[engine]
    if all(map(shutil.which, programs)):
        return ""
    return f"No {engine} here: install Debian's `{packages}` to walk through it."


@asynccontextmanager
async def driven(engine: str, site: str) -> AsyncIterator[Driven]:
    """A person before a fresh browser of that engine, which is ended afterwards."""
    async with AsyncExitStack() as stack:
        home = Path(stack.enter_context(tempfile.TemporaryDirectory(ignore_cleanup_errors=True)))
        begin = _firefox if engine == "firefox" else _webkit
        yield Driven(await begin(stack, home), site)


async def _firefox(stack: AsyncExitStack, home: Path) -> Wire:
    lines = (f"user_pref({json.dumps(name)}, {json.dumps(to)});" for name, to in FIREFOX.items())
    (home / "user.js").write_text("\n".join(lines))
    arguments = ["--headless", "--marionette", "--no-remote", "--profile", str(home)]
    await _start(stack, ["firefox-esr", *arguments], home)
    port = home / "MarionetteActivePort"
    async with asyncio.timeout(2 * PATIENCE):
        while not (port.is_file() and port.read_text()):
            await asyncio.sleep(0.02)
    reader, writer = await asyncio.open_connection("127.0.0.1", int(port.read_text()))
    stack.push_async_callback(writer.wait_closed)
    stack.callback(writer.close)
    wire = Marionette(reader, writer)
    await wire.read()
    await wire.call("session", capabilities={})
    return wire


async def _webkit(stack: AsyncExitStack, home: Path) -> Wire:
    here, there = os.pipe()
    await _start(stack, ["Xvfb", "-displayfd", str(there), "-nolisten", "tcp"], home, there=there)
    os.close(there)
    with open(here) as told:
        display = await asyncio.to_thread(told.readline)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    french = {"LC_ALL": "C.UTF-8", "LANGUAGE": "fr_CA"}
    screen = {"DISPLAY": f":{display.strip()}", "NO_AT_BRIDGE": "1"}
    await _start(stack, ["WebKitWebDriver", f"--port={port}"], home, french | screen)
    client = await stack.enter_async_context(
        httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=60, trust_env=False)
    )
    async with asyncio.timeout(PATIENCE):
        while True:
            with contextlib.suppress(httpx.TransportError):
                await client.get("/status")
                break
            await asyncio.sleep(0.02)
    answer = await client.post("/session", json={"capabilities": {}})
    session = answer.json()["value"]["sessionId"]
    stack.push_async_callback(client.delete, f"/session/{session}")
    return Driver(client, session)


async def _start(
    stack: AsyncExitStack,
    command: Sequence[str],
    home: Path,
    env: Mapping[str, str] | None = None,
    *,
    there: int | None = None,
) -> None:
    """Start a program in a group of its own, all of which is ended with the stack.

    `there` is a descriptor that it keeps open.
    """
    process = await asyncio.create_subprocess_exec(
        *command,
        env={**os.environ, "HOME": str(home), "XDG_RUNTIME_DIR": str(home), **(env or {})},
        pass_fds=() if there is None else (there,),
        start_new_session=True,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.DEVNULL,
    )

    async def end() -> None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        await process.wait()

    stack.push_async_callback(end)
