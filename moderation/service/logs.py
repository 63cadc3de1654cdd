"""Logging: one JSON object, or one line of text, for each event; never a comment, never a key."""

import json
import logging
import os
import sys
import time
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, NamedTuple

from moderation.settings import Settings

ACCESS = "moderation.access"
PROCESS = os.getpid()
MAX_LINES = 200
"""Lines of the access log that are kept before they are written."""
LINE = "%(asctime)s %(levelname)s %(name)s: %(message)s"


def is_terminal() -> bool:
    """Tell whether what is logged goes to a person's terminal."""
    return sys.stderr.isatty()


def log_form(settings: Settings) -> str:
    """Return the form of the log's lines: ``json`` or ``line``."""
    if settings.log_format != "auto":
        return settings.log_format
    return "line" if is_terminal() else "json"


class AnsweredRequest(NamedTuple):
    """A request that has been answered, with nothing in it that the log may not show.

    Parameters
    ----------
    request : str
        Its id.
    method, path : str
        One of a fixed set, and the path as the route declares it: neither is what was sent.
    status : int
    seconds : float
    """

    request: str
    method: str
    path: str
    status: int
    seconds: float

    @property
    def message(self) -> str:
        """The event in words."""
        return (
            f"{self.method} {self.path} {self.status} {self.seconds * 1000:.1f} ms, "
            f"request {self.request}"
        )


class JSONFormatter(logging.Formatter):
    """Formats a record as a JSON object: ``time``, ``level``, ``logger``, ``message``."""

    # Not python-json-logger's: for these lines it needs a subclass as long as this one, takes twice
    # as long (44 us a line instead of 24), and the access log could not use it at all.

    def format(self, record: logging.LogRecord) -> str:
        """Return the object, on one line."""
        event: dict[str, Any] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
            "process": record.process,
        }
        if record.exc_info:
            event["traceback"] = self.formatException(record.exc_info)
        return json.dumps(event, ensure_ascii=False, default=str)


class AccessLog:
    """The access log: a line for each request, on standard error, written some at a time.

    It does without the logging library, whose record and formatting for one line take as long as
    FastAPI takes over a request; each line is as the library would have written it.

    Parameters
    ----------
    settings : Settings
        Its ``log_level`` decides whether there are lines at all, its ``log_format`` their form.
    """

    def __init__(self, settings: Settings) -> None:
        self._wanted = settings.log_level in {"debug", "info"}
        self._line = _access_json if log_form(settings) == "json" else _access_text
        self._lines: list[str] = []

    def add(self, answered: AnsweredRequest) -> None:
        """Keep a line until `flush`, which the service calls every second, or `MAX_LINES`."""
        if self._wanted:
            self._lines.append(self._line(answered))
            if len(self._lines) >= MAX_LINES:
                self.flush()

    def flush(self) -> None:
        """Write what is kept."""
        lines, self._lines = self._lines, []
        if lines:
            sys.stderr.write("".join(lines))
            sys.stderr.flush()


def _access_json(answered: AnsweredRequest) -> str:
    # Nothing in it needs escaping: ids have safe characters, methods and paths are our own.
    return (
        f'{{"time": "{_now()}", "level": "INFO", "logger": "{ACCESS}", '
        f'"message": "{answered.message}", "process": {PROCESS}, "request": "{answered.request}", '
        f'"method": "{answered.method}", "path": "{answered.path}", "status": {answered.status}, '
        f'"ms": {answered.seconds * 1000:.1f}}}\n'
    )


def _access_text(answered: AnsweredRequest) -> str:
    return f"{_now()} INFO {ACCESS}: {answered.message}\n"


def _now() -> str:
    seconds, part = divmod(time.time_ns(), 1_000_000_000)
    return f"{_second(seconds)}.{part // 1_000_000:03}+00:00"


@lru_cache(maxsize=2)
def _second(seconds: int) -> str:
    """Return a time in whole seconds; all lines of that second have it."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%S")


def log_config(settings: Settings) -> dict[str, Any]:
    """Return a logging configuration: one line for each event, on standard error."""
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {
            "json": {"()": f"{__name__}.{JSONFormatter.__name__}"},
            "line": {"format": LINE},
        },
        "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": log_form(settings)}},
        "loggers": {
            name: {"handlers": ["stderr"], "level": settings.log_level.upper(), "propagate": False}
            for name in ("moderation", "uvicorn")
        },
    }
