"""What a serving process erases by itself, after the time that the settings name."""

import asyncio
import logging
from datetime import UTC, datetime, timedelta
from functools import partial
from threading import Event

from moderation.database.store import finish
from moderation.desk.desk import Desk
from moderation.desk.types import Role, User
from moderation.service.lifecycle import repeat

log = logging.getLogger(__name__)

EVERY_SECONDS = 3600.0
REMEMBERED = timedelta(days=30)
"""For so long it is known which deliveries were taken in, and what was erased on request."""
KEEPER = User(0, "(setting desk_retention_days)", Role.ADMIN)
"""Who erases by itself, as the audit log names it."""


class Keeper:
    """Erases every hour what is older than the settings allow.

    Several processes may do so at once.

    Parameters
    ----------
    desk : Desk
    days : int or None
        None erases nothing, and finishes what others began.
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
            # What the thread is about is whole; the rest waits for the next hour.
            self._stopped.set()

    def erase(self) -> None:
        """Erase what is too old."""
        self._desk.retention.tidy(datetime.now(UTC) - REMEMBERED)
        if self._days is None:
            finish(self._desk.store)
            return
        before = datetime.now(UTC) - timedelta(days=self._days)
        self._desk.retention.purge(KEEPER, before, self._stopped.is_set)
