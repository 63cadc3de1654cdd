"""Variations of lessons: in another spelling, about another people, or among other sentences."""

import random
import re
import string
from collections.abc import Sequence
from functools import cache

from moderation.evaluation.robustness import MIN_CHARACTERS, OBFUSCATIONS
from moderation.text.peoples import PEOPLES
from moderation.training.finetune.data import Lesson

DISGUISED = 0.12
"""Share of texts in which some words are disguised."""
MISSPELT = 0.10
"""Share of texts in which some words are misspelt."""
RENAMED = 0.25
"""Share of texts naming peoples in which these become others."""
SURROUNDED = 0.25
"""Share of our own texts that are put between decent ones."""
MOST_AROUND = 4
"""Decent texts around one at most."""

_WORD = re.compile(r"\S+")
_NAME = re.compile(r"[A-Za-z]+")
_BETWEEN = (" ", " ", "\n", "\n\n")


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
    to hostility. A text that is flagged without marks stays as it is: in a long text nobody could
    tell in which window it lies.
    """
    if not decent or (lesson.flagged and not lesson.marks):
        return lesson
    around = rng.choices(decent, k=rng.randint(1, MOST_AROUND))
    at = rng.randint(0, len(around))
    between = rng.choice(_BETWEEN)
    before = "".join(text + between for text in around[:at])
    after = "".join(between + text for text in around[at:])
    moved = tuple(
        (start + len(before), end + len(before), column) for start, end, column in lesson.marks
    )
    return lesson._replace(text=before + lesson.text + after, marks=moved)


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
