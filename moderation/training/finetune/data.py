"""Training data of the encoder: lessons, their variations, and windows in batches.

A lesson is a text with its right values; a variation is the same in another spelling, about another
people, or among other sentences.
"""

import random
import re
import string
from collections.abc import Iterator, Sequence
from functools import cache
from typing import NamedTuple

import numpy as np

from moderation.corpora import CorpusText
from moderation.evaluation.robustness import MIN_CHARACTERS, OBFUSCATIONS
from moderation.labels.records import Example
from moderation.models.base import Flags, Floats, Ints
from moderation.models.wordpieces import Window, WordpieceReader
from moderation.taxonomy import ATTRIBUTE_NAMES, FLAGGED, PRESENT
from moderation.text.peoples import PEOPLES
from moderation.training.judged import Judged

HARMS_OF_WORDS = ("toxicity", "identity_attack", "insult", "threat", "profanity")
"""The harms that the annotators of Civil Comments marked word by word."""

ONE_KIND_LABELLED = {"edos": 0.15, "stormfront": 0.1}
"""By corpus that labels one kind of attack, the probability that any other post is an attack."""

DISGUISED = 0.12
"""Share of texts in which some words are disguised."""
MISSPELT = 0.10
"""Share of texts in which some words are misspelt."""
RENAMED = 0.25
"""Share of texts naming peoples in which these become others."""
SURROUNDED = 0.4
"""Share of our own and of judged texts that are put between decent ones."""
MOST_AROUND = 4
"""Decent texts around one at most."""
MAX_SURROUNDED = 300
"""Characters of a text that is put between others, and of each of these, at most."""

_WORD = re.compile(r"\S+")
_NAME = re.compile(r"[A-Za-z]+")
_BETWEEN = (" ", " ", "\n", "\n\n")
_COLUMN = {name: column for column, name in enumerate(ATTRIBUTE_NAMES)}
_FLAGGED = [_COLUMN[label] for label in FLAGGED]


class Lesson(NamedTuple):
    """A text, with the right values for it and for its words."""

    text: str
    values: Floats
    """Shape ``(n_attributes,)``; NaN for unknown."""
    flagged: float
    """1 if any flagged label holds, 0 if none does; NaN for unknown.

    It can be known where the values of the labels are not.
    """
    marks: tuple[tuple[int, int, int], ...] = ()
    """Start, end and attribute's column of each marked run."""
    marked: tuple[int, ...] = ()
    """Columns whose marks are complete: an unmarked word does not have that attribute."""
    own: bool = False
    """True if it is from our own labelled set."""
    core: tuple[int, int] | None = None
    """Start and end of that which the values are of, where the rest is decent."""

    @property
    def is_located(self) -> bool:
        """True if it is known of each window of the text whether it does harm."""
        return self.flagged == 0 or bool(self.marks and self.own) or self.core is not None


class Lessons(NamedTuple):
    """All that a network learns from."""

    own: list[Lesson]
    judged: list[Lesson]
    """Texts of corpora that were judged under our guidelines."""
    corpora: list[Lesson]
    """Other texts of corpora."""
    english: list[Lesson] = []  # noqa: RUF012  # nothing is ever added to it
    """For a network of other languages, our own examples in English and the judged texts."""


class TrainingWindow(NamedTuple):
    """A window to learn from, with the right values."""

    window: Window
    values: Floats
    flagged: float
    words: Floats
    """Shape ``(n_pieces, n_attributes)``; NaN for unknown."""


