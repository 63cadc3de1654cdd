"""Words as a reader sees them, for everything but the model, which has its own tokens.

The models were trained on the tokens of `moderation.text.words` and `moderation.models.ngrams`.
The words here are for what people look at and search for: near-duplicates, the desk's search,
names, and the lengths of a page's paragraphs.
"""

import re
from bisect import bisect_left
from collections.abc import Iterable
from functools import lru_cache
from typing import NamedTuple

from moderation.text.normalise import Normalised, unrepeated

SIGNS = "\u0300-\u036f\u0e31-\u0e4e\u0eb1-\u0ecd\u102b-\u103e\u17b4-\u17d3\u17dd"
"""Accents, vowel signs and tones, as in a class of a regular expression; \\w leaves most out."""
CHARACTER = rf"(?:[^\W_]|[{SIGNS}])"
"""A character of a word; the underscore parts words, as it does in the databases' indexes."""
# Linear, since what may repeat gives nothing back (`++`). Most words have no sign: a run of letters
# is matched at once, not character by character.
# A sign that stands first belongs to no letter.
WORD = re.compile(rf"[^\W_]++(?:[{SIGNS}]++[^\W_]*+)*+")
_CONTRACTED = re.compile(rf"[^\W_]++(?:(?:['’](?=[^\W_])|[{SIGNS}]++)[^\W_]*+)*+")
"""A word with what follows its apostrophes: ``don't`` is one."""

UNSPACED_SCRIPTS = "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff"
"""Scripts without spaces between words: Thai, Lao, Myanmar, Khmer, kana and Chinese characters."""
_UNSPACED = re.compile(f"[{UNSPACED_SCRIPTS}]+")
UNSPACED_WORD = 5
"""Characters that count as one word in these scripts."""


def word_count(text: str) -> int:
    """Count words; in a script without spaces, `UNSPACED_WORD` characters count as one."""
    unspaced = sum(len(run) for run in _UNSPACED.findall(text))
    spaced = _CONTRACTED.findall(_UNSPACED.sub(" ", text) if unspaced else text)
    return len(spaced) + -(-unspaced // UNSPACED_WORD)


# FOLDED words: Words in texts, as the databases' indexes see them.

MIN_BEGINNING = 3


def has_words(text: str, words: str) -> bool:
    """Whether all of some words stand in a text; the last may be unfinished.

    It finds in one text what SQLite's index finds in all.
    """
    lower = text.lower()
    return all(form.search(lower) for form in _forms(words))


def unfinished(word: str) -> bool:
    """Whether a word that is sought last may be the beginning of one.

    A letter or two begin so many words that the index would take long to join their texts.
    """
    return len(word) >= MIN_BEGINNING


@lru_cache(maxsize=256)
def _forms(words: str) -> tuple[re.Pattern[str], ...]:
    *whole, last = (re.escape(word) for word in words.lower().split())
    end = "" if unfinished(last) else f"(?!{CHARACTER})"
    ends = (*(f"{word}(?!{CHARACTER})" for word in whole), last + end)
    return tuple(re.compile(f"(?<!{CHARACTER}){word}") for word in ends)


# FOLDED tokens: Words and signs of a normalised text, each with its offsets in the original.

# No part can match what the next part matches, so the time is linear in the text's length. Khmer
# vowel signs, which \w leaves out, and inner apostrophes stay with their word.
_TOKEN = re.compile(r"[^\W_]+(?:(?:'(?=[^\W_])|[\u17b4-\u17d3]+)[^\W_]*)*|[^\w\s]|_")


class Token(NamedTuple):
    """A word or a sign: its normalised text, and its offsets in the original text."""

    text: str
    start: int
    end: int
    disguised: bool = False
    """Whether it was spelt so as to hide it."""


def tokens(normalised: Normalised) -> list[Token]:
    """Cut a normalised text into words and single signs."""
    text, origins = normalised.text, normalised.origins
    runs = (match.span() for match in _TOKEN.finditer(text))
    if text == normalised.plain:
        return [Token(text[a:b], origins[a], origins[b - 1] + 1) for a, b in runs]
    return [_token(normalised, *run) for run in runs]


def _token(normalised: Normalised, first: int, last: int) -> Token:
    text = normalised.text[first:last]
    start, end = normalised.original(first, last)
    origins = normalised.plain_origins
    plain = normalised.plain[bisect_left(origins, start) : bisect_left(origins, end)]
    # Drawing a word out is speech, and one character that stands for several is a ligature.
    return Token(text, start, end, text not in plain and text != unrepeated(plain))


def words(normalised: Normalised) -> list[Token]:
    """Return the tokens that are words."""
    return only_words(tokens(normalised))


def only_words(some: Iterable[Token]) -> list[Token]:
    """Return those of some tokens that are words."""
    return [token for token in some if token.text[0].isalnum()]
