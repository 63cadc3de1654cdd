"""Why a database failed, in words that name the cause and what mends it."""

import sqlite3
from typing import NamedTuple

from sqlalchemy import exc
from sqlalchemy.exc import DataError, DBAPIError, IntegrityError, StatementError

from moderation.errors import DatabaseError, DatabaseRefused, Unavailable

WHERE = "setting database"
"""The place that an error names; the address is for the log, without its passwords."""
LOOK = "Check the setting `database` or `desk`, the database's own log, and the room on its disk."
ROOM = "Make room on it; nothing that was acknowledged is lost."
AGAIN = "Try again; if it stays so, look at the database's own log."
RIGHTS = "Give the database's file and its folder to the user who runs this command or service."
NAME = "Correct the database's URL in the setting `database` or `desk`."
RESTORE = "Put a backup in its place: `moderation desk restore FILE --replace`."


class Cause(NamedTuple):
    """A cause and its remedy.

    Parameters
    ----------
    message, remedy : str
    passes : bool
        Whether it may be over by itself, or once somebody has seen to the machine, so that a
        service goes on meanwhile.
    """

    message: str
    remedy: str
    passes: bool = False

    def error(self, where: str = WHERE) -> DatabaseError:
        """Return the error that tells of it."""
        kind = Unavailable if self.passes else DatabaseError
        return kind(self.message, where=where, remedy=self.remedy)


FULL = Cause("The database's disk is full.", ROOM, passes=True)
LOCKED = Cause(
    "The database is busy: another program keeps it locked.",
    "Try again; if it stays so, end the program that has it open.",
    passes=True,
)
SLOW = Cause("The database took too long to answer.", AGAIN, passes=True)
GONE = Cause(
    "The connection to the database broke: it was stopped, or the network failed.",
    AGAIN,
    passes=True,
)
STARTING = Cause("The database is starting or stopping.", "Try again in a moment.", passes=True)
CROWDED = Cause(
    "The database takes no more connections.",
    "Raise its `max_connections`, or run fewer serving processes.",
    passes=True,
)
READ_ONLY = Cause("The database can be read, and not written to.", RIGHTS, passes=True)
PASSWORD = Cause("The database refused the user or the password.", NAME)
NOT_THERE = Cause(
    "The server has no database of this name.",
    "Create it, or correct the setting `database` or `desk`.",
)
FORBIDDEN = Cause(
    "The database's user may not do this.", "Give that user the rights to the desk's tables."
)
REFUSED = Cause(
    "Nobody answers at the database's address.",
    "Start the database, or correct the setting `database` or `desk`.",
    passes=True,
)
UNKNOWN_HOST = Cause("The database's host name is not known.", NAME, passes=True)
WAITED = Cause(
    "All connections to the database are in use (Timeout).", "Try again in a moment.", passes=True
)

SQLITE = {
    sqlite3.SQLITE_BUSY: LOCKED,
    sqlite3.SQLITE_LOCKED: LOCKED,
    sqlite3.SQLITE_FULL: FULL,
    sqlite3.SQLITE_CORRUPT: Cause("The database's file is damaged.", RESTORE),
    sqlite3.SQLITE_NOTADB: Cause(
        "This file is no database.", f"Correct the setting `database` or `desk`. {RESTORE}"
    ),
    sqlite3.SQLITE_CANTOPEN: Cause("The database's file cannot be opened.", RIGHTS),
    sqlite3.SQLITE_PERM: Cause("The database's file may not be opened.", RIGHTS),
    sqlite3.SQLITE_READONLY: READ_ONLY,
    sqlite3.SQLITE_IOERR: Cause(
        "The disk failed while the database's file was read or written.",
        "Look at the machine's own log, and at the room on the disk.",
        passes=True,
    ),
}
"""By SQLite's primary codes."""

POSTGRESQL = {
    "28P01": PASSWORD,
    "28000": PASSWORD,
    "3D000": NOT_THERE,
    "42501": FORBIDDEN,
    "25006": READ_ONLY,
    "53100": FULL,
    "53200": Cause("The database's machine is out of memory.", AGAIN, passes=True),
    "53300": CROWDED,
    "55P03": LOCKED,
    "40001": LOCKED,
    "40P01": LOCKED,
    "57014": SLOW,
    "57P01": STARTING,
    "57P02": STARTING,
    "57P03": STARTING,
    "25P03": SLOW,
    "58030": Cause("The database's disk failed.", "Look at the machine's own log.", passes=True),
    "XX001": Cause("The database is damaged.", "Restore a backup with pg_restore."),
    "XX002": Cause("An index of the database is damaged.", "Run REINDEX."),
}
"""By SQLSTATE."""

SAID = (
    ("password authentication failed", PASSWORD),
    ("no password supplied", PASSWORD),
    ("no pg_hba.conf entry", PASSWORD),
    ("authentication failed", PASSWORD),
    ('role "', PASSWORD),
    ('database "', NOT_THERE),
    ("too many clients", CROWDED),
    ("too many connections", CROWDED),
    ("connection slots", CROWDED),
    ("the database system is", STARTING),
    ("resolve host", UNKNOWN_HOST),
    ("translate host name", UNKNOWN_HOST),
    ("connection refused", REFUSED),
    ("no such file or directory", REFUSED),
    ("timeout expired", REFUSED),
    ("timed out", REFUSED),
)
"""Words in PostgreSQL's refusals of a connection, which carry no code. Where a server speaks
another language, the cause is told as an unknown one."""


def told(error: Exception) -> DatabaseError:
    """Return an error without the statement and its values, which may hold a comment.

    Parameters
    ----------
    error : Exception
        Of SQLAlchemy.

    Returns
    -------
    DatabaseError
        `Unavailable` where another try may do, later; `DatabaseRefused` where the database works
        and what it was given is at fault.
    """
    origin = getattr(error, "orig", None) or error
    if isinstance(error, exc.TimeoutError):
        return WAITED.error()
    if isinstance(error, (DataError, IntegrityError)) or _is_mistake(error):
        return DatabaseRefused(
            f"The database refused what it was given ({type(origin).__name__}).",
            where=WHERE,
            remedy=LOOK,
        )
    cause = _cause(error, origin)
    if cause is not None:
        return cause.error()
    message = f"The database refused or could not be reached ({type(origin).__name__})."
    return DatabaseError(message, where=WHERE, remedy=LOOK)


def told_of_sqlite(error: sqlite3.Error, where: str) -> DatabaseError:
    """Return an error of SQLite itself, about a file."""
    cause = SQLITE.get(getattr(error, "sqlite_errorcode", 0) & 0xFF)
    if cause is not None:
        return cause.error(where)
    return DatabaseError(f"SQLite cannot use it ({type(error).__name__}).", where=where)


def _is_mistake(error: Exception) -> bool:
    """Tell whether a value could not even be sent."""
    return isinstance(error, StatementError) and not isinstance(error, DBAPIError)


def _cause(error: Exception, origin: BaseException) -> Cause | None:
    if isinstance(origin, sqlite3.Error):
        # The extended codes have the primary one in their lowest byte.
        return SQLITE.get(getattr(origin, "sqlite_errorcode", 0) & 0xFF)
    code = getattr(origin, "sqlstate", None)
    if code in POSTGRESQL:
        return POSTGRESQL[code]
    words = str(origin).lower()
    if "connection failed" in words or "resolve host" in words or "connect" in words:
        for said, cause in SAID:
            if said in words:
                return cause
    if isinstance(error, DBAPIError) and error.connection_invalidated:
        return GONE
    return None
