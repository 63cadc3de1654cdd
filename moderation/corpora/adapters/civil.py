"""Reader comments of news sites, in which annotators marked what makes them toxic.

All comments had been called toxic by most of an earlier crowd; this crowd was asked for the spans,
and typed each as an insult, a threat, an identity based attack, profane or obscene, or other. Its
form let nobody go on without a span unless both "not toxic" and "no specific span" were ticked, so
whoever ticked both may have meant either, and only those who marked a span are counted as voices.
Not counted are those who also ticked "not toxic", marked past the end of the text, or gave a type
that cannot be read. With fewer than two voices left, all but news is unknown. The mapping of the
rest:

- toxicity is 1: each of the voices marks something toxic.
- identity attack and threat are the shares of voices that marked one, 0 included: these types are
  the specific ones, chosen before the general. No identity attack means no ethnic hostility; of
  what identity the others attack is not said, so there ethnic hostility is unknown.
- insult and profanity are such shares too, but unknown where nobody marked one: a run of text has
  one type, so a demeaning slur may be marked as an identity attack and a swear word as an insult.
- inflammatory is 1 where most voices marked a threat; else unknown, for the insulted may be a
  government or a party.
- severe toxicity was not asked for: unknown.
- news is 0: readers' comments.

A character is evidence for an attribute where most voices marked it with the type, and for toxicity
where most marked it with any. Where fewer than two voices are left, none is: most of those who were
asked found no word to mark.

The comments of the SemEval-2021 Task 5 test split, and others that nearly repeat one of them, are
never returned, so that nothing trains or is tuned on them. Their ids, numbers without text, come
with this package.
"""

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from itertools import groupby
from pathlib import Path
from typing import NamedTuple

from moderation.corpora.corpus import (
    RAW,
    Corpus,
    CorpusFile,
    CorpusSpan,
    CorpusText,
    read_rows,
    split_by,
    values_of,
)
from moderation.text.near_duplicates import drop_leaks

_REPOSITORY = f"{RAW}/ipavlopoulos/toxic_spans/beaf170538df8275c3447b2e26070f2f82e55272"
NAME = "civil"
COMMENTS = "civil_comments.csv"
ANNOTATIONS = "civil_annotations.csv"
SPANS = "civil_spans.csv"
TEST_IDS = Path(__file__).with_name("civil_test_ids.txt")

QUORUM = 2
"""Voices that a comment has at least for its values to be known."""

_GENERAL = ("insult", "profanity")
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


class _Comment(NamedTuple):
    """A comment's name and text."""

    id: str
    text: str


class _Annotation(NamedTuple):
    """One annotator's answer: the boxes that were ticked."""

    id: str
    not_toxic: bool


def semeval_test_ids() -> frozenset[str]:
    """Return the ids of the comments that nothing may train or be tuned on."""
    return frozenset(TEST_IDS.read_text("ascii").split())


def read_civil(folder: Path) -> Iterator[CorpusText]:
    """Yield the comments outside the SemEval test split, in the order of the file."""
    test_ids = semeval_test_ids()
    kept: list[_Comment] = []
    held_out: list[_Comment] = []
    for row in read_rows(folder / COMMENTS, "comment_id", "comment_text"):
        comment = _Comment(row["comment_id"], row["comment_text"])
        (held_out if comment.id in test_ids else kept).append(comment)
    annotations, marks = _annotations(folder), _marks(folder)
    for name, text in drop_leaks(kept, held_out):
        given = [(ticked, marks.get(ticked.id, [])) for ticked in annotations[name]]
        voices = [marked for ticked, marked in given if _is_voice(ticked, marked, len(text))]
        enough = len(voices) >= QUORUM
        yield CorpusText(
            text=text,
            values=_values(voices) if enough else values_of(news=0),
            source=NAME,
            id=name,
            split=split_by(NAME, name),
            spans=tuple(evidence(voices, text)) if enough else (),
            marked=bool(given),
        )


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


def _annotations(folder: Path) -> dict[str, list[_Annotation]]:
    """Return the annotations of each comment."""
    annotations: dict[str, list[_Annotation]] = defaultdict(list)
    for row in read_rows(folder / ANNOTATIONS, "annotation", "comment_id", "not toxic"):
        ticked = _Annotation(row["annotation"], row["not toxic"] == "True")
        annotations[row["comment_id"]].append(ticked)
    return annotations


def _marks(folder: Path) -> dict[str, list[AnnotatorSpan]]:
    """Return the spans of each annotation."""
    marks: dict[str, list[AnnotatorSpan]] = defaultdict(list)
    for row in read_rows(folder / SPANS, "annotation", "type", "start", "end"):
        marks[row["annotation"]].append(
            AnnotatorSpan(row["type"], int(row["start"]), int(row["end"]))
        )
    return marks


def _is_voice(ticked: _Annotation, marked: list[AnnotatorSpan], length: int) -> bool:
    """Tell whether an annotation marks something and does not contradict itself."""
    readable = all(mark.type in TYPES and mark.start < mark.end <= length for mark in marked)
    return bool(marked) and not ticked.not_toxic and readable


def _values(voices: list[list[AnnotatorSpan]]) -> tuple[float, ...]:
    marked = Counter(kind for voice in voices for kind in {TYPES[mark.type] for mark in voice})
    shares = {
        kind: marked[kind] / len(voices)
        for kind in TYPES.values()
        if marked[kind] or kind not in _GENERAL
    }
    if shares["threat"] > 1 / 2:
        shares["inflammatory"] = 1
    return values_of(**shares | {"toxicity": 1, "news": 0})


CORPUS = Corpus(
    NAME,
    "Civil Comments with toxic spans",
    (
        CorpusFile(
            COMMENTS,
            f"{_REPOSITORY}/data/comments.csv",
            "76cd6ebd10a890d269c0a7e5e451f3da12375219906f314fd9cfb1e18b1a905f",
        ),
        CorpusFile(
            SPANS,
            f"{_REPOSITORY}/data/spans.csv",
            "389c6964db5d96d79ecfe038aa4ffe04abafd64b6d6427fbad4ec7fb2c7672aa",
        ),
        CorpusFile(
            ANNOTATIONS,
            f"{_REPOSITORY}/data/annotations.csv",
            "f67725aa9de73cd4ef9050222f6ae985ef0e33e8da89cb8137ffeb9a1d0fc32b",
        ),
    ),
    "CC0-1.0",
    "Pavlopoulos, Laugier, Xenos, Sorensen and Androutsopoulos. From the Detection of Toxic "
    "Spans in Online Discussions to the Analysis of Toxic-to-Civil Transfer. ACL 2022.",
    "Reader comments of news sites: typed toxic spans, by annotator",
    read_civil,
)
