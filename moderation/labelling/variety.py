"""The variety of the labelled set: overlaps between its families, and its words."""

from collections.abc import Sequence
from itertools import chain
from typing import NamedTuple

from moderation.labelling.record import Example
from moderation.text.near_duplicates import overlapping
from moderation.text.normalise import normalise
from moderation.text.tokens import words

MAX_NEAR_DUPLICATES = 0.02
"""Share of the examples that may have a near-duplicate outside their own family."""


class Variety(NamedTuple):
    """Figures about a set of examples."""

    near_duplicates: list[tuple[str, str]]
    """Ids of the pairs, of different families; an overlap counts (`near_duplicates.OVERLAP`)."""
    share: float
    """Share of the examples that are in a pair."""
    vocabulary: int
    """Different words."""
    distinct: float
    """Different word 3-grams as a share of all."""


def variety(examples: Sequence[Example]) -> Variety:
    """Measure near-duplicates and lexical variety."""
    pairs = [
        (first, second)
        for first, second in overlapping([example.text for example in examples])
        if examples[first].family != examples[second].family
    ]
    # The model's own words: this measures what there is to learn.
    texts = [[word.text for word in words(normalise(example.text))] for example in examples]
    every = [gram for text in texts for gram in zip(text, text[1:], text[2:], strict=False)]
    return Variety(
        [(examples[first].id, examples[second].id) for first, second in pairs],
        len(set(chain.from_iterable(pairs))) / max(len(examples), 1),
        len(set(chain.from_iterable(texts))),
        len(set(every)) / max(len(every), 1),
    )
