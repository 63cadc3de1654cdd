"""The linear model over hashed n-grams: it adds up weights as it hashes, and makes no rows."""

from collections.abc import Sequence
from functools import cache
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from moderation.models.base import HARMFUL, Floats
from moderation.models.ngrams import kernels
from moderation.models.ngrams.alphabet import KINDS, Bytes
from moderation.models.ngrams.spelling import spell_sequences, spell_texts
from moderation.text.peoples import PEOPLES
from moderation.text.segmentation import Token

CHUNK = 512
"""Texts scored at once: few enough for the processor's cache. The number changes no score."""

HIDDEN = "¤"
"""The word that is counted in place of the name of a people."""

Weights = npt.NDArray[np.int8]
Hashes = npt.NDArray[np.uint64]


class KnownWords(NamedTuple):
    """The names of peoples and the frequent words: a hash table with open addressing."""

    keys: Hashes
    """0 in an empty place; half of the places are empty, or more."""
    roles: npt.NDArray[np.uint8]
    """`PEOPLE` and `FIRST`, as bits."""
    rows: npt.NDArray[np.int16]
    """The number of a frequent word; -1 for any other."""
    hidden: np.uint64
    """The hash of `HIDDEN`."""


class TokenArrays(NamedTuple):
    """The tokens of spelled texts: each array but the last has one entry for each token."""

    begins: npt.NDArray[np.int32]
    """Index of its first byte."""
    ends: npt.NDArray[np.int32]
    """Index behind its last byte."""
    hashes: npt.NDArray[np.uint64]
    flags: npt.NDArray[np.uint8]
    """`BEGINS` and `DISGUISE`, as bits."""
    places: npt.NDArray[np.int32]
    """Its place in the table of known words, or `UNKNOWN` or `LEFT_OUT`."""
    bounds: npt.NDArray[np.int64]
    """Index of each text's first token, and one behind the last text's last."""


class _Sums(NamedTuple):
    """The sums of the weights of the n-grams that begin with each token."""

    totals: npt.NDArray[np.integer[Any]]
    """Shape ``(n_tokens, n_attributes)``, in units of each attribute's scale."""
    sizes: npt.NDArray[np.integer[Any]]
    """The number of these n-grams."""


class Scorer:
    """A linear model over the rows of a :class:`~moderation.training.vectorizer.NgramHasher`.

    Parameters
    ----------
    weights : int8 array of shape (n_features, n_attributes)
        In units of each attribute's scale; they include the weight of a column's kind of n-gram.
    scales, biases : arrays of shape (n_attributes,)
    char_ngrams : (int, int)
    frequent : sequence of str
        Words whose n-grams are added up once, when the model is loaded.
    """

    def __init__(
        self,
        weights: Weights,
        scales: Floats,
        biases: Floats,
        char_ngrams: tuple[int, int],
        frequent: Sequence[str],
    ) -> None:
        # A read-only view, whatever it is a view of: the kernels are compiled for one kind of array
        # only.
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
        _, sums, _ = self._add_up(spelled, whole=True)
        rows = (np.concatenate(pair) for pair in zip(sums, nothing, strict=True))
        # 16 bits are enough for the sum of one word's n-grams, and half as much must be cached.
        self._known = (self._words.rows, *(array.astype(np.int16) for array in rows))

    def raw(self, texts: Sequence[str]) -> Floats:
        """Return the texts' raw scores, shape ``(n_texts, n_attributes)``."""
        out = np.empty((len(texts), self._weights.shape[1]))
        for start in range(0, len(texts), CHUNK):
            easy, hard, hard_indices = spell_texts(texts[start : start + CHUNK])
            out[start : start + CHUNK] = self._add_up(easy)[2]
            if len(hard_indices):
                out[start + hard_indices] = self._add_up(hard)[2]
        return out

    def explain(self, sentences: Sequence[Sequence[Token]]) -> tuple[Floats, list[Floats]]:
        """Return the raw scores of sentences, each alone, and the part of each token in them.

        Returns
        -------
        raw : array of shape (n_sentences, n_attributes)
        contributions : list of arrays of shape (n_tokens, n_attributes)
            One for each sentence. They and the bias add up to its raw score.
        """
        spelled = spell_sequences(sentences)
        tokens, sums, raw = self._add_up(spelled, whole=True)
        sizes = np.add.reduceat(np.append(sums.sizes, 0), tokens.bounds[:-1])
        contributions = sums.totals * self._scales
        return raw, [
            contributions[first:last] / np.sqrt(max(size, 1))
            for first, last, size in zip(tokens.bounds[:-1], tokens.bounds[1:], sizes, strict=True)
        ]

    def _add_up(self, spelled: Bytes, *, whole: bool = False) -> tuple[TokenArrays, _Sums, Floats]:
        """Return the tokens of spelled texts, their sums, and each text's raw scores."""
        tokens = tokenise_texts(spelled, self._words, whole=whole)
        count, width = len(tokens.begins), self._weights.shape[1]
        sums = _Sums(np.empty((count, width), np.int32), np.empty(count, np.int32))
        kernels.sums(spelled, *tokens[:-1], self._shape, self._known, self._weights, *sums)
        raw = np.empty((len(tokens.bounds) - 1, width))
        kernels.scores(tokens.bounds, tokens.flags, *sums, self._scales, self._biases, HARMFUL, raw)
        return tokens, sums, raw


