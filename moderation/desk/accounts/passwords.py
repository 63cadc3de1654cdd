"""Passwords: only argon2's hashes of them are kept."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from moderation.desk.errors import Crowded
from moderation.errors import InvalidInput

SHORTEST, LONGEST = 10, 1024
AT_ONCE = 3
"""Passwords that a process looks at, at the same time: each takes 64 MiB and a core."""
LONGEST_WAIT_SECONDS = 2.0

_hasher = PasswordHasher()
_places = threading.BoundedSemaphore(AT_ONCE)


@contextmanager
def place() -> Iterator[None]:
    """Wait for a place among the few passwords that are looked at.

    Raises
    ------
    Crowded
        If none comes free soon.
    """
    if not _places.acquire(timeout=LONGEST_WAIT_SECONDS):
        raise Crowded(1, "Too many people are signing in at once.")
    try:
        yield
    finally:
        _places.release()


def hash_password(password: str) -> str:
    """Return the hash of a new password.

    Raises
    ------
    InvalidInput
        If it is too short, or too long to be meant.
    """
    if not SHORTEST <= len(password) <= LONGEST:
        raise InvalidInput(f"A password has {SHORTEST} to {LONGEST} characters.", where="password")
    return _hasher.hash(password)


def is_password(kept: str | None, password: str) -> bool:
    """Whether a password is the one of a hash.

    It looks at one where there is no hash to compare with too, so that time tells nobody which
    names there are; hashes made with other parameters than today's, until their owners sign in,
    take a little more or less.
    """
    try:
        right = _hasher.verify(kept or _nobodys(), password[:LONGEST])
    except (VerificationError, InvalidHashError):
        return False
    return right and kept is not None


@cache
def _nobodys() -> str:
    return _hasher.hash("nobody has this password")


def is_dated(kept: str) -> bool:
    """Whether a hash was made with weaker parameters than those of today."""
    return _hasher.check_needs_rehash(kept)
