"""Finding the folder of the live model, on whatever machine."""

from collections.abc import Iterable
from pathlib import Path

from moderation.desk.words import LiveModel
from moderation.errors import InvalidModel
from moderation.learning.store import MANIFEST
from moderation.learning.store.files import digest
from moderation.settings import shipped_models


def folder_of(live: LiveModel, settings: Iterable[str]) -> Path:
    """Return where the live model is: where it was put, or beside a model of the settings.

    What has its name and another manifest is another model.

    Parameters
    ----------
    live : LiveModel
    settings : iterable of str
        The models that the settings name, each an id or a folder.

    Raises
    ------
    InvalidModel
    """
    beside = [Path(one).parent for one in settings if len(Path(one).parts) > 1]
    places = [place / live.model for place in (*beside, shipped_models())]
    for folder in (Path(live.folder), *places):
        if _manifest(folder) == live.manifest:
            return folder
    raise InvalidModel(
        "The live model %(model)s is missing, or has changed since it was promoted.",
        where=live.folder,
        remedy="Copy its folder, and those of the tiers that it is made of, from the machine that "
        "trained it to that place or next to the model in the settings; or roll back at the desk.",
        values={"model": live.model},
    )


def _manifest(folder: Path) -> str | None:
    try:
        return digest(folder / MANIFEST)
    except OSError:
        return None
