"""Hashed word and character n-grams, counted a token at a time.

Counting by token lets one hashing serve the whole text, each of its sentences and the share each
word has in a score: a text's counts are the sum of its tokens'.
"""

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Any, Self

import numpy as np
import numpy.typing as npt
from scipy import sparse
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.feature_extraction import FeatureHasher
from sklearn.utils import Tags

from moderation.text.normalise import normalise
from moderation.text.peoples import mentions
from moderation.text.tokens import Token, tokens

HIDDEN = "¤"
"""What is counted in place of the name of a people."""

DISGUISE = "d"
"""Counted once more for a word that was spelt so as to hide it: that is a sign by itself."""

Floats = npt.NDArray[np.floating[Any]]
Flags = npt.NDArray[np.bool_]


class NgramHasher(TransformerMixin, BaseEstimator):  # type: ignore[misc]  # sklearn is untyped
    """Texts to sparse rows of damped, length-normalised n-gram counts.

    Parameters
    ----------
    n_features : int
        Columns; n-grams share them by MurmurHash3.
    word_ngrams : int
        Longest run of words.
    word_weight : int
        How often each word n-gram counts, beside the many character n-grams within it.
    char_ngrams : (int, int)
        Shortest and longest run of characters, within one word and its boundaries.
    """

    def __init__(
        self,
        n_features: int = 2**18,
        word_ngrams: int = 2,
        word_weight: int = 4,
        char_ngrams: tuple[int, int] = (3, 5),
    ) -> None:
        self.n_features = n_features
        self.word_ngrams = word_ngrams
        self.word_weight = word_weight
        self.char_ngrams = char_ngrams

    def fit(self, X: Sequence[str], y: object = None) -> Self:  # noqa: ARG002  # sklearn's contract
        """Do nothing: hashing needs no fitting."""
        return self

    def transform(self, X: Sequence[str]) -> sparse.csr_array:
        """Return one row a text: shape ``(len(X), n_features)``."""
        cut = [tokens(normalise(text)) for text in X]
        bounds = np.cumsum([0, *map(len, cut)])
        runs = list(pairwise(bounds))
        return weigh(sum_rows(self.count_tokens(cut), runs))

    def count_tokens(self, sequences: Sequence[Sequence[Token]]) -> sparse.csr_array:
        """Return raw n-gram counts, one row a token of all sequences in turn.

        No n-gram crosses from one sequence into the next, so that what a sequence counts does not
        depend on its neighbours.
        """
        hasher = FeatureHasher(self.n_features, input_type="string", alternate_sign=False)
        grams = (found for sequence in sequences for found in self._ngrams(sequence))
        if not any(sequences):
            return sparse.csr_array((0, self.n_features))
        return sparse.csr_array(hasher.transform(grams))

    def _ngrams(self, sequence: Sequence[Token]) -> Iterator[list[str]]:
        # Which people is named counts for nothing: naming one can then not be held against a text,
        # and a hostile phrase is known whichever people it is turned on.
        texts: list[str | None] = [token.text for token in sequence]
        for mention in mentions(sequence):
            length = mention.last - mention.first
            texts[mention.first : mention.last] = [HIDDEN] + [None] * (length - 1)
        counted = [text for text in texts if text is not None]
        at = 0
        for token, text in zip(sequence, texts, strict=True):
            if text is None:
                yield []  # a name of several words counts once, at its first
                continue
            sign = [DISGUISE] if token.disguised else []
            yield self._words(counted, at) * self.word_weight + self._characters(text) + sign
            at += 1

    def _words(self, texts: Sequence[str], at: int) -> list[str]:
        longest = min(self.word_ngrams, len(texts) - at)
        return ["w " + " ".join(texts[at : at + length]) for length in range(1, longest + 1)]

    def _characters(self, word: str) -> list[str]:
        low, high = self.char_ngrams
        bounded = f" {word} "
        return [
            "c " + bounded[start : start + length]
            for length in range(low, high + 1)
            for start in range(len(bounded) - length + 1)
        ]

    def __sklearn_tags__(self) -> Tags:
        """Say that the input is a list of strings, and that fitting is not needed."""
        tags = super().__sklearn_tags__()
        tags.input_tags.string = True
        tags.input_tags.two_d_array = False
        tags.requires_fit = False
        return tags


def sum_rows(counts: sparse.csr_array, runs: Sequence[tuple[int, int]]) -> sparse.csr_array:
    """Sum consecutive rows: one row of the result for each ``(first, last)`` run of rows."""
    lengths = [last - first for first, last in runs]
    columns = np.concatenate([[], *(np.arange(first, last) for first, last in runs)])
    chooser = sparse.csr_array(
        (np.ones(len(columns)), columns.astype(np.int32), np.cumsum([0, *lengths], dtype=np.int32)),
        shape=(len(runs), counts.shape[0]),
    )
    return sparse.csr_array(chooser @ counts)


def weigh(counts: sparse.csr_array, idf: Floats | None = None) -> sparse.csr_array:
    """Damp counts, favour rare n-grams, and scale each row to length 1.

    Parameters
    ----------
    counts : sparse array of shape (n_rows, n_features)
    idf : array of shape (n_features,), optional
        What :func:`inverse_document_frequency` returned.

    Returns
    -------
    sparse array of the same shape
        A row of zeros stays one.
    """
    rows = counts.copy()
    rows.data = np.log1p(rows.data)
    if idf is not None:
        rows.data *= idf[rows.indices]
    norms = np.sqrt(np.asarray(rows.multiply(rows).sum(axis=1)).ravel())
    norms[norms == 0] = 1
    rows.data /= np.repeat(norms, np.diff(rows.indptr))
    # scikit-learn's solvers take 32-bit indices only.
    rows.indices = rows.indices.astype(np.int32)
    rows.indptr = rows.indptr.astype(np.int32)
    return rows


def inverse_document_frequency(counts: sparse.csr_array) -> Floats:
    """Return ``log((1 + rows) / (1 + rows that have it))`` for each column (Jones, 1972)."""
    having = np.bincount(counts.indices, minlength=counts.shape[1])
    return np.asarray(np.log((1 + counts.shape[0]) / (1 + having)))
