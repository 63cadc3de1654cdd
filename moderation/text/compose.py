"""Composing a text in any script, with a map back to its offsets, and the bounds of its graphemes.

Case and accents stay, for in most languages they carry meaning. Characters are brought to their
compatible form, and gone is that by which words are hidden there: invisible characters inside them,
vowel signs and tone marks put twice.
"""

import re
import unicodedata
from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

_JOINING = re.compile("[\u1160-\u11ff]")
"""Vowels and final consonants of Korean syllables that are written apart."""
_STACKING = frozenset("\u17d2\u1039\u0eba\u094d\u09cd\u1a60")
"""Signs that put the next consonant under the one before: of Khmer, Burmese, Lao, Devanagari, …"""
_SPACING = frozenset("\u0e33\u0eb3")
"""The vowel am of Thai and of Lao: a letter to Unicode, a sign to whoever reads it."""
_JOINER = "\u200d"
_WHITE = re.compile(r"\s")
_MAX_KEPT = 65_536
"""Characters of which it is kept at hand what they are."""


class Composed(NamedTuple):
    """A composed text and the origin of each of its characters."""

    text: str
    origins: Sequence[int]
    """For each character of `text`, the index of the character of the original it stands for."""


def compose(text: str) -> Composed:
    """Compose a text.

    Each letter with its signs is composed by itself (Unicode's form NFKC), so that the time is
    linear and every character's origin is known.

    Examples
    --------
    >>> compose("Vie\u0302\u0323t\u200b NAM").text
    'Việt NAM'
    """
    if text.isascii():
        return Composed(text, range(len(text)))
    characters: list[str] = []
    origins: list[int] = []
    start = 0
    while start < len(text):
        end = start + 1
        while end < len(text) and _continues(text[end]):
            end += 1
        for character, origin in _letter(text, start, end):
            characters.append(character)
            origins.append(origin)
        start = end
    return Composed("".join(characters), origins)


def grapheme_start(text: str, at: int) -> int:
    """Return the beginning of the grapheme in which an offset lies: the offset itself between two.

    Examples
    --------
    >>> grapheme_start("n\u0303o", 1), grapheme_start("n\u0303o", 2)
    (0, 2)
    """
    while 0 < at < len(text) and _inside(text, at):
        at -= 1
    return at


def grapheme_end(text: str, at: int) -> int:
    """Return the end of the grapheme in which an offset lies: the offset itself between two.

    Examples
    --------
    >>> grapheme_end("n\u0303o", 1), grapheme_end("n\u0303o", 2)
    (2, 2)
    """
    while 0 < at < len(text) and _inside(text, at):
        at += 1
    return at


def _inside(text: str, at: int) -> bool:
    """Tell whether a grapheme goes on over an offset (a simple form of Unicode's annex 29)."""
    before, after = text[at - 1], text[at]
    if _WHITE.match(before):
        return False
    stacked = before in _STACKING and after.isalpha()
    return stacked or _JOINER in {before, after} or _continues(after)


@lru_cache(_MAX_KEPT)
def _continues(character: str) -> bool:
    """Tell whether a character belongs to the letter before it."""
    if character < "\u0300":
        return False
    return (
        unicodedata.category(character).startswith("M")
        or character in _SPACING
        or _JOINING.match(character) is not None
        or "\U0001f3fb" <= character <= "\U0001f3ff"  # skin of an emoji
    )


def _letter(text: str, start: int, end: int) -> list[tuple[str, int]]:
    """Return the characters of a composed letter, each with its origin."""
    kept = [
        at
        for at in range(start, end)
        if not _is_invisible(text[at]) and not _is_repeated(text, start, at)
    ]
    letter = "".join(text[at] for at in kept)
    composed = _compatible(letter)
    if composed == letter:
        return list(zip(letter, kept, strict=True))
    return [(character, kept[0]) for character in composed]


@lru_cache(_MAX_KEPT)
def _is_invisible(character: str) -> bool:
    return unicodedata.category(character) == "Cf"


def _is_repeated(text: str, start: int, at: int) -> bool:
    """Tell whether a sign stands behind the same sign."""
    return at > start + 1 and text[at] == text[at - 1]


def _compatible(letter: str) -> str:
    if len(letter) == 1:
        return _compatible_character(letter)
    return unicodedata.normalize("NFKC", letter)


@lru_cache(_MAX_KEPT)
def _compatible_character(character: str) -> str:
    return unicodedata.normalize("NFKC", character)
