"""Where the desk's files are."""

from pathlib import Path

import platformdirs
import sqlalchemy as sa
from sqlalchemy.exc import ArgumentError

from moderation.desk.errors import DatabaseError
from moderation.settings import Settings

FILE = "desk.db"
POLICY = "policy.toml"


def desk_url(settings: Settings) -> str:
    """Return the database's URL: the setting's, else that of a file in the user's data folder."""
    if settings.desk:
        return settings.desk
    folder = _folder()
    folder.mkdir(parents=True, exist_ok=True)
    return f"sqlite:///{folder / FILE}"


def existing_url(named: str) -> str:
    """Return the URL of a database that must be there, named by its URL or its file.

    Raises
    ------
    DatabaseError
        If there is no such file; opening it would make an empty one.
    """
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


def policy_path(settings: Settings) -> Path:
    """Return the policy file that the desk writes: the setting's, else one in the data folder."""
    return settings.policy or _folder() / POLICY


def _folder() -> Path:
    return platformdirs.user_data_path("moderation", appauthor=False)
