"""Where mails leave to: an SMTP server, or files while developing."""

import asyncio
import os
import secrets
import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from datetime import UTC, datetime
from email.message import EmailMessage
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import unquote, urlsplit

import aiosmtplib
from aiosmtplib import SMTPResponse, SMTPResponseException, SMTPStatus

from mail.serialize import addresses, serialize
from settings import Settings
from troubles import reason

TIMEOUT = 60.0
"""Seconds that a step of the SMTP dialogue may take."""
SEND_LIMIT = 240.0
"""Seconds that one mail may take, all steps together: less than its lease."""

Trace = Callable[[str], None]
"""Gets one line for each step of a dialogue."""


class Refused(Exception):
    """The server refused this mail for good (5xx); the message is the server's own words."""


class Unreachable(Exception):
    """The mail could not leave now; it may later."""


class Connection(Protocol):
    """An open line for a batch of mails."""

    @property
    def usable(self) -> bool:
        """Whether the line is still open."""

    async def send(self, message: EmailMessage) -> None:
        """Returns once the mail was accepted; raises `Refused`, `Unreachable`, or ValueError."""


class Transport(Protocol):
    """Opens a line for a batch of mails."""

    def connect(self) -> AbstractAsyncContextManager[Connection]:
        """Raises `Unreachable` on entering."""


def transport_of(settings: Settings, trace: Trace | None = None) -> Transport:
    """The SMTP server of the settings, or files where none is given."""
    if settings.smtp_url:
        return Smtp(settings.smtp_url, settings.host, trace=trace)
    return Files(settings.mail_dir, trace)


