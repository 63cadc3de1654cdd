"""Where the public corpora are."""

from pathlib import Path

from moderation.settings import read_settings


def corpora_folder(given: Path | None = None) -> Path:
    """Return the folder of the public corpora, which need not exist yet.

    It is `given`, else the setting ``corpora``, else a folder in the user's cache.
    """
    chosen = given or read_settings().corpora
    if chosen is not None:
        return chosen
    import pooch  # noqa: PLC0415  # a server reads settings too, and never needs it

    return Path(pooch.os_cache("moderation")) / "corpora"
