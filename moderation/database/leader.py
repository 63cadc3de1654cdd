"""Leadership: of all processes that use a database, one at a time does some work."""

from pathlib import Path

import sqlalchemy as sa
from filelock import FileLock, Timeout

from moderation.database.store import DATABASE_FAILURES, Store


class Leader:
    """A lock that one process holds until it ends or loses the database.

    In PostgreSQL it is an advisory lock of a session, so that it is free at once when the process
    or its connection dies; beside a file of SQLite it is a lock of the operating system.

    Parameters
    ----------
    store : Store
    number : int
        The number of the advisory lock.
    name : str
        The name of the work, for the lock's file.
    """

    def __init__(self, store: Store, number: int, name: str) -> None:
        self._store = store
        self._number = number
        self._connection: sa.Connection | None = None
        self._file: FileLock | None = None
        if store.sqlite:
            path = Path(f"{store.engine.url.database}.{name}.lock")
            # Taken in one thread and given back in another.
            self._file = FileLock(path, timeout=0, thread_local=False)

    def acquire(self) -> bool:
        """Take the lock if nobody has it; tell whether this process holds it.

        Raises
        ------
        DatabaseError
        """
        if self._file is not None:
            try:
                self._file.acquire()
            except Timeout:
                return False
            return True
        if self._connection is None:
            with self._store.reading() as connection:  # the database answers, and has its tables
                connection.exec_driver_sql("SELECT 1")
            engine = self._store.engine.execution_options(isolation_level="AUTOCOMMIT")
            self._connection = engine.connect()
        try:
            held = self._connection.exec_driver_sql(
                f"SELECT pg_try_advisory_lock({self._number})"
            ).scalar_one()
        except DATABASE_FAILURES:
            held = False
        if not held:
            self.release()
        return bool(held)

    def is_held(self) -> bool:
        """Tell whether the lock is still this process's."""
        if self._file is not None:
            return self._file.is_locked
        if self._connection is None:
            return False
        try:
            self._connection.exec_driver_sql("SELECT 1")
        except DATABASE_FAILURES:
            self.release()
            return False
        return True

    def release(self) -> None:
        """Give the lock back, if this process holds it."""
        if self._file is not None:
            self._file.release()
        connection, self._connection = self._connection, None
        if connection is not None:
            # Closed for good: a pooled connection would keep the session, and with it the lock.
            connection.invalidate()
            connection.close()
