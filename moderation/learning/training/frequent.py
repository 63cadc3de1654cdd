"""The words that are met most often."""

from collections.abc import Sequence

import numpy as np

from moderation.learning.ngrams.spelling import spell_texts

CHUNK = 2_000
"""Texts looked at at once."""


def frequent_words(texts: Sequence[str], most: int) -> list[str]:
    """Return the words and signs that stand most often in texts, in a fixed order.

    Those of other alphabets than the Latin are left out, and names of peoples.
    """
    # It loads the compiler.
    from moderation.learning.ngrams.scorer import cut_texts, known_words  # noqa: PLC0415

    counts: dict[bytes, int] = {}
    words = known_words()
    for start in range(0, len(texts), CHUNK):
        spelled, _, _ = spell_texts(texts[start : start + CHUNK])
        cut = cut_texts(spelled, words)
        _, first, times = np.unique(cut.hashes, return_index=True, return_counts=True)
        content = spelled.tobytes()
        for token, number in zip(first, times, strict=True):
            if cut.hashes[token] != words.hidden:
                word = content[cut.begins[token] : cut.ends[token]]
                counts[word] = counts.get(word, 0) + int(number)
    plain = sorted((-number, word.decode()) for word, number in counts.items() if word.isascii())
    return [word for _, word in plain[:most]]
