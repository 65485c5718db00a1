"""What a phone sees: Chromium at 400 ms, 400 kbit/s and a quarter of the processor's speed."""

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from statistics import median
from typing import Any

from playwright.sync_api import Browser, Page, Request, sync_playwright

from bench.office import ACCESS, Office
from bench.report import Row, at_most, at_most_times
from bench.servers import Server
from tools.audit.needs import CLOSED_NETWORK

LATENCY = 400
"""Milliseconds that each request waits."""
THROUGHPUT = 400_000 // 8
"""Bytes a second, each way."""
SLOWER = 4
ROUNDS = 5
CHECKED = 1500
"""Milliseconds after which a field that was left is checked, its delay included."""
SLOW = 1100
"""Milliseconds between two keys of a password."""
PHONE: Any = {
    "viewport": {"width": 360, "height": 740},
    "device_scale_factor": 2,
    "is_mobile": True,
    "has_touch": True,
    "locale": "fr-CA",
}
ROBOTO = """addEventListener("DOMContentLoaded", () => {
  const style = document.createElement("style");
  style.textContent = "* { font-family: Roboto !important }";
  document.head.append(style);
})"""
"""What members' phones draw with; Debian has it as `fonts-roboto`."""
PLACED = {
    ("/", "bottom of « Se connecter »"): ("main form button:not([type])", "bottom", 640),
    ("/", "bottom of « Inscrivez-vous »"): ("main .button", "bottom", 640),
    ("/inscription", "top of the first field"): ("#matricule", "top", 330),
    ("/inscription", "bottom of its button"): ("main form button:not([type])", "bottom", 900),
}
"""What is to be seen at once, with the edge that is measured and its bound in pixels."""
PAINT = """() => new Promise(resolve => {
  const look = () => {
    const paint = performance.getEntriesByName("first-contentful-paint")[0];
    paint ? resolve(paint.startTime) : setTimeout(look, 20);
  };
  look();
})"""
SHIFTS = """
window.shift = 0;
new PerformanceObserver(list => {
  for (const entry of list.getEntries()) window.shift += entry.value;
}).observe({type: "layout-shift", buffered: true});
"""


@dataclass(slots=True)
class Traffic:
    """What a page asks of the network."""

    requests: list[Request] = field(default_factory=list)

    def bytes(self, *parts: str) -> int:
        """The bytes of those parts of all requests, such as `requestBody`, `responseHeaders`."""
        sizes: list[Mapping[str, Any]] = [request.sizes() for request in self.requests]
        return sum(size[part + "Size"] for size in sizes for part in parts)


