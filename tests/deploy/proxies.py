"""Caddy and nginx as deploy/ configures them, on loopback, over the portal's socket."""

import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.faults.conftest import ROOT, free_port

DEPLOY = ROOT / "deploy"
HOST = "portail.exemple.org"
LINE = "/run/portail/portail.sock"
Commands = tuple[list[str], list[str]]
"""What checks a configuration, and what runs it."""


def make_certificate(folder: Path) -> Path:
    """A self-signed certificate for 127.0.0.1, into that folder."""
    if shutil.which("openssl") is None:
        pytest.skip("openssl is not installed here")
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
         "-nodes", "-days", "2", "-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1",
         "-keyout", str(folder / "privkey.pem"), "-out", str(folder / "fullchain.pem")],
        check=True,
        capture_output=True,
    )  # fmt: skip
    return folder


def hurried(text: str, *patience: str) -> str:
    """The configuration, that waits two seconds where ours has this patience."""
    for wait in patience:
        assert wait in text
        text = text.replace(wait, re.sub("[0-9]+s", "2s", wait))
    return text


def caddy(
    folder: Path, certificate: Path | None, port: int, line: Path, *patience: str
) -> Commands:
    """Our Caddyfile on that port, before the socket at `line`; it hurries where it has patience.

    Without a certificate, no TLS.
    """
    text = (DEPLOY / "Caddyfile").read_text("utf-8")
    site = f"http://127.0.0.1:{port} {{"
    if certificate:
        keys = f"{certificate}/fullchain.pem {certificate}/privkey.pem"
        site = f"https://127.0.0.1:{port} {{\n\ttls {keys}"
    text = text.replace(f"{HOST} {{", site)
    # With all that it can log, as newer versions log more than this one.
    ours = "admin off\n\tauto_https disable_redirects\n\tdebug"
    text = text.replace("\n{\n", f"\n{{\n\t{ours}\n", 1)
    assert ours in text
    assert f"127.0.0.1:{port}" in text
    file = folder / "Caddyfile"
    version = subprocess.run(["caddy", "version"], capture_output=True, text=True, check=True)
    if not version.stdout.startswith(("2.6", "v2.6")):
        text = text.replace("{$PORTAL_CADDY:2.6}", "2.7")
    assert LINE in text
    file.write_text(hurried(text, *patience).replace(LINE, str(line)), encoding="utf-8")
    which = ["--config", str(file), "--adapter", "caddyfile"]
    return ["caddy", "validate", *which], ["caddy", "run", *which]


def nginx(
    folder: Path, certificate: Path | None, port: int, line: Path, *patience: str
) -> Commands:
    """Our site on that port, likewise, within Debian's nginx.conf as our file's head has it."""
    site = (DEPLOY / "nginx.conf").read_text("utf-8")
    advice = re.findall("`(worker_rlimit_nofile .*?;)`.*`(worker_connections .*?;)`", site, re.S)
    site = re.sub(r"    listen \[::\]:.*\n", "", site)
    site = site.replace("listen 443", f"listen 127.0.0.1:{port}")
    site = site.replace("listen 80;", f"listen 127.0.0.1:{free_port()};")
    if certificate:
        site = site.replace(f"/etc/letsencrypt/live/{HOST}", str(certificate))
        assert str(certificate) in site
    else:
        site = re.sub("    ssl_.*\n", "", site).replace(" ssl http2;", ";")
    assert LINE in site
    site = hurried(site, *patience).replace(LINE, str(line))
    (folder / "site.conf").write_text(site, encoding="utf-8")
    user = "" if os.geteuid() else "user root; "  # who alone may read the test's folder
    (folder / "nginx.conf").write_text(
        f"{user}daemon off; pid {folder}/pid; error_log {folder}/error.log;\n"
        f"worker_processes auto; {advice[0][0]} events {{ {advice[0][1]} }}\n"
        f"http {{ access_log {folder}/access.log; client_body_temp_path {folder}/body;"
        f" proxy_temp_path {folder}/proxy; fastcgi_temp_path {folder}/f;"
        f" uwsgi_temp_path {folder}/u; scgi_temp_path {folder}/s; include {folder}/site.conf; }}\n"
    )
    which = ["nginx", "-c", str(folder / "nginx.conf"), "-e", str(folder / "error.log")]
    return [*which, "-t"], which


@contextmanager
def running(check: list[str], start: list[str], folder: Path) -> Iterator[None]:
    environ = os.environ | {"XDG_DATA_HOME": str(folder), "XDG_CONFIG_HOME": str(folder)}
    checked = subprocess.run(check, env=environ, capture_output=True, text=True, check=False)
    assert checked.returncode == 0, checked.stderr
    with (
        (folder / "out").open("wb") as out,
        subprocess.Popen(start, env=environ, stdout=out, stderr=out) as process,
    ):
        try:
            yield
        finally:
            process.terminate()


HURRIED = {
    caddy: ("lb_try_duration 15s", "response_header_timeout 30s"),
    nginx: ("proxy_read_timeout 30s",),
}
"""What each waits for a portal that does not answer."""
