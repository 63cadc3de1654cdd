"""The store: an open database, whose transactions wait for one another and are retried."""

import logging
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Self, TypeVar

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import DBAPIError, DisconnectionError, StatementError

from moderation.database.causes import LOCKED, WHERE, database_error
from moderation.database.engine import (
    make_engine,
    no_statement_timeout,
    plain_address,
    upgrade,
)
from moderation.errors import DatabaseError, Unanswered, Unavailable

log = logging.getLogger(__name__)
T = TypeVar("T")

TRIES = 6
FIRST_WAIT_SECONDS = 0.05
QUICK_SECONDS = 2.0
"""A failure after this time has waited for a lock."""
MAX_SECONDS = 15.0
"""The time after which no attempt begins, and for which a thread waits for its turn at most."""
TRANSIENT_CODES = frozenset({"40001", "40P01", "55P03", "57P01", "57P02", "57P03"})
"""PostgreSQL's codes of failures that another attempt may mend: two transactions in each other's
way, a server that is stopping or starting."""
ROLLED_BACK = "40"
"""The class of PostgreSQL's codes with which a COMMIT says that it has certainly done nothing."""
DATABASE_FAILURES = (StatementError, DisconnectionError, sa.exc.TimeoutError)
"""SQLAlchemy's errors about a database; its other errors are mistakes of this package."""


class Store:
    """An open database.

    Parameters
    ----------
    engine : sqlalchemy.Engine
    ready : bool
        Whether the tables are up to date; if not, they are brought up to date before the first
        use.
    prepare : callable, optional
        Called once with the store, when the tables have been brought up to date.
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
        self._ready_lock = threading.Lock()
        # SQLite has one writer at a time, and lets others sleep for up to a tenth of a second
        # before they look again; threads that take turns here never sleep.
        self._write_lock = threading.Lock()

    @classmethod
    def open(
        cls,
        url: str,
        *,
        later: bool = False,
        prepare: Callable[["Store"], object] | None = None,
    ) -> Self:
        """Open a database, and make its tables or bring them up to date.

        Parameters
        ----------
        url : str
        later : bool
            Whether a database that cannot be reached now is opened at its first use.
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

    @property
    def address(self) -> str:
        """The database's URL, without what may be a password."""
        return plain_address(self.engine.url)

    def close(self) -> None:
        """Close the connections."""
        self.engine.dispose()

    @contextmanager
    def reading(self) -> Iterator[sa.Connection]:
        """Yield a connection for reading.

        A statement whose connection breaks is executed once more on a new one.

        Raises
        ------
        DatabaseError
        """
        self._make_ready()
        try:
            with ReadConnection(self.engine) as connection:
                yield connection
        except DATABASE_FAILURES as error:
            raise _failure(error, self.engine) from None

    def write(self, act: Callable[[sa.Connection], T], *, idempotent: bool = False) -> T:
        """Call a function in one transaction; return its result once that is on the disk.

        Parameters
        ----------
        act : callable
            Given the connection. It is called again, from the start, if the database was busy, so
            it must change nothing but the database.
        idempotent : bool
            Whether it does no harm to do it twice. Only then is it retried if the connection
            breaks during the commit.

        Raises
        ------
        DatabaseError
            If the database cannot be reached, or stays busy.
        Unanswered
            If the connection broke before the database answered the commit.
        """
        self._make_ready()
        wait, latest = FIRST_WAIT_SECONDS, time.monotonic() + MAX_SECONDS
        for tries_left in reversed(range(TRIES)):
            committing = False
            try:
                with self._turn(), self.engine.connect() as connection:
                    writing = connection.execution_options(writes=True)
                    with writing.begin() as transaction:
                        result = act(writing)
                        committing = True
                        transaction.commit()
                        return result
            except DATABASE_FAILURES as error:
                if committing and not idempotent and not _is_undone(error, sqlite=self.sqlite):
                    raise _unanswered(error, self.engine) from None
                too_late = time.monotonic() + wait > latest
                if not tries_left or not _is_transient(error) or too_late:
                    raise _failure(error, self.engine) from None
            time.sleep(wait)
            wait *= 2
        raise AssertionError  # the last attempt returned or raised

    def autocommit(self, act: Callable[[sa.Connection], T]) -> T:
        """Call a function outside of a transaction, without a limit of time; return its result.

        Raises
        ------
        DatabaseError
        """
        self._make_ready()
        try:
            with self._turn(), self.engine.connect() as connection:
                autocommit = connection.execution_options(isolation_level="AUTOCOMMIT")
                with no_statement_timeout(autocommit):
                    return act(autocommit)
        except DATABASE_FAILURES as error:
            raise _failure(error, self.engine) from None

    def insert(self, table: sa.Table) -> Any:
        """Return an INSERT in this database's dialect, which has ON CONFLICT."""
        return _insert(self.engine.dialect, table)

    def _upgrade(self) -> None:
        """Bring the tables up to date.

        SQLite does not wait for a lock while it turns to WAL: of several processes that open a new
        file at once, some fail at once, and try again.
        """
        wait, latest = FIRST_WAIT_SECONDS, time.monotonic() + QUICK_SECONDS
        while True:
            try:
                return upgrade(self.engine)
            except DATABASE_FAILURES as error:
                too_late = time.monotonic() + wait > latest
                if not self.sqlite or not _is_transient(error) or too_late:
                    raise _failure(error, self.engine) from None
            time.sleep(wait)
            wait *= 2

    def _make_ready(self) -> None:
        if self._ready:
            return
        with self._ready_lock:
            if self._ready:
                return
            self._upgrade()
            self._ready = True
        if self._prepare:
            self._prepare(self)

    @contextmanager
    def _turn(self) -> Iterator[None]:
        """Wait until no other thread writes to SQLite."""
        if not self.sqlite:
            yield
            return
        if not self._write_lock.acquire(timeout=MAX_SECONDS):
            raise LOCKED.error()
        try:
            yield
        finally:
            self._write_lock.release()


