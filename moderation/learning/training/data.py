"""Labelled examples as the arrays that training and evaluation work on."""

from collections.abc import Sequence
from typing import NamedTuple, Self

import numpy as np

from moderation.labelling.record import Example, Split
from moderation.learning.features import Floats
from moderation.taxonomy import ATTRIBUTE_NAMES


class Dataset(NamedTuple):
    """Examples of one split, with their texts and attribute values at hand."""

    examples: list[Example]
    texts: list[str]
    values: Floats
    """Shape ``(n_examples, n_attributes)``; NaN where an annotator left it open."""

    @classmethod
    def of(cls, examples: Sequence[Example], split: Split) -> Self:
        """Take the examples of a split, in their order."""
        chosen = [example for example in examples if example.split == split]
        values = [
            [np.nan if (value := e.attributes[name]) is None else value for name in ATTRIBUTE_NAMES]
            for e in chosen
        ]
        shape = (len(chosen), len(ATTRIBUTE_NAMES))
        return cls(chosen, [e.text for e in chosen], np.array(values, dtype=float).reshape(shape))
