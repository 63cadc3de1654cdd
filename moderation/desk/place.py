"""Where the desk's database is."""

import platformdirs

from moderation.settings import Settings

FILE = "desk.db"


def desk_url(settings: Settings) -> str:
    """Return the database's URL: the setting's, else that of a file in the user's data folder."""
    if settings.desk:
        return settings.desk
    folder = platformdirs.user_data_path("moderation", appauthor=False)
    folder.mkdir(parents=True, exist_ok=True)
    return f"sqlite:///{folder / FILE}"