class ReadConnection(sa.Connection):
    """A connection that executes a statement once more if the connection broke under it.

    In PostgreSQL each statement of a transaction sees what was committed when it began, so the
    second attempt sees no less than the first would have. Writing must not be repeated so.
    """

    _was_repeated = False

    def execute(self, *args: Any, **kwargs: Any) -> Any:
        """Execute a statement, and return its result."""
        return self._repeat_once(super().execute, args, kwargs)

    def scalar(self, *args: Any, **kwargs: Any) -> Any:
        """Execute a statement, and return its first value."""
        return self._repeat_once(super().scalar, args, kwargs)

    def exec_driver_sql(self, *args: Any, **kwargs: Any) -> Any:
        """Execute a string of SQL, and return its result."""
        return self._repeat_once(super().exec_driver_sql, args, kwargs)

    def _repeat_once(self, method: Callable[..., Any], args: Any, kwargs: Any) -> Any:
        try:
            return method(*args, **kwargs)
        except DBAPIError as error:
            if self._was_repeated or not error.connection_invalidated:
                raise
        self._was_repeated = True
        # This gives the broken connection back; the next statement gets another one.
        self.rollback()
        return method(*args, **kwargs)


def insert_into(connection: sa.Connection, table: sa.Table) -> Any:
    """Return an INSERT in the dialect of a connection's database, which has ON CONFLICT."""
    return _insert(connection.dialect, table)


def _insert(dialect: sa.Dialect, table: sa.Table) -> Any:
    return (sqlite if dialect.name == "sqlite" else postgresql).insert(table)


def _is_transient(error: Exception) -> bool:
    """Tell whether another attempt may succeed."""
    if not isinstance(error, DBAPIError):
        return False
    code = getattr(error.orig, "sqlstate", None)
    busy = "locked" in str(error.orig) or "busy" in str(error.orig)
    return error.connection_invalidated or code in TRANSIENT_CODES or (code is None and busy)


def _is_undone(error: Exception, *, sqlite: bool) -> bool:
    """Tell whether a failed COMMIT certainly did nothing."""
    code = getattr(getattr(error, "orig", None), "sqlstate", None) or ""
    # SQLite itself says that it has not committed, and no network can lose that answer.
    return sqlite or code.startswith(ROLLED_BACK)


def _unanswered(error: Exception, engine: sa.Engine) -> Unanswered:
    _log_failure(error, engine)
    return Unanswered(
        "The connection to the database broke before it said whether this was done.",
        where=WHERE,
        remedy="Look whether it was, before you do it again.",
    )


def _failure(error: Exception, engine: sa.Engine) -> DatabaseError:
    _log_failure(error, engine)
    return database_error(error)


def _log_failure(error: Exception, engine: sa.Engine) -> None:
    kind = type(getattr(error, "orig", None) or error).__name__
    log.warning("%s (%s) at %s", database_error(error).message, kind, plain_address(engine.url))
