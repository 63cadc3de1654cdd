"""Which split a family belongs to: a rule of its name alone, so that nobody can choose."""

import hashlib

from moderation.labelling.record import Split

_SHARES: tuple[tuple[Split, float], ...] = (("train", 0.6), ("dev", 0.2), ("test", 0.2))


def split_of(family: str) -> Split:
    """Return the split of a family: 60 % train, 20 % dev and 20 % test by SHA-256 of its name.

    Examples
    --------
    >>> split_of("floating-houses") == split_of("floating-houses")
    True
    """
    digest = hashlib.sha256(family.encode("utf-8")).digest()
    position = int.from_bytes(digest[:8], "big") / 2**64
    for split, share in _SHARES:
        if position < share:
            return split
        position -= share
    return _SHARES[-1][0]
