"""Keeps deliveries in the database, or in a file that waits for it; nobody waits long."""

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
from moderation.service.lifecycle import repeat

log = logging.getLogger(__name__)

STORE_SECONDS = 1.0
"""The longest time that a delivery waits for the database."""
EVERY_SECONDS = 1.0
"""Time between two looks at whether something waits and the database answers again."""
CLOSE_SECONDS = 2.0
WRITERS = 4
"""Threads that wait for the database; they are kept from nothing else while it does not answer."""
LINES = 100
"""Deliveries that are taken in at a time."""
REFUSED = "refused"
"""The suffix of the file of deliveries that the database refuses for their content."""


class BufferedIntake:
    """Keeps comments and corrections, whether or not the database takes them now.

    Where it fails or takes longer than `STORE_SECONDS`, they go to the spool, and those that come
    next go there at once, until the database has taken in something again. Which deliveries it has
    taken in, the database knows, so that one that it kept after all, too late, is not counted
    twice. All may be called from several threads.

    Parameters
    ----------
    desk : Desk
    spool : Spool
    days : int or None
        After so many days nothing is taken in any more: its text would be erased at once.
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
        """Tell whether the database did not take what came last."""
        return self._away

    def take(self, sent: Sequence[Submission], /) -> None:
        """Keep comments; when this returns, they outlive the process and the machine.

        Raises
        ------
        CorrectionNotStored
            If neither the database nor the spool takes them.
        """
        delivery = Delivery.of(sent)
        if not self._is_stored(partial(self._desk.intake.take_delivery, delivery)):
            self._put_aside(delivery, "comments", len(sent))

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
        """Take in what waits, again and again, until cancelled; `close` comes after it."""
        loop = asyncio.get_running_loop()

        async def take_in() -> None:
            try:
                await loop.run_in_executor(self._taker, self.take_in)
            finally:
                self._tell()

        try:
            await loop.run_in_executor(self._taker, self._start)
            await repeat(take_in, EVERY_SECONDS, log, "what waits cannot be taken in")
        finally:
            metrics.SPOOL_BYTES.set(0)
            metrics.DESK_AWAY.set(0)

    def close(self, seconds: float = CLOSE_SECONDS) -> None:
        """Take no more, and leave what waits to whoever serves next.

        Parameters
        ----------
        seconds : float
            How long to wait for what is being taken in, after which the files are let go of.
        """
        self._writers.shutdown(wait=False, cancel_futures=True)
        with suppress(RuntimeError, TimeoutError):  # closed before, or the database lets it wait
            self._taker.submit(self._spool.close).result(seconds)
        self._taker.shutdown(wait=False)

    def take_in(self) -> None:
        """Take in what waits, also of processes that have ended.

        Raises
        ------
        DatabaseError
            If the database does not take it yet.
        """
        self._spool.adopt()
        self._tell()
        if not self._spool.waiting:
            if self._away:
                # Whoever comes next need not find out.
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
        """Have the database keep something; whether it certainly has."""
        if self._away:
            return False
        try:
            future = self._writers.submit(store)
        except RuntimeError:  # the service stops
            return False
        try:
            future.result(STORE_SECONDS)
        except TimeoutError:
            # Begun, it goes on; what comes of it is found out when the delivery is taken in.
            future.cancel()
            self._goes_away("it takes too long")
            return False
        except DatabaseRefused:
            # Another try, alone, shows which comment it is.
            return False
        except DatabaseError as error:
            self._goes_away(error.message)
            return False
        return True

    def _put_aside(self, delivery: Delivery, what: str, number: int) -> None:
        try:
            self._spool.append(delivery.to_line())
        except (OSError, SpoolFull) as error:
            why = "it is full" if isinstance(error, SpoolFull) else error.strerror
            raise CorrectionNotStored(
                f"Neither the database nor the spool takes what comes in: {why}.",
                where="setting desk_spool",
                remedy="Mend the database, or name a folder for the spool that has more room.",
            ) from None
        metrics.SPOOLED.labels(what).inc(number)
        self._tell()

    def _take_lines(self, lines: list[bytes]) -> None:
        waiting = []
        for line in lines:
            try:
                waiting.append(Delivery.from_line(line))
            except ValueError:
                # A machine's end has left it half-written: nobody was told that it is kept.
                metrics.TAKEN_IN.labels("unreadable").inc()
        kept = [one for one in waiting if not self._is_too_old(one)]
        try:
            self._take_some(kept)
        except DatabaseRefused:
            for one in kept:
                try:
                    self._take_some([one])
                except DatabaseRefused:
                    self._set_apart(one)
        except DatabaseError as error:
            self._goes_away(error.message)
            raise
        if kept:
            self._comes_back()

    def _take_some(self, waiting: Sequence[Delivery]) -> None:
        self._desk.intake.take_late([one for one in waiting if one.correction is None])
        for one in waiting:
            if one.correction is not None:
                self._desk.corrections.keep(one.correction, late=True)
        for one in waiting:
            what = "corrections" if one.correction else "comments"
            metrics.TAKEN_IN.labels(what).inc(1 if one.correction else len(one.sent))

    def _set_apart(self, delivery: Delivery) -> None:
        """Keep what the database does not take for what it is where somebody can look at it."""
        file = self._spool.folder / f"{delivery.id}.{REFUSED}"
        # On the disk before the spool forgets it.
        write_bytes(file, delivery.to_line(), mode=PRIVATE)
        metrics.TAKEN_IN.labels(REFUSED).inc(max(1, len(delivery.sent)))
        log.error("the database refuses a delivery, which is now in %s", file.name)

    def _is_too_old(self, delivery: Delivery) -> bool:
        if self._days is None or delivery.came > datetime.now(UTC) - timedelta(days=self._days):
            return False
        metrics.TAKEN_IN.labels("too old").inc(max(1, len(delivery.sent)))
        return True

    def _tell(self) -> None:
        metrics.SPOOL_BYTES.set(self._spool.waiting)
        metrics.DESK_AWAY.set(self._away)

    def _goes_away(self, why: str) -> None:
        with self._changing:
            was, self._away = self._away, True
        if not was:
            log.warning(
                "the desk’s database does not take what comes in: %s What comes in goes to the "
                "spool until it does.",
                why if why.endswith(".") else f"{why}.",
            )

    def _comes_back(self) -> None:
        with self._changing:
            was, self._away = self._away, False
        if was:
            log.warning("the desk’s database takes what comes in again")
