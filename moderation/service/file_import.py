"""Import of the files in which earlier versions kept API keys and corrections.

Each file is imported once, in one transaction, which notes its digest; then the file is renamed.
Several processes may do this at the same time, and a process that ends half-way leaves the rest to
the next: either nothing is in the database, or everything is and the file has its old name.
"""

import hashlib
import json
import logging
import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from itertools import islice
from pathlib import Path
from typing import BinaryIO

import platformdirs
import sqlalchemy as sa
from pydantic import BaseModel, ConfigDict, ValidationError

from moderation.database.location import data_folder
from moderation.database.store import Store, insert_into
from moderation.database.tables import imports, keys, now
from moderation.errors import ModerationError
from moderation.service.api_keys import ApiKey, new_id
from moderation.service.correction_store import insert_corrections, not_erased
from moderation.service.intake import Correction
from moderation.settings import Settings

log = logging.getLogger(__name__)

KEYS, CORRECTIONS = "keys.json", "corrections.jsonl"
FORMAT = 1
DONE = ".imported"
"""The ending that an imported file gets."""
CHUNK = 500
"""Corrections that are inserted at a time."""
MAX_NAMED = 10
"""Most damaged lines whose numbers the log shows."""


class NotImported(ModerationError):
    """A file of an earlier version cannot be read."""

    code = "not_imported"


class KeyFile(BaseModel):
    """The content of a file of keys."""

    model_config = ConfigDict(extra="forbid")

    format: int = FORMAT
    keys: list[ApiKey] = []


@dataclass(slots=True)
class ImportResult:
    """The outcome of importing a file.

    Parameters
    ----------
    new, known : int
        Keys or corrections that the database did not have, and had.
    damaged : list of int
        Numbers of the lines that cannot be read.
    """

    new: int = 0
    known: int = 0
    damaged: list[int] = field(default_factory=list)


def keys_path(settings: Settings) -> Path:
    """Return the file of keys: the setting's, else one in the user's data folder."""
    return settings.keys_file or platformdirs.user_data_path("moderation") / KEYS


def corrections_path(settings: Settings) -> Path:
    """Return the file of corrections: the setting's, else one in the user's data folder."""
    return settings.corrections or data_folder() / CORRECTIONS


def import_files(settings: Settings, store: Store) -> None:
    """Import the files of earlier versions, where there are any.

    Raises
    ------
    NotImported
        If a file cannot be read, or one of keys is damaged; it stays as it is.
    DatabaseError
    """
    _import(store, corrections_path(settings), import_corrections)
    _import(store, keys_path(settings), import_keys)


def import_files_or_log(settings: Settings, store: Store) -> None:
    """Import the files as `import_files` does; log it where that is not possible."""
    try:
        import_files(settings, store)
    except ModerationError as error:
        log.error("a file of an earlier version is not taken over: %s", error)  # noqa: TRY400  # it says all


Import = Callable[[BinaryIO, str, sa.Connection], ImportResult]


def _import(store: Store, path: Path, act: Import) -> None:
    try:
        file = path.open("rb")
    except (FileNotFoundError, NotADirectoryError):
        return
    except OSError as error:
        raise NotImported(
            f"Cannot be read: {error.strerror}.",
            where=str(path),
            remedy="Let the user who runs this read it, or remove it.",
        ) from None
    with file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
        size = file.tell()
        result = store.write(partial(_import_once, file, path, digest, act), idempotent=True)
        name = _set_aside(file, size, path)
    if result is not None:
        _log(result, path, name, store)


def _import_once(
    file: BinaryIO, path: Path, digest: str, act: Import, connection: sa.Connection
) -> ImportResult | None:
    """Import a file, unless that was done before; return None if it was."""
    # Another process at the same file waits here until this one is done.
    noted = connection.execute(
        insert_into(connection, imports)
        .values(digest=digest, file=str(path), made=now())
        .on_conflict_do_nothing(index_elements=["digest"])
        .returning(imports.c.digest)
    ).one_or_none()
    if noted is None:
        return None
    file.seek(0)
    return act(file, str(path), connection)


