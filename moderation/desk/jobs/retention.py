"""Retention: every serving process erases old comments after the time that the settings name."""

import asyncio
import logging
from datetime import UTC, datetime, timedelta
from functools import partial
from threading import Event

from moderation.database.erasure import finish_vacuum
from moderation.desk.desk import Desk
from moderation.desk.types import Role, User
from moderation.service.lifecycle import repeat

log = logging.getLogger(__name__)

EVERY_SECONDS = 3600.0
REMEMBERED = timedelta(days=30)
"""The time for which deliveries taken in, and erasures on request, are remembered."""
KEEPER = User(0, "(setting desk_retention_days)", Role.ADMIN)
"""The user who erases automatically, as the audit log names it."""


class Keeper:
    """Erases the comments older than the settings allow, every hour.

    Several processes may do so at once.

    Parameters
    ----------
    desk : Desk
    days : int or None
        None erases nothing; erasures that others began are finished.
    """

    def __init__(self, desk: Desk, days: int | None) -> None:
        self._desk = desk
        self._days = days
        self._stopped = Event()

    async def run(self) -> None:
        """Erase again and again, until cancelled."""
        try:
            erasing = partial(asyncio.to_thread, self.erase)
            await repeat(erasing, EVERY_SECONDS, log, "what is old could not be erased")
        finally:
            # The thread finishes its transaction; the rest waits for the next hour.
            self._stopped.set()

    def erase(self) -> None:
        """Erase the comments that are too old."""
        self._desk.retention.tidy(datetime.now(UTC) - REMEMBERED)
        if self._days is None:
            finish_vacuum(self._desk.store)
            return
        before = datetime.now(UTC) - timedelta(days=self._days)
        self._desk.retention.purge(KEEPER, before, self._stopped.is_set)
