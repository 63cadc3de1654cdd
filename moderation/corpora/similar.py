"""Finding texts that nearly repeat one another, so that nothing that tests also trains.

Two texts are similar if they have the same words, or if they share at least `THRESHOLD` of their
runs of three words (their Jaccard similarity). Candidates come from MinHash signatures, and each is
then compared in full, so whatever is reported is similar; about one in fifty of the pairs just over
the threshold is missed, and fewer the more alike they are.
"""

import re
from collections.abc import Hashable, Iterable, Iterator, Sequence
from typing import NamedTuple, Protocol, TypeVar
from zlib import crc32

from datasketch import MinHash, MinHashLSH
from scipy.cluster.hierarchy import DisjointSet

from moderation.text.normalise import normalise

THRESHOLD = 0.7
SHINGLE_WORDS = 3

_BANDS, _ROWS = 16, 4
"""At the threshold, 1 - (1 - 0.7 ** 4) ** 16 = 98 % of the similar pairs become candidates."""

_WORD = re.compile(r"[\w\u17b4-\u17d3]+")
"""Khmer vowel signs, which \\w leaves out, stay with their word."""

Key = TypeVar("Key", bound=Hashable)


class HasText(Protocol):
    """Anything with a text: a record of a corpus, an example of the labelled set."""

    @property
    def text(self) -> str:
        """The text."""


Item = TypeVar("Item", bound=HasText)


class _Sketch(NamedTuple):
    """What of a text is compared."""

    words: str
    shingles: frozenset[int]
    """Hashes of its runs of words; none where it is shorter than one run."""
    signature: MinHash


class _Index:
    """The texts seen so far, by their words."""

    def __init__(self) -> None:
        self._shingles: dict[str, frozenset[int]] = {}
        self._candidates = MinHashLSH(num_perm=_BANDS * _ROWS, params=(_BANDS, _ROWS))

    def add(self, sketch: _Sketch) -> None:
        """Add a text, unless one with the same words is there."""
        if sketch.words in self._shingles:
            return
        self._shingles[sketch.words] = sketch.shingles
        if sketch.shingles:
            self._candidates.insert(sketch.words, sketch.signature, check_duplication=False)

    def similar(self, sketch: _Sketch) -> Iterator[str]:
        """Yield the words of each text that is similar."""
        if sketch.words in self._shingles:
            yield sketch.words
        if not sketch.shingles:
            return
        for words in self._candidates.query(sketch.signature):
            if words != sketch.words and _share(sketch.shingles, self._shingles[words]):
                yield words


def _share(one: frozenset[int], other: frozenset[int]) -> bool:
    common = len(one & other)
    return common >= THRESHOLD * (len(one) + len(other) - common)


def _sketches(texts: Iterable[str]) -> Iterator[_Sketch]:
    """Yield the sketch of each text."""
    empty = MinHash(num_perm=_BANDS * _ROWS, hashfunc=int)
    for text in texts:
        plain = normalise(text).text
        # A text without a word, such as one of emoji, is compared as it stands.
        words = _WORD.findall(plain) or plain.split()
        shingles = frozenset(
            crc32(" ".join(words[start : start + SHINGLE_WORDS]).encode("utf-8"))
            for start in range(len(words) - SHINGLE_WORDS + 1)
        )
        signature = empty.copy()
        signature.update_batch(shingles)
        yield _Sketch(" ".join(words), shingles, signature)


def find_duplicates(texts: Sequence[tuple[Key, str]]) -> list[list[Key]]:
    """Group the texts that are similar, directly or by way of others.

    Parameters
    ----------
    texts : sequence of (key, text)
        The keys differ from one another.

    Returns
    -------
    list of list
        The keys of each group of two or more, in the order given, as are the groups.
    """
    index = _Index()
    first: dict[str, Key] = {}
    groups = DisjointSet()
    for (key, _), sketch in zip(texts, _sketches(text for _, text in texts), strict=True):
        groups.add(key)
        for words in index.similar(sketch):
            groups.merge(first[words], key)
        first.setdefault(sketch.words, key)
        index.add(sketch)
    order = {key: place for place, (key, _) in enumerate(texts)}
    found = [sorted(group, key=order.__getitem__) for group in groups.subsets() if len(group) > 1]
    return sorted(found, key=lambda group: order[group[0]])


def drop_leaks(train: Sequence[Item], held_out: Iterable[HasText]) -> list[Item]:
    """Return what of `train` is similar to nothing in `held_out`, in its order."""
    index = _Index()
    for sketch in _sketches(item.text for item in held_out):
        index.add(sketch)
    sketches = _sketches(item.text for item in train)
    return [
        item
        for item, sketch in zip(train, sketches, strict=True)
        if next(index.similar(sketch), None) is None
    ]
