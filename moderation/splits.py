"""The splits train, dev and test: each name's split follows from its hash, so nobody chooses."""

import hashlib
from typing import Literal

Split = Literal["train", "dev", "test"]
Shares = tuple[tuple[Split, float], ...]
"""The share of each split, in order; they add up to 1."""

_FAMILY_SHARES: Shares = (("train", 0.6), ("dev", 0.2), ("test", 0.2))


def split_of(family: str) -> Split:
    """Return the split of a family: 60 % train, 20 % dev and 20 % test by SHA-256 of its name.

    Examples
    --------
    >>> split_of("floating-houses") == split_of("floating-houses")
    True
    """
    return split_by_hash(family, _FAMILY_SHARES)


def split_by_hash(name: str, shares: Shares) -> Split:
    """Return the split in which a name's SHA-256 falls."""
    digest = hashlib.sha256(name.encode("utf-8")).digest()
    position = int.from_bytes(digest[:8], "big") / 2**64
    for split, share in shares:
        if position < share:
            return split
        position -= share
    return shares[-1][0]
