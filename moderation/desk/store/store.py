"""The database, opened: transactions that wait for one another and try again."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from typing import Any, Self, TypeVar

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import DBAPIError

from moderation.desk.errors import DatabaseError
from moderation.desk.store.engine import make_engine
from moderation.desk.store.upgrade import upgrade

T = TypeVar("T")

TRIES = 6
FIRST_WAIT_SECONDS = 0.05
PASSING = frozenset({"40001", "40P01", "55P03", "57P01", "57P02", "57P03"})
"""PostgreSQL's codes for what another try mends: two transactions in each other's way, a server
that is going down or coming up."""


class Store:
    """A database of the desk.

    Parameters
    ----------
    engine : sqlalchemy.Engine
        Whose tables are up to date.
    """

    def __init__(self, engine: sa.Engine) -> None:
        self.engine = engine
        self.sqlite = engine.dialect.name == "sqlite"
        # SQLite has one writer at a time, and lets others sleep for up to a tenth of a second
        # before they look again; threads that take turns here never sleep.
        self._turn = threading.Lock() if self.sqlite else nullcontext()

    @classmethod
    def open(cls, url: str) -> Self:
        """Open a database, and make or bring up to date its tables.

        Raises
        ------
        DatabaseError
        """
        engine = make_engine(url)
        try:
            upgrade(engine)
        except DBAPIError as error:
            engine.dispose()
            raise _told(error, engine) from None
        return cls(engine)

    def close(self) -> None:
        """Let go of the connections."""
        self.engine.dispose()

    @contextmanager
    def reading(self) -> Iterator[sa.Connection]:
        """Give a connection to look, not to change.

        Raises
        ------
        DatabaseError
        """
        try:
            with self.engine.connect() as connection:
                yield connection
        except DBAPIError as error:
            raise _told(error, self.engine) from None

    def write(self, act: Callable[[sa.Connection], T]) -> T:
        """Do something in one transaction, and return what it returned once that is on the disk.

        Parameters
        ----------
        act : callable
            Given the connection. It may be called again, from the start, when the database was
            busy, so that it must change nothing but the database.

        Raises
        ------
        DatabaseError
            If the database cannot be reached, or stays busy.
        """
        wait = FIRST_WAIT_SECONDS
        for left in reversed(range(TRIES)):
            try:
                with self._turn, self.engine.connect() as connection:
                    writing = connection.execution_options(writes=True)
                    with writing.begin():
                        return act(writing)
            except DBAPIError as error:
                if not left or not _passes(error):
                    raise _told(error, self.engine) from None
            time.sleep(wait)
            wait *= 2
        raise AssertionError  # the last try returned or raised

    def sweep(self) -> None:
        """Let the database forget for good what was deleted, in its indexes and its log as well.

        Raises
        ------
        DatabaseError
        """
        if self.sqlite:
            merge = sa.text("INSERT INTO search(search) VALUES ('optimize')")
            self.write(lambda connection: connection.execute(merge))
        self._alone("PRAGMA wal_checkpoint(TRUNCATE)" if self.sqlite else "VACUUM (ANALYZE)")

    def _alone(self, statement: str) -> None:
        """Run what cannot be part of a transaction."""
        try:
            with self._turn, self.engine.connect() as connection:
                raw = connection.execution_options(isolation_level="AUTOCOMMIT")
                raw.exec_driver_sql(statement)
        except DBAPIError as error:
            raise _told(error, self.engine) from None

    def insert(self, table: sa.Table) -> Any:
        """Return an INSERT of this database's own kind, which knows ON CONFLICT."""
        if self.sqlite:
            return sqlite.insert(table)
        return postgresql.insert(table)


def _passes(error: DBAPIError) -> bool:
    code = getattr(error.orig, "sqlstate", None)
    busy = "locked" in str(error.orig) or "busy" in str(error.orig)
    return error.connection_invalidated or code in PASSING or (code is None and busy)


def _told(error: DBAPIError, engine: sa.Engine) -> DatabaseError:
    """Return the error without the statement and its values, which may hold a comment."""
    kind = type(error.orig).__name__
    return DatabaseError(
        f"The database refused or could not be reached ({kind}).",
        where=engine.url.render_as_string(hide_password=True),
        remedy="Check the setting `desk`, the database's own log, and the room on its disk.",
    )
