"""The parts of a text in Perspective's replies: sentences, and offsets in UTF-16 code units."""

import re
from bisect import bisect_left
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from itertools import chain
from typing import NamedTuple

from moderation.text.segmentation import SentenceCutter, learn_sentences
from moderation.verdict import Verdict

MAX_SENTENCES = 200
"""Most parts in a reply: of a text with more sentences, neighbours are judged together."""

_TWO_UNITS = re.compile("[\U00010000-\U0010ffff]")


class ScoredPart(NamedTuple):
    """A part of a text, in UTF-16 code units, and its scores by our attributes."""

    begin: int
    end: int
    scores: Mapping[str, float]


def find_sentences(text: str) -> list[tuple[int, int]]:
    """Return the offsets of the sentences of a text, at most `MAX_SENTENCES`; none if it is one.

    The first call takes a second, in which it loads what cuts sentences.
    """
    sentences = _cutter().spans(text)
    if len(sentences) == 1:
        return []
    together = -(-len(sentences) // MAX_SENTENCES)
    groups = [sentences[at : at + together] for at in range(0, len(sentences), together)]
    return [(group[0][0], group[-1][1]) for group in groups]


def scored_parts(
    text: str, sentences: Sequence[tuple[int, int]], verdicts: Sequence[Verdict]
) -> list[ScoredPart]:
    """Return the whole text and its sentences with their scores.

    Parameters
    ----------
    text : str
    sentences : sequence of (int, int)
        Their offsets.
    verdicts : sequence of Verdict
        On the text, and on each sentence.
    """
    whole = ScoredPart(0, len(text) + len(_TWO_UNITS.findall(text)), verdicts[0].scores)
    offsets = to_utf16(text, chain(*sentences)) if sentences else []
    scores = (verdict.scores for verdict in verdicts[1:])
    return [whole, *map(ScoredPart, offsets[::2], offsets[1::2], scores)]


def to_utf16(text: str, offsets: Iterable[int]) -> list[int]:
    """Return the UTF-16 offsets of some `str` offsets of a text.

    Parameters
    ----------
    text : str
    offsets : iterable of int
        From 0 to ``len(text)``, in any order.
    """
    if text.isascii():
        return list(offsets)
    wide = [match.start() for match in _TWO_UNITS.finditer(text)]
    return [offset + bisect_left(wide, offset) for offset in offsets]


def from_utf16(text: str, units: Iterable[int]) -> list[int] | None:
    """Return the `str` offsets of some UTF-16 offsets; None where one is within a character."""
    begins = {unit: offset for offset, unit in enumerate(to_utf16(text, range(len(text) + 1)))}
    offsets = [begins.get(unit) for unit in units]
    return None if None in offsets else [offset for offset in offsets if offset is not None]


@cache
def _cutter() -> SentenceCutter:
    # One that knows abbreviations and nothing of a model: sentences are the same whoever judges.
    return SentenceCutter(learn_sentences(()))
