"""Windows of wordpieces, the input of the encoder, each with its offsets in the original text."""

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from tokenizers import Tokenizer

from moderation.models.base import Ints
from moderation.text.compose import compose, grapheme_end, grapheme_start
from moderation.text.document import STEP_CHARACTERS, Document, Steps, finish
from moderation.text.links import unspoken_runs
from moderation.text.segmentation import SentenceCutter
from moderation.text.words import UNSPACED_RUN

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
    composed : bool
        True to read texts composed, with case and accents, in any script; else they are normalised,
        which takes from a text whatever English does not have.
    """

    def __init__(
        self,
        vocabulary: str,
        cutter: SentenceCutter,
        *,
        spoken: bool = False,
        length: int = MAX_PIECES,
        composed: bool = False,
    ) -> None:
        self._tokenizer = Tokenizer.from_str(vocabulary)
        self._cutter = cutter
        self._spoken = spoken
        self._length = length
        self._composed = composed

    def read(self, text: str) -> list[Window]:
        """Return the windows that together cover a text, at least one."""
        return finish(self.begin(Document.of(text)))

    def begin(self, document: Document) -> Steps[list[Window]]:
        """Cut a text as `read` does, in steps."""
        read = compose(document) if self._composed else document.normalised
        if len(document) > STEP_CHARACTERS:
            yield
        encoding = self._tokenizer.encode(read.text, add_special_tokens=False)
        if len(document) > STEP_CHARACTERS:
            yield
        offsets = encoding.offsets
        words: Sequence[int | None] = encoding.word_ids
        if self._composed:
            offsets = [_without_blank(read.text, *pair) for pair in offsets]
            words = _written_words(read.text, offsets, words)
        starts, ends = _original_offsets(read.origins, offsets)
        if self._composed and not document.isascii():
            starts, ends = _whole_graphemes(document, starts, ends)
        whole = Window(
            np.array(encoding.ids, dtype=np.int32), starts, ends, np.array(words, dtype=np.int32)
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


def _original_offsets(
    of_characters: Sequence[int], offsets: list[tuple[int, int]]
) -> tuple[Ints, Ints]:
    origins = np.array([*of_characters, 0], dtype=np.int32)
    pairs = np.array(offsets, dtype=np.int32).reshape(-1, 2)
    return origins[pairs[:, 0]], origins[np.maximum(pairs[:, 1] - 1, 0)] + 1


def _without_blank(text: str, start: int, end: int) -> tuple[int, int]:
    """Return the offsets of a piece without the blank that it may begin with."""
    return (start + 1, end) if start < end and text[start].isspace() else (start, end)


def _written_words(
    text: str, offsets: list[tuple[int, int]], between_blanks: Sequence[int | None]
) -> list[int]:
    """Return the number of each piece's word.

    A word ends at a blank and at a sign. In scripts that are written without blanks each piece is
    its own word: the pieces of a unigram vocabulary are mostly words or parts of compounds.
    """
    words: list[int] = []
    number, before, last = -1, None, ""
    for (start, end), run in zip(offsets, between_blanks, strict=True):
        piece = text[start:end]
        joined = (
            run == before
            and piece[:1].isalnum()
            and last.isalnum()
            and not (UNSPACED_RUN.match(piece) or UNSPACED_RUN.match(last))
        )
        number += not (words and (joined or not piece))
        words.append(number)
        before, last = run, piece[-1:] or last
    return words


def _whole_graphemes(text: str, starts: Ints, ends: Ints) -> tuple[Ints, Ints]:
    """Return offsets that lie between graphemes: a sign is not shown without its letter."""
    whole = [
        (grapheme_start(text, start), grapheme_end(text, end)) if start < end else (start, end)
        for start, end in zip(starts.tolist(), ends.tolist(), strict=True)
    ]
    pairs = np.array(whole, dtype=np.int32).reshape(-1, 2)
    return pairs[:, 0], pairs[:, 1]
