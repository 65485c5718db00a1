"""How the log is written: one line an event, with the request's id; text, or JSON.

A leaf like `settings`. No line holds a token or a value that was typed: paths are not logged, and
of an unexpected error the kind and the places in the code, not its message.
"""

import json
import logging
import traceback
from contextvars import ContextVar
from datetime import UTC, datetime
from types import TracebackType
from typing import Any

REQUEST_ID: ContextVar[str] = ContextVar("request_id", default="")
"""The id of the request under way, which an error page shows too."""

PRIORITIES = (
    (logging.CRITICAL, 2),
    (logging.ERROR, 3),
    (logging.WARNING, 4),
    (logging.INFO, 6),
)
"""What a level is among syslog's priorities, the gravest first."""


def config(*, as_json: bool, priorities: bool = False) -> dict[str, Any]:
    """The logging configuration of the server, on the standard error output.

    With `priorities`, each line begins with its own as the journal reads it (sd-daemon(3)).
    """
    kind = "logs.Json" if as_json else "logs.Line"
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"line": {"()": kind, "priorities": priorities}},
        "handlers": {
            "line": {
                "class": "logging.StreamHandler",
                "formatter": "line",
                "stream": "ext://sys.stderr",
            }
        },
        "root": {"handlers": ["line"], "level": "WARNING"},
        "loggers": {
            "portal": {"level": "INFO"},
            "uvicorn": {"level": "INFO"},
        },
    }


class _OneLine(logging.Formatter):
    def __init__(self, *, priorities: bool = False) -> None:
        super().__init__()
        self._priorities = priorities

    def format(self, record: logging.LogRecord) -> str:
        """The record on one line."""
        line = self.line(record)
        if not self._priorities:
            return line
        found = (number for level, number in PRIORITIES if record.levelno >= level)
        return f"<{next(found, 7)}>{line}"

    def line(self, record: logging.LogRecord) -> str:
        raise NotImplementedError


class Line(_OneLine):
    """`2026-11-23T17:00:00Z WARNING portal [1a2b3c4d] what happened`."""

    def line(self, record: logging.LogRecord) -> str:
        """The record's words."""
        parts = event(record)
        request = f"[{parts['request']}] " if "request" in parts else ""
        error = f" | {parts['error']}" if "error" in parts else ""
        head = f"{parts['time']} {parts['level']} {parts['logger']}"
        return f"{head} {request}{parts['message']}{error}"


class Json(_OneLine):
    """The same facts as an object, for a machine that collects logs."""

    def line(self, record: logging.LogRecord) -> str:
        """The record as JSON."""
        return json.dumps(event(record), ensure_ascii=False)


def event(record: logging.LogRecord) -> dict[str, str]:
    """The facts of a record; no line break is left in them, so no line can be forged."""
    parts = {
        "time": f"{datetime.fromtimestamp(record.created, UTC):%Y-%m-%dT%H:%M:%SZ}",
        "level": record.levelname,
        "logger": record.name,
        "message": " ".join(record.getMessage().split()),
    }
    if REQUEST_ID.get():
        parts["request"] = REQUEST_ID.get()
    if record.exc_info and record.exc_info[0]:
        parts["error"] = _places(record.exc_info[0], record.exc_info[2])
    return parts


def _places(kind: type[BaseException], trace: TracebackType | None) -> str:
    frames = traceback.extract_tb(trace)[-12:]
    places = " < ".join(f"{f.filename}:{f.lineno} {f.name}" for f in reversed(frames))
    return f"{kind.__name__} at {places}"
