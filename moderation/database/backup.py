"""Copies of a SQLite database, made while it is in use, and put back."""

import os
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path

from moderation.database.causes import told_of_sqlite
from moderation.database.engine import parse_url, plain_address, revisions
from moderation.database.store import Store
from moderation.errors import DatabaseError

BESIDE = ("-wal", "-shm", "-journal")
"""Suffixes of the files that SQLite keeps beside one in use."""
OLD = ".before-restore"
ON_PAGE = "docs/desk.md says how"


def back_up(url: str, copy: Path) -> int:
    """Copy a database as it is at one moment, and check the copy; return its size in bytes.

    Whoever decides meanwhile goes on: what was acknowledged before this began is in the copy.

    Parameters
    ----------
    url : str
        Of a SQLite database that is there.
    copy : Path
        Put in place in one step, readable by its owner alone; what was there before is replaced.

    Raises
    ------
    DatabaseError
        If there is no such database, it is PostgreSQL's, it is damaged, or the copy cannot be
        written.
    """
    source = _file_of(url, "pg_dump --format=custom --file=FILE")
    if not source.is_file():
        raise DatabaseError("There is no such database.", where=str(source))
    if copy.exists() and copy.samefile(source):
        raise DatabaseError("A database is no backup of itself.", where=str(copy))
    with _new_file(copy) as draft:
        _copy(source, draft)
        _check(draft, source)
        size = draft.stat().st_size
        _put(draft, copy)
    return size


def restore(copy: Path, url: str, *, replace: bool) -> None:
    """Put a backup where the desk's database is, and bring its tables up to date.

    The database that was there is kept until the backup has been opened in its place.

    Parameters
    ----------
    copy : Path
    url : str
        Of a SQLite database.
    replace : bool
        Whether one that is there may be replaced.

    Raises
    ------
    DatabaseError
        If the backup is damaged, of a later version or no desk's; if there is a database and it is
        not to be replaced, or somebody has it open; or if PostgreSQL keeps it.
    """
    target = _file_of(url, "pg_restore --clean --if-exists --dbname=NAME FILE")
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
        with _nobody_at(target):
            old = _set_aside(target)
            _put(draft, target)
    try:
        Store.open(url).close()
    except DatabaseError:
        if old:
            old.replace(target)
        raise
    if old:
        old.unlink()


def _file_of(url: str, instead: str) -> Path:
    parsed = parse_url(url)
    if parsed.get_backend_name() != "sqlite":
        raise DatabaseError(
            "PostgreSQL has its own program for this.",
            where=plain_address(parsed),
            remedy=f"Run `{instead}`; {ON_PAGE}.",
        )
    if not parsed.database:
        raise DatabaseError("A file is needed.", where="database")
    return Path(parsed.database).absolute()


@contextmanager
def _new_file(beside: Path) -> Iterator[Path]:
    """Give an empty file beside another, its owner's alone, which goes where it is not moved."""
    draft: Path | None = None
    try:
        beside.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        descriptor, name = tempfile.mkstemp(prefix=f".{beside.name}.", dir=beside.parent)
        os.close(descriptor)
        draft = Path(name)
        yield draft
    except OSError as error:
        raise DatabaseError(
            f"Cannot be written: {error.strerror}.", where=str(beside.parent)
        ) from None
    except sqlite3.Error as error:
        raise told_of_sqlite(error, str(beside)) from None
    finally:
        if draft:
            for ending in ("", *BESIDE):
                draft.with_name(f"{draft.name}{ending}").unlink(missing_ok=True)


def _copy(source: Path, draft: Path) -> None:
    try:
        reading = sqlite3.connect(source.as_uri() + "?mode=rw", uri=True)
    except sqlite3.Error as error:
        raise told_of_sqlite(error, str(source)) from None
    with closing(reading), closing(sqlite3.connect(draft)) as writing:
        try:
            # All pages in one step: readers keep nobody from writing, and see one moment.
            reading.backup(writing)
        except sqlite3.DatabaseError as error:
            raise told_of_sqlite(error, str(source)) from None
        # One file, which can be moved as it is.
        writing.execute("PRAGMA journal_mode = DELETE")


def _check(file: Path, source: Path) -> None:
    """Make sure that a file is a whole database of a desk, of this version or an earlier one."""
    with closing(sqlite3.connect(file)) as connection:
        try:
            found = connection.execute("PRAGMA integrity_check").fetchone()[0]
            version = connection.execute("SELECT version_num FROM alembic_version").fetchone()
        except sqlite3.DatabaseError as error:
            if error.sqlite_errorcode == sqlite3.SQLITE_ERROR:  # there is no such table
                raise DatabaseError("This is no database of a desk.", where=str(source)) from None
            raise told_of_sqlite(error, str(source)) from None
    if found != "ok":
        raise DatabaseError("The database's file is damaged.", where=str(source))
    if version is None or version[0] not in revisions():
        raise DatabaseError(
            "The database was made by a later version of this project.",
            where=str(source),
            remedy="Install that version.",
        )


@contextmanager
def _nobody_at(file: Path) -> Iterator[None]:
    """Keep others from a database; refuse where somebody has it open."""
    if not file.exists():
        yield
        return
    with closing(sqlite3.connect(file, timeout=0, isolation_level=None)) as connection:
        try:
            # Only whoever is alone with it may leave the log beside the file.
            connection.execute("PRAGMA journal_mode = DELETE")
            connection.execute("BEGIN EXCLUSIVE")
        except sqlite3.OperationalError:
            raise DatabaseError(
                "Somebody has the database open.", where=str(file), remedy="Stop the service."
            ) from None
        except sqlite3.DatabaseError:
            pass  # damaged, or none: that is what a backup is for
        yield


def _set_aside(file: Path) -> Path | None:
    """Keep a file under another name too, without what SQLite has beside it."""
    if not file.exists():
        return None
    old = file.with_name(file.name + OLD)
    old.unlink(missing_ok=True)
    old.hardlink_to(file)
    for ending in BESIDE:
        with suppress(OSError):
            file.with_name(f"{file.name}{ending}").unlink()
    return old


def _put(draft: Path, file: Path) -> None:
    """Put a file in place of another in one step, once it is on the disk."""
    for path, then in ((draft, file), (file.parent, None)):
        descriptor = os.open(path, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
        if then:
            draft.replace(then)
