"""What stands before every route: base path, client address, headers, origin check, body limit."""

import logging
import random
import sqlite3
import traceback
from collections.abc import Sequence
from functools import lru_cache
from ipaddress import IPv4Network, IPv6Network, ip_address
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from logs import REQUEST_ID

log = logging.getLogger("portal")

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS", "TRACE"})
MAX_BODY = 4 * 1024
"""Bytes of a request's body: the longest form holds a few hundred, percent-encoded."""


class BasePath:
    """Lets the portal live below a path, whether or not the proxy before it strips that path."""

    def __init__(self, app: ASGIApp, base_path: str) -> None:
        self.app = app
        self.base_path = base_path

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            path = scope["path"]
            if path != self.base_path and not path.startswith(self.base_path + "/"):
                path = self.base_path + path
            if path == self.base_path:  # `/portail`, as people type it
                path += "/"
            scope = {**scope, "root_path": self.base_path, "path": path}
        await self.app(scope, receive, send)


class ClientAddress:
    """Puts the client's address in `scope["client"]`, from X-Forwarded-For of trusted proxies only.

    The last address of the header that is not a trusted proxy's own is the client's. Whoever comes
    over a Unix socket, without an address, is the proxy: nobody else may open it (portail.socket).
    """

    def __init__(self, app: ASGIApp, trusted: Sequence[IPv4Network | IPv6Network]) -> None:
        self.app = app
        self.trusted = tuple(trusted)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and (self.trusted or not scope.get("client")):
            lines = [value for name, value in scope["headers"] if name == b"x-forwarded-for"]
            if lines:
                hops = b",".join(lines).decode("latin-1").split(",")
                peer = scope["client"][0] if scope.get("client") else None
                address = self._client(peer, hops)
                scope = {**scope, "client": (address, 0) if address else None}
        await self.app(scope, receive, send)

    def _client(self, address: str | None, hops: list[str]) -> str | None:
        for hop in reversed(hops):
            trusted = address is None or _is_among(address, self.trusted)
            if not trusted or not _is_address(hop.strip()):
                break
            address = hop.strip()
        return address


@lru_cache(maxsize=1024)
def _is_among(address: str, networks: tuple[IPv4Network | IPv6Network, ...]) -> bool:
    return _is_address(address) and any(ip_address(address) in net for net in networks)


def _is_address(text: str) -> bool:
    try:
        ip_address(text)
    except ValueError:
        return False
    return True


class SecurityHeaders:
    """Adds the security headers to every answer (SECURITY H1, H2) and an id to every request.

    An answer that has one of them already keeps its own.
    """

    def __init__(self, app: ASGIApp, *, style_hash: str, https: bool) -> None:
        self.app = app
        policy = (
            "default-src 'none'; script-src 'self'; "
            f"style-src 'self' '{style_hash}'; img-src 'self' data:; media-src 'self'; "
            "manifest-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; "
            "frame-ancestors 'none'"
        )
        headers = {
            "content-security-policy": policy,
            "x-content-type-options": "nosniff",
            # With no-referrer, plain forms would send `Origin: null`.
            "referrer-policy": "same-origin",
            "cross-origin-opener-policy": "same-origin",
            "cross-origin-resource-policy": "same-origin",
            "permissions-policy": "camera=(), geolocation=(), microphone=(), payment=()",
            "cache-control": "no-store",
        }
        if https:
            headers["strict-transport-security"] = "max-age=31536000"
        self.headers = [(name.encode(), value.encode()) for name, value in headers.items()]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                given = {name for name, _ in message["headers"]}
                ours = [header for header in self.headers if header[0] not in given]
                message["headers"] = [*message["headers"], *ours]
            await send(message)

        request_id = f"{random.getrandbits(32):08x}"
        REQUEST_ID.set(request_id)
        scope.setdefault("state", {})["request_id"] = request_id
        await self.app(scope, receive, with_headers)


class FaultLog:
    """Logs an unforeseen fault under its request's id (SECURITY I6).

    The server would log it again, without the id and with its message, which may hold what a
    person typed (SECURITY P2): only the file's and the system's own messages are written.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await self.app(scope, receive, send)
        except Exception as error:
            if scope["type"] != "http":
                raise
            words = f": {error}" if isinstance(error, sqlite3.Error | OSError) else ""
            log.error(
                "%s %s %s: %s%s\n%s",
                scope["state"]["request_id"],
                scope["method"],
                getattr(scope.get("endpoint"), "__qualname__", "?"),
                type(error).__name__,
                words,
                "".join(traceback.format_tb(error.__traceback__)),
            )


class OriginCheck:
    """Refuses writes that another site's page sends (SECURITY S7).

    Sec-Fetch-Site decides where the browser sends it, else Origin; a request with neither comes
    from an old phone and is let in: the session cookie's SameSite guards it.
    """

    def __init__(self, app: ASGIApp, base_url: str) -> None:
        self.app = app
        url = urlsplit(base_url)
        self.origin = f"{url.scheme}://{url.netloc}".lower()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["method"] not in SAFE_METHODS:
            headers = Headers(scope=scope)
            site = headers.get("sec-fetch-site")
            origin = headers.get("origin")
            if site is not None:
                # "none": the person, not a page (a tab that the browser restores).
                refused = site not in ("same-origin", "none")
            else:
                refused = origin is not None and origin.lower() != self.origin
            if refused:
                raise HTTPException(403)
        await self.app(scope, receive, send)


class BodyLimit:
    """Refuses bodies over `MAX_BODY` bytes with 413, where a route reads one.

    Starlette's own limit replaces whatever answer is given by a plain English one.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] in SAFE_METHODS:
            await self.app(scope, receive, send)
            return
        length = next((v for name, v in scope["headers"] if name == b"content-length"), b"0")
        if not length.isdigit():
            raise HTTPException(400)
        if int(length) > MAX_BODY:
            raise HTTPException(413)
        received = 0

        async def limited() -> Message:
            nonlocal received
            message = await receive()
            received += len(message.get("body", b""))
            if received > MAX_BODY:
                raise HTTPException(413)
            return message

        await self.app(scope, limited, send)
