"""Near-duplicates: the one definition of texts that nearly repeat one another.

A text's shingles are its runs of three words, whatever their case, accents and punctuation. Two
texts are near-duplicates if they have at least `THRESHOLD` of all their shingles in common (their
Jaccard similarity). By this definition no text that tests also trains, a decision that repeats
another is learned once, and the desk shows the share.

Candidates come from MinHash sketches, and each is then compared in full, so that whatever is
reported is one. Two callers need another strictness and take it from here: see `RELATED` and
`OVERLAP`. All near-duplicates are also related and overlap.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from itertools import chain, combinations
from typing import Any, Protocol, TypeVar
from zlib import crc32

import numpy as np

from moderation.text.normalise import normalise
from moderation.text.words import UNSPACED_RUN, WORD

THRESHOLD = 0.7
"""Near-duplicates have this share of their shingles in common, or more."""
RELATED = 0.3
"""Texts that share so much are worth showing beside one another: a person decides what they mean,
and sees the share. Nothing is left out by it."""
OVERLAP = 0.5
"""Passages of the labelled set overlap if they share so much of the shorter one's shingles. Its
families are written by few hands and promise to differ: half a passage used again is too much,
though the longer one goes on with something else."""

SHINGLE_WORDS = 3
RUN_CHARACTERS = 4
"""Letters that stand for a word in scripts without blanks between words."""
MAX_CHARACTERS = 20_000
"""Characters of a text that are compared, so that none takes long; a longer one is an article."""

BANDS, ROWS = 8, 2
"""At `THRESHOLD`, 1 - (1 - 0.7 ** 2) ** 8 = 99.5 % of the pairs become candidates; more above."""
# A database keeps sketches: other words, shingles, bands or seeds here need a migration there.
_SEED, _SCHEME = 1, "affine32"
_COMMON = 50
"""A shingle in more texts than this is a turn of speech: alone it makes no pair overlap."""

Shingles = np.ndarray[tuple[Any, ...], np.dtype[np.uint32]]


class HasText(Protocol):
    """An object with a text: a record of a corpus, an example of the labelled set."""

    @property
    def text(self) -> str:
        """The text."""


Item = TypeVar("Item", bound=HasText)


def shingles_of(text: str) -> Shingles:
    """Return the hashes of a text's shingles, in order; a shorter text is one of its own."""
    plain = normalise(text[:MAX_CHARACTERS]).text
    # A text without a word, such as one of emoji, is compared as it stands.
    words = WORD.findall(plain) or plain.split()
    runs = max(len(words) - SHINGLE_WORDS + 1, 1)
    hashes = {
        crc32(" ".join(words[start : start + SHINGLE_WORDS]).encode("utf-8", "surrogatepass"))
        for start in range(runs)
    }
    return np.array(sorted(hashes), np.uint32)


def similarity(first: Shingles, second: Shingles) -> float:
    """Return the share of all their shingles that two texts have in common (Jaccard)."""
    common = len(np.intersect1d(first, second, assume_unique=True))
    return common / (len(first) + len(second) - common)


def bands_of(shingles: Shingles) -> list[int]:
    """Return a text's sketch as signed integers of 64 bits, to be kept in a database.

    The more similar two texts are, the more probably they have a number in common: half of the
    related ones do, and nearly all near-duplicates.
    """
    pairs = _sketch(shingles).hashvalues.astype("<u4").view("<i8")
    numbers: list[int] = pairs.tolist()
    return numbers


class NearDuplicates:
    """An index of texts that finds near-duplicates of another; it keeps sketches and no text."""

    def __init__(self) -> None:
        from datasketch import MinHashLSH  # noqa: PLC0415  # slow to import; judging needs none

        self._known: set[bytes] = set()
        """The shingles of each distinct text."""
        self._candidates = MinHashLSH(num_perm=BANDS * ROWS, params=(BANDS, ROWS))

    def add_if_new(self, text: str) -> bool:
        """Add a text unless it is a near-duplicate of one before it; return whether it was new."""
        shingles = shingles_of(text)
        if next(self.similar(shingles), None) is not None:
            return False
        self.insert(shingles)
        return True

    def insert(self, shingles: Shingles) -> None:
        """Add a text by its shingles."""
        key = shingles.tobytes()
        if key not in self._known:
            self._known.add(key)
            self._candidates.insert(key, _sketch(shingles), check_duplication=False)

    def similar(self, shingles: Shingles) -> Iterator[bytes]:
        """Yield the shingles, as bytes, of each text that is a near-duplicate."""
        key = shingles.tobytes()
        if key in self._known:
            yield key
        for other in self._candidates.query(_sketch(shingles)):
            if other != key and _are_near(shingles, np.frombuffer(other, np.uint32)):
                yield other


def _are_near(first: Shingles, second: Shingles) -> bool:
    # Texts of very different lengths need no comparing.
    few, many = sorted((len(first), len(second)))
    return few >= THRESHOLD * many and similarity(first, second) >= THRESHOLD


@cache
def _empty() -> Any:
    from datasketch import MinHash  # noqa: PLC0415  # slow to import; judging needs none

    return MinHash(num_perm=BANDS * ROWS, seed=_SEED, hashfunc=int, scheme=_SCHEME)


def _sketch(shingles: Shingles) -> Any:
    sketch = _empty().copy()
    sketch.update_batch(shingles.tolist())
    return sketch


def drop_leaks(train: Sequence[Item], held_out: Iterable[HasText]) -> list[Item]:
    """Return the items of `train`, in order, that are near-duplicates of nothing in `held_out`."""
    index = NearDuplicates()
    for item in held_out:
        index.insert(shingles_of(spaced(item.text)))
    return [
        item for item in train if next(index.similar(shingles_of(spaced(item.text))), None) is None
    ]


def spaced(text: str) -> str:
    """Return a text with blanks in the runs of letters that are written without any.

    Runs of `RUN_CHARACTERS` letters, each a letter further on than the one before, stand for words
    there. The sketches that a database keeps are of texts as they are.
    """
    return UNSPACED_RUN.sub(_runs, text[:MAX_CHARACTERS])


def _runs(letters: re.Match[str]) -> str:
    run = letters.group()
    most = max(len(run) - RUN_CHARACTERS, 0)
    runs = (run[start : start + RUN_CHARACTERS] for start in range(most + 1))
    return f" {' '.join(runs)} "


def overlapping_pairs(texts: Sequence[str]) -> list[tuple[int, int]]:
    """Return the indices of each pair of texts that overlap (see `OVERLAP`), in order."""
    shingles = [shingles_of(spaced(text)) for text in texts]
    pairs = {
        (first, second)
        for (first, second), common in _in_common(shingles).items()
        if common >= OVERLAP * min(len(shingles[first]), len(shingles[second]))
    }
    # Pairs whose shingles are all common ones: a text repeated often is still repeated.
    index = NearDuplicates()
    numbers = defaultdict[bytes, list[int]](list)
    for number, of_text in enumerate(shingles):
        pairs.update((other, number) for key in index.similar(of_text) for other in numbers[key])
        numbers[of_text.tobytes()].append(number)
        index.insert(of_text)
    return sorted(pairs)


def _in_common(shingles: Sequence[Shingles]) -> Counter[tuple[int, int]]:
    """Count the shingles that each pair of texts has in common, the commonest ones left out."""
    texts_with = defaultdict[int, list[int]](list)
    for number, of_text in enumerate(shingles):
        for shingle in of_text.tolist():
            texts_with[shingle].append(number)
    return Counter(
        chain.from_iterable(
            combinations(numbers, 2) for numbers in texts_with.values() if len(numbers) <= _COMMON
        )
    )