class Files:
    """Writes each mail as an `.eml` file into a folder, for development."""

    usable = True

    def __init__(self, folder: Path, trace: Trace | None = None) -> None:
        self.folder = folder
        self._tell = trace or _silence

    @asynccontextmanager
    async def connect(self) -> AsyncIterator[Connection]:
        """Creates the folder; raises `Unreachable` where it cannot."""
        try:
            self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        except OSError as error:
            raise self._unwritable(error) from error
        yield self

    async def send(self, message: EmailMessage) -> None:
        """Write one file; its name sorts by time."""
        try:
            await asyncio.to_thread(self._write, serialize(message))
        except OSError as error:
            raise self._unwritable(error) from error

    def _unwritable(self, error: OSError) -> Unreachable:
        return Unreachable(f"PORTAL_MAIL_DIR ({self.folder}) : {reason(error)}")

    def _write(self, wire: bytes) -> None:
        stamp = f"{datetime.now(UTC):%Y%m%d-%H%M%S-%f}-{secrets.token_hex(3)}"
        path = self.folder / f"{stamp}.eml"
        part = path.with_suffix(".part")
        with open(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as out:
            out.write(wire)
        part.rename(path)
        self._tell(f"→ {path}")


class Smtp:
    """An SMTP server: `smtp://`, `smtps://` or `smtp+starttls://`, certificates verified.

    `host` is the name that the portal gives itself; `trace` gets each step of the dialogue.
    """

    def __init__(
        self,
        url: str,
        host: str,
        *,
        tls_context: ssl.SSLContext | None = None,
        timeout: float = TIMEOUT,
        trace: Trace | None = None,
    ) -> None:
        parts = urlsplit(url)
        assert parts.hostname
        self._starttls = parts.scheme == "smtp+starttls"
        self._username = unquote(parts.username or "")
        self._password = unquote(parts.password or "")
        self._trace = trace
        self._options = {
            "hostname": parts.hostname,
            "port": parts.port or {"smtp": 25, "smtps": 465}.get(parts.scheme, 587),
            "use_tls": parts.scheme == "smtps",
            # Asked for below, a step of its own; never where the URL does not say so.
            "start_tls": False,
            "local_hostname": host,
            "tls_context": tls_context,
            "timeout": timeout,
        }

    @asynccontextmanager
    async def connect(self) -> AsyncIterator[Connection]:
        """Connects, secures and signs in; raises `Unreachable`, whatever the server's reason."""
        client = _Client(self._trace or _silence, **self._options)
        try:
            try:
                await client.connect()
                if self._starttls:
                    await client.starttls()
                if self._username:
                    await client.login(self._username, self._password)
            except (aiosmtplib.SMTPException, OSError) as error:
                raise Unreachable(_words(error)) from error
            yield _SmtpConnection(client)
            with suppress(aiosmtplib.SMTPException, OSError):
                await client.quit()
        finally:
            client.close()


class _SmtpConnection:
    def __init__(self, client: "_Client") -> None:
        self._client = client

    @property
    def usable(self) -> bool:
        return self._client.is_connected

    async def send(self, message: EmailMessage) -> None:
        wire = serialize(message)
        try:
            async with asyncio.timeout(SEND_LIMIT):
                await self._client.send(
                    addresses(message, "From")[0], addresses(message, "To")[0], wire
                )
        except aiosmtplib.SMTPRecipientsRefused as error:
            raise _verdict(error.recipients[0]) from error
        except SMTPResponseException as error:
            if error.code == SMTPStatus.domain_unavailable:
                self._client.close()  # 421: the server hangs up
            raise _verdict(error) from error
        except aiosmtplib.SMTPNotSupported as error:
            raise Refused(_words(error)) from error
        except (aiosmtplib.SMTPException, OSError) as error:
            # A late answer to this mail must not be taken for the answer to the next one.
            self._client.close()
            raise Unreachable(_words(error)) from error


class _Client(aiosmtplib.SMTP):
    """Tells each step of the dialogue; of signing in, the server's answers alone."""

    def __init__(self, trace: Trace, **options: Any) -> None:
        super().__init__(**options)
        self._tell = trace
        self._secret = False

    async def connect(self, **options: Any) -> SMTPResponse:
        self._tell(f"… {self.hostname}:{self.port}")
        return self._told(await super().connect(**options))

    async def starttls(self, *args: Any, **options: Any) -> SMTPResponse:
        self._tell("→ STARTTLS")
        return self._told(await super().starttls(*args, **options))

    async def login(self, *args: Any, **options: Any) -> SMTPResponse:
        self._tell("→ AUTH")
        if self.is_ehlo_or_helo_needed:
            await self.ehlo()
        self._secret = True
        try:
            return await super().login(*args, **options)
        finally:
            self._secret = False

    async def execute_command(self, *args: bytes, **options: Any) -> SMTPResponse:
        if not self._secret:
            self._tell("→ " + b" ".join(args).decode(errors="replace"))
        return self._told(await super().execute_command(*args, **options))

    async def send(self, sender: str, recipient: str, wire: bytes) -> None:
        """Send these very bytes; an international address wants a server that knows them."""
        if self.is_ehlo_or_helo_needed:
            await self.ehlo()
        international = not recipient.isascii()
        if international and not self.supports_extension("smtputf8"):
            raise aiosmtplib.SMTPNotSupported("SMTPUTF8 is not supported by this server")
        options = ["SMTPUTF8", "BODY=8BITMIME"] if international else []
        await self.sendmail(sender, [recipient], wire, mail_options=options)

    async def data(self, *args: Any, **options: Any) -> SMTPResponse:
        self._tell("→ DATA")
        try:
            return self._told(await super().data(*args, **options))
        except SMTPResponseException as error:
            self._told(SMTPResponse(error.code, error.message))
            raise

    def _told(self, response: SMTPResponse) -> SMTPResponse:
        self._tell(f"← {response.code} {response.message}")
        return response


def _silence(line: str) -> None:
    pass


def _verdict(error: SMTPResponseException) -> Refused | Unreachable:
    words = _words(error)
    return Refused(words) if 500 <= error.code < 600 else Unreachable(words)


def _words(error: Exception) -> str:
    """The server's words on one line, or what went wrong on the way to it."""
    if isinstance(error, SMTPResponseException):
        text = f"{error.code} {error.message}"
    else:
        text = str(error) or type(error).__name__
    return " ".join(text.split())[:500]
