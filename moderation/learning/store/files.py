"""A model's folder: files named after their content, a manifest that holds their hashes, a card.

The manifest names the files, so that replacing the manifest is the one step that puts a new model
in place of an old one.
"""

import hashlib
import json
import mmap
import os
import stat
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from moderation.errors import InvalidModel
from moderation.files import explain_as, remove_drafts, storing, write_bytes, write_text
from moderation.learning.store.manifest import FORMAT, MANIFEST, Manifest
from moderation.taxonomy import ATTRIBUTE_NAMES

CARD = "README.md"

_unwritable = explain_as(what="The model", then="train again.")

# A link is not followed, since it could lead out of the folder; a pipe is not waited for. Both are
# POSIX's, the last is Windows'.
_ONLY_READ = (
    os.O_RDONLY
    | getattr(os, "O_NOFOLLOW", 0)
    | getattr(os, "O_NONBLOCK", 0)
    | getattr(os, "O_BINARY", 0)
)


def verified(folder: Path, manifest: Manifest, kind: str) -> mmap.mmap:
    """Return the content of one of a model's files, after checking that it is the right one.

    The file is opened once: what is hashed is what is returned, whatever a name in the folder means
    by then. It is mapped into memory, so that processes that load the same model share it.

    Parameters
    ----------
    folder : Path
    manifest : Manifest
    kind : str
        ``"arrays"``, ``"state"`` or ``"network"``.

    Raises
    ------
    InvalidModel
        If the manifest names none of that kind, or the file is missing, is a link, or is not the
        one that the manifest was written for.
    """
    entry = manifest.files.get(kind)
    if entry is None:
        raise InvalidModel(
            f"The manifest names no {kind}.",
            where=str(folder / MANIFEST),
            remedy="Restore the file or train the model again.",
        )
    file = folder / entry.file
    try:
        content = _mapped(file)
    except OSError as error:
        raise InvalidModel(
            f"The {kind} cannot be read: {error.strerror}.",
            where=str(file),
            remedy="Restore the file or train the model again; it must lie in the model's folder "
            "itself and be no link.",
        ) from None
    except ValueError:
        raise InvalidModel(
            f"The {kind} cannot be read: it is no file, or is empty.",
            where=str(file),
            remedy="Restore the file or train the model again.",
        ) from None
    if (found := hashlib.sha256(content).hexdigest()) != entry.sha256:
        raise InvalidModel(
            f"SHA-256 is {found}, and the manifest expects {entry.sha256}.",
            where=str(file),
            remedy="Restore the file or train the model again; do not load it as it is.",
        )
    return content


def _mapped(file: Path) -> mmap.mmap:
    descriptor = os.open(file, _ONLY_READ)
    try:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise ValueError("not a regular file")
        return mmap.mmap(descriptor, 0, access=mmap.ACCESS_READ)
    finally:
        os.close(descriptor)


def digest(path: Path) -> str:
    """Return a file's SHA-256, in hexadecimal digits."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def write_folder(
    folder: Path, files: Mapping[str, bytes], manifest: Mapping[str, Any], card: str
) -> None:
    """Write a model so that a reader finds either the old one whole or the new one whole.

    Parameters
    ----------
    folder : Path
        Where to; an older model there is replaced in one step, when everything else is written.
    files : mapping of str to bytes
        The files' content by kind and ending, as ``arrays.safetensors``.
    manifest : mapping
        ``files``, ``format`` and ``attributes`` are added here.
    card : str
        The model card, in Markdown.
    """
    with storing(folder, _unwritable):
        folder.mkdir(parents=True, exist_ok=True)
    entries = {}
    for name, content in files.items():
        kind, _, ending = name.partition(".")
        entries[kind] = _write_named(folder, kind, ending, content)
    whole = {
        "format": FORMAT,
        **manifest,
        "attributes": list(ATTRIBUTE_NAMES),
        "files": entries,
    }
    write_text(folder / CARD, card, explain=_unwritable)
    text = json.dumps(whole, indent=2, ensure_ascii=False) + "\n"
    write_text(folder / MANIFEST, text, explain=_unwritable)
    remove_drafts(folder)
    kept = {entry["file"] for entry in entries.values()}
    for old in folder.glob("*-????????????.*"):
        if old.name not in kept:
            old.unlink()


def _write_named(folder: Path, kind: str, ending: str, content: bytes) -> dict[str, Any]:
    found = hashlib.sha256(content).hexdigest()
    file = folder / f"{kind}-{found[:12]}.{ending}"
    write_bytes(file, content, explain=_unwritable)
    return {"file": file.name, "sha256": found, "bytes": len(content)}
