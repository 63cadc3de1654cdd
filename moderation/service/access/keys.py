"""API keys: made, listed and revoked; only their hashes are kept, in one file.

A key is 256 random bits, so its plain SHA-256 cannot be searched backwards, by whatever machine.
The slow hashes that passwords need would add nothing but a cost to each request. Looking a hash up
tells an attacker nothing by its timing either: what they send is hashed first.
"""

import hashlib
import json
import os
import secrets
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path

import platformdirs
from pydantic import BaseModel, ConfigDict, ValidationError

from moderation.errors import InvalidInput, ModerationError
from moderation.settings import Settings

PREFIX = "mod"
ID_CHARACTERS = 8
"""Of a key's id, which is hexadecimal."""
FORMAT = 1


class Scope(StrEnum):
    """What a key may be used for."""

    SCORE = "score"
    SUGGEST = "suggest"
    DESK = "desk"
    ADMIN = "admin"


class InvalidKeys(ModerationError):
    """The file of keys cannot be read or written."""

    code = "invalid_keys"


class Key(BaseModel):
    """What is known of a key; never the key itself."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    id: str
    name: str
    sha256: str
    scopes: frozenset[Scope]
    created: datetime
    rate: int | None = None
    """Requests a minute; the setting ``rate_limit`` if None, unlimited if 0."""
    revoked: datetime | None = None


class KeyFile(BaseModel):
    """What stands in the file."""

    model_config = ConfigDict(extra="forbid")

    format: int = FORMAT
    keys: list[Key] = []


def keys_path(settings: Settings) -> Path:
    """Return the file of keys: the setting's, else one in the user's data folder."""
    return settings.keys_file or platformdirs.user_data_path("moderation") / "keys.json"


def digest(key: str) -> str:
    """Return the hash by which a key is known."""
    return hashlib.sha256(key.encode()).hexdigest()


def read_keys(path: Path) -> list[Key]:
    """Return all keys of a file, revoked ones included; none if there is no file.

    Raises
    ------
    InvalidKeys
        If the file cannot be read, or holds something else.
    """
    try:
        content = KeyFile.model_validate_json(path.read_bytes())
    except FileNotFoundError:
        return []
    except OSError as error:
        raise InvalidKeys(f"Cannot be read: {error.strerror}.", where=str(path)) from None
    except ValidationError:
        content = None
    if content is None or content.format != FORMAT:
        raise InvalidKeys(
            "This is not a file of keys of this version.",
            where=str(path),
            remedy="Put a copy of it back, or remove it and create the keys anew.",
        )
    return content.keys


def create_key(
    path: Path, name: str, scopes: Sequence[Scope], rate: int | None = None
) -> tuple[str, Key]:
    """Make a key, and keep its hash.

    Returns
    -------
    str
        The key itself, which cannot be shown again.
    Key
        What is kept of it.
    """
    secret, kept = make_key(name, scopes, rate)
    with _locked(path):
        _write(path, [*read_keys(path), kept])
    return secret, kept


def make_key(
    name: str, scopes: Sequence[Scope], rate: int | None = None, key_id: str = ""
) -> tuple[str, Key]:
    """Return a new key, and what is to be kept of it; its id is random where none is given."""
    key_id = key_id or secrets.token_hex(ID_CHARACTERS // 2)
    secret = f"{PREFIX}_{key_id}_{secrets.token_urlsafe(32)}"
    kept = Key(
        id=key_id,
        name=name,
        sha256=digest(secret),
        scopes=frozenset(scopes),
        created=datetime.now(UTC).replace(microsecond=0),
        rate=rate,
    )
    return secret, kept


def revoke_key(path: Path, key_id: str) -> Key:
    """Make a key good for nothing, and keep the record of it.

    Raises
    ------
    InvalidInput
        If there is no such key.
    """
    with _locked(path):
        keys = read_keys(path)
        for place, key in enumerate(keys):
            if key.id == key_id:
                now = datetime.now(UTC).replace(microsecond=0)
                keys[place] = key.model_copy(update={"revoked": key.revoked or now})
                _write(path, keys)
                return keys[place]
    raise InvalidInput(
        "There is no such key.", where=key_id, remedy="`moderation keys list` shows the ids."
    )


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    """Let one process at a time change the file."""
    import fcntl  # noqa: PLC0415  # the other commands need no POSIX system

    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        lock = os.open(path.with_name(f"{path.name}.lock"), os.O_CREAT | os.O_RDWR, 0o600)
    except OSError as error:
        raise InvalidKeys(f"Cannot be written: {error.strerror}.", where=str(path)) from None
    try:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
    finally:
        os.close(lock)


def _write(path: Path, keys: list[Key]) -> None:
    """Put a new file in place of the old one, readable by its owner only, in one step."""
    content = KeyFile(keys=keys).model_dump(mode="json")
    for key in content["keys"]:
        key["scopes"].sort()
    try:
        # A temporary file of this kind is born with mode 0600.
        with tempfile.NamedTemporaryFile("w", dir=path.parent, delete=False) as file:
            json.dump(content, file, indent=2)
            file.flush()
            os.fsync(file.fileno())
        Path(file.name).replace(path)
    except OSError as error:
        raise InvalidKeys(f"Cannot be written: {error.strerror}.", where=str(path)) from None
