"""Windows of wordpieces, the input of the encoder, each with its offsets in the original text."""

from bisect import bisect_left, bisect_right
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from tokenizers import Tokenizer

from moderation.text.document import STEP_CHARACTERS, Document, Steps, finish
from moderation.text.links import unspoken_runs
from moderation.text.normalise import Normalised
from moderation.text.segmentation import SentenceCutter

Ints = npt.NDArray[np.int32]

MAX_PIECES = 126
"""Wordpieces in the longest window, without the special ones that open and close it."""


class Window(NamedTuple):
    """Wordpieces that are judged together, all of shape ``(n_pieces,)``."""

    ids: Ints
    starts: Ints
    """Offset of each wordpiece in the original text."""
    ends: Ints
    words: Ints
    """Number of the word or punctuation sign that each wordpiece belongs to."""


class WordpieceReader:
    """Cuts texts into windows of wordpieces.

    Parameters
    ----------
    vocabulary : str
        A tokenizer in the JSON form of the library `tokenizers`.
    cutter : SentenceCutter
        It finds the sentences between which long texts are cut.
    spoken : bool
        True to leave out links, tags and marks of quoting and emphasis.
    length : int
        Wordpieces in a window at most.
    """

    def __init__(
        self,
        vocabulary: str,
        cutter: SentenceCutter,
        *,
        spoken: bool = False,
        length: int = MAX_PIECES,
    ) -> None:
        self._tokenizer = Tokenizer.from_str(vocabulary)
        self._cutter = cutter
        self._spoken = spoken
        self._length = length

    def read(self, text: str) -> list[Window]:
        """Return the windows that together cover a text, at least one."""
        return finish(self.begin(Document.of(text)))

    def begin(self, document: Document) -> Steps[list[Window]]:
        """Cut a text as `read` does, in steps."""
        normal = document.normalised
        if len(document) > STEP_CHARACTERS:
            yield
        encoding = self._tokenizer.encode(normal.text, add_special_tokens=False)
        if len(document) > STEP_CHARACTERS:
            yield
        starts, ends = _original_offsets(normal, encoding.offsets)
        whole = Window(
            np.array(encoding.ids, dtype=np.int32),
            starts,
            ends,
            np.array(encoding.word_ids, dtype=np.int32),
        )
        if self._spoken:
            whole = _without(whole, unspoken_runs(document))
        cuts = yield from self._begin_cutting(document, whole.starts)
        return [Window(*(column[first:last] for column in whole)) for first, last in cuts]

    def _begin_cutting(self, document: Document, starts: Ints) -> Steps[list[tuple[int, int]]]:
        if len(starts) <= self._length:
            return [(0, len(starts))]
        spans = yield from document.begin_spans(self._cutter)
        return overlapping_windows(
            [*(bisect_left(starts, start) for start, _ in spans[1:]), len(starts)], self._length
        )


def _without(window: Window, runs: list[tuple[int, int]]) -> Window:
    """Return the wordpieces that lie in none of some runs; the words are numbered anew."""
    if not runs:
        return window
    begins, ends = np.array(runs).T
    # The last run that begins before a wordpiece ends: no earlier one can reach further.
    last = np.searchsorted(begins, window.ends) - 1
    kept = (last < 0) | (ends[last] <= window.starts)
    ids, starts, stops, words = (column[kept] for column in window)
    _, numbers = np.unique(words, return_inverse=True)
    return Window(ids, starts, stops, numbers.astype(np.int32))


def overlapping_windows(ends: list[int], most: int = MAX_PIECES) -> list[tuple[int, int]]:
    """Return runs of sentences of so many wordpieces at most, each overlapping the one before.

    So a sentence is seen with what stands before it, unless both together are too long. A sentence
    that is longer than a window is cut. A text's windows hold at most twice its wordpieces.

    Parameters
    ----------
    ends : list of int
        The ends of the sentences, in wordpieces, rising.
    most : int
        Wordpieces in a window at most.
    """
    total = ends[-1]
    windows: list[tuple[int, int]] = []
    first = 0
    while True:
        fitting = bisect_right(ends, first + most)
        whole = fitting > bisect_right(ends, first)
        last = ends[fitting - 1] if whole else min(first + most, total)
        windows.append((first, last))
        if last == total:
            return windows
        middle = first + (last - first + 1) // 2
        # From further back, the next sentence would not fit, and nothing new would be seen.
        earliest = max(middle, ends[bisect_right(ends, last)] - most)
        first = min(ends[bisect_left(ends, earliest)], last)


def _original_offsets(normal: Normalised, offsets: list[tuple[int, int]]) -> tuple[Ints, Ints]:
    origins = np.array([*normal.origins, 0], dtype=np.int32)
    pairs = np.array(offsets, dtype=np.int32).reshape(-1, 2)
    return origins[pairs[:, 0]], origins[np.maximum(pairs[:, 1] - 1, 0)] + 1
