"""Evidence from the encoder: the words that its second head says speak for an attribute."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np

from moderation.learning.arrays import Flags, Floats
from moderation.learning.calibration import sigmoid
from moderation.learning.encoder.reading import Ints, Window
from moderation.learning.encoder.session import Scored
from moderation.verdict import Span

NEAR_HOTTEST = 0.8
"""Where no word reaches the threshold, those count that come this near to the hottest."""

SHARE_OF_HOTTEST = 0.5
"""What is not half as hot as the hottest word is no evidence beside it; chosen on dev."""

GAP = 1
"""Words between two evident ones that join them."""


class Words(NamedTuple):
    """A text's words and signs, in order."""

    starts: Ints
    ends: Ints
    heat: Floats
    """Shape ``(n_words, n_attributes)``: how likely each speaks for an attribute."""


def words_of(windows: Sequence[Window], scored: Sequence[Scored]) -> Words:
    """Join the windows of a text; a word is as hot as its hottest piece in any of them."""
    numbers = np.concatenate([window.words for window in windows])
    pieces = sigmoid(np.concatenate([one.words for one in scored]))
    size = int(numbers.max(initial=-1)) + 1
    heat = np.zeros((size, pieces.shape[1]))
    np.maximum.at(heat, numbers, pieces)
    starts = np.full(size, np.iinfo(np.int32).max, dtype=np.int32)
    np.minimum.at(starts, numbers, np.concatenate([window.starts for window in windows]))
    ends = np.zeros(size, dtype=np.int32)
    np.maximum.at(ends, numbers, np.concatenate([window.ends for window in windows]))
    return Words(starts, ends, heat)


def evidence(words: Words, column: int, threshold: float, attribute: str) -> Iterator[Span]:
    """Yield the runs of words that speak for an attribute, at least one if there is a word.

    Parameters
    ----------
    words : Words
    column : int
        The attribute's.
    threshold : float
        Heat from which a word speaks for it.
    attribute : str
    """
    heat = words.heat[:, column]
    if not len(heat):
        return
    hottest = heat.max()
    limit = max(min(threshold, NEAR_HOTTEST * hottest), SHARE_OF_HOTTEST * hottest)
    for first, last in runs(heat >= limit, GAP):
        start, end = int(words.starts[first]), int(words.ends[first : last + 1].max())
        yield Span(start, end, attribute, float(heat[first : last + 1].max()))


def runs(evident: Flags, gap: int) -> Iterator[tuple[int, int]]:
    """Yield the first and last index of each run of true values, joined over small gaps."""
    indices = np.flatnonzero(evident)
    if not len(indices):
        return
    breaks = np.flatnonzero(np.diff(indices) > gap + 1)
    firsts, lasts = [0, *(breaks + 1)], [*breaks, len(indices) - 1]
    for first, last in zip(firsts, lasts, strict=True):
        yield int(indices[first]), int(indices[last])


def sentence_heat(words: Words, sentences: Sequence[tuple[int, int]], column: int) -> list[float]:
    """Return how hot each sentence's hottest word is for an attribute."""
    return [
        float(words.heat[(words.starts < end) & (start < words.ends), column].max(initial=0))
        for start, end in sentences
    ]
