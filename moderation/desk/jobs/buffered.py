"""Buffered intake: deliveries go to the database, or to the spool while it does not answer."""

import asyncio
import logging
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from functools import partial
from threading import Lock

from moderation.database.spool import Spool, SpoolFull
from moderation.desk.desk import Desk
from moderation.desk.intake.records import Delivery
from moderation.desk.types import Submission
from moderation.errors import DatabaseError, DatabaseRefused
from moderation.files import PRIVATE, write_bytes
from moderation.service import metrics
from moderation.service.intake import Correction, CorrectionNotStored
from moderation.service.process import repeat

log = logging.getLogger(__name__)

STORE_SECONDS = 1.0
"""The longest time that a delivery waits for the database."""
EVERY_SECONDS = 1.0
"""Time between two attempts to take in the deliveries in the spool."""
CLOSE_SECONDS = 2.0
"""The longest time that closing waits for the delivery that is being taken in."""
WRITERS = 4
"""Threads that write to the database and may wait for it; they have no other work."""
LINES = 100
"""Deliveries that are taken in at a time."""
REFUSED = "refused"
"""The suffix of the file of a delivery that the database refuses for its content."""


class BufferedIntake:
    """Keeps comments and corrections, whether or not the database takes them now.

    Where the database fails or takes longer than `STORE_SECONDS`, they go to the spool, and later
    ones go there at once, until the database has taken in something again. The database records the
    deliveries that it has taken in, so that one that it kept after all, too late, is not counted
    twice. All methods may be called from several threads.

    Parameters
    ----------
    desk : Desk
    spool : Spool
    days : int or None
        The retention: an older delivery is dropped, as its text would be erased at once.
    """

    def __init__(self, desk: Desk, spool: Spool, days: int | None = None) -> None:
        self._desk = desk
        self._spool = spool
        self._days = days
        self._away = False
        self._changing = Lock()
        self._writers = ThreadPoolExecutor(WRITERS, thread_name_prefix="desk intake")
        self._taker = ThreadPoolExecutor(1, thread_name_prefix="desk spool")

    @property
    def is_away(self) -> bool:
        """True while the database does not take deliveries."""
        return self._away

    def take(self, submissions: Sequence[Submission], /) -> None:
        """Keep comments; when this returns, they outlive the process and the machine.

        Raises
        ------
        CorrectionNotStored
            If neither the database nor the spool takes them.
        """
        delivery = Delivery.of(submissions)
        if not self._is_stored(partial(self._desk.intake.take_delivery, delivery)):
            self._put_aside(delivery, "comments", len(submissions))

    def add(self, correction: Correction) -> None:
        """Keep a correction; when this returns, it outlives the process and the machine.

        Raises
        ------
        CorrectionNotStored
            If neither the database nor the spool takes it.
        """
        if not self._is_stored(partial(self._desk.corrections.keep, correction)):
            self._put_aside(Delivery.of(correction=correction), "corrections", 1)

    async def run(self) -> None:
        """Take in the spooled deliveries, again and again, until cancelled; `close` follows it."""
        loop = asyncio.get_running_loop()

        async def take_in() -> None:
            try:
                await loop.run_in_executor(self._taker, self.take_in)
            finally:
                self._update_metrics()

        try:
            await loop.run_in_executor(self._taker, self._start)
            await repeat(take_in, EVERY_SECONDS, log, "the spool cannot be taken in")
        finally:
            metrics.SPOOL_BYTES.set(0)
            metrics.DESK_AWAY.set(0)

    def close(self, seconds: float = CLOSE_SECONDS) -> None:
        """Take no more deliveries, and leave the spooled ones to the next serving process.

        Parameters
        ----------
        seconds : float
            The longest wait for the delivery that is being taken in; then the files are released.
        """
        self._writers.shutdown(wait=False, cancel_futures=True)
        with suppress(RuntimeError, TimeoutError):  # closed before, or the database is slow
            self._taker.submit(self._spool.close).result(seconds)
        self._taker.shutdown(wait=False)

    def take_in(self) -> None:
        """Take in the spooled deliveries, those of processes that have ended included.

        Raises
        ------
        DatabaseError
            If the database does not take it yet.
        """
        self._spool.adopt()
        self._update_metrics()
        if not self._spool.waiting:
            if self._away:
                # Otherwise the next delivery would have to try.
                self._desk.store.write(lambda _: None)
                self._comes_back()
            return
        self._spool.take(self._take_lines, LINES)

    def _start(self) -> None:
        try:
            self._spool.start()
        except OSError as error:
            log.error(  # noqa: TRY400  # it says all
                "no file can be made for what the database cannot take: %s", error.strerror
            )

    def _is_stored(self, store: Callable[[], object]) -> bool:
        """Have the database keep something, and tell whether it certainly has."""
        if self._away:
            return False
        try:
            future = self._writers.submit(store)
        except RuntimeError:  # the service stops
            return False
        try:
            future.result(STORE_SECONDS)
        except TimeoutError:
            # If it has begun it goes on; the spooled copy is not taken in twice.
            future.cancel()
            self._goes_away("it takes too long")
            return False
        except DatabaseRefused:
            # Taken in alone, from the spool, it shows which delivery is at fault.
            return False
        except DatabaseError as error:
            self._goes_away(error.message)
            return False
        return True

    def _put_aside(self, delivery: Delivery, kind: str, number: int) -> None:
        """Write a delivery to the spool."""
        try:
            self._spool.append(delivery.to_line())
        except (OSError, SpoolFull) as error:
            reason = "it is full" if isinstance(error, SpoolFull) else error.strerror
            raise CorrectionNotStored(
                "New comments can be saved neither in the database nor in the spool: %(why)s.",
                where="setting desk_spool",
                remedy="Mend the database, or name a folder for the spool that has more room.",
                values={"why": reason},
            ) from None
        metrics.SPOOLED.labels(kind).inc(number)
        self._update_metrics()

    def _take_lines(self, lines: list[bytes]) -> None:
        waiting = []
        for line in lines:
            try:
                waiting.append(Delivery.from_line(line))
            except ValueError:
                # A crash has left it half-written: nobody was told that it was kept.
                metrics.TAKEN_IN.labels("unreadable").inc()
        deliveries = [delivery for delivery in waiting if not self._is_too_old(delivery)]
        try:
            self._take_some(deliveries)
        except DatabaseRefused:
            for delivery in deliveries:
                try:
                    self._take_some([delivery])
                except DatabaseRefused:
                    self._set_apart(delivery)
        except DatabaseError as error:
            self._goes_away(error.message)
            raise
        if deliveries:
            self._comes_back()

    def _take_some(self, deliveries: Sequence[Delivery]) -> None:
        self._desk.intake.take_late([each for each in deliveries if each.correction is None])
        for delivery in deliveries:
            if delivery.correction is not None:
                self._desk.corrections.keep(delivery.correction, late=True)
        for delivery in deliveries:
            kind = "corrections" if delivery.correction else "comments"
            metrics.TAKEN_IN.labels(kind).inc(
                1 if delivery.correction else len(delivery.submissions)
            )

    def _set_apart(self, delivery: Delivery) -> None:
        """Write a delivery that the database refuses to a file, for somebody to inspect."""
        file = self._spool.folder / f"{delivery.id}.{REFUSED}"
        # On the disk before the spool forgets it.
        write_bytes(file, delivery.to_line(), mode=PRIVATE)
        metrics.TAKEN_IN.labels(REFUSED).inc(max(1, len(delivery.submissions)))
        log.error("the database refuses a delivery, which is now in %s", file.name)

    def _is_too_old(self, delivery: Delivery) -> bool:
        if self._days is None or delivery.arrived > datetime.now(UTC) - timedelta(days=self._days):
            return False
        metrics.TAKEN_IN.labels("too old").inc(max(1, len(delivery.submissions)))
        return True

    def _update_metrics(self) -> None:
        metrics.SPOOL_BYTES.set(self._spool.waiting)
        metrics.DESK_AWAY.set(self._away)

    def _goes_away(self, reason: str) -> None:
        with self._changing:
            was_away, self._away = self._away, True
        if not was_away:
            log.warning(
                "the desk’s database does not take what comes in: %s What comes in goes to the "
                "spool until it does.",
                reason if reason.endswith(".") else f"{reason}.",
            )

    def _comes_back(self) -> None:
        with self._changing:
            was_away, self._away = self._away, False
        if was_away:
            log.warning("the desk’s database takes what comes in again")
