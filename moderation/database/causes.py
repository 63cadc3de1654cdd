"""Causes of a database's failures: errors that name the cause and its remedy."""

import sqlite3
from typing import NamedTuple

from sqlalchemy import exc
from sqlalchemy.exc import DataError, DBAPIError, IntegrityError, StatementError

from moderation.errors import DatabaseError, DatabaseRefused, Unavailable

WHERE = "setting database"
"""The place that an error names. The address, without its password, is for the log only."""
LOOK = "Check the setting `database` or `desk`, the database's own log, and the room on its disk."
ROOM = "Make room on it; nothing that was acknowledged is lost."
AGAIN = "Try again; if it stays so, look at the database's own log."
RIGHTS = "Give the database's file and its folder to the user who runs this command or service."
NAME = "Correct the database's URL in the setting `database` or `desk`."
RESTORE = "Put a backup in its place: `moderation desk restore FILE --replace`."


class Cause(NamedTuple):
    """A cause of a failure, and its remedy.

    Parameters
    ----------
    message, remedy : str
    is_transient : bool
        Whether it may end by itself, or once somebody has mended the machine, so that a service
        goes on meanwhile.
    """

    message: str
    remedy: str
    is_transient: bool = False

    def error(self, where: str = WHERE) -> DatabaseError:
        """Return the error to raise."""
        kind = Unavailable if self.is_transient else DatabaseError
        return kind(self.message, where=where, remedy=self.remedy)


FULL = Cause("The database's disk is full.", ROOM, is_transient=True)
LOCKED = Cause(
    "The database is busy: another program keeps it locked.",
    "Try again; if it stays so, end the program that has it open.",
    is_transient=True,
)
SLOW = Cause("The database took too long to answer.", AGAIN, is_transient=True)
GONE = Cause(
    "The connection to the database broke: it was stopped, or the network failed.",
    AGAIN,
    is_transient=True,
)
STARTING = Cause(
    "The database is starting or stopping.", "Try again in a moment.", is_transient=True
)
CROWDED = Cause(
    "The database takes no more connections.",
    "Raise its `max_connections`, or run fewer serving processes.",
    is_transient=True,
)
READ_ONLY = Cause("The database is read-only.", RIGHTS, is_transient=True)
PASSWORD = Cause("The database refused the user or the password.", NAME)
NOT_THERE = Cause(
    "The server has no database of this name.",
    "Create it, or correct the setting `database` or `desk`.",
)
FORBIDDEN = Cause(
    "The database's user may not do this.", "Give that user the rights to the desk's tables."
)
REFUSED = Cause(
    "The database does not respond at its address.",
    "Start the database, or correct the setting `database` or `desk`.",
    is_transient=True,
)
UNKNOWN_HOST = Cause("The database's host name is not known.", NAME, is_transient=True)
WAITED = Cause(
    "All connections to the database are in use (Timeout).",
    "Try again in a moment.",
    is_transient=True,
)

SQLITE_CODES = {
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
        is_transient=True,
    ),
}
"""Causes by SQLite's primary result code."""

SQLSTATES = {
    "28P01": PASSWORD,
    "28000": PASSWORD,
    "3D000": NOT_THERE,
    "42501": FORBIDDEN,
    "25006": READ_ONLY,
    "53100": FULL,
    "53200": Cause("The database's machine is out of memory.", AGAIN, is_transient=True),
    "53300": CROWDED,
    "55P03": LOCKED,
    "40001": LOCKED,
    "40P01": LOCKED,
    "57014": SLOW,
    "57P01": STARTING,
    "57P02": STARTING,
    "57P03": STARTING,
    "25P03": SLOW,
    "58030": Cause(
        "The database's disk failed.", "Look at the machine's own log.", is_transient=True
    ),
    "XX001": Cause("The database is damaged.", "Restore a backup with pg_restore."),
    "XX002": Cause("An index of the database is damaged.", "Run REINDEX."),
}
"""Causes by PostgreSQL's SQLSTATE."""

CONNECTION_MESSAGES = (
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
"""Causes by words of PostgreSQL's message where it refuses a connection, which has no SQLSTATE.
The message of a server that speaks another language gives an unknown cause."""


def database_error(error: Exception) -> DatabaseError:
    """Return the error to raise for one of SQLAlchemy.

    It holds neither the statement nor its values, which may be a comment.

    Parameters
    ----------
    error : Exception
        An error of SQLAlchemy.

    Returns
    -------
    DatabaseError
        `Unavailable` if a later attempt may succeed; `DatabaseRefused` if the database works and
        the values given to it are at fault.
    """
    origin = getattr(error, "orig", None) or error
    if isinstance(error, exc.TimeoutError):
        return WAITED.error()
    if isinstance(error, (DataError, IntegrityError)) or _was_not_sent(error):
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


def sqlite_error(error: sqlite3.Error, where: str) -> DatabaseError:
    """Return the error to raise for one of SQLite's own driver, about the file `where`."""
    cause = _sqlite_cause(error)
    if cause is not None:
        return cause.error(where)
    return DatabaseError(f"SQLite cannot use it ({type(error).__name__}).", where=where)


def _was_not_sent(error: Exception) -> bool:
    """Tell whether a value could not even be sent to the database."""
    return isinstance(error, StatementError) and not isinstance(error, DBAPIError)


def _cause(error: Exception, origin: BaseException) -> Cause | None:
    """Return the known cause of an error of SQLAlchemy, None where it is unknown."""
    if isinstance(origin, sqlite3.Error):
        return _sqlite_cause(origin)
    code = getattr(origin, "sqlstate", None)
    if code in SQLSTATES:
        return SQLSTATES[code]
    message = str(origin).lower()
    if "connect" in message or "resolve host" in message:
        for words, cause in CONNECTION_MESSAGES:
            if words in message:
                return cause
    if isinstance(error, DBAPIError) and error.connection_invalidated:
        return GONE
    return None


def _sqlite_cause(error: sqlite3.Error) -> Cause | None:
    # An extended result code has the primary one in its lowest byte.
    return SQLITE_CODES.get(getattr(error, "sqlite_errorcode", 0) & 0xFF)
