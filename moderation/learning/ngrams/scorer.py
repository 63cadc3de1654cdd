"""Texts to raw scores: weights are added up as n-grams are hashed, and no row is made."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from moderation.learning.arrays import Floats
from moderation.learning.ngrams import sum_kernels, window_kernels
from moderation.learning.ngrams.alphabet import Bytes
from moderation.learning.ngrams.spelling import spell_sequences, spell_texts
from moderation.learning.ngrams.tokens import CutTexts, cut_texts
from moderation.learning.ngrams.words import known_words
from moderation.taxonomy import ATTRIBUTES
from moderation.text.tokens import Token

HARMFUL = np.array([attribute.harmful for attribute in ATTRIBUTES])
CHUNK = 512
"""Texts scored at once; it keeps what is between the kernels in the cache, and changes no score."""

Weights = npt.NDArray[np.int8]


class _Sums(NamedTuple):
    """What the n-grams that begin with each token add up to."""

    totals: npt.NDArray[np.integer[Any]]
    """Shape ``(n_tokens, n_attributes)``, in units of each attribute's scale."""
    sizes: npt.NDArray[np.integer[Any]]
    """How many n-grams these are."""


class Scorer:
    """A linear model over the rows of a :class:`~moderation.learning.features.NgramHasher`.

    Parameters
    ----------
    weights : int8 array of shape (n_features, n_attributes)
        In units of each attribute's scale; what a column's n-grams count is in them.
    scales, biases : arrays of shape (n_attributes,)
    char_ngrams : (int, int)
    frequent : sequence of str
        Words that are common enough to be added up once and for all.
    """

    def __init__(
        self,
        weights: Weights,
        scales: Floats,
        biases: Floats,
        char_ngrams: tuple[int, int],
        frequent: Sequence[str],
    ) -> None:
        # A view that cannot be written, whatever it is a view of: the kernels are compiled for one
        # kind of array only.
        self._weights = np.ascontiguousarray(weights, np.int8).view(np.ndarray)
        self._weights.flags.writeable = False
        self._scales, self._biases = scales.astype(np.float64), biases.astype(np.float64)
        self._words = known_words(frequent)
        self._shape = (len(weights) // 2, *char_ngrams, self._words.hidden)
        nothing = _Sums(np.zeros((1, weights.shape[1]), np.int16), np.zeros(1, np.int16))
        self._known: tuple[npt.NDArray[np.integer[Any]], ...] = (
            np.full_like(self._words.rows, -1),
            *nothing,
        )
        spelled = np.frombuffer(bytearray("\0".join([*frequent, ""]).encode()), np.uint8)
        sums = self._sums(spelled, cut_texts(spelled, self._words, whole=True))
        rows = (np.concatenate(pair) for pair in zip(sums, nothing, strict=True))
        # 16 bits hold what the n-grams of one word add up to, and halve what the cache has to.
        self._known = (self._words.rows, *(some.astype(np.int16) for some in rows))

    def raw(self, texts: Sequence[str]) -> Floats:
        """Return the texts' raw scores, shape ``(n_texts, n_attributes)``."""
        out = np.empty((len(texts), self._weights.shape[1]))
        for start in range(0, len(texts), CHUNK):
            some = texts[start : start + CHUNK]
            easy, hard, which = spell_texts(some)
            out[start : start + CHUNK] = self._raw(easy)
            if len(which):
                out[start + which] = self._raw(hard)
        return out

    def explain(self, sentences: Sequence[Sequence[Token]]) -> tuple[Floats, list[Floats]]:
        """Return the raw scores of sentences, each alone, and what each token adds to them.

        Returns
        -------
        raw : array of shape (n_sentences, n_attributes)
        shares : list of arrays of shape (n_tokens, n_attributes)
            One a sentence. They and the bias make up its raw score.
        """
        spelled = spell_sequences(sentences)
        cut = cut_texts(spelled, self._words, whole=True)
        sums = self._sums(spelled, cut)
        raw = self._scores(cut, sums)
        sizes = np.add.reduceat(np.append(sums.sizes, 0), cut.bounds[:-1])
        shares = sums.totals * self._scales
        return raw, [
            shares[first:last] / np.sqrt(max(size, 1))
            for first, last, size in zip(cut.bounds[:-1], cut.bounds[1:], sizes, strict=True)
        ]

    def _raw(self, spelled: Bytes) -> Floats:
        cut = cut_texts(spelled, self._words)
        return self._scores(cut, self._sums(spelled, cut))

    def _sums(self, spelled: Bytes, cut: CutTexts) -> _Sums:
        count = len(cut.begins)
        sums = _Sums(np.empty((count, self._weights.shape[1]), np.int32), np.empty(count, np.int32))
        sum_kernels.sums(spelled, *cut[:-1], self._shape, self._known, self._weights, *sums)
        return sums

    def _scores(self, cut: CutTexts, sums: _Sums) -> Floats:
        out = np.empty((len(cut.bounds) - 1, self._weights.shape[1]))
        window_kernels.scores(
            cut.bounds, cut.flags, *sums, self._scales, self._biases, HARMFUL, out
        )
        return out
