"""Folders of models as others make them: of the earlier format, or with files of their choice."""

import hashlib
import json
from pathlib import Path
from typing import Any

import joblib

from moderation.models.store import MANIFEST


def edit(folder: Path, **changes: object) -> None:
    """Change a folder's manifest."""
    manifest = json.loads((folder / MANIFEST).read_text("utf-8"))
    (folder / MANIFEST).write_text(json.dumps(manifest | changes), "utf-8")


def put(folder: Path, kind: str, name: str, content: bytes) -> Path:
    """Write one of a model's files, and name it in the manifest with the hash that it has."""
    entry = {"file": name, "sha256": hashlib.sha256(content).hexdigest(), "bytes": len(content)}
    files = json.loads((folder / MANIFEST).read_text("utf-8"))["files"]
    edit(folder, files=files | {kind: entry})
    (folder / name).write_bytes(content)
    return folder / name


def age(folder: Path, values: dict[str, Any]) -> Path:
    """Make a folder one of format 2, whose arrays are a file of joblib's; return that file."""
    for file in [*folder.glob("arrays-*"), *folder.glob("state-*")]:
        file.unlink()
    draft = folder / "draft"
    joblib.dump(values, draft)
    content = draft.read_bytes()
    draft.unlink()
    edit(folder, format=2)
    files = json.loads((folder / MANIFEST).read_text("utf-8"))["files"]
    edit(folder, files={kind: files[kind] for kind in files if kind == "network"})
    return put(folder, "arrays", "arrays-0123456789ab.joblib", content)
