"""The database, opened: transactions that wait for one another and try again."""

import hashlib
import logging
import threading
import time
from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from functools import partial
from typing import Any, Self, TypeVar

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import DBAPIError, DisconnectionError, StatementError

from moderation.database.causes import LOCKED, WHERE, told
from moderation.database.engine import (
    BUSY_SECONDS,
    make_engine,
    plain_address,
    upgrade,
    without_hurry,
)
from moderation.database.tables import forgotten, now
from moderation.errors import DatabaseError, Unanswered, Unavailable
from moderation.text.validate import clean_text

# FOLDED reading: A connection to look with, which outlives a server's restart.


class Reading(sa.Connection):
    """A connection on which a statement is asked once more where the connection broke under it.

    PostgreSQL lets each statement of a transaction see what was committed when it began, so that
    the second try sees no less than the first would have. What is written must not go this way.
    """

    _is_second = False

    def execute(self, *args: Any, **kwargs: Any) -> Any:
        """Ask the database for rows."""
        return self._ask(super().execute, args, kwargs)

    def scalar(self, *args: Any, **kwargs: Any) -> Any:
        """Ask the database for one value."""
        return self._ask(super().scalar, args, kwargs)

    def exec_driver_sql(self, *args: Any, **kwargs: Any) -> Any:
        """Ask the database in its own words."""
        return self._ask(super().exec_driver_sql, args, kwargs)

    def _ask(self, how: Callable[..., Any], args: Any, kwargs: Any) -> Any:
        try:
            return how(*args, **kwargs)
        except DBAPIError as error:
            if self._is_second or not error.connection_invalidated:
                raise
        self._is_second = True
        # The broken connection is let go of; the next statement gets another one.
        self.rollback()
        return how(*args, **kwargs)


log = logging.getLogger(__name__)
T = TypeVar("T")

TRIES = 6
FIRST_WAIT_SECONDS = 0.05
MAX_SECONDS = 15.0
"""No try begins later, and nobody waits longer for a turn."""
PASSING = frozenset({"40001", "40P01", "55P03", "57P01", "57P02", "57P03"})
"""PostgreSQL's codes for what another try mends: two transactions in each other's way, a server
that is going down or coming up."""
ROLLED_BACK = "40"
"""The class of those that a COMMIT answers where it has certainly done nothing."""
Failure = (StatementError, DisconnectionError, sa.exc.TimeoutError)
"""What SQLAlchemy says of a database; the rest that it may say is a mistake of this package."""


class Store:
    """A database.

    Parameters
    ----------
    engine : sqlalchemy.Engine
    ready : bool
        Whether its tables are up to date; if not, they are brought up to date before anything else
        is done.
    prepare : callable, optional
        Called once with the store, when its tables have been brought up to date.
    """

    def __init__(
        self,
        engine: sa.Engine,
        *,
        ready: bool = True,
        prepare: Callable[["Store"], object] | None = None,
    ) -> None:
        self._prepare = prepare
        self.engine = engine
        self.sqlite = engine.dialect.name == "sqlite"
        self._ready = ready
        self._readying = threading.Lock()
        # SQLite has one writer at a time, and lets others sleep for up to a tenth of a second
        # before they look again; threads that take turns here never sleep.
        self._turn = threading.Lock()

    @classmethod
    def open(
        cls,
        url: str,
        *,
        later: bool = False,
        prepare: Callable[["Store"], object] | None = None,
    ) -> Self:
        """Open a database, and make or bring up to date its tables.

        Parameters
        ----------
        url : str
        later : bool
            Whether to do that later, with whatever is asked of it first, where it cannot be
            reached now.
        prepare : callable, optional
            Called with the store once its tables are up to date, now or later.

        Raises
        ------
        DatabaseError
        """
        store = cls(make_engine(url), ready=False, prepare=prepare)
        try:
            store._make_ready()
        except DatabaseError as error:
            if not (later and isinstance(error, Unavailable)):
                store.close()
                raise
        return store

    def _make_ready(self) -> None:
        if self._ready:
            return
        with self._readying:
            if self._ready:
                return
            try:
                upgrade(self.engine)
            except Failure as error:
                raise _told(error, self.engine) from None
            self._ready = True
        if self._prepare:
            self._prepare(self)

    @property
    def address(self) -> str:
        """The database's URL, without what may be a password."""
        return plain_address(self.engine.url)

    def close(self) -> None:
        """Let go of the connections."""
        self.engine.dispose()

    @contextmanager
    def reading(self) -> Iterator[sa.Connection]:
        """Give a connection to look, not to change.

        A statement whose connection breaks is asked once more on a new one: each sees what is
        there when it begins, whether or not others were asked before it.

        Raises
        ------
        DatabaseError
        """
        self._make_ready()
        try:
            with Reading(self.engine) as connection:
                yield connection
        except Failure as error:
            raise _told(error, self.engine) from None

    def write(self, act: Callable[[sa.Connection], T], *, again: bool = False) -> T:
        """Do something in one transaction, and return what it returned once that is on the disk.

        Parameters
        ----------
        act : callable
            Given the connection. It may be called again, from the start, when the database was
            busy, so that it must change nothing but the database.
        again : bool
            Whether it does no harm where it was done already. Only then is it tried again after
            the connection broke while the database was to say that it is on the disk.

        Raises
        ------
        DatabaseError
            If the database cannot be reached, or stays busy.
        Unanswered
            If it has not said whether it was done.
        """
        self._make_ready()
        wait, latest = FIRST_WAIT_SECONDS, time.monotonic() + MAX_SECONDS
        for left in reversed(range(TRIES)):
            ended = False
            try:
                with self._taking_turns(), self.engine.connect() as connection:
                    writing = connection.execution_options(writes=True)
                    with writing.begin() as transaction:
                        done = act(writing)
                        ended = True
                        transaction.commit()
                        return done
            except Failure as error:
                if ended and not again and not _undone(error, sqlite=self.sqlite):
                    raise _unknown(error, self.engine) from None
                if not left or not _passes(error) or time.monotonic() + wait > latest:
                    raise _told(error, self.engine) from None
            time.sleep(wait)
            wait *= 2
        raise AssertionError  # the last try returned or raised

    @contextmanager
    def _taking_turns(self) -> Iterator[None]:
        if not self.sqlite:
            yield
            return
        if not self._turn.acquire(timeout=MAX_SECONDS):
            raise LOCKED.error()
        try:
            yield
        finally:
            self._turn.release()

    def alone(self, act: Callable[[sa.Connection], T]) -> T:
        """Do what cannot be part of a transaction, for as long as it takes.

        Raises
        ------
        DatabaseError
        """
        self._make_ready()
        try:
            with self._taking_turns(), self.engine.connect() as connection:
                alone = connection.execution_options(isolation_level="AUTOCOMMIT")
                with without_hurry(alone):
                    return act(alone)
        except Failure as error:
            raise _told(error, self.engine) from None

    def insert(self, table: sa.Table) -> Any:
        """Return an INSERT of this database's own kind, which knows ON CONFLICT."""
        return _inserts(self.engine.dialect, table)


