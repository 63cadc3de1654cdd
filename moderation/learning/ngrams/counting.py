"""Spelled texts to rows of counts."""

import numpy as np
from scipy import sparse

from moderation.learning.ngrams import token_kernels as kernels
from moderation.learning.ngrams.alphabet import Bytes
from moderation.learning.ngrams.scorer import cut_texts, known_words

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
