"""Fixtures: a mail server on a real socket, and the desk over the database of the test."""

import ssl
from collections.abc import AsyncIterator

import pytest

from db.database import Database
from mail.messages import Desk
from mail.transports import Smtp
from settings import Settings
from tests.conftest import TurnedClock
from tests.mail.sink import CERTIFICATE, Sink, free_port
from web.portal import Portal


@pytest.fixture
def down() -> Sink:
    """A mail server that is down: nothing answers on its port until it is `serving()`."""
    sink = Sink(free_port())
    sink.open.set()
    return sink


@pytest.fixture
async def sink(down: Sink) -> AsyncIterator[Sink]:
    """A mail server that is up."""
    async with down.serving():
        yield down


@pytest.fixture
def smtp(down: Sink) -> Smtp:
    """The transport to that server, up or down."""
    return Smtp(down.url, "portal.test")


@pytest.fixture
def portal(settings: Settings, db: Database, clock: TurnedClock) -> Portal:
    """The portal's parts, without the application around them."""
    return Portal.assemble(settings, db, clock)


@pytest.fixture
def desk(portal: Portal) -> Desk:
    return portal.desk


@pytest.fixture
def trusting() -> ssl.SSLContext:
    """TLS that trusts the server's certificate, which is for `localhost` alone."""
    return ssl.create_default_context(cafile=str(CERTIFICATE))