def phone(chromium: str, portal: Server, reference: Server, office: Office) -> Iterator[Row]:
    """First paint, layout shift and bytes, in a browser whose cache is empty each time."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=CLOSED_NETWORK)
        try:
            yield from _first_paints(browser, portal, reference)
            yield from _first_screens(browser, portal)
            yield from _cold_page(browser, portal, reference)
            yield from _first_visit(browser, portal, office)
            yield from _sound(browser, portal)
        finally:
            browser.close()


@contextmanager
def visitor(browser: Browser, **options: Any) -> Iterator[tuple[Page, Traffic]]:
    """A phone on a slow network, its cache empty, with what it asks of the network."""
    context = browser.new_context(**PHONE, **options)
    page = context.new_page()
    page.add_init_script(SHIFTS)
    traffic = Traffic()

    def note(request: Request) -> None:
        if request.url.startswith("http"):
            traffic.requests.append(request)

    page.on("request", note)
    session = context.new_cdp_session(page)
    session.send("Network.enable")
    session.send(
        "Network.emulateNetworkConditions",
        {
            "offline": False,
            "latency": LATENCY,
            "downloadThroughput": THROUGHPUT,
            "uploadThroughput": THROUGHPUT,
        },
    )
    session.send("Emulation.setCPUThrottlingRate", {"rate": SLOWER})
    try:
        yield page, traffic
    finally:
        context.close()


def _first_paints(browser: Browser, portal: Server, reference: Server) -> Iterator[Row]:
    ideal = reference.url + "/ideal"
    addresses = {path: portal.url + path for path in ("/", "/inscription")}
    painted: dict[str, list[float]] = {url: [] for url in (ideal, *addresses.values())}
    shifted: dict[str, float] = dict.fromkeys(painted, 0.0)
    for _ in range(ROUNDS):
        for url, times in painted.items():
            with visitor(browser) as (page, _traffic):
                page.goto(url, wait_until="load")
                times.append(page.evaluate(PAINT))
                shifted[url] = max(shifted[url], page.evaluate("window.shift"))
    for path, url in addresses.items():
        yield at_most_times(
            f"first paint of `{path}`, throttled",
            1.15,
            median(painted[url]),
            median(painted[ideal]),
            "ms",
            "the ideal page",
        )
        yield at_most(f"layout shift of `{path}`", 0, shifted[url], "")


def _first_screens(browser: Browser, portal: Server) -> Iterator[Row]:
    context = browser.new_context(**PHONE, bypass_csp=True)
    context.add_init_script(ROBOTO)
    page = context.new_page()
    for (path, what), (selector, edge, bound) in PLACED.items():
        page.goto(portal.url + path, wait_until="networkidle")
        if not page.evaluate("document.fonts.check('16px Roboto')"):
            raise RuntimeError("The bench wants Roboto: apt install fonts-roboto")
        box = page.locator(selector).last.bounding_box()
        assert box
        place = box["y"] + (box["height"] if edge == "bottom" else 0)
        yield at_most(f"{what} of `{path}`, 360 × 740 in Roboto", bound, place, "px")
    context.close()


def _cold_page(browser: Browser, portal: Server, reference: Server) -> Iterator[Row]:
    ideal, _ = _transferred(browser, reference.url + "/ideal")
    transferred, before = _transferred(browser, portal.url + "/inscription")
    yield at_most(
        "cold `/inscription`, all answers with their headers",
        16,
        transferred / 1000,
        "KB",
        f"the ideal page {ideal / 1000:.1f} KB",
    )
    yield at_most("requests before `/inscription` is usable", 2, before, "")


def _transferred(browser: Browser, url: str) -> tuple[int, int]:
    """The bytes that came from the server, and how many requests came before the page loaded."""
    with visitor(browser) as (page, traffic):
        page.goto(url, wait_until="load")
        before = len(traffic.requests)
        page.wait_for_load_state("networkidle")
        return traffic.bytes("responseHeaders", "responseBody"), before


def first_visit(page: Page, url: str, facts: Mapping[str, str]) -> None:
    """From the first page to the members’ section, every field checked as it is left."""
    page.goto(url + "/", wait_until="networkidle")
    page.get_by_role("link", name="Inscrivez-vous").click()
    page.get_by_role("heading", name="Inscription", exact=True).wait_for()
    for name, typed in facts.items():
        page.locator(f"#{name}").fill(typed)
        page.locator(f"#{name}").blur()
        page.wait_for_timeout(CHECKED)
    page.get_by_role("button", name="INSCRIPTION").click()
    for name, typed in ACCESS.items():
        if name == "password":  # so slowly that it is checked at every key
            page.locator(f"#{name}").press_sequentially(typed, delay=SLOW)
        page.locator(f"#{name}").fill(typed)
        page.locator(f"#{name}").blur()
        page.wait_for_timeout(CHECKED)
    page.get_by_role("button", name="ENVOYER").click()
    page.get_by_role("heading", name=re.compile("^Section des membres")).wait_for()
    page.wait_for_load_state("networkidle")


def _first_visit(browser: Browser, portal: Server, office: Office) -> Iterator[Row]:
    with visitor(browser) as (page, traffic):
        first_visit(page, portal.url, office.without_access(3)[2])
        bodies = traffic.bytes("requestBody", "responseBody")
        headers = traffic.bytes("requestHeaders", "responseHeaders")
        count = len(traffic.requests)
    yield at_most(
        "the whole first visit until signed in, bodies both ways",
        25,
        bodies / 1000,
        "KB",
        f"headers {headers / 1000:.1f} KB, {count} requests",
    )


def _sound(browser: Browser, portal: Server) -> Iterator[Row]:
    with visitor(browser) as (page, traffic):
        page.goto(portal.url + "/mot-de-passe-oublie", wait_until="networkidle")
        sounds = sum(request.url.endswith(".wav") for request in traffic.requests)
    yield at_most("captcha’s sounds fetched before anybody asks", 0, sounds, "")
