"""Passwords: only argon2's hashes of them are kept."""

from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from moderation.errors import InvalidInput

SHORTEST, LONGEST = 10, 1024

_hasher = PasswordHasher()


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

    It takes as long where there is no hash to compare with, so that time tells nobody which names
    there are.
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