def import_keys(file: BinaryIO, path: str, connection: sa.Connection) -> ImportResult:
    """Import the keys of a file; one that is revoked in it or in the database stays revoked.

    Raises
    ------
    NotImported
        If it is not a file of keys.
    """
    try:
        content = KeyFile.model_validate_json(file.read())
    except ValidationError:
        content = None
    if content is None or content.format != FORMAT:
        raise NotImported(
            "This is not a file of keys of this version.",
            where=path,
            remedy="Put a copy of it back, or remove it and create the keys anew.",
        )
    result = ImportResult()
    for key in content.keys:
        row = connection.execute(sa.select(keys).where(keys.c.sha256 == key.sha256)).one_or_none()
        if row is None:
            _insert_key(connection, key)
            result.new += 1
            continue
        result.known += 1
        kept = ApiKey.model_validate(row.record)
        if key.revoked and not kept.revoked:
            record = kept.model_copy(update={"revoked": key.revoked}).to_record()
            connection.execute(keys.update().where(keys.c.id == row.id).values(record=record))
    return result


def import_corrections(file: BinaryIO, path: str, connection: sa.Connection) -> ImportResult:  # noqa: ARG001  # as `Import`
    """Import the corrections of a file, except those of texts erased on request since."""
    result = ImportResult()
    read = _read_corrections(file, result.damaged)
    while chunk := list(islice(read, CHUNK)):
        new = insert_corrections(connection, not_erased(connection, chunk))
        result.new += new
        result.known += len(chunk) - new
    return result


def _read_corrections(file: BinaryIO, damaged: list[int]) -> Iterator[Correction]:
    for number, line in enumerate(file, 1):
        if not line.strip():
            continue
        try:
            correction = Correction.from_dict(json.loads(line))
            _check(correction)
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
            damaged.append(number)
        else:
            yield correction


def _check(correction: Correction) -> None:
    """Refuse a correction that no version can have written.

    Raises
    ------
    ValueError, TypeError, AttributeError
    """
    correction.text.encode()
    if not all(0 <= score <= 1 for score in correction.scores.values()):
        raise ValueError("no probability")
    if datetime.fromisoformat(correction.time).tzinfo is None:
        raise ValueError("no zone")


def _insert_key(connection: sa.Connection, key: ApiKey) -> None:
    """Insert a key, under a new id where another key has its own: only people use the id."""
    while connection.scalar(sa.select(keys.c.id).where(keys.c.id == key.id)) is not None:
        key = key.model_copy(update={"id": new_id()})
    connection.execute(keys.insert().values(id=key.id, sha256=key.sha256, record=key.to_record()))


def _set_aside(file: BinaryIO, size: int, path: Path) -> str:
    """Rename an imported file and return its name.

    It keeps its name where it was written to since: what was added is imported at the next start.
    """
    status = _status(path)
    if status is None:
        return path.name  # another process has done it
    if not os.path.samestat(status, os.fstat(file.fileno())) or status.st_size != size:
        return path.name
    target = path.with_name(path.name + DONE)
    number = 2
    while target.exists():
        target = path.with_name(f"{path.name}{DONE}.{number}")
        number += 1
    try:
        path.rename(target)
    except FileNotFoundError:
        return path.name
    except OSError as error:
        log.warning("%s cannot be renamed (%s), and stays as it is", path, error.strerror)
        return path.name
    return target.name


def _status(path: Path) -> os.stat_result | None:
    try:
        return path.stat()
    except OSError:
        return None


def _log(result: ImportResult, path: Path, name: str, store: Store) -> None:
    log.warning(
        "%s was taken over into %s: %d new, %d known before; the file is now %s",
        path,
        store.address,
        result.new,
        result.known,
        name,
    )
    if result.damaged:
        log.warning(
            "%d lines of %s cannot be read and stay in that file alone: %s",
            len(result.damaged),
            name,
            _numbers(result.damaged),
        )


def _numbers(lines: Sequence[int]) -> str:
    shown = ", ".join(map(str, lines[:MAX_NAMED]))
    return shown + (", …" if len(lines) > MAX_NAMED else "")
