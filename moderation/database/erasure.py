"""Erasure that lasts: deleted content leaves SQLite's files, and erased comments do not come back.

SQLite keeps deleted content in the parts of its index of words and in its write-ahead log until
`vacuum` has rewritten them. Comments that wait outside the database may be erased before they come
in: the hashes of erased comments, texts and authors are kept, and what waits is compared with them.
"""

import hashlib
import time
from collections.abc import Collection, Iterable
from contextlib import suppress
from datetime import datetime
from functools import partial

import sqlalchemy as sa

from moderation.database.engine import BUSY_SECONDS
from moderation.database.store import Store, insert_into
from moderation.database.tables import forgotten, now
from moderation.errors import DatabaseError
from moderation.text.validate import clean_text

TABLES = (
    *("comments", "texts", "bands", "notes", "holds", "decisions", "second_reviews"),
    *("bulks", "corrections", "uploads", "upload_parts"),
)
"""The tables from which content can be erased."""
WAIT_SECONDS = (0.0, 0.05, 0.1, 0.2, 0.4)
"""The waits before each attempt to empty SQLite's log."""
MAX_MARKS = 1_000_000


def text_key(text: str) -> str:
    """Return the hash of a text, the same wherever the text stands."""
    return hashlib.sha256(clean_text(text).encode()).hexdigest()


def record_erased(connection: sa.Connection, hashes: Iterable[str | None]) -> None:
    """Keep the hashes of what was erased on request."""
    made = now()
    values = [{"what": value, "made": made} for value in sorted({v for v in hashes if v})]
    if not values:
        return
    statement = insert_into(connection, forgotten)
    statement = statement.on_conflict_do_update(
        index_elements=["what"], set_={"made": statement.excluded.made}
    )
    connection.execute(statement, values)


def erasure_times(connection: sa.Connection, hashes: Collection[str]) -> dict[str, datetime]:
    """Return the times of erasure of those hashes that were erased on request."""
    if not hashes:
        return {}
    chosen = sa.select(forgotten.c.what, forgotten.c.made).where(forgotten.c.what.in_(hashes))
    return {row.what: row.made for row in connection.execute(chosen)}


def mark_for_vacuum(store: Store, connection: sa.Connection) -> None:
    """Mark a SQLite database for vacuuming, in the transaction that deletes.

    The mark outlives the process, so that the vacuum is made up for whenever the process ends.
    """
    if store.sqlite:
        connection.exec_driver_sql(f"PRAGMA user_version = {_marks(connection) % MAX_MARKS + 1}")


def needs_vacuum(store: Store) -> bool:
    """Tell whether a SQLite database is marked; PostgreSQL vacuums by itself."""
    with store.reading() as connection:
        return store.sqlite and _marks(connection) > 0


def vacuum(store: Store) -> bool:
    """Remove deleted content from the database's files.

    Returns
    -------
    bool
        Whether it is removed. False if another connection keeps reading an earlier state: the mark
        stays, and the next vacuum, or the next process that opens the database, completes it.

    Raises
    ------
    DatabaseError
    """
    if not store.sqlite:
        names = ", ".join(TABLES)
        store.autocommit(lambda connection: connection.exec_driver_sql(f"VACUUM {names}"))
        return True
    marks = store.write(_merge_index)
    for wait in WAIT_SECONDS:
        time.sleep(wait)
        if store.autocommit(_empty_log):
            store.write(partial(_unmark, marks))
            return True
    return False


def finish_vacuum(store: Store) -> None:
    """Complete a vacuum that another process could not complete, unless that fails again."""
    with suppress(DatabaseError):
        if needs_vacuum(store):
            vacuum(store)


def _merge_index(connection: sa.Connection) -> int:
    """Merge the parts of SQLite's index of words, of which the older ones hold deleted words."""
    connection.exec_driver_sql("INSERT INTO search(search) VALUES ('optimize')")
    return _marks(connection)


def _empty_log(connection: sa.Connection) -> bool:
    """Write SQLite's log into its file, and empty it; return False if a reader prevents that."""
    # While it waits here, a checkpoint would block all writers.
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
    # Another transaction may have deleted, and marked, since.
    if _marks(connection) == marks:
        connection.exec_driver_sql("PRAGMA user_version = 0")
