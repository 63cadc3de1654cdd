"""Labelled examples and public corpora as the arrays that training and evaluation work on."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple, Self

import numpy as np
from scipy import sparse

from moderation.corpora import CorpusText
from moderation.labelling.record import Example
from moderation.learning.features import NgramHasher
from moderation.learning.judgement import Floats
from moderation.splits import Split
from moderation.taxonomy import ATTRIBUTE_NAMES
from moderation.text.document import Document
from moderation.text.sentences import SentenceCutter, windows


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


class TrainingRows(NamedTuple):
    """What is learned from."""

    features: sparse.csr_array
    """Shape ``(n_rows, n_features)``."""
    values: Floats
    """Shape ``(n_rows, n_attributes)``; NaN for unknown."""
    weights: Floats
    """How much each row counts, shape ``(n_rows,)``."""


def read_rows(
    train: Dataset,
    corpora: Sequence[CorpusText],
    cutter: SentenceCutter,
    hasher: NgramHasher,
    label_weight: float,
) -> TrainingRows:
    """Make rows of our examples, window by window, and of the corpora, text by text.

    Parameters
    ----------
    train : Dataset
    corpora : sequence of CorpusText
    cutter : SentenceCutter
    hasher : NgramHasher
    label_weight : float
        How much a window of our own counts beside a text of a corpus.
    """
    pairs = list(_windows(train, cutter))
    texts = [*(text for text, _ in pairs), *(text.text for text in corpora)]
    values = [*(known for _, known in pairs), *(np.array(text.values) for text in corpora)]
    weights = np.ones(len(texts))
    weights[: len(pairs)] = label_weight if corpora else 1.0
    return TrainingRows(hasher.transform(texts), np.array(values), weights)


def _windows(train: Dataset, cutter: SentenceCutter) -> Iterator[tuple[str, Floats]]:
    """Yield each window of each text, and its attribute values.

    A window of a flagged text that holds none of its evidence is harmless, and is learned as such.
    """
    for example, text, values in zip(train.examples, train.texts, train.values, strict=False):
        sentences = Document(text).sentences(cutter)
        for first, last in windows([len(sentence.tokens) for sentence in sentences]):
            begin, end = sentences[first].start, sentences[last - 1].end
            marked = any(e.start < end and begin < e.end for e in example.evidence)
            innocent = bool(example.evidence) and not marked
            yield text[begin:end], values * (0.0 if innocent else 1.0)
