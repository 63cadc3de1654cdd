"""API keys: random secrets of which only the hash is kept.

A key is 240 random bits, so its plain SHA-256 cannot be searched backwards, by whatever machine.
The slow hashes that passwords need would add nothing but a cost to each request. Looking a hash up
tells an attacker nothing by its timing either: what they send is hashed first.
"""

import base64
import hashlib
import secrets
from collections.abc import Sequence
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, Protocol

from pydantic import BaseModel, ConfigDict

PREFIX = "mod"
ID_CHARACTERS = 8
"""The length of a key's id, which is hexadecimal."""
RANDOM_BYTES = 30
"""With them a key has 61 characters: a label of a host's name may have 63."""


class Scope(StrEnum):
    """A permitted use of a key."""

    SCORE = "score"
    SUGGEST = "suggest"
    TEACH = "teach"
    """Not asked for by any path: training learns from what such a key suggests."""
    DESK = "desk"
    ADMIN = "admin"


class ApiKey(BaseModel):
    """The record of a key; never the key itself."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    id: str
    name: str
    sha256: str
    scopes: frozenset[Scope]
    created: datetime
    rate: int | None = None
    """Requests a minute; the setting ``rate_limit`` if None, unlimited if 0."""
    revoked: datetime | None = None

    def to_record(self) -> dict[str, Any]:
        """Return the key as built-in values, ready for JSON."""
        record = self.model_dump(mode="json")
        record["scopes"].sort()
        return record


class KeyRing(Protocol):
    """Keys in memory, as they were last read: `find` never waits."""

    def is_stale(self) -> bool:
        """Tell whether to call `look` before `find`."""

    def look(self) -> None:
        """Read all keys anew; this may take a while."""

    def find(self, key: str) -> ApiKey | None:
        """Return the record of a key, None if it is unknown or revoked."""


def digest(key: str) -> str:
    """Return the hash of a key, by which it is stored."""
    return hashlib.sha256(key.encode()).hexdigest()


def new_id() -> str:
    """Return a random id."""
    return secrets.token_hex(ID_CHARACTERS // 2)


def make_key(
    name: str, scopes: Sequence[Scope], rate: int | None = None, key_id: str = ""
) -> tuple[str, ApiKey]:
    """Return a new key and its record; the id is random where none is given."""
    key_id = key_id or new_id()
    # Small letters and digits, for Akismet's clients send a key as a part of a host's name.
    random = base64.b32encode(secrets.token_bytes(RANDOM_BYTES)).decode("ascii").lower()
    secret = f"{PREFIX}_{key_id}_{random}"
    record = ApiKey(
        id=key_id,
        name=name,
        sha256=digest(secret),
        scopes=frozenset(scopes),
        created=datetime.now(UTC).replace(microsecond=0),
        rate=rate,
    )
    return secret, record
