"""The application: middleware, routes, lifespan. Nothing else."""

import asyncio
import contextlib
import sqlite3
from collections.abc import AsyncIterator

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import ClientDisconnect
from starlette.routing import Router
from starlette.types import ASGIApp

import settings as settings_module
from db.database import Database, DatabaseBusy
from mail.delivery import deliver_for_ever
from mail.transports import Transport, transport_of
from routes import freeze, pages, registration, routes, session
from rules.password import PasswordPolicy
from security import middleware
from security.clock import Clock, system_clock
from settings import Settings
from web.assets import Assets
from web.portal import Portal
from web.shared import AtOnce, SharedPages
from web.switch import LanguageSwitch

SHARED = {
    "home": session.PAGE,
    "registration": registration.STEP_ONE,
    "help": pages.GUIDE,
    "privacy": pages.PRIVACY,
}
"""The routes and templates of the pages that are the same for everyone."""
AGAIN = {
    "token": registration.access_again,
    "frozen": freeze.frozen_again,
}
"""Who shows a page anew that answered a POST, by the language switch's hidden field there."""


def create_app(settings: Settings | None = None, clock: Clock = system_clock) -> Starlette:
    """The portal for these settings (None: read from the environment), with its routes.

    Its database must exist and be migrated. Raises `SettingsError` when a setting is wrong.
    """
    settings = settings or settings_module.load()
    app = Starlette(
        exception_handlers={
            HTTPException: pages.http_error,
            ClientDisconnect: pages.nobody_there,
            DatabaseBusy: pages.unavailable,
            sqlite3.DatabaseError: pages.unavailable,
            Exception: pages.server_error,
        },
    )
    app.state.settings = settings
    app.state.assets = Assets(settings)
    app.state.policy = PasswordPolicy(settings.password_min, settings.password_max)

    @contextlib.asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        db = await Database.open(settings.database)
        try:
            app.state.portal = portal = Portal.assemble(settings, db, clock)
            app.state.shared_pages = SharedPages(app, SHARED)
            pages.prepare_errors(app)
            transport = transport_of(settings)
            async with _delivery(portal, transport):
                yield
        finally:
            await db.close()

    # Inside Starlette's exception handlers: what these refuse is answered with a page in words.
    app.router = Router(
        routes(settings),
        redirect_slashes=False,
        lifespan=lifespan,
        middleware=[
            Middleware(middleware.OriginCheck, base_url=settings.base_url),
            Middleware(middleware.BodyLimit),
            Middleware(LanguageSwitch, again=AGAIN),
        ],
    )
    # Outside everything, the page of a 500 too: every answer has the security headers.
    app.middleware_stack = _around(app.build_middleware_stack(), app.state.assets, settings)
    return app


@contextlib.asynccontextmanager
async def _delivery(portal: Portal, transport: Transport) -> AsyncIterator[None]:
    if not portal.settings.deliver_mail:
        yield
        return
    task = asyncio.create_task(deliver_for_ever(portal.desk, transport))
    try:
        yield
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


def _around(inner: ASGIApp, assets: Assets, settings: Settings) -> ASGIApp:
    app: ASGIApp = middleware.SecurityHeaders(
        middleware.FaultLog(AtOnce(inner)), style_hash=assets.sheet_hash, https=settings.https
    )
    app = middleware.ClientAddress(app, settings.trusted_proxies)
    if settings.base_path:
        app = middleware.BasePath(app, settings.base_path)
    return app
