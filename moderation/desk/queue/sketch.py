"""Sketches of texts: a few numbers by which texts that read alike are found among very many.

MinHash over runs of two words: two texts share a number with a probability that grows with the
share of runs that they have in common. What is found is then compared in full.
"""

from itertools import pairwise
from zlib import crc32

import numpy as np

from moderation.database.words import WORD
from moderation.text.normalise import normalise

BANDS, ROWS = 8, 2
LONGEST = 5_000
"""Characters of a text that are looked at."""
FEWEST = 0.3
"""From this share of runs in common on, texts read alike."""

_PRIME = np.uint64((1 << 31) - 1)
_random = np.random.default_rng(20260301)
_FACTORS, _SUMMANDS = (
    _random.integers(1, int(_PRIME), BANDS * ROWS, dtype=np.uint64) for _ in range(2)
)
_MIX = np.uint64(0x9E3779B97F4A7C15)


def runs_of(text: str) -> frozenset[int]:
    """Return the hashes of a text's runs of two words; of all its words where it has fewer."""
    plain = normalise(text[:LONGEST]).text
    words = WORD.findall(plain) or plain.split()
    found = [crc32(f"{one} {other}".encode()) for one, other in pairwise(words)]
    return frozenset(found or [crc32(" ".join(words).encode())])


def bands_of(text: str) -> list[int]:
    """Return a text's numbers, each a signed integer of 64 bits."""
    runs = np.fromiter(runs_of(text), np.uint64)
    # Below 2**31 times 2**32, so that nothing overflows.
    least = ((runs[:, None] * _FACTORS + _SUMMANDS) % _PRIME).min(axis=0)
    rows = least.reshape(BANDS, ROWS)
    mixed = np.arange(BANDS, dtype=np.uint64)
    for row in rows.T:
        mixed = (mixed ^ row) * _MIX
        mixed ^= mixed >> np.uint64(29)
    numbers: list[int] = mixed.view(np.int64).tolist()
    return numbers


def share(one: frozenset[int], other: frozenset[int]) -> float:
    """Return the share of the runs of both that they have in common (Jaccard)."""
    common = len(one & other)
    return common / (len(one) + len(other) - common)
