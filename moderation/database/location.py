"""Locations of the database, and of the spool of lines that wait for it."""

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING

import platformdirs

from moderation.errors import DatabaseError
from moderation.settings import Settings

if TYPE_CHECKING:
    import sqlalchemy as sa

FILE = "moderation.db"
DESK_FILE = "desk.db"
"""The name of earlier versions, whose database held the desk alone."""
DEMO_FILE = "moderation-demo.db"


def data_folder() -> Path:
    """Return the user's data folder, which need not be there yet."""
    return platformdirs.user_data_path("moderation", appauthor=False)


def database_url(settings: Settings) -> str:
    """Return the database's URL: the one of the settings, else that of a SQLite file.

    The file is in the user's data folder. If ``keys_file`` or ``corrections`` names another folder,
    it is there: that is where the operator keeps what must last, such as a container's volume.
    """
    url = settings.database or settings.desk
    if url:
        return url
    file = data_folder() / DESK_FILE
    return _file_url(file if file.is_file() else _folder(settings) / FILE)


def demo_url(settings: Settings) -> str:
    """Return the URL of the demonstration's SQLite file, in the folder of the default database."""
    return _file_url(_folder(settings) / DEMO_FILE)


def _folder(settings: Settings) -> Path:
    beside = settings.keys_file or settings.corrections
    return beside.absolute().parent if beside else data_folder()


def _file_url(file: Path) -> str:
    import sqlalchemy as sa  # noqa: PLC0415  # slow to import, and most commands have no database

    # `make_engine` makes the folder, for its owner alone.
    return sa.URL.create("sqlite", database=str(file)).render_as_string(hide_password=False)


def existing_url(database: str) -> str:
    """Return the URL of a database that must exist, given as a URL or a file.

    Raises
    ------
    DatabaseError
        If there is no such file; opening it would make an empty one.
    """
    import sqlalchemy as sa  # noqa: PLC0415  # as above
    from sqlalchemy.exc import ArgumentError  # noqa: PLC0415  # as above

    url = database if "://" in database else f"sqlite:///{database}"
    try:
        parsed = sa.make_url(url)
    except ArgumentError:
        return url  # `make_engine` says what is wrong with it.
    file = Path(parsed.database or "")
    if parsed.get_backend_name() == "sqlite" and not file.is_file():
        raise DatabaseError(
            "There is no such database.", where=str(file), remedy="Correct the file's name."
        )
    return url


def spool_path(settings: Settings, url: "sa.URL") -> Path:
    """Return the folder of a database's spool: the one of the settings, else one of its own."""
    if settings.desk_spool:
        return settings.desk_spool
    if url.get_backend_name() == "sqlite" and url.database:
        file = Path(url.database).absolute()
        return file.with_name(f"{file.name}.spool")
    # Lines that wait for one database must not get into another.
    name = f"{url.host} {url.port} {url.database} {url.query.get('host')}"
    return data_folder() / "spool" / hashlib.sha256(name.encode()).hexdigest()[:16]
