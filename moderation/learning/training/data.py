"""Labelled examples and public corpora as the arrays that training and evaluation work on."""

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import NamedTuple, Self

import numpy as np
from scipy import sparse

from moderation.corpora import CorpusText
from moderation.labelling.record import Example
from moderation.learning.fast import Counted, count_texts
from moderation.learning.features import Floats, NgramHasher
from moderation.learning.windows import windows
from moderation.splits import Split
from moderation.taxonomy import ATTRIBUTE_NAMES
from moderation.text.sentences import SentenceCutter

CHUNK = 1_000
"""Texts counted at once: counts are kept by token only so long."""


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


class Rows(NamedTuple):
    """What is learned from."""

    counts: sparse.csr_array
    """Raw n-gram counts, shape ``(n_rows, n_features)``."""
    values: Floats
    """Shape ``(n_rows, n_attributes)``; NaN for unknown."""
    weights: Floats
    """How much each row counts, shape ``(n_rows,)``."""


def count_rows(
    train: Dataset,
    corpora: Sequence[CorpusText],
    cutter: SentenceCutter,
    hasher: NgramHasher,
    label_weight: float,
) -> Rows:
    """Count the n-grams of our examples, window by window, and of the corpora, text by text.

    Parameters
    ----------
    train : Dataset
    corpora : sequence of CorpusText
    cutter : SentenceCutter
    hasher : NgramHasher
    label_weight : float
        How much a window of our own counts beside a text of a corpus.
    """
    parts: list[sparse.csr_array] = []
    values: list[Floats] = []
    for start in range(0, len(train.texts), CHUNK):
        counted = count_texts(train.texts[start : start + CHUNK], cutter, hasher)
        runs, known = _windows(counted, train, start)
        parts.append(counted.rows(runs))
        values += known
    own = len(values)
    for start in range(0, len(corpora), CHUNK):
        some = corpora[start : start + CHUNK]
        counted = count_texts([text.text for text in some], cutter, hasher)
        parts.append(counted.rows(list(pairwise(counted.sentence_bounds))))
        values += [np.array(text.values) for text in some]
    weights = np.ones(len(values))
    weights[:own] = label_weight if corpora else 1.0
    return Rows(sparse.csr_array(sparse.vstack(parts)), np.array(values), weights)


def _windows(
    counted: Counted, train: Dataset, start: int
) -> tuple[list[tuple[int, int]], list[Floats]]:
    """Return each window of each text, and its attribute values.

    A window of a flagged text that holds none of its evidence is harmless, and is learned as such.
    """
    pairs = list(_each_window(counted, train, start))
    return [run for run, _ in pairs], [values for _, values in pairs]


def _each_window(
    counted: Counted, train: Dataset, start: int
) -> Iterator[tuple[tuple[int, int], Floats]]:
    for number, sentences in enumerate(counted.texts):
        example, values = train.examples[start + number], train.values[start + number]
        offset = counted.sentence_bounds[number]
        for first, last in windows(sentences):
            begin, end = sentences[first].start, sentences[last - 1].end
            marked = any(e.start < end and begin < e.end for e in example.evidence)
            innocent = bool(example.evidence) and not marked
            yield (offset + first, offset + last), values * (0.0 if innocent else 1.0)