def insert_into(connection: sa.Connection, table: sa.Table) -> Any:
    """Return an INSERT of a connection's kind of database, which knows ON CONFLICT."""
    return _inserts(connection.dialect, table)


def _inserts(dialect: sa.Dialect, table: sa.Table) -> Any:
    return (sqlite if dialect.name == "sqlite" else postgresql).insert(table)


def _passes(error: Exception) -> bool:
    """Whether another try may mend it."""
    if not isinstance(error, DBAPIError):
        return False
    code = getattr(error.orig, "sqlstate", None)
    busy = "locked" in str(error.orig) or "busy" in str(error.orig)
    return error.connection_invalidated or code in PASSING or (code is None and busy)


def _undone(error: Exception, *, sqlite: bool) -> bool:
    """Whether a failed COMMIT certainly did nothing."""
    code = getattr(getattr(error, "orig", None), "sqlstate", None) or ""
    # SQLite says itself that it has not committed, and there is no way on which that gets lost.
    return sqlite or code.startswith(ROLLED_BACK)


def _unknown(error: Exception, engine: sa.Engine) -> Unanswered:
    _log(error, engine)
    return Unanswered(
        "The connection to the database broke before it said whether this was done.",
        where=WHERE,
        remedy="Look whether it was, before you do it again.",
    )


def _told(error: Exception, engine: sa.Engine) -> DatabaseError:
    _log(error, engine)
    return told(error)


def _log(error: Exception, engine: sa.Engine) -> None:
    kind = type(getattr(error, "orig", None) or error).__name__
    log.warning("%s (%s) at %s", told(error).message, kind, plain_address(engine.url))


# FOLDED vacuum: Letting the database forget for good what was deleted, in its indexes and its log
# as well.

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


# FOLDED forgotten: Hashes of what was erased on request, so that nothing that waits brings it
# back.


def text_key(text: str) -> str:
    """Return the hash that the same text has wherever it stands."""
    return hashlib.sha256(clean_text(text).encode()).hexdigest()


def forget(connection: sa.Connection, what: Iterable[str | None]) -> None:
    """Note what was erased on request, by hash."""
    values = [{"what": name, "made": now()} for name in sorted({name for name in what if name})]
    if not values:
        return
    statement = insert_into(connection, forgotten)
    statement = statement.on_conflict_do_update(
        index_elements=["what"], set_={"made": statement.excluded.made}
    )
    connection.execute(statement, values)


def when_forgotten(connection: sa.Connection, what: Collection[str]) -> dict[str, datetime]:
    """Return, by hash, the times at which things were erased."""
    chosen = sa.select(forgotten.c.what, forgotten.c.made).where(forgotten.c.what.in_(what))
    return {row.what: row.made for row in connection.execute(chosen)} if what else {}
