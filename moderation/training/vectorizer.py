"""The vectorizer of the fast tier: texts to sparse rows of hashed n-grams, to train on."""

from collections.abc import Sequence
from typing import Self

import numpy as np
from scipy import sparse
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.utils import Tags

from moderation.models.base import Floats
from moderation.models.ngrams import kernels
from moderation.models.ngrams.alphabet import Bytes
from moderation.models.ngrams.scorer import known_words, tokenise_texts
from moderation.models.ngrams.spelling import spell_texts

CHUNK = 2_000
"""Texts counted at once; the number bounds memory and changes no row."""
_BESIDES = 3
"""N-grams of a token beside the runs of bytes in it: the token, its pair, its disguise."""


class NgramHasher(TransformerMixin, BaseEstimator):  # type: ignore[misc]  # sklearn is untyped
    """Texts to rows of n-gram counts, each divided by the root of the row's number of n-grams.

    N-grams are runs of one and two words within a sentence, and runs of bytes within a word and its
    boundaries. Each of the two kinds has half of the columns, which its n-grams share by a hash.
    The names of all peoples count as the same word: naming one can then not raise a score, and a
    hostile phrase is recognised whichever people it attacks.

    But for that root, a row is a sum over words. So is the score of a linear model, which
    `moderation.models.ngrams.scorer` computes without making rows.

    Parameters
    ----------
    n_features : int
        Columns; a power of 2.
    char_ngrams : (int, int)
        Shortest and longest run of bytes; 7 at most.
    word_weight : float
        Weight of an n-gram of words; each of the many runs of bytes within it has 1.
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
        """Return a row for each text, shape ``(len(X), n_features)``; an empty text has zeros."""
        parts = [self._count(X[start : start + CHUNK]) for start in range(0, len(X), CHUNK)]
        rows = sparse.csr_array(sparse.vstack(parts or [self._count([])]))
        sizes = np.sqrt(np.asarray(rows.sum(axis=1)).ravel())
        rows.data *= self.kind_weights()[rows.indices]
        rows.data /= np.repeat(sizes, np.diff(rows.indptr)).astype(np.float32)
        return rows

    def kind_weights(self) -> Floats:
        """Return the weight of the n-grams in each column, shape ``(n_features,)``."""
        return np.repeat(np.array([self.word_weight, 1], np.float32), self.n_features // 2)

    def _count(self, texts: Sequence[str]) -> sparse.csr_array:
        easy, hard, hard_indices = spell_texts(texts)
        order = np.arange(len(texts))
        order[hard_indices] = len(texts) + np.arange(len(hard_indices))
        parts = [count_spelled(part, self.n_features, self.char_ngrams) for part in (easy, hard)]
        return sparse.csr_array(sparse.vstack(parts))[order]

    def __sklearn_tags__(self) -> Tags:
        """Return scikit-learn's tags: the input is a list of strings, and fitting is not needed."""
        tags = super().__sklearn_tags__()
        tags.input_tags.string = True
        tags.input_tags.two_d_array = False
        tags.requires_fit = False
        return tags


def inverse_document_frequency(rows: sparse.csr_array) -> Floats:
    """Return ``log((1 + rows) / (1 + rows that have it))`` for each column (Spärck Jones, 1972)."""
    having = np.bincount(rows.indices, minlength=rows.shape[1])
    return np.asarray(np.log((1 + rows.shape[0]) / (1 + having)), np.float32)


def count_spelled(
    spelled: Bytes, n_features: int, char_ngrams: tuple[int, int]
) -> sparse.csr_array:
    """Return the counts of the n-grams in each text, by column."""
    low, high = char_ngrams
    words = known_words()
    tokens = tokenise_texts(spelled, words)
    # A run of bytes ends at each byte or behind the word, once for each of its lengths.
    runs = (high - low + 1) * (len(spelled) + len(tokens.begins))
    columns = np.empty(runs + _BESIDES * len(tokens.begins), np.int64)
    bounds = np.zeros(len(tokens.begins) + 1, np.int64)
    shape = (n_features // 2, low, high, words.hidden)
    size = kernels.columns(spelled, *tokens[:-1], shape, columns, bounds)
    rows = sparse.csr_array(
        (
            np.ones(size, np.float32),
            columns[:size].astype(np.int32),
            bounds[tokens.bounds].astype(np.int32),
        ),
        shape=(len(tokens.bounds) - 1, n_features),
    )
    rows.sum_duplicates()
    return rows
