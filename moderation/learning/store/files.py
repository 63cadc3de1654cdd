"""A model's folder: files named after their content, a manifest that holds their hashes, a card.

The manifest names the files, so that replacing the manifest is the one step that puts a new model
in place of an old one.
"""

import hashlib
import json
import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from moderation.errors import InvalidModel
from moderation.taxonomy import ATTRIBUTE_NAMES

FORMAT = 2
MANIFEST = "manifest.json"
CARD = "README.md"


def find_folder(name: str | Path, shipped: Path) -> Path:
    """Return the folder of a model that is named by its id in `shipped` or by its path."""
    return shipped / name if (shipped / name / MANIFEST).is_file() else Path(name)


def read_manifest(folder: Path, shipped: Path | None = None) -> dict[str, Any]:
    """Read a model's manifest; raises InvalidModel if it is missing or of another format."""
    try:
        manifest: dict[str, Any] = json.loads((folder / MANIFEST).read_text("utf-8"))
    except OSError:
        ids = sorted(path.parent.name for path in shipped.glob(f"*/{MANIFEST}")) if shipped else []
        raise InvalidModel(
            "There is no such model.",
            where=str(folder),
            remedy=f"Name a model's folder or one of: {', '.join(ids) or 'none is shipped'}.",
        ) from None
    except ValueError as error:
        raise InvalidModel(
            f"The manifest is not JSON: {error}.", where=str(folder / MANIFEST)
        ) from None
    if manifest.get("format") != FORMAT or tuple(manifest["attributes"]) != ATTRIBUTE_NAMES:
        raise InvalidModel(
            "The model was made for another version of this project.",
            where=str(folder / MANIFEST),
            remedy="Install the version that its manifest names, or train it again.",
        )
    return manifest


def verified(folder: Path, manifest: Mapping[str, Any], kind: str) -> Path:
    """Return the path of one of a model's files, after checking that it is the right one.

    The hash is checked before anything is loaded, because loading a file that somebody changed
    could run what they put there.

    Parameters
    ----------
    folder : Path
    manifest : mapping
    kind : str
        ``"arrays"`` or ``"network"``.

    Raises
    ------
    InvalidModel
        If the file is missing or is not the one that the manifest was written for.
    """
    entry = manifest["files"][kind]
    file = folder / str(entry["file"])
    try:
        found = digest(file)
    except OSError as error:
        raise InvalidModel(
            f"The {kind} cannot be read: {error.strerror}.",
            where=str(file),
            remedy="Restore the file or train the model again.",
        ) from None
    if found != entry["sha256"]:
        raise InvalidModel(
            f"SHA-256 is {found}, and the manifest expects {entry['sha256']}.",
            where=str(file),
            remedy="Restore the file or train the model again; do not load it as it is.",
        )
    return file


def digest(path: Path) -> str:
    """Return a file's SHA-256, in hexadecimal digits."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def write_folder(
    folder: Path,
    files: Mapping[str, Callable[[Path], object]],
    manifest: Mapping[str, Any],
    card: str,
) -> None:
    """Write a model so that a reader finds either the old one whole or the new one whole.

    Parameters
    ----------
    folder : Path
        Where to; an older model there is replaced in one step, when everything else is written.
    files : mapping of str to callable
        By kind and ending, as ``arrays.joblib``, what writes the file.
    manifest : mapping
        ``files``, ``format`` and ``attributes`` are added here.
    card : str
        The model card, in Markdown.
    """
    folder.mkdir(parents=True, exist_ok=True)
    entries = {}
    for name, write in files.items():
        kind, _, ending = name.partition(".")
        entries[kind] = _write_named(folder, kind, ending, write)
    whole = {
        "format": FORMAT,
        **manifest,
        "attributes": list(ATTRIBUTE_NAMES),
        "files": entries,
    }
    replace_text(folder / CARD, card)
    replace_text(folder / MANIFEST, json.dumps(whole, indent=2, ensure_ascii=False) + "\n")
    kept = {entry["file"] for entry in entries.values()}
    for old in folder.glob("*-????????????.*"):
        if old.name not in kept:
            old.unlink()


def _write_named(
    folder: Path, kind: str, ending: str, write: Callable[[Path], object]
) -> dict[str, Any]:
    draft = folder / f".{kind}.{os.getpid()}.tmp"
    try:
        write(draft)
        found, size = digest(draft), draft.stat().st_size
        file = folder / f"{kind}-{found[:12]}.{ending}"
        draft.replace(file)
    finally:
        draft.unlink(missing_ok=True)
    return {"file": file.name, "sha256": found, "bytes": size}


def replace_text(path: Path, text: str) -> None:
    """Write a text file beside `path`, then rename it over `path`."""
    draft = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        with draft.open("w", encoding="utf-8", newline="\n") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)


def plain(values: dict[str, Any]) -> dict[str, Any]:
    """Return the values as they are stored: arrays contiguous, floats of 32 bits."""
    return {
        name: _stored(value) if isinstance(value, np.ndarray) else value
        for name, value in values.items()
    }


def _stored(array: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    real = np.issubdtype(array.dtype, np.floating)
    return np.ascontiguousarray(array, dtype=np.float32 if real else array.dtype)
