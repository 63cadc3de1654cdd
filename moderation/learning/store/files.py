"""Models on disk: arrays, a manifest that holds their hash, and a model card.

The arrays' file is named after its content and the manifest names it, so that replacing the
manifest is the one step that puts a new model in place of an old one.
"""

import hashlib
import json
import os
from pathlib import Path
from typing import Any

import joblib
import numpy as np

from moderation.errors import InvalidModel
from moderation.learning.fast import FastModel, FastState
from moderation.taxonomy import ATTRIBUTE_NAMES

FORMAT = 1
MANIFEST = "manifest.json"
CARD = "README.md"


def load_model(name: str | Path, shipped: Path) -> FastModel:
    """Load a model by its id or from its folder.

    Parameters
    ----------
    name : str or Path
        ``name@version`` of a model in `shipped`, or the path of a model's folder.
    shipped : Path
        The folder of the models that came with the installation.

    Raises
    ------
    InvalidModel
        If there is no such model, its arrays are not the ones its manifest was written for, or it
        was made for another version of this project. The hash is checked before anything is
        loaded, because loading a file that somebody changed could run what they put there.
    """
    folder = shipped / name if (shipped / name / MANIFEST).is_file() else Path(name)
    manifest = read_manifest(folder, shipped)
    arrays = folder / str(manifest["arrays"]["file"])
    try:
        found = hashlib.sha256(arrays.read_bytes()).hexdigest()
    except OSError as error:
        raise InvalidModel(
            f"The arrays cannot be read: {error.strerror}.",
            where=str(arrays),
            remedy="Restore the file or train the model again.",
        ) from None
    expected = manifest["arrays"]["sha256"]
    if found != expected:
        raise InvalidModel(
            f"SHA-256 is {found}, and the manifest expects {expected}.",
            where=str(arrays),
            remedy="Restore the file or train the model again; do not load it as it is.",
        )
    state = FastState(**joblib.load(arrays, mmap_mode="r"))
    return FastModel(state, manifest)


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


def save_model(folder: Path, state: FastState, manifest: dict[str, Any], card: str) -> None:
    """Write a model so that a reader finds either the old one whole or the new one whole.

    Parameters
    ----------
    folder : Path
        Where to; an older model there is replaced in one step, when everything else is written.
    state : FastState
    manifest : dict
        ``arrays``, ``format`` and ``attributes`` are added here.
    card : str
        The model card, in Markdown.
    """
    folder.mkdir(parents=True, exist_ok=True)
    draft = folder / f".arrays.{os.getpid()}.tmp"
    try:
        joblib.dump(plain(state._asdict()), draft)
        digest = hashlib.sha256(draft.read_bytes()).hexdigest()
        arrays = folder / f"arrays-{digest[:12]}.joblib"
        size = draft.stat().st_size
        draft.replace(arrays)
    finally:
        draft.unlink(missing_ok=True)
    whole = {
        "format": FORMAT,
        **manifest,
        "attributes": list(ATTRIBUTE_NAMES),
        "arrays": {"file": arrays.name, "sha256": digest, "bytes": size},
    }
    replace_text(folder / CARD, card)
    replace_text(folder / MANIFEST, json.dumps(whole, indent=2, ensure_ascii=False) + "\n")
    for old in folder.glob("arrays-*.joblib"):
        if old != arrays:
            old.unlink()


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
    """Return the values with arrays as contiguous 32-bit floats, as they are stored."""
    return {
        name: np.ascontiguousarray(value, dtype=np.float32)
        if isinstance(value, np.ndarray)
        else value
        for name, value in values.items()
    }
