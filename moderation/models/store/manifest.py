"""A model's folder: its manifest, and the files, named after their content, that it lists.

A manifest is read once, checked, and known by the digest of the bytes that were read. It holds the
hashes of the model's files and their names, so that replacing the manifest is the one step that
puts a new model in place of an old one.
"""

import hashlib
import json
import mmap
import os
import stat
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, NamedTuple

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from moderation.errors import InvalidModel
from moderation.files import explain_as, remove_drafts, storing, write_bytes, write_text
from moderation.models.base import LANGUAGES
from moderation.taxonomy import ATTRIBUTE_NAMES

FORMAT = 3
FORMATS = (2, FORMAT)
"""Formats that are read; in format 2 the arrays are a file of joblib's."""
MANIFEST = "manifest.json"
CARD = "README.md"
MODEL_ID = r"[a-z][a-z0-9-]*@[A-Za-z0-9.-]+"
"""A name, an @ and a version: the name of a folder, never a path."""
CONVERTED = {
    # fast@2026.12
    "b9476d604a39fd3bcc2c12f309788e0cf175774ca3a84dcfb5717eb9c6790abf": (
        "a41ed6205dd15bab9d2263ab271fb86dd8f4d0845b8100c6afe4f02349545aeb"
    ),
    # encoder@2026.12
    "766499872734b8876478ba8153e6d173ac444bf3f75a8c56460a57a9a05e4084": (
        "b786d0f0a0b4ac03e11513809a709bea35885198261e7c99a0964c52d9059c1d"
    ),
    # cascade@2026.12
    "2a2314cd613ad1ff2a4a7a065e23ee7f14b1f379d97c8eed2931cef0cf62baa9": (
        "4eddf020ab2bb11127729b6ac6760571232f9a6d48ecc7e985bf9d56c9e3f01a"
    ),
}
"""By digest of the manifest of a shipped model of format 2, that of the same model in format 3: a
cascade that was made with the one is made with the other."""
MAX_BYTES = 16 << 20
"""Bytes that a manifest may have."""

_unwritable = explain_as(
    message="The model cannot be written: %(cause)s.",
    full="Make room, and train again.",
    otherwise="Mend that, and train again.",
)

# A link is not followed, since it could lead out of the folder, and a pipe is not waited for (the
# first two flags, of POSIX); bytes are not translated (the last, of Windows).
_ONLY_READ = (
    os.O_RDONLY
    | getattr(os, "O_NOFOLLOW", 0)
    | getattr(os, "O_NONBLOCK", 0)
    | getattr(os, "O_BINARY", 0)
)

Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
FileName = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$", max_length=200)]
ModelId = Annotated[str, Field(pattern=f"^{MODEL_ID}$", max_length=200)]
Language = Annotated[str, Field(pattern=r"^[a-z]{2,3}$")]
"""An ISO 639 code."""


class FileEntry(BaseModel):
    """One of a model's files."""

    model_config = ConfigDict(strict=True)

    file: FileName
    """It lies in the model's folder: the name has no separator."""
    sha256: Sha256


class Component(BaseModel):
    """A model that another is made of."""

    model_config = ConfigDict(strict=True, extra="forbid")

    id: ModelId
    sha256: Sha256
    """Of its manifest, which holds the hashes of its files."""


class _Checked(BaseModel):
    """The part of a manifest that the store reads; the rest is for people."""

    model_config = ConfigDict(strict=True)

    format: int
    id: ModelId
    tier: Annotated[str, Field(max_length=100)]
    files: dict[str, FileEntry]
    parts: dict[str, Component] = {}
    languages: Annotated[list[Language], Field(min_length=1, max_length=200)] = [*LANGUAGES]


class Manifest(NamedTuple):
    """A manifest as it was read."""

    values: dict[str, Any]
    """All of it."""
    sha256: str
    """Of its bytes."""
    format: int
    id: str
    tier: str
    files: dict[str, FileEntry]
    """By kind: ``arrays``, ``state``, ``network``."""
    parts: dict[str, Component]
    """By tier; of a polyglot, ``english`` and ``others``."""


