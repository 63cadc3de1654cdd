"""The model registry: the models that were promoted, the live one among them, and its folder.

The files of the latest models are in the database: an instance that did not train a model fetches
it from there into its data folder.
"""

import hashlib
import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import sqlalchemy as sa

from moderation.database.location import data_folder
from moderation.database.store import Store
from moderation.database.tables import COMMAND, model_files, models, now
from moderation.desk.accounts.accounts import Audit, check_role
from moderation.desk.errors import AlreadyUndone, NoSuchThing
from moderation.desk.types import LiveModel, Role, User
from moderation.errors import InvalidModel
from moderation.files import explain_as, storing, write_bytes
from moderation.models.store import MANIFEST
from moderation.models.store.manifest import CARD, MODEL_ID, digest, read_manifest
from moderation.settings import shipped_models

KEPT_MODELS = 5
"""Models whose files are kept; going further back needs the folder of the machine that trained."""
PART_BYTES = 1 << 20

_FILE_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,199}")
_FOLDER_NAME = re.compile(MODEL_ID)
_unwritable = explain_as(
    InvalidModel,
    message="The live model cannot be fetched: %(cause)s.",
    full="Make room; it is tried again.",
    otherwise="Mend that; it is tried again.",
)

_LIVE = sa.select(models).where(models.c.live).order_by(models.c.id.desc())


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

    def folder_of(self, live: LiveModel, settings: Iterable[str]) -> Path:
        """Return the folder of the live model on this machine.

        It is the folder that it was promoted from, or one beside a model of the settings, or one in
        the data folder, into which it is fetched from the database; a folder with another manifest
        holds another model.

        Parameters
        ----------
        live : LiveModel
        settings : iterable of str
            The models that the settings name, each an id or a folder.

        Raises
        ------
        InvalidModel
            If it is nowhere, or cannot be written into the data folder.
        """
        beside = [Path(model).parent for model in settings if len(Path(model).parts) > 1]
        candidates = [parent / live.model for parent in (*beside, shipped_models())]
        fetched = data_folder() / "models" / live.manifest[:12] / live.model
        for folder in (Path(live.folder), *candidates, fetched):
            if _manifest(folder) == live.manifest:
                return folder
        self._fetch(live, fetched)
        if _manifest(fetched) == live.manifest:
            return fetched
        raise InvalidModel(
            "The live model %(model)s is missing, or has changed since it was promoted.",
            where=live.folder,
            remedy="Copy its folder, and those of the tiers that it is made of, from the machine "
            "that trained it to that place or next to the model in the settings; or roll back at "
            "the desk.",
            values={"model": live.model},
        )

    def _fetch(self, live: LiveModel, target: Path) -> None:
        """Write the model that the database holds; its own manifest, by which it is known, last."""
        of_model = model_files.c.model_id == live.id
        names = sa.select(model_files.c.folder, model_files.c.file).where(of_model).distinct()
        with self._store.reading() as connection:
            found = [(row.folder, row.file) for row in connection.execute(names)]
            for folder, file in sorted(
                found, key=lambda name: (name[0] == live.model, name[1] == MANIFEST)
            ):
                if not _FOLDER_NAME.fullmatch(folder) or not _FILE_NAME.fullmatch(file):
                    raise InvalidModel("A file of the live model has no name.", where=live.model)
                parts = (
                    sa.select(model_files.c.content)
                    .where(of_model, model_files.c.folder == folder, model_files.c.file == file)
                    .order_by(model_files.c.part)
                )
                path = target.parent / folder / file
                with storing(path, _unwritable):
                    path.parent.mkdir(parents=True, exist_ok=True)
                content = b"".join(connection.scalars(parts))
                write_bytes(path, content, explain=_unwritable)

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
            The digest of its manifest is kept, so that no other model is ever taken for it; its
            files are kept for the other instances, unless they came with the installation.
        figures : mapping
            The figures that it was promoted for, ready for JSON.

        Raises
        ------
        NotAllowed
        InvalidModel
            If a file is not the one that its manifest names.
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
            _keep_files(connection, row.id, folder, model)
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


class _File(NamedTuple):
    """A file of a model, with the SHA-256 that its manifest expects, None where it expects none."""

    folder: str
    path: Path
    sha256: str | None


def _keep_files(connection: sa.Connection, number: int, folder: Path, model: str) -> None:
    for file in _files(folder, model):
        try:
            content = file.path.read_bytes()
        except OSError as error:
            raise InvalidModel(
                "A file of the model cannot be read: %(cause)s.",
                where=str(file.path),
                remedy="Restore the file or train the model again.",
                values={"cause": error.strerror or type(error).__name__},
            ) from None
        if file.sha256 not in {None, hashlib.sha256(content).hexdigest()}:
            raise InvalidModel(
                "A file of the model is not the one that its manifest names.",
                where=str(file.path),
                remedy="Restore the file or train the model again.",
            )
        for part, start in enumerate(range(0, len(content), PART_BYTES)):
            connection.execute(
                model_files.insert().values(
                    model_id=number,
                    folder=file.folder,
                    file=file.path.name,
                    part=part,
                    content=content[start : start + PART_BYTES],
                )
            )
    latest = sa.select(models.c.id).order_by(models.c.id.desc()).limit(KEPT_MODELS)
    connection.execute(model_files.delete().where(model_files.c.model_id.not_in(latest)))


def _files(folder: Path, model: str) -> Iterator[_File]:
    """Yield the files of a model and its tiers, but for those that each installation has."""
    try:
        manifest = read_manifest(folder)
    except InvalidModel:
        return  # loading it says what is wrong with it
    if _manifest(shipped_models() / model) == manifest.sha256:
        return
    for part in manifest.parts.values():
        if _manifest(folder.parent / part.id) == part.sha256:
            yield from _files(folder.parent / part.id, part.id)
    for entry in manifest.files.values():
        yield _File(model, folder / entry.file, entry.sha256)
    if (folder / CARD).is_file():
        yield _File(model, folder / CARD, None)
    yield _File(model, folder / MANIFEST, manifest.sha256)


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
