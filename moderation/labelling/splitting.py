"""Which split a family belongs to: a rule of its name alone, so that nobody can choose."""

from moderation.splits import Shares, Split, split_by_hash

_SHARES: Shares = (("train", 0.6), ("dev", 0.2), ("test", 0.2))


def split_of(family: str) -> Split:
    """Return the split of a family: 60 % train, 20 % dev and 20 % test by SHA-256 of its name.

    Examples
    --------
    >>> split_of("floating-houses") == split_of("floating-houses")
    True
    """
    return split_by_hash(family, _SHARES)
