"""Other ways in which somebody might have written the same: disguises, slips, other peoples."""

import random
import re
import string
from functools import cache

from moderation.learning.finetune.examples import Lesson
from moderation.learning.obfuscation import OBFUSCATIONS, SHORTEST
from moderation.text.peoples import PEOPLES

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
