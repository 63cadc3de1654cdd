"""The spans that several annotators marked, and what most of them agree on."""

from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import NamedTuple

from moderation.corpora.record import CorpusSpan

TYPES = {
    "Insult": "insult",
    "Threat": "threat",
    "Identity based Attack": "identity_attack",
    "Profane/Obscene": "profanity",
    "Other Toxicity": "toxicity",
}
"""The attribute of each type of span; every type is toxic."""


class AnnotatorSpan(NamedTuple):
    """A span as one annotator typed it."""

    type: str
    start: int
    end: int


def evidence(voices: Sequence[Sequence[AnnotatorSpan]], text: str) -> Iterator[CorpusSpan]:
    """Yield the runs that most voices marked with any type, then by type, without blank ends.

    Parameters
    ----------
    voices : sequence of sequence of AnnotatorSpan
        Each annotator's marks, of the types in `TYPES` and within the text.
    text : str
    """
    for attribute in ("toxicity", "insult", "threat", "identity_attack", "profanity"):
        counts = Counter(place for voice in voices for place in _places(voice, attribute))
        most = sorted(place for place, count in counts.items() if count > len(voices) / 2)
        for start, end in _runs(most):
            run = text[start:end]
            left, right = len(run) - len(run.lstrip()), len(run.rstrip())
            if left < right:
                yield CorpusSpan(start + left, start + right, attribute)


def _places(voice: Sequence[AnnotatorSpan], attribute: str) -> set[int]:
    """Return the characters that one voice marked for an attribute."""
    return {
        place
        for mark in voice
        if attribute in ("toxicity", TYPES[mark.type])
        for place in range(mark.start, mark.end)
    }


def _runs(places: list[int]) -> Iterator[tuple[int, int]]:
    """Yield start and end of each run of consecutive numbers in a sorted list."""
    for _, run in groupby(enumerate(places), lambda pair: pair[1] - pair[0]):
        members = [place for _, place in run]
        yield members[0], members[-1] + 1
