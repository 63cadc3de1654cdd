"""Spelled texts as arrays of tokens."""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from moderation.learning.ngrams import token_kernels as kernels
from moderation.learning.ngrams.alphabet import KINDS, Bytes
from moderation.learning.ngrams.words import KnownWords


class CutTexts(NamedTuple):
    """The tokens of spelled texts, one entry a token in each array but the last."""

    begins: npt.NDArray[np.int32]
    """Where its bytes begin."""
    ends: npt.NDArray[np.int32]
    hashes: npt.NDArray[np.uint64]
    flags: npt.NDArray[np.uint8]
    """`BEGINS` and `DISGUISE`."""
    places: npt.NDArray[np.int32]
    """Where it stands in the table of known words, or `UNKNOWN` or `LEFT_OUT`."""
    bounds: npt.NDArray[np.int64]
    """The number of each text's first token, and of one past the last text's last."""


def cut_texts(spelled: Bytes, words: KnownWords, *, whole: bool = False) -> CutTexts:
    """Cut spelled texts into tokens and sentences, and hide the names of peoples.

    Parameters
    ----------
    spelled : array of bytes
        Each text with the byte `END` behind it.
    words : KnownWords
    whole : bool
        Whether each text is one sentence, whatever stands in it.
    """
    begins, ends = np.empty((2, len(spelled)), np.int32)
    hashes, flags = np.empty(len(spelled), np.uint64), np.empty(len(spelled), np.uint8)
    bounds = np.zeros(1 + np.count_nonzero(spelled == 0), np.int64)
    count = kernels.cut(spelled, KINDS, whole, begins, ends, hashes, flags, bounds)
    places = np.empty(count, np.int32)
    kernels.name(hashes[:count], flags[:count], words.keys, words.roles, words.hidden, places)
    return CutTexts(begins[:count], ends[:count], hashes[:count], flags[:count], places, bounds)
