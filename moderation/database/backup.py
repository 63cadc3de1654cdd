"""Backups of a SQLite database: made while it is in use, checked, and restored."""

import os
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path

from moderation.database.causes import sqlite_error
from moderation.database.engine import parse_url, plain_address, revisions
from moderation.database.store import Store
from moderation.errors import DatabaseError
from moderation.files import sync_folder

SQLITE_SUFFIXES = ("-wal", "-shm", "-journal")
"""Suffixes of the files that SQLite keeps beside a database in use."""
OLD_SUFFIX = ".before-restore"
DOCUMENTATION = "docs/desk.md says how"


def back_up(url: str, copy: Path) -> int:
    """Copy a database as it is at one moment, and check the copy; return its size in bytes.

    Other connections go on writing. What was acknowledged before this call is in the copy.

    Parameters
    ----------
    url : str
        The URL of an existing SQLite database.
    copy : Path
        The file to write, in one step and readable by its owner alone; an existing file is
        replaced.

    Raises
    ------
    DatabaseError
        If the database does not exist, is PostgreSQL's or is damaged, or the copy cannot be
        written.
    """
    source = _sqlite_file(url, "pg_dump --format=custom --file=FILE")
    if not source.is_file():
        raise DatabaseError("There is no such database.", where=str(source))
    if copy.exists() and copy.samefile(source):
        raise DatabaseError("A database is no backup of itself.", where=str(copy))
    with _new_file(copy) as draft:
        _copy(source, draft)
        _check(draft, source)
        size = draft.stat().st_size
        _move(draft, copy)
    return size


def restore(copy: Path, url: str, *, replace: bool) -> None:
    """Restore a database from a backup, and bring its tables up to date.

    The existing database is kept until the backup has been opened in its place.

    Parameters
    ----------
    copy : Path
        The backup.
    url : str
        The URL of a SQLite database.
    replace : bool
        Whether an existing database may be replaced.

    Raises
    ------
    DatabaseError
        If the backup is damaged, was made by a later version or is no database of a desk; if the
        database exists and is not to be replaced, or is open elsewhere; or if it is PostgreSQL's.
    """
    target = _sqlite_file(url, "pg_restore --clean --if-exists --dbname=NAME FILE")
    if not copy.is_file():
        raise DatabaseError("There is no such backup.", where=str(copy))
    if target.exists():
        if copy.samefile(target):
            raise DatabaseError("This is the database itself.", where=str(copy))
        if not replace:
            raise DatabaseError(
                "There is a database.",
                where=str(target),
                remedy="Say --replace to put the backup in its place.",
            )
    with _new_file(target) as draft:
        _copy(copy, draft)
        _check(draft, copy)
        with _locked(target):
            old = _set_aside(target)
            _move(draft, target)
    try:
        Store.open(url).close()
    except DatabaseError:
        if old:
            old.replace(target)
        raise
    if old:
        old.unlink()


def _sqlite_file(url: str, postgres_command: str) -> Path:
    """Return the file of a SQLite database's URL."""
    parsed = parse_url(url)
    if parsed.get_backend_name() != "sqlite":
        raise DatabaseError(
            "PostgreSQL has its own program for this.",
            where=plain_address(parsed),
            remedy=f"Run `{postgres_command}`; {DOCUMENTATION}.",
        )
    if not parsed.database:
        raise DatabaseError("A file is needed.", where="database")
    return Path(parsed.database).absolute()


@contextmanager
def _new_file(final: Path) -> Iterator[Path]:
    """Yield an empty private file in the folder of another; it is deleted unless it is moved."""
    draft: Path | None = None
    try:
        final.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        with tempfile.NamedTemporaryFile(
            prefix=f".{final.name}.", dir=final.parent, delete=False
        ) as file:
            draft = Path(file.name)
        yield draft
    except OSError as error:
        raise DatabaseError(
            f"Cannot be written: {error.strerror}.", where=str(final.parent)
        ) from None
    except sqlite3.Error as error:
        raise sqlite_error(error, str(final)) from None
    finally:
        if draft:
            for suffix in ("", *SQLITE_SUFFIXES):
                draft.with_name(f"{draft.name}{suffix}").unlink(missing_ok=True)


def _copy(source: Path, draft: Path) -> None:
    """Copy a database, as it is at one moment, into a single file."""
    try:
        reader = sqlite3.connect(source.as_uri() + "?mode=rw", uri=True)
    except sqlite3.Error as error:
        raise sqlite_error(error, str(source)) from None
    with closing(reader), closing(sqlite3.connect(draft)) as writer:
        try:
            # All pages in one step: a reader blocks no writer, and sees one moment.
            reader.backup(writer)
        except sqlite3.DatabaseError as error:
            raise sqlite_error(error, str(source)) from None
        # Without a log beside it, the file can be moved as it is.
        writer.execute("PRAGMA journal_mode = DELETE")


def _check(file: Path, source: Path) -> None:
    """Check that a file is a whole database of a desk, of this version or an earlier one."""
    with closing(sqlite3.connect(file)) as connection:
        try:
            integrity = connection.execute("PRAGMA integrity_check").fetchone()[0]
            version = connection.execute("SELECT version_num FROM alembic_version").fetchone()
        except sqlite3.DatabaseError as error:
            if error.sqlite_errorcode == sqlite3.SQLITE_ERROR:  # there is no such table
                raise DatabaseError("This is no database of a desk.", where=str(source)) from None
            raise sqlite_error(error, str(source)) from None
    if integrity != "ok":
        raise DatabaseError("The database's file is damaged.", where=str(source))
    if version is None or version[0] not in revisions():
        raise DatabaseError(
            "The database was made by a later version of this project.",
            where=str(source),
            remedy="Install that version.",
        )


@contextmanager
def _locked(file: Path) -> Iterator[None]:
    """Lock a database against all others.

    Raises
    ------
    DatabaseError
        If another connection has it open.
    """
    if not file.exists():
        yield
        return
    with closing(sqlite3.connect(file, timeout=0, isolation_level=None)) as connection:
        try:
            # SQLite leaves its log only for a connection that is alone.
            connection.execute("PRAGMA journal_mode = DELETE")
            connection.execute("BEGIN EXCLUSIVE")
        except sqlite3.OperationalError:
            raise DatabaseError(
                "Somebody has the database open.", where=str(file), remedy="Stop the service."
            ) from None
        except sqlite3.DatabaseError:
            pass  # The file is damaged or no database, and is about to be replaced.
        yield


def _set_aside(file: Path) -> Path | None:
    """Link a database's file under a second name, and delete the files that SQLite has beside it.

    Returns
    -------
    Path or None
        The second name; None if there is no file.
    """
    if not file.exists():
        return None
    old = file.with_name(file.name + OLD_SUFFIX)
    old.unlink(missing_ok=True)
    old.hardlink_to(file)
    for suffix in SQLITE_SUFFIXES:
        with suppress(OSError):
            file.with_name(f"{file.name}{suffix}").unlink()
    return old


def _move(draft: Path, file: Path) -> None:
    """Move a file to its final name in one step, once its content is on the disk."""
    with draft.open("rb") as content:
        os.fsync(content.fileno())
    draft.replace(file)
    sync_folder(file.parent)
