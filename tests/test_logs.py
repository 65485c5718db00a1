"""The log: one line an event, with the request's id, and nothing that somebody typed."""

import json
import logging
import os
import re
import subprocess
import sys

import pytest

from logs import REQUEST_ID, Json, Line, config
from tests.conftest import Browser
from tests.faults.conftest import ROOT
from web.portal import Portal

SENTINEL = "Sentinelle"


def record(message: str, *, error: BaseException | None = None) -> logging.LogRecord:
    trace = (type(error), error, error.__traceback__) if error else None
    return logging.LogRecord("portal", logging.WARNING, __file__, 1, message, (), trace)


def failed() -> ValueError:
    try:
        raise ValueError(SENTINEL)
    except ValueError as error:
        return error


@pytest.mark.parametrize("form", [Line, Json])
def test_an_event_is_one_line(form: type[logging.Formatter]) -> None:
    line = form().format(record("a\nforged 2026 line\r\nend", error=failed()))
    assert len(line.splitlines()) == 1
    assert "a forged 2026 line end" in line


@pytest.mark.parametrize("form", [Line, Json])
def test_an_error_says_its_kind_and_places_but_not_its_message(
    form: type[logging.Formatter],
) -> None:
    line = form().format(record("unexpected", error=failed()))
    assert "ValueError at" in line
    assert "test_logs.py" in line
    assert SENTINEL not in line


def test_json_has_the_request() -> None:
    token = REQUEST_ID.set("1a2b3c4d")
    try:
        parts = json.loads(Json().format(record("é")))
    finally:
        REQUEST_ID.reset(token)
    assert parts["request"] == "1a2b3c4d"
    assert parts["message"] == "é"
    assert parts["level"] == "WARNING"
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", parts["time"])


@pytest.mark.parametrize("as_json", [False, True])
def test_the_configuration_is_taken(as_json: bool) -> None:
    script = (
        "import logging.config, logs, sys;"
        f"logging.config.dictConfig(logs.config(as_json={as_json}));"
        "logging.getLogger('portal.x').info('here')"
    )
    done = subprocess.run(
        [sys.executable, "-c", script],
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=True,
    )
    (line,) = done.stderr.splitlines()
    assert "here" in line
    assert line.startswith("{") is as_json
    assert config(as_json=as_json)["version"] == 1


async def test_the_error_page_and_the_log_show_the_same_id(
    browser: Browser, portal: Portal, caplog: pytest.LogCaptureFixture
) -> None:
    seen: list[str] = []

    class Keep(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            seen.append(Line().format(record))

    handler = Keep()
    logging.getLogger("portal").addHandler(handler)
    try:
        connection = portal.db._writer
        await connection.execute_fetchall("PRAGMA query_only = ON")
        refused = await browser.submit(
            "/inscription",
            {
                "matricule": "99999",
                "family_name": SENTINEL,
                "birth_date": "01/01/1950",
                "postal_code": "K1A 0B1",
            },
        )
    finally:
        logging.getLogger("portal").removeHandler(handler)
        await portal.db._writer.execute_fetchall("PRAGMA query_only = OFF")
    assert refused.status_code == 503
    (line,) = [line for line in seen if "database unavailable" in line]
    assert re.search(r"\[[0-9a-f]{8}\]", line)
    assert SENTINEL not in line
