"""The log: one JSON object, or one line of text, for each event; never a text, never a key."""

import json
import logging
import sys
from contextlib import nullcontext
from datetime import UTC, datetime
from typing import Any, TextIO

from moderation.settings import Settings

ACCESS = "moderation.access"
MOST_LINES = 200
"""Lines of the access log that are kept before they are written."""
LINE = "%(asctime)s %(levelname)s %(name)s: %(message)s"
FIELDS = "fields"
"""The attribute of a record that holds what the event is about, as built-in values."""


class JSONFormatter(logging.Formatter):
    """Writes a record as a JSON object: ``time``, ``level``, ``logger``, ``message`` and fields."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the object, on one line."""
        event: dict[str, Any] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
            "process": record.process,
            **getattr(record, FIELDS, {}),
        }
        if record.exc_info:
            event["traceback"] = self.formatException(record.exc_info)
        return json.dumps(event, ensure_ascii=False, default=str)


class Gathered(logging.StreamHandler[TextIO]):
    """Writes the access log to standard error some lines at a time, and all else at once.

    Each write lets the judging threads take the interpreter away from the event loop, which under
    load costs more than all the rest of a request. What waits is written by `flush`, which the
    service calls every second and logging calls at the end.
    """

    def __init__(self) -> None:
        super().__init__(sys.stderr)
        self._lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        """Keep a line, or write it with those kept."""
        try:
            self._lines.append(self.format(record) + self.terminator)
            if record.name != ACCESS or len(self._lines) >= MOST_LINES:
                self.flush()
        except Exception:  # noqa: BLE001  # a log that fails must not fail its caller
            self.handleError(record)

    def flush(self) -> None:
        """Write what is kept."""
        with self.lock or nullcontext():
            lines, self._lines = self._lines, []
            if lines:
                self.stream.write("".join(lines))
            super().flush()


def flush_logs() -> None:
    """Write what the service's log has kept."""
    for handler in logging.getLogger("moderation").handlers:
        handler.flush()


def log_config(settings: Settings) -> dict[str, Any]:
    """Return a logging configuration: one line an event, to standard error."""
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {
            "json": {"()": f"{__name__}.{JSONFormatter.__name__}"},
            "line": {"format": LINE},
        },
        "handlers": {
            "stderr": {"()": f"{__name__}.{Gathered.__name__}", "formatter": settings.log_format}
        },
        "loggers": {
            name: {"handlers": ["stderr"], "level": settings.log_level.upper(), "propagate": False}
            for name in ("moderation", "uvicorn")
        },
    }