def tokenise_texts(spelled: Bytes, words: KnownWords, *, whole: bool = False) -> TokenArrays:
    """Cut spelled texts into tokens and sentences, and mask the names of peoples.

    Parameters
    ----------
    spelled : array of bytes
        Each text with the byte `END` behind it.
    words : KnownWords
    whole : bool
        True to take each text as one sentence.
    """
    begins, ends = np.empty((2, len(spelled)), np.int32)
    hashes, flags = np.empty(len(spelled), np.uint64), np.empty(len(spelled), np.uint8)
    bounds = np.zeros(1 + np.count_nonzero(spelled == 0), np.int64)
    count = kernels.tokenise(spelled, KINDS, whole, begins, ends, hashes, flags, bounds)
    places = np.empty(count, np.int32)
    kernels.mask_peoples(
        hashes[:count], flags[:count], words.keys, words.roles, words.hidden, places
    )
    return TokenArrays(begins[:count], ends[:count], hashes[:count], flags[:count], places, bounds)


def hash_words(words: Sequence[str]) -> Hashes:
    """Return the hash of each word or sign, in the form of `moderation.text.segmentation`.

    Raises
    ------
    ValueError
        If one of them is not one token.
    """
    text = np.frombuffer(bytearray("\0".join([*words, ""]).encode()), np.uint8)
    begins, ends = np.empty((2, len(text)), np.int32)
    hashes, flags = np.empty(len(text), np.uint64), np.empty(len(text), np.uint8)
    bounds = np.zeros(len(words) + 1, np.int64)
    kernels.tokenise(text, KINDS, True, begins, ends, hashes, flags, bounds)  # noqa: FBT003  # a kernel
    if not np.array_equal(np.diff(bounds), np.ones(len(words))):
        raise ValueError("each must be one word or one sign")
    return hashes[: len(words)].copy()


@cache
def _people_roles() -> dict[int, int]:
    """Return, by hash, the roles of each word and pair of words in the names of peoples."""
    forms = [form.split() for people_forms in PEOPLES.values() for form in people_forms]
    words = sorted({word for form in forms for word in form})
    hashes = dict(zip(words, hash_words(words), strict=True))
    roles: dict[int, int] = {}
    for first, *rest in forms:
        key = hashes[first]
        if rest:
            roles[int(key)] = roles.get(int(key), 0) | kernels.FIRST
            (second,) = rest
            key = kernels.hash_pair(key, hashes[second])
        roles[int(key)] = roles.get(int(key), 0) | kernels.PEOPLE
    return roles


def known_words(frequent: Sequence[str] = ()) -> KnownWords:
    """Return the table of the names of peoples and of some frequent words."""
    hidden, *others = hash_words([HIDDEN, *frequent])
    roles = {int(hidden): 0, **_people_roles()}
    wanted = list(dict.fromkeys([*roles, *map(int, others)]))
    keys = np.zeros(1 << (2 * len(wanted)).bit_length(), np.uint64)
    places = kernels.insert_all(np.array(wanted, np.uint64), keys)
    table = np.zeros(len(keys), np.uint8)
    table[places[: len(roles)]] = list(roles.values())
    rows = np.full(len(keys), -1, np.int16)
    numbers = dict(zip(map(int, others), range(len(others)), strict=True))
    for key, place in zip(wanted, places, strict=True):
        rows[place] = numbers.get(key, -1)
    return KnownWords(keys, table, rows, hidden)
