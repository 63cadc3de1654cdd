"""Long texts are judged in overlapping windows of sentences, so that one vile sentence is found."""

from collections.abc import Sequence

WINDOW_WORDS = 60
"""Words a window holds at most, unless its one sentence is longer."""

SENTENCE_DISCOUNT = 2.5
"""What a sentence's raw score alone loses against a window's: without its neighbours it is judged
on less, so only a vile one counts by itself. Chosen by cross-validation over the families of train
and dev, as the least that costs no AUC."""


def windows(lengths: Sequence[int]) -> list[tuple[int, int]]:
    """Return runs of sentences, first to last (exclusive), that together cover the text.

    A window begins at every sentence and takes in those that follow while there is room; a window
    that lies wholly inside the one before it is left out. The number of windows is at most the
    number of sentences, and each has a bounded length, so that the cost grows linearly.

    Parameters
    ----------
    lengths : sequence of int
        How many words each sentence has.
    """
    found: list[tuple[int, int]] = []
    last, words = 0, 0
    for first in range(len(lengths)):
        reached = last
        while last < len(lengths) and (
            last == first or words + max(lengths[last], 1) <= WINDOW_WORDS
        ):
            words += max(lengths[last], 1)
            last += 1
        if last > reached:
            found.append((first, last))
        words -= max(lengths[first], 1)
    return found
