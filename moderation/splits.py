"""Which split a text belongs to: a rule of a name alone, so that nobody can choose."""

import hashlib
from typing import Literal

Split = Literal["train", "dev", "test"]
Shares = tuple[tuple[Split, float], ...]


def split_by_hash(name: str, shares: Shares) -> Split:
    """Return the split in which a name's SHA-256 falls.

    Parameters
    ----------
    name : str
    shares : tuple of (split, share)
        In order; the shares add up to 1.
    """
    digest = hashlib.sha256(name.encode("utf-8")).digest()
    position = int.from_bytes(digest[:8], "big") / 2**64
    for split, share in shares:
        if position < share:
            return split
        position -= share
    return shares[-1][0]


# FOLDED splitting: Which split a family belongs to: a rule of its name alone, so that nobody can
# choose.

_SHARES: Shares = (("train", 0.6), ("dev", 0.2), ("test", 0.2))


def split_of(family: str) -> Split:
    """Return the split of a family: 60 % train, 20 % dev and 20 % test by SHA-256 of its name.

    Examples
    --------
    >>> split_of("floating-houses") == split_of("floating-houses")
    True
    """
    return split_by_hash(family, _SHARES)