def find_folder(name: str | Path, shipped: Path) -> Path:
    """Return the folder of a model that is named by its id in `shipped` or by its path.

    A shipped model's id never means a folder of that name in the working folder.
    """
    try:
        is_shipped = (shipped / name / MANIFEST).is_file()
    except OSError:  # the name is longer than a file's can be
        is_shipped = False
    return shipped / name if is_shipped else Path(name)


def read_manifest(folder: Path, shipped: Path | None = None) -> Manifest:
    """Read a model's manifest.

    Parameters
    ----------
    folder : Path
    shipped : Path, optional
        The folder whose models an error suggests instead.

    Raises
    ------
    InvalidModel
        If it is missing, is damaged or is of another format.
    """
    file = folder / MANIFEST
    content = _read_content(file, shipped)
    try:
        values = json.loads(content)
    except (ValueError, RecursionError) as error:
        raise InvalidModel(f"The manifest is not JSON: {error}.", where=str(file)) from None
    if not isinstance(values, dict):
        raise InvalidModel("The manifest is not a JSON object.", where=str(file))
    if values.get("format") not in FORMATS or values.get("attributes") != [*ATTRIBUTE_NAMES]:
        raise InvalidModel(
            "The model was made for another version of this project.",
            where=str(file),
            remedy="Install the version that its manifest names, or train it again.",
        )
    try:
        checked = _Checked.model_validate(values)
    except ValidationError as error:
        raise InvalidModel(
            f"The manifest is damaged: {first_problem(error)}.",
            where=str(file),
            remedy="Restore the file or train the model again.",
        ) from None
    sha256 = hashlib.sha256(content).hexdigest()
    return Manifest(
        values, sha256, checked.format, checked.id, checked.tier, checked.files, checked.parts
    )


def _read_content(file: Path, shipped: Path | None) -> bytes:
    try:
        with file.open("rb") as opened:
            content = opened.read(MAX_BYTES + 1)
    except (FileNotFoundError, NotADirectoryError, ValueError):
        ids = sorted(path.parent.name for path in shipped.glob(f"*/{MANIFEST}")) if shipped else []
        raise InvalidModel(
            "There is no such model.",
            where=str(file.parent),
            remedy=f"Name a model's folder or one of: {', '.join(ids) or 'none is shipped'}.",
        ) from None
    except OSError as error:
        raise InvalidModel(
            f"The manifest cannot be read: {error.strerror}.", where=str(file)
        ) from None
    if len(content) > MAX_BYTES:
        raise InvalidModel(f"The manifest is longer than {MAX_BYTES} bytes.", where=str(file))
    return content


def is_expected(manifest: Manifest, sha256: str) -> bool:
    """Tell whether a manifest has a digest, or is of the same model in a newer format."""
    return manifest.sha256 in {sha256, CONVERTED.get(sha256)}


def first_problem(error: ValidationError) -> str:
    """Return the place and nature of the first fault, without the value."""
    first = error.errors(include_input=False, include_url=False)[0]
    return f"{'.'.join(map(str, first['loc'])) or 'the whole'}: {first['msg']}"


def verified(folder: Path, manifest: Manifest, kind: str) -> mmap.mmap:
    """Return the content of one of a model's files, after checking its hash.

    The file is opened once: the bytes that are hashed are those that are returned, whatever is in
    the folder by then. It is mapped into memory, which processes that load the same model share.

    Parameters
    ----------
    folder : Path
    manifest : Manifest
    kind : str
        ``"arrays"``, ``"state"`` or ``"network"``.

    Raises
    ------
    InvalidModel
        If the manifest names no file of that kind, or the file is missing, is a link, or is not
        the one that the manifest was written for.
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
    if (sha256 := hashlib.sha256(content).hexdigest()) != entry.sha256:
        raise InvalidModel(
            f"SHA-256 is {sha256}, and the manifest expects {entry.sha256}.",
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
    """Write a model; a reader finds either the old one whole or the new one whole.

    Parameters
    ----------
    folder : Path
        An older model in it is replaced in one step, when everything else is written.
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
    sha256 = hashlib.sha256(content).hexdigest()
    file = folder / f"{kind}-{sha256[:12]}.{ending}"
    write_bytes(file, content, explain=_unwritable)
    return {"file": file.name, "sha256": sha256, "bytes": len(content)}
