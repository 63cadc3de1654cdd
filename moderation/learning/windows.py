"""Long texts are judged in overlapping windows of sentences, so that one vile sentence is found."""

from collections.abc import Sequence

import numpy as np

from moderation.learning.features import Floats
from moderation.learning.reading import Sentence

WINDOW_WORDS = 60
"""Words a window holds at most, unless its one sentence is longer."""

SENTENCE_DISCOUNT = 2.5
"""What a sentence's raw score alone loses against a window's: without its neighbours it is judged
on less, so only a vile one counts by itself. Chosen by cross-validation over the families of train
and dev, as the least that costs no AUC."""


def windows(sentences: Sequence[Sentence]) -> list[tuple[int, int]]:
    """Return runs of sentences, first to last (exclusive), that together cover the text.

    A window begins at every sentence and takes in those that follow while there is room; a window
    that lies wholly inside the one before it is left out. The number of windows is at most the
    number of sentences, and each has a bounded length, so that the cost grows linearly.
    """
    lengths = [max(len(sentence.tokens), 1) for sentence in sentences]
    found: list[tuple[int, int]] = []
    last, words = 0, 0
    for first in range(len(sentences)):
        reached = last
        while last < len(sentences) and (last == first or words + lengths[last] <= WINDOW_WORDS):
            words += lengths[last]
            last += 1
        if last > reached:
            found.append((first, last))
        words -= lengths[first]
    return found


def combine(
    raw: Floats, counts: Sequence[int], alone: Floats, sentences: Sequence[int], harmful: Floats
) -> Floats:
    """Combine the raw scores of each text's windows and sentences into the text's.

    Parameters
    ----------
    raw : array of shape (n_windows, n_attributes)
        Of all texts' windows in turn.
    counts : sequence of int
        How many windows each text has.
    alone : array of shape (n_sentences, n_attributes)
        Of all texts' sentences in turn.
    sentences : sequence of int
        How many sentences each text has.
    harmful : bool array of shape (n_attributes,)
        A harm counts as its worst window, or its worst sentence at a discount; anything else as
        the mean over windows.

    Returns
    -------
    array of shape (n_texts, n_attributes)
    """
    starts = np.cumsum([0, *counts[:-1]])
    worst = np.maximum.reduceat(raw, starts, axis=0)
    mean = np.add.reduceat(raw, starts, axis=0) / np.array(counts)[:, None]
    vilest = np.maximum.reduceat(alone, np.cumsum([0, *sentences[:-1]]), axis=0)
    return np.where(harmful, np.maximum(worst, vilest - SENTENCE_DISCOUNT), mean)
