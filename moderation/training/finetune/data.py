"""Labelled examples and corpora as what the encoder learns from: windows and their right values."""

import random
import re
import string
from collections.abc import Iterator, Sequence
from functools import cache
from typing import NamedTuple

import numpy as np

from moderation.corpora import CorpusText
from moderation.evaluation.robustness import OBFUSCATIONS, SHORTEST
from moderation.labels.records import Example
from moderation.models.base import Flags, Floats
from moderation.models.wordpieces import Ints, Window, WordpieceReader
from moderation.taxonomy import ATTRIBUTE_NAMES, FLAGGED, PRESENT
from moderation.text.peoples import PEOPLES

HARMS_OF_WORDS = ("toxicity", "identity_attack", "insult", "threat", "profanity")
"""What the annotators of Civil Comments marked, word by word."""

ONE_KIND_ASKED = {"edos": 0.15, "stormfront": 0.1}
"""By corpus, how likely a post is flagged for another attack than the one that was asked for."""

_COLUMN = {name: column for column, name in enumerate(ATTRIBUTE_NAMES)}
_FLAGGED = [_COLUMN[label] for label in FLAGGED]


class Lesson(NamedTuple):
    """A text and what is right about it and its words."""

    text: str
    values: Floats
    """Shape ``(n_attributes,)``; NaN for unknown."""
    flagged: float
    """Whether any flagged label holds, which can be known where none of them is."""
    marks: tuple[tuple[int, int, int], ...] = ()
    """Start, end and attribute's column of each marked run."""
    marked: tuple[int, ...] = ()
    """Columns whose marks are complete: what is not marked there does not hold."""
    own: bool = False
    """Whether it is of our own labelled set."""


class TrainingWindows(NamedTuple):
    """Windows to learn from, with what is right about them."""

    window: Window
    values: Floats
    flagged: float
    words: Floats
    """Shape ``(n_pieces, n_attributes)``; NaN for unknown."""


def own_lesson(example: Example) -> Lesson:
    """Return what an example of our own teaches.

    Evidence is marked by the clause, for the attribute that is the label; an example that is not
    flagged has no word that speaks for any harm, except that swear words are not marked.
    """
    values = np.array(
        [np.nan if (v := example.attributes[n]) is None else v for n in ATTRIBUTE_NAMES]
    )
    flagged = example.label in FLAGGED
    names = (example.label,) if flagged else (*FLAGGED, "toxicity", "insult", "threat")
    return Lesson(
        example.text,
        values,
        float(flagged),
        tuple((e.start, e.end, _COLUMN[e.attribute]) for e in example.evidence),
        tuple(_COLUMN[str(name)] for name in names),
        own=True,
    )


def corpus_lesson(text: CorpusText, said: CorpusText) -> Lesson:
    """Return what a text of a corpus teaches.

    Parameters
    ----------
    text : CorpusText
        Without the harms of which its corpus knows one kind only.
    said : CorpusText
        The same with all that the corpus says: an attack of whatever kind is flagged.
    """
    return Lesson(
        text.text,
        np.array(text.values),
        _flagged(said),
        tuple((s.start, s.end, _COLUMN[s.attribute]) for s in text.spans),
        tuple(_COLUMN[name] for name in HARMS_OF_WORDS) if text.spans else (),
    )


def _flagged(text: CorpusText) -> float:
    """Whether a flagged label holds: an attack on an identity is one, whichever identity it is.

    What is not even toxic is not flagged. A post of which only one kind of attack was asked for,
    and not found, may be another.
    """
    values = np.array(text.values)
    if np.any(values[[*_FLAGGED, _COLUMN["identity_attack"]]] >= PRESENT):
        return 1.0
    if values[_COLUMN["toxicity"]] < PRESENT or np.all(values[_FLAGGED] < PRESENT):
        return 0.0
    return ONE_KIND_ASKED.get(text.source, np.nan)


def lines_of(lesson: Lesson, reader: WordpieceReader) -> Iterator[TrainingWindows]:
    """Yield a lesson's windows.

    A window of a flagged text that holds none of its marks is harmless, and is learned as such. Of
    a long text that is flagged but not marked, only the first window is used.
    """
    for number, window in enumerate(reader.read(lesson.text)):
        words = word_values(window, lesson)
        if number and lesson.flagged != 0 and not lesson.marks:
            return
        innocent = lesson.own and lesson.marks and not np.any(words >= PRESENT)
        if innocent:
            yield TrainingWindows(window, np.zeros_like(lesson.values), 0.0, words)
        elif not lesson.marks or np.any(words >= PRESENT):
            yield TrainingWindows(window, lesson.values, lesson.flagged, words)


def word_values(window: Window, lesson: Lesson) -> Floats:
    """Return what is right about each wordpiece: shape ``(n_pieces, n_attributes)``."""
    values = np.full((len(window.ids), len(ATTRIBUTE_NAMES)), np.nan)
    values[:, list(lesson.marked)] = 0.0
    for start, end, column in lesson.marks:
        values[overlaps(window.starts, window.ends, start, end), column] = 1.0
    return values