def own_lesson(example: Example) -> Lesson:
    """Return the lesson of an example of our own.

    Evidence is marked by the clause, for the attribute of the label; no word of an example that is
    not flagged is evidence of a harm, except that swear words are not marked.
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


def corpus_lesson(text: CorpusText, unmasked: CorpusText) -> Lesson:
    """Return the lesson of a text of a corpus.

    Parameters
    ----------
    text : CorpusText
        Without the harms that its corpus labels one-sidedly.
    unmasked : CorpusText
        The same with all values of the corpus: an attack of any kind is flagged.
    """
    return Lesson(
        text.text,
        np.array(text.values),
        _flagged(unmasked),
        tuple((s.start, s.end, _COLUMN[s.attribute]) for s in text.spans),
        tuple(_COLUMN[name] for name in HARMS_OF_WORDS) if text.marked else (),
    )


def judged_lesson(judged: Judged) -> Lesson:
    """Return the lesson of a text of a corpus that was judged under our guidelines."""
    lesson = corpus_lesson(judged.of_corpus, judged.of_corpus)
    flagged = float(judged.label in FLAGGED)
    return lesson._replace(values=np.array(judged.values), flagged=flagged)


def _flagged(text: CorpusText) -> float:
    """Return 1 if a flagged label holds, 0 if none does, a probability or NaN if that is unknown.

    An attack on any identity is flagged; a text that is not even toxic is not. In a corpus that
    labels one kind of attack, a post that is not of that kind may be of another.
    """
    values = np.array(text.values)
    if np.any(values[[*_FLAGGED, _COLUMN["identity_attack"]]] >= PRESENT):
        return 1.0
    if values[_COLUMN["toxicity"]] < PRESENT or np.all(values[_FLAGGED] < PRESENT):
        return 0.0
    return ONE_KIND_LABELLED.get(text.source, np.nan)


def training_windows(lesson: Lesson, reader: WordpieceReader) -> Iterator[TrainingWindow]:
    """Yield a lesson's windows.

    A window of a flagged text that has none of its marks is learned as harmless, and so is one that
    lies outside its core. Of a long text that is flagged but not marked, only the first window is
    used; of a core without marks, only a window that holds all of it.
    """
    windows = reader.read(lesson.text)
    if not lesson.is_located and not lesson.marks:
        windows = windows[:1]
    for window in windows:
        words = word_values(window, lesson)
        harmless = _is_harmless(window, words, lesson)
        if harmless:
            yield TrainingWindow(window, np.zeros_like(lesson.values), 0.0, words)
        elif harmless is False:
            yield TrainingWindow(window, lesson.values, lesson.flagged, words)


def _is_harmless(window: Window, words: Floats, lesson: Lesson) -> bool | None:
    """Tell whether a window is harmless, though its text may do harm; None if that is unknown."""
    has_marks = bool(np.any(words >= PRESENT))
    if lesson.core is not None:
        start, end = lesson.core
        if not np.any(overlaps(window.starts, window.ends, start, end)):
            return True
        whole = window.starts[0] <= start and end <= window.ends[-1]
        return False if whole or has_marks or not lesson.flagged else None
    if not lesson.marks or has_marks or not lesson.flagged:
        return False
    return True if lesson.own else None


def word_values(window: Window, lesson: Lesson) -> Floats:
    """Return the right values of each wordpiece: shape ``(n_pieces, n_attributes)``."""
    values = np.full((len(window.ids), len(ATTRIBUTE_NAMES)), np.nan)
    values[:, list(lesson.marked)] = 0.0
    for start, end, column in lesson.marks:
        values[overlaps(window.starts, window.ends, start, end), column] = 1.0
    return values


def overlaps(starts: Ints, ends: Ints, start: int, end: int) -> Flags:
    """Return True for each wordpiece that overlaps a run of characters."""
    return (starts < end) & (start < ends)


def batches(
    windows: Sequence[TrainingWindow], rng: np.random.Generator, max_pieces: int
) -> Iterator[list[TrainingWindow]]:
    """Yield all windows in batches of similar length and limited size, in random order."""
    lengths = np.array([len(window.window.ids) + 2 for window in windows])
    order = np.argsort(lengths + rng.uniform(0, 4, len(windows)), kind="stable")
    grouped: list[list[TrainingWindow]] = [[]]
    longest = 0
    for index in order:
        longest = max(longest, int(lengths[index]))
        if longest * (len(grouped[-1]) + 1) > max_pieces:
            grouped.append([])
            longest = int(lengths[index])
        grouped[-1].append(windows[index])
    for number in rng.permutation(len(grouped)):
        yield grouped[number]


def vary(lesson: Lesson, rng: random.Random) -> Lesson:
    """Return a lesson, or a variation of it without its marks, whose offsets no longer fit."""
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


def surround(lesson: Lesson, decent: Sequence[str], rng: random.Random) -> Lesson:
    """Return a lesson whose text stands between decent ones, its marks moved with it.

    A hostile sentence among decent ones is as hostile as alone, and decent sentences do not add up
    to hostility. News and long texts stay as they are.
    """
    if not decent or len(lesson.text) > MAX_SURROUNDED or lesson.values[_COLUMN["news"]] > 0:
        return lesson
    around = rng.choices(decent, k=rng.randint(1, MOST_AROUND))
    at = rng.randint(0, len(around))
    between = rng.choice(_BETWEEN)
    before = "".join(text + between for text in around[:at])
    after = "".join(between + text for text in around[at:])
    moved = tuple(
        (start + len(before), end + len(before), column) for start, end, column in lesson.marks
    )
    return lesson._replace(
        text=before + lesson.text + after,
        marks=moved,
        core=(len(before), len(before) + len(lesson.text)),
    )


def rename_peoples(text: str, rng: random.Random) -> str:
    """Replace each people that a text names by another, the same one throughout.

    Only names of one word that are no insult are exchanged, a plural for a plural.
    """
    chosen: dict[str, str] = {}

    def exchanged(match: re.Match[str]) -> str:
        word = match.group()
        form = _plain_forms().get(word.casefold())
        if form is None:
            return word
        people, plural = form
        if people not in chosen:
            chosen[people] = rng.choice([name for name in _names() if name != people])
        new = _names()[chosen[people]][plural]
        return new if word[0].isupper() else new.lower()

    return _NAME.sub(exchanged, text)


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
    """Obfuscate or misspell a random share of a text's longer words."""
    change = slip if kind == "slip" else OBFUSCATIONS[kind]
    share = rng.uniform(0.1, 0.5)

    def changed(match: re.Match[str]) -> str:
        word = match.group()
        return change(word, rng) if len(word) >= MIN_CHARACTERS and rng.random() < share else word

    return _WORD.sub(changed, text)


@cache
def _names() -> dict[str, tuple[str, str]]:
    """Return the peoples that can be exchanged: the singular and the plural name."""
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
    """Return the people of each plain form of a name, and its number: 0 singular, 1 plural."""
    forms = {
        form.lower(): (people, number)
        for people, pair in _names().items()
        for number, form in enumerate(pair)
    }
    known = {form for people_forms in PEOPLES.values() for form in people_forms}
    return {form: value for form, value in forms.items() if form in known}
