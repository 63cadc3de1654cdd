"""How varied the labelled set is: near-duplicates across families, and lexical variety."""

from collections import Counter, defaultdict
from collections.abc import Sequence
from itertools import chain, combinations
from typing import NamedTuple

from moderation.labelling.record import Example
from moderation.text.normalise import normalise
from moderation.text.tokens import words

SHARED = 0.5
"""Near-duplicates have at least this share of the shorter passage's word 3-grams in common."""
MOST_NEAR_DUPLICATES = 0.02
"""Share of the examples that may have a near-duplicate outside their own family."""
_COMMON = 50
"""A 3-gram in more examples than this is a turn of speech, and pairs nobody."""

Gram = tuple[str, ...]


class Variety(NamedTuple):
    """Figures about a set of examples."""

    near_duplicates: list[tuple[str, str]]
    """Ids of the pairs, of different families."""
    share: float
    """Share of the examples that are in a pair."""
    vocabulary: int
    """Different words."""
    distinct: float
    """Different word 3-grams as a share of all."""


def variety(examples: Sequence[Example]) -> Variety:
    """Measure near-duplicates and lexical variety."""
    texts = [[word.text for word in words(normalise(e.text))] for e in examples]
    grams = [_grams(text) for text in texts]
    pairs = [
        (first, second)
        for (first, second), common in sorted(_in_common(grams).items())
        if examples[first].family != examples[second].family
        and common >= SHARED * min(len(grams[first]), len(grams[second]))
    ]
    every = [gram for text in texts for gram in zip(text, text[1:], text[2:], strict=False)]
    return Variety(
        [(examples[first].id, examples[second].id) for first, second in pairs],
        len(set(chain.from_iterable(pairs))) / max(len(examples), 1),
        len(set(chain.from_iterable(texts))),
        len(set(every)) / max(len(every), 1),
    )


def _grams(text: Sequence[str]) -> set[Gram]:
    """Return a text's word 3-grams; a shorter text is one gram of its own."""
    found = set[Gram](zip(text, text[1:], text[2:], strict=False))
    return found or {tuple(text)}


def _in_common(grams: Sequence[set[Gram]]) -> Counter[tuple[int, int]]:
    """Count the grams that each pair of texts has in common, for pairs that have any."""
    having = defaultdict[Gram, list[int]](list)
    for index, some in enumerate(grams):
        for gram in some:
            having[gram].append(index)
    return Counter(
        chain.from_iterable(
            combinations(indices, 2) for indices in having.values() if len(indices) <= _COMMON
        )
    )