def overlaps(starts: Ints, ends: Ints, start: int, end: int) -> Flags:
    """Return which wordpieces lie at least partly in a run."""
    return (starts < end) & (start < ends)


def batches(
    lines: Sequence[TrainingWindows], rng: np.random.Generator, most_pieces: int
) -> Iterator[list[TrainingWindows]]:
    """Yield all lines in batches of similar length and at most so many wordpieces, in any order."""
    lengths = np.array([len(line.window.ids) + 2 for line in lines])
    order = np.argsort(lengths + rng.uniform(0, 4, len(lines)), kind="stable")
    found: list[list[TrainingWindows]] = [[]]
    longest = 0
    for index in order:
        longest = max(longest, int(lengths[index]))
        if longest * (len(found[-1]) + 1) > most_pieces:
            found.append([])
            longest = int(lengths[index])
        found[-1].append(lines[index])
    for number in rng.permutation(len(found)):
        yield found[number]


# FOLDED augment: Other ways in which somebody might have written the same: disguises, slips,
# other peoples.

DISGUISED = 0.12
"""Share of texts in which some words are disguised."""

MISSPELT = 0.10
RENAMED = 0.25
"""Share of texts naming peoples in which these become others."""

_WORD = re.compile(r"\S+")
_NAME = re.compile(r"[A-Za-z]+")


def vary(lesson: Lesson, rng: random.Random) -> Lesson:
    """Return a lesson, or another that means the same, without its marks, which would move."""
    text = lesson.text
    if lesson.own and rng.random() < RENAMED:
        text = rename_peoples(text, rng)
    chance = rng.random()
    if chance < DISGUISED:
        text = _change_words(text, rng, rng.choice(list(OBFUSCATIONS)))
    elif chance < DISGUISED + MISSPELT:
        text = _change_words(text, rng, "slip")
    if text == lesson.text:
        return lesson
    return lesson._replace(text=text, marks=(), marked=())


def rename_peoples(text: str, rng: random.Random) -> str:
    """Write another people for each that a text names, the same one throughout.

    Only names of one word that are nobody's insult are exchanged, a plural for a plural.
    """
    chosen: dict[str, str] = {}

    def other(match: re.Match[str]) -> str:
        word = match.group()
        form = _plain_forms().get(word.casefold())
        if form is None:
            return word
        people, plural = form
        if people not in chosen:
            chosen[people] = rng.choice([name for name in _names() if name != people])
        new = _names()[chosen[people]][plural]
        return new if word[0].isupper() else new.lower()

    return _NAME.sub(other, text)


def slip(word: str, rng: random.Random) -> str:
    """Misspell a word: drop, double, exchange or replace a letter, or swap two."""
    at = rng.randrange(len(word) - 1)
    kind = rng.randrange(4)
    if kind == 0:
        return word[:at] + word[at + 1 :]
    if kind == 1:
        return word[:at] + word[at] + word[at:]
    if kind == 2:  # noqa: PLR2004
        return word[:at] + word[at + 1] + word[at] + word[at + 2 :]
    return word[:at] + rng.choice(string.ascii_lowercase) + word[at + 1 :]


def _change_words(text: str, rng: random.Random, kind: str) -> str:
    change = slip if kind == "slip" else OBFUSCATIONS[kind]
    share = rng.uniform(0.1, 0.5)

    def changed(match: re.Match[str]) -> str:
        word = match.group()
        return change(word, rng) if len(word) >= SHORTEST and rng.random() < share else word

    return _WORD.sub(changed, text)


@cache
def _names() -> dict[str, tuple[str, str]]:
    """Return the peoples that can be exchanged: the name for one and for several."""
    same = ("Vietnamese", "Chinese", "Burmese", "Khmer", "Cham", "Japanese", "Lao")
    plural = {
        "Thai", "Indian", "Korean", "Filipino", "Malay", "Indonesian", "American", "Russian",
        "Arab", "Christian", "Buddhist", "Hindu", "Muslim", "African", "Bangladeshi", "Mexican",
        "Pakistani", "Turk", "Pole", "Asian", "Latino", "Sikh", "Jew", "Immigrant", "Hmong",
    }  # fmt: skip
    adjectives = {"Jew": "Jewish", "Turk": "Turkish", "Pole": "Polish", "Hmong": "Hmong"}
    return {name: (name, name) for name in same} | {
        f"{name}s": (adjectives.get(name, name), f"{name}s") for name in sorted(plural)
    }


@cache
def _plain_forms() -> dict[str, tuple[str, int]]:
    """Return for each plain form of a name whose it is, and whether it is 0 single or 1 plural."""
    forms = {
        form.lower(): (people, number)
        for people, pair in _names().items()
        for number, form in enumerate(pair)
    }
    known = {form for some in PEOPLES.values() for form in some}
    return {form: value for form, value in forms.items() if form in known}
