"""The words known beforehand: names of peoples, which are hidden, and frequent words.

What a frequent word's n-grams add up to is the same wherever it stands, so it is added up once.
"""

from collections.abc import Sequence
from functools import cache
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from moderation.learning.ngrams import token_kernels as kernels
from moderation.learning.ngrams.alphabet import KINDS
from moderation.text.peoples import PEOPLES

HIDDEN = "¤"
"""What is counted in place of the name of a people."""

Hashes = npt.NDArray[np.uint64]


class KnownWords(NamedTuple):
    """A table of open addressing, by hash."""

    keys: Hashes
    """0 where nothing stands; at least half of them."""
    roles: npt.NDArray[np.uint8]
    """`PEOPLE` and `FIRST`."""
    rows: npt.NDArray[np.int16]
    """The number of a frequent word, and -1."""
    hidden: np.uint64
    """The hash of the word that peoples' names become."""


def hash_words(words: Sequence[str]) -> Hashes:
    """Return the hash of each word: of a word or a sign as :func:`moderation.text.tokens` has it.

    Raises
    ------
    ValueError
        If one of them is not one token.
    """
    text = np.frombuffer(bytearray("\0".join([*words, ""]).encode()), np.uint8)
    begins, ends = np.empty((2, len(text)), np.int32)
    hashes, flags = np.empty(len(text), np.uint64), np.empty(len(text), np.uint8)
    bounds = np.zeros(len(words) + 1, np.int64)
    kernels.cut(text, KINDS, True, begins, ends, hashes, flags, bounds)  # noqa: FBT003  # a kernel
    if not np.array_equal(np.diff(bounds), np.ones(len(words))):
        raise ValueError("each must be one word or one sign")
    return hashes[: len(words)].copy()


@cache
def _peoples() -> dict[int, int]:
    """Return the role of each word in a form of a people's name, and of each form of two words."""
    forms = [form.split() for some in PEOPLES.values() for form in some]
    words = sorted({word for form in forms for word in form})
    hashes = dict(zip(words, hash_words(words), strict=True))
    roles: dict[int, int] = {}
    for first, *rest in forms:
        key = hashes[first]
        if rest:
            roles[int(key)] = roles.get(int(key), 0) | kernels.FIRST
            (second,) = rest
            key = kernels.pair(key, hashes[second])
        roles[int(key)] = roles.get(int(key), 0) | kernels.PEOPLE
    return roles


def known_words(frequent: Sequence[str] = ()) -> KnownWords:
    """Make the table of the names of peoples and of some frequent words."""
    hidden, *others = hash_words([HIDDEN, *frequent])
    roles = {int(hidden): 0, **_peoples()}
    wanted = list(dict.fromkeys([*roles, *map(int, others)]))
    keys = np.zeros(1 << (2 * len(wanted)).bit_length(), np.uint64)
    places = kernels.place_all(np.array(wanted, np.uint64), keys)
    table = np.zeros(len(keys), np.uint8)
    table[places[: len(roles)]] = list(roles.values())
    rows = np.full(len(keys), -1, np.int16)
    numbers = dict(zip(map(int, others), range(len(others)), strict=True))
    for key, place in zip(wanted, places, strict=True):
        rows[place] = numbers.get(key, -1)
    return KnownWords(keys, table, rows, hidden)
