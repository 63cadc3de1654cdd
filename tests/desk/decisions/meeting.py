"""Two people at one comment, one of whom the database lets wait."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

import sqlalchemy as sa

from moderation.desk import Desk
from moderation.desk.errors import DeskError
from moderation.errors import DatabaseError

PATIENCE = 10.0


def meet(desk: Desk, first: Callable[[sa.Connection], object], then: Callable[[], object]) -> None:
    """Begin `then` in a thread while what `first` did is not yet committed; end when both have.

    What the desk refuses `then` is passed over: tests look at what is in the database.
    """

    def late() -> None:
        with suppress(DeskError, DatabaseError):
            then()

    thread = threading.Thread(target=late)

    def act(connection: sa.Connection) -> None:
        first(connection)
        thread.start()
        if desk.store.sqlite:
            time.sleep(0.2)
        else:
            _until_somebody_waits(desk)

    # SQLite's threads take turns in one process; another process has none to wait for.
    with _no_turns(desk):
        desk.store.write(act)
        thread.join(PATIENCE)
    assert not thread.is_alive()


@contextmanager
def _no_turns(desk: Desk) -> Iterator[None]:
    lock, desk.store._write_lock = desk.store._write_lock, _Anybodys()  # type: ignore[assignment]
    yield
    desk.store._write_lock = lock


class _Anybodys:
    def acquire(self, timeout: float) -> bool:
        return timeout > 0

    def release(self) -> None:
        """Nobody waits."""


def _until_somebody_waits(desk: Desk) -> None:
    waiting = sa.text(
        "SELECT count(*) FROM pg_stat_activity "
        "WHERE wait_event_type = 'Lock' AND datname = current_database()"
    )
    deadline = time.monotonic() + 2
    while time.monotonic() < deadline:
        with desk.store.reading() as connection:
            if connection.scalar(waiting):
                return
        time.sleep(0.01)
