"""Texts to sparse rows of n-gram counts, to learn from."""

from collections.abc import Sequence
from typing import Self

import numpy as np
from scipy import sparse
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.utils import Tags

from moderation.models.base import Floats
from moderation.models.ngrams import kernels
from moderation.models.ngrams.alphabet import Bytes
from moderation.models.ngrams.scorer import cut_texts, known_words
from moderation.models.ngrams.spelling import spell_texts

# FOLDED counting: Spelled texts to rows of counts.

_BESIDES = 3
"""N-grams that begin with a token beside the runs of bytes in it: it, a pair, a disguise."""


def count_spelled(
    spelled: Bytes, n_features: int, char_ngrams: tuple[int, int]
) -> sparse.csr_array:
    """Return how often each column's n-grams stand in each text."""
    low, high = char_ngrams
    words = known_words()
    cut = cut_texts(spelled, words)
    # A run of bytes ends at each byte or behind the word, once for each of its lengths.
    runs = (high - low + 1) * (len(spelled) + len(cut.begins))
    found = np.empty(runs + _BESIDES * len(cut.begins), np.int64)
    bounds = np.zeros(len(cut.begins) + 1, np.int64)
    shape = (n_features // 2, low, high, words.hidden)
    size = kernels.columns(spelled, *cut[:-1], shape, found, bounds)
    rows = sparse.csr_array(
        (
            np.ones(size, np.float32),
            found[:size].astype(np.int32),
            bounds[cut.bounds].astype(np.int32),
        ),
        shape=(len(cut.bounds) - 1, n_features),
    )
    rows.sum_duplicates()
    return rows


CHUNK = 2_000
"""Texts counted at once; it bounds memory and changes no row."""


class NgramHasher(TransformerMixin, BaseEstimator):  # type: ignore[misc]  # sklearn is untyped
    """Texts to rows of n-gram counts, each over the root of how many n-grams the row has.

    N-grams are runs of one and two words within a sentence, and runs of bytes within a word and its
    boundaries. Each of the two kinds has half of the columns, which its n-grams share by a hash.
    The names of peoples count as one word, whichever people it is: naming one can then not be held
    against a text, and a hostile phrase is known whichever people it is turned on.

    But for that root a row is a sum over words. So is then the score of a linear model, and
    `moderation.models.ngrams.scorer` finds it without making rows.

    Parameters
    ----------
    n_features : int
        Columns; a power of 2.
    char_ngrams : (int, int)
        Shortest and longest run of bytes; 7 at most.
    word_weight : float
        How much an n-gram of words counts beside the many runs of bytes within it.
    """

    def __init__(
        self,
        n_features: int = 2**18,
        char_ngrams: tuple[int, int] = (3, 5),
        word_weight: float = 2.0,
    ) -> None:
        self.n_features = n_features
        self.char_ngrams = char_ngrams
        self.word_weight = word_weight

    def fit(self, X: Sequence[str], y: object = None) -> Self:  # noqa: ARG002  # sklearn's contract
        """Do nothing: hashing needs no fitting."""
        return self

    def transform(self, X: Sequence[str]) -> sparse.csr_array:
        """Return one row a text: shape ``(len(X), n_features)``; that of an empty text is zero."""
        parts = [self._count(X[start : start + CHUNK]) for start in range(0, len(X), CHUNK)]
        rows = sparse.csr_array(sparse.vstack(parts or [self._count([])]))
        sizes = np.sqrt(np.asarray(rows.sum(axis=1)).ravel())
        rows.data *= self.kind_weights()[rows.indices]
        rows.data /= np.repeat(sizes, np.diff(rows.indptr)).astype(np.float32)
        return rows

    def kind_weights(self) -> Floats:
        """Return what an n-gram of each column counts, shape ``(n_features,)``."""
        return np.repeat(np.array([self.word_weight, 1], np.float32), self.n_features // 2)

    def _count(self, texts: Sequence[str]) -> sparse.csr_array:

        easy, hard, which = spell_texts(texts)
        order = np.arange(len(texts))
        order[which] = len(texts) + np.arange(len(which))
        parts = [count_spelled(some, self.n_features, self.char_ngrams) for some in (easy, hard)]
        return sparse.csr_array(sparse.vstack(parts))[order]

    def __sklearn_tags__(self) -> Tags:
        """Say that the input is a list of strings, and that fitting is not needed."""
        tags = super().__sklearn_tags__()
        tags.input_tags.string = True
        tags.input_tags.two_d_array = False
        tags.requires_fit = False
        return tags


def inverse_document_frequency(rows: sparse.csr_array) -> Floats:
    """Return ``log((1 + rows) / (1 + rows that have it))`` for each column (Jones, 1972)."""
    having = np.bincount(rows.indices, minlength=rows.shape[1])
    return np.asarray(np.log((1 + rows.shape[0]) / (1 + having)), np.float32)
