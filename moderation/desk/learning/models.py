"""The model registry: the models that were promoted, the live one among them, and its folder."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from moderation.database.store import Store
from moderation.database.tables import COMMAND, models, now
from moderation.desk.accounts.accounts import Audit, check_role
from moderation.desk.errors import AlreadyUndone, NoSuchThing
from moderation.desk.types import LiveModel, Role, User
from moderation.errors import InvalidModel
from moderation.models.store import MANIFEST
from moderation.models.store.manifest import digest
from moderation.settings import shipped_models

_LIVE = sa.select(models).where(models.c.live).order_by(models.c.id.desc())


def folder_of(live: LiveModel, settings: Iterable[str]) -> Path:
    """Return the folder of the live model on this machine.

    It is the folder that it was promoted from, or one beside a model of the settings; a folder with
    another manifest holds another model.

    Parameters
    ----------
    live : LiveModel
    settings : iterable of str
        The models that the settings name, each an id or a folder.

    Raises
    ------
    InvalidModel
    """
    beside = [Path(model).parent for model in settings if len(Path(model).parts) > 1]
    candidates = [parent / live.model for parent in (*beside, shipped_models())]
    for folder in (Path(live.folder), *candidates):
        if _manifest(folder) == live.manifest:
            return folder
    raise InvalidModel(
        "The live model %(model)s is missing, or has changed since it was promoted.",
        where=live.folder,
        remedy="Copy its folder, and those of the tiers that it is made of, from the machine that "
        "trained it to that place or next to the model in the settings; or roll back at the desk.",
        values={"model": live.model},
    )


class LiveModels:
    """The models that were promoted; the live one is the last that was not rolled back."""

    def __init__(self, store: Store, audit: Audit) -> None:
        self._store = store
        self._audit = audit

    def live(self) -> LiveModel | None:
        """Return the live model, None where the model of the settings is live."""
        with self._store.reading() as connection:
            return _live(connection)

    def promoted(self) -> list[LiveModel]:
        """Return all, latest first."""
        with self._store.reading() as connection:
            live = _live(connection)
            rows = connection.execute(sa.select(models).order_by(models.c.id.desc()))
            return [_model(row, live=bool(live and live.id == row.id)) for row in rows]

    def rolled_back(self) -> LiveModel | None:
        """Return the latest model that was rolled back, if there is one."""
        chosen = sa.select(models).where(~models.c.live).order_by(models.c.id.desc()).limit(1)
        with self._store.reading() as connection:
            row = connection.execute(chosen).one_or_none()
        return None if row is None else _model(row, live=False)

    def promote(
        self, by: User | None, model: str, folder: Path, figures: Mapping[str, object]
    ) -> LiveModel:
        """Make a model live; leads only.

        Parameters
        ----------
        by : User or None
            None for the command line.
        model : str
            Its id.
        folder : Path
            The digest of its manifest is kept, so that no other model is ever taken for it.
        figures : mapping
            The figures that it was promoted for, ready for JSON.

        Raises
        ------
        NotAllowed
        """
        check_role(by, Role.LEAD)
        manifest = folder / MANIFEST
        values = {
            "model": model,
            "folder": str(folder.absolute()),
            "manifest": digest(manifest) if manifest.is_file() else "",
            "by": by.name if by else COMMAND,
            "made": now(),
            "figures": dict(figures),
            "live": True,
        }

        def act(connection: sa.Connection) -> LiveModel:
            row = connection.execute(models.insert().values(values).returning(models)).one()
            self._audit.add(connection, by, "model.promote", f"model {model}")
            return _model(row, live=True)

        return self._store.write(act)

    def roll_back(self, by: User | None, number: int | None = None) -> LiveModel | None:
        """Go back to the previous model; leads only.

        Parameters
        ----------
        by : User or None
            None for the command line.
        number : int, optional
            The live model as the person saw it: a request sent twice, or by two people, goes back
            once. Without it, the model that is live now.

        Returns
        -------
        LiveModel or None
            The model that is live now; None where it is the settings' again.

        Raises
        ------
        NotAllowed
        NoSuchThing
            If the settings' model is live already.
        AlreadyUndone
            If another model than `number` is live by now.
        """
        check_role(by, Role.LEAD)

        def act(connection: sa.Connection) -> LiveModel | None:
            # All of them are locked: whoever waited for one alone would find none.
            row = connection.execute(_LIVE.with_for_update()).first()
            if number is not None and (row is None or row.id != number):
                raise AlreadyUndone("Another model has gone live meanwhile; nothing was changed.")
            if row is None:
                raise NoSuchThing("No model has been promoted, so there is none to roll back.")
            connection.execute(models.update().where(models.c.id == row.id).values(live=False))
            self._audit.add(connection, by, "model.roll_back", f"model {row.model}")
            return _live(connection)

        return self._store.write(act)


def _manifest(folder: Path) -> str | None:
    try:
        return digest(folder / MANIFEST)
    except OSError:
        return None


def _live(connection: sa.Connection) -> LiveModel | None:
    row = connection.execute(_LIVE.limit(1)).one_or_none()
    return None if row is None else _model(row, live=True)


def _model(row: Any, *, live: bool) -> LiveModel:
    return LiveModel(
        row.id, row.model, row.folder, row.by, row.made, row.figures, live, row.manifest
    )
