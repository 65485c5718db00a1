"""The SMTP transport's line: certificates verified, signing in, and the dialogue told."""

import ssl
from pathlib import Path

import pytest

from mail.messages import trial
from mail.render import render
from mail.transports import Files, Smtp, Unreachable, transport_of
from settings import Settings
from tests.mail.sink import Sink


async def send(transport: Smtp | Files, settings: Settings) -> None:
    async with transport.connect() as connection:
        await connection.send(render(trial(), "a@example.com", settings, now=0))


@pytest.fixture(params=["smtps", "smtp+starttls"])
def scheme(request: pytest.FixtureRequest) -> str:
    scheme: str = request.param
    return scheme


async def test_tls_with_a_trusted_certificate(
    down: Sink, settings: Settings, scheme: str, trusting: ssl.SSLContext
) -> None:
    url = f"{scheme}://bureau%40exemple.org:motde%2Fpasse@localhost:{down.port}"
    async with down.serving(tls=scheme == "smtps", starttls=scheme != "smtps"):
        await send(Smtp(url, "portal.test", tls_context=trusting), settings)
    assert down.to == ["a@example.com"]
    assert down.logins == [(b"bureau@exemple.org", b"motde/passe")]


async def test_tls_with_a_certificate_that_nobody_vouches_for_is_refused(
    down: Sink, settings: Settings, scheme: str
) -> None:
    url = f"{scheme}://bureau:secret@localhost:{down.port}"
    async with down.serving(tls=scheme == "smtps", starttls=scheme != "smtps"):
        with pytest.raises(Unreachable, match="certificate verify failed"):
            await send(Smtp(url, "portal.test"), settings)
    assert down.logins == []
    assert down.to == []


async def test_tls_with_the_certificate_of_another_host_is_refused(
    down: Sink, settings: Settings, scheme: str, trusting: ssl.SSLContext
) -> None:
    url = f"{scheme}://bureau:secret@127.0.0.1:{down.port}"
    async with down.serving(tls=scheme == "smtps", starttls=scheme != "smtps"):
        with pytest.raises(Unreachable, match="IP address mismatch"):
            await send(Smtp(url, "portal.test", tls_context=trusting), settings)
    assert down.logins == []


async def test_starttls_is_never_done_without(down: Sink, settings: Settings) -> None:
    url = f"smtp+starttls://bureau:secret@localhost:{down.port}"
    async with down.serving():
        with pytest.raises(Unreachable):
            await send(Smtp(url, "portal.test"), settings)
    assert down.logins == []
    assert down.to == []


async def test_each_step_is_told_but_the_password(down: Sink, settings: Settings) -> None:
    lines: list[str] = []
    url = f"smtp://bureau:motdepasse@127.0.0.1:{down.port}"
    async with down.serving():
        await send(Smtp(url, "portal.test", trace=lines.append), settings)
    assert down.logins == [(b"bureau", b"motdepasse")]
    told = "\n".join(lines)
    for step in ("→ EHLO portal.test", "→ AUTH", "→ MAIL FROM", "→ RCPT TO", "→ DATA", "→ QUIT"):
        assert step in told
    assert told.count("← 250") >= 4
    # Neither as it is nor in base64, alone or after the name.
    for secret in ("motdepasse", "bW90ZGVwYXNzZQ", "AGJ1cmVhdQBtb3RkZXBhc3Nl"):
        assert secret not in told


async def test_a_wrong_password_is_the_lines_fault_and_no_mails(
    down: Sink, settings: Settings
) -> None:
    down.password = b"another"
    url = f"smtp://bureau:motdepasse@127.0.0.1:{down.port}"
    async with down.serving():
        with pytest.raises(Unreachable, match="535"):
            await send(Smtp(url, "portal.test"), settings)


async def test_without_a_server_mails_are_files(settings: Settings) -> None:
    transport = transport_of(settings)
    assert isinstance(transport, Files)
    await send(transport, settings)
    [file] = settings.mail_dir.iterdir()
    assert file.suffix == ".eml"
    assert file.stat().st_mode & 0o777 == 0o600
    assert b"To: a@example.com\r\n" in file.read_bytes()


async def test_a_folder_that_cannot_be_written_is_a_line_that_is_down(settings: Settings) -> None:
    with pytest.raises(Unreachable, match=r"PORTAL_MAIL_DIR .* un fichier se trouve là"):
        await send(Files(Path("/dev/null/mail")), settings)
    with pytest.raises(Unreachable, match="PORTAL_MAIL_DIR"):
        await send(Files(Path("/proc")), settings)
