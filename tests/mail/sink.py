"""An SMTP server on a real socket that keeps what it gets and answers as a test tells it."""

import asyncio
import email
import socket
import ssl
from collections import deque
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from email import policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, Session

CERTIFICATE = Path(__file__).parent / "localhost.pem"


def free_port() -> int:
    """A port of the loopback that nothing listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


@dataclass
class Sink:
    """What the server does with the next mails, and what it got.

    `answers` are the replies to the next mails' recipients ("451 …", "550 …", "" accepts), or
    to their bodies where `at_the_end`; `breaks` connections are cut in the middle of DATA.
    """

    port: int
    answers: deque[str] = field(default_factory=deque)
    at_the_end: bool = False
    breaks: int = 0
    delay: float = 0
    """Seconds before each mail is accepted."""
    accents: bool = True
    before_mail: Callable[[], None] = lambda: None
    """Called when a mail is announced, before any of it has left."""
    connections: int = 0
    password: bytes = b""
    """The only one that signs in; empty: any."""
    logins: list[tuple[bytes, bytes]] = field(default_factory=list)
    keep: bool = True
    """Whether bodies are kept."""
    bodies: list[bytes] = field(default_factory=list)
    to: list[str] = field(default_factory=list)
    receiving: asyncio.Event = field(default_factory=asyncio.Event)
    open: asyncio.Event = field(default_factory=asyncio.Event)
    """While it is not set, no mail is accepted."""

    @property
    def url(self) -> str:
        return f"smtp://127.0.0.1:{self.port}"

    @property
    def mails(self) -> list[EmailMessage]:
        return [email.message_from_bytes(body, policy=policy.default) for body in self.bodies]

    @asynccontextmanager
    async def serving(self, *, tls: bool = False, starttls: bool = False) -> AsyncIterator["Sink"]:
        """Answer on the port until left; connections still open are cut then."""
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(CERTIFICATE)
        connections: list[_Server] = []

        def protocol() -> "_Server":
            self.connections += 1
            connections.append(
                _Server(
                    _Handler(self),
                    sink=self,
                    enable_SMTPUTF8=self.accents,
                    tls_context=context if starttls else None,
                    authenticator=self._authenticate,
                    auth_require_tls=False,
                    hostname="sink.test",
                )
            )
            return connections[-1]

        loop = asyncio.get_running_loop()
        server = await loop.create_server(
            protocol, "127.0.0.1", self.port, ssl=context if tls else None
        )
        try:
            yield self
        finally:
            server.close()
            for connection in connections:
                connection.cut()
            await server.wait_closed()

    def _authenticate(
        self, server: Any, session: Any, envelope: Any, mechanism: str, data: Any
    ) -> AuthResult:
        self.logins.append((data.login, data.password))
        return AuthResult(success=data.password == (self.password or data.password), handled=False)


class _Handler:
    def __init__(self, sink: Sink) -> None:
        self.sink = sink

    async def handle_MAIL(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        self.sink.before_mail()
        envelope.mail_from = address
        envelope.mail_options.extend(options)
        return "250 OK"

    async def handle_RCPT(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if self.sink.answers and not self.sink.at_the_end:
            answer = self.sink.answers.popleft()
            if answer:
                return answer
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        sink = self.sink
        sink.receiving.set()
        await sink.open.wait()
        await asyncio.sleep(sink.delay)
        if sink.answers and sink.at_the_end:
            answer = sink.answers.popleft()
            if answer:
                return answer
        assert isinstance(envelope.content, bytes)
        if sink.keep:
            sink.bodies.append(envelope.content)
        sink.to += envelope.rcpt_tos
        return "250 OK"


class _Server(SMTP):
    def __init__(self, handler: _Handler, *, sink: Sink, **options: Any) -> None:
        super().__init__(handler, **options)
        self._sink = sink

    def cut(self) -> None:
        """Break the line, if it is still open."""
        if isinstance(self.transport, asyncio.WriteTransport):
            self.transport.abort()

    async def smtp_DATA(self, arg: str) -> None:
        if not self._sink.breaks:
            await super().smtp_DATA(arg)
            return
        self._sink.breaks -= 1
        await self.push("354 Go ahead")
        await self._reader.readline()
        self.cut()
