"""Letting the database forget for good what was deleted, in its indexes and its log as well."""

import time
from contextlib import suppress
from functools import partial

import sqlalchemy as sa

from moderation.database.engine import BUSY_SECONDS
from moderation.database.errors import DatabaseError
from moderation.database.store import Store

TABLES = ("comments", "texts", "bands", "notes", "holds", "decisions", "bulks", "corrections")
"""Those with what can be erased."""
WAITS_SECONDS = (0.0, 0.05, 0.1, 0.2, 0.4)
MAX_MARKS = 1_000_000


def mark(store: Store, connection: sa.Connection) -> None:
    """Say, in a transaction that deletes, that SQLite is to be swept, so that no kill loses it."""
    if store.sqlite:
        connection.exec_driver_sql(f"PRAGMA user_version = {_marks(connection) % MAX_MARKS + 1}")


def is_marked(store: Store) -> bool:
    """Whether something was deleted and not swept; PostgreSQL sees to that by itself."""
    with store.reading() as connection:
        return store.sqlite and _marks(connection) > 0


def sweep(store: Store) -> bool:
    """Forget what was deleted.

    Returns
    -------
    bool
        Whether it is forgotten. It is not where somebody goes on reading what was there before:
        the mark stays, and whoever sweeps or opens the database next finishes it.

    Raises
    ------
    DatabaseError
    """
    if not store.sqlite:
        store.alone(lambda connection: connection.exec_driver_sql(f"VACUUM {', '.join(TABLES)}"))
        return True
    marks = store.write(_merge)
    for wait in WAITS_SECONDS:
        time.sleep(wait)
        if store.alone(_empty_log):
            store.write(partial(_unmark, marks))
            return True
    return False


def finish(store: Store) -> None:
    """Sweep what another process was kept from sweeping, if nobody is in the way."""
    with suppress(DatabaseError):
        if is_marked(store):
            sweep(store)


def _merge(connection: sa.Connection) -> int:
    # What was deleted stays in older parts of the index of words until they are one.
    connection.exec_driver_sql("INSERT INTO search(search) VALUES ('optimize')")
    return _marks(connection)


def _empty_log(connection: sa.Connection) -> bool:
    """Write SQLite's log into its file, and empty it; return whether nobody was in the way."""
    # Waiting here, it would keep all others from writing.
    connection.exec_driver_sql("PRAGMA busy_timeout = 0")
    try:
        busy, *_ = connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)").one()
    finally:
        connection.exec_driver_sql(f"PRAGMA busy_timeout = {BUSY_SECONDS * 1000}")
    return not busy


def _marks(connection: sa.Connection) -> int:
    number: int = connection.exec_driver_sql("PRAGMA user_version").scalar_one()
    return number


def _unmark(marks: int, connection: sa.Connection) -> None:
    # Something may have been deleted since.
    if _marks(connection) == marks:
        connection.exec_driver_sql("PRAGMA user_version = 0")
