"""Where the desk's files are."""

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING

import platformdirs

from moderation.database.errors import DatabaseError
from moderation.settings import Settings

if TYPE_CHECKING:
    import sqlalchemy as sa

FILE = "desk.db"
POLICY = "policy.toml"


def desk_url(settings: Settings) -> str:
    """Return the database's URL: the setting's, else that of a file in the user's data folder."""
    if settings.desk:
        return settings.desk
    import sqlalchemy as sa  # noqa: PLC0415  # slow to import, and most commands have no database

    # Whoever opens it makes the folder, for its owner alone.
    file = str(_folder() / FILE)
    return sa.URL.create("sqlite", database=file).render_as_string(hide_password=False)


def existing_url(named: str) -> str:
    """Return the URL of a database that must be there, named by its URL or its file.

    Raises
    ------
    DatabaseError
        If there is no such file; opening it would make an empty one.
    """
    import sqlalchemy as sa  # noqa: PLC0415  # likewise
    from sqlalchemy.exc import ArgumentError  # noqa: PLC0415  # likewise

    url = named if "://" in named else f"sqlite:///{named}"
    try:
        parsed = sa.make_url(url)
    except ArgumentError:
        return url  # whoever opens it says what is wrong
    file = Path(parsed.database or "")
    if parsed.get_backend_name() == "sqlite" and not file.is_file():
        raise DatabaseError(
            "There is no such database.", where=str(file), remedy="Correct the file's name."
        )
    return url


def spool_path(settings: Settings, url: "sa.URL") -> Path:
    """Return the folder for what a database cannot take: the setting's, else one of its own."""
    if settings.desk_spool:
        return settings.desk_spool
    if url.get_backend_name() == "sqlite" and url.database:
        file = Path(url.database).absolute()
        return file.with_name(f"{file.name}.spool")
    # What waits for one database must not get into another.
    name = f"{url.host} {url.port} {url.database} {url.query.get('host')}"
    return _folder() / "spool" / hashlib.sha256(name.encode()).hexdigest()[:16]


def policy_path(settings: Settings) -> Path:
    """Return the policy file that the desk writes: the setting's, else one in the data folder."""
    return settings.policy or _folder() / POLICY


def _folder() -> Path:
    return platformdirs.user_data_path("moderation", appauthor=False)
