"""Where mails leave to: an SMTP server, or files while developing."""

import asyncio
import os
import secrets
import ssl
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import UTC, datetime
from email.message import EmailMessage
from pathlib import Path
from typing import Protocol
from urllib.parse import unquote, urlsplit

import aiosmtplib

from settings import Settings

TIMEOUT = 30.0
"""Seconds that a step of the SMTP dialogue may take."""


class Refused(Exception):
    """The server refused this mail for good (5xx); the message is the server's own words."""


class Unreachable(Exception):
    """The mail could not leave now; it may later."""


class Connection(Protocol):
    """An open line for a batch of mails."""

    async def send(self, message: EmailMessage) -> None:
        """Returns once the mail was accepted; raises `Refused` or `Unreachable`."""


class Transport(Protocol):
    """Opens a line for a batch of mails."""

    def connect(self) -> AbstractAsyncContextManager[Connection]:
        """Raises `Unreachable` on entering."""


def transport_of(settings: Settings) -> Transport:
    """The SMTP server of the settings, or files where none is given."""
    return Smtp(settings.smtp_url) if settings.smtp_url else Files(settings.mail_dir)


class Files:
    """Writes each mail as an `.eml` file into a folder, for development."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    @asynccontextmanager
    async def connect(self) -> AsyncIterator[Connection]:
        """Creates the folder."""
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        yield self

    async def send(self, message: EmailMessage) -> None:
        """Write one file; its name sorts by time."""
        await asyncio.to_thread(self._write, message)

    def _write(self, message: EmailMessage) -> None:
        stamp = f"{datetime.now(UTC):%Y%m%d-%H%M%S-%f}-{secrets.token_hex(3)}"
        path = self.folder / f"{stamp}.eml"
        part = path.with_suffix(".part")
        with open(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as out:
            out.write(message.as_bytes())
        part.rename(path)


class Smtp:
    """An SMTP server: `smtp://`, `smtps://` or `smtp+starttls://`, certificates verified."""

    def __init__(self, url: str, *, tls_context: ssl.SSLContext | None = None) -> None:
        parts = urlsplit(url)
        assert parts.hostname
        self._options = {
            "hostname": parts.hostname,
            "port": parts.port or {"smtp": 25, "smtps": 465}.get(parts.scheme, 587),
            "use_tls": parts.scheme == "smtps",
            "start_tls": parts.scheme == "smtp+starttls",
            "username": unquote(parts.username) if parts.username else None,
            "password": unquote(parts.password) if parts.password else None,
            "tls_context": tls_context,
            "timeout": TIMEOUT,
        }

    @asynccontextmanager
    async def connect(self) -> AsyncIterator[Connection]:
        """Connects, secures and signs in; raises `Unreachable`."""
        client = aiosmtplib.SMTP(**self._options)  # type: ignore[arg-type]
        try:
            await client.connect()
        except (aiosmtplib.SMTPException, OSError) as error:
            raise Unreachable(str(error)) from error
        try:
            yield _SmtpConnection(client)
        finally:
            try:
                await client.quit()
            except (aiosmtplib.SMTPException, OSError):
                client.close()


class _SmtpConnection:
    def __init__(self, client: aiosmtplib.SMTP) -> None:
        self._client = client

    async def send(self, message: EmailMessage) -> None:
        try:
            await self._client.send_message(message)
        except aiosmtplib.SMTPRecipientsRefused as error:
            raise _verdict(error.recipients[0]) from error
        except aiosmtplib.SMTPResponseException as error:
            raise _verdict(error) from error
        except aiosmtplib.SMTPNotSupported as error:
            raise Refused(str(error)) from error
        except (aiosmtplib.SMTPException, OSError) as error:
            raise Unreachable(str(error)) from error


def _verdict(error: aiosmtplib.SMTPResponseException) -> Refused | Unreachable:
    words = f"{error.code} {error.message}"
    return Refused(words) if 500 <= error.code < 600 else Unreachable(words)
