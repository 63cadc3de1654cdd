"""The tokens that the models read: words and single signs, each with its original offsets.

The models were trained on these tokens; a change here needs new models. For words as people see
them there is `moderation.text.words`.
"""

import re
from bisect import bisect_left
from collections.abc import Iterable
from typing import NamedTuple

from moderation.text.normalise import Normalised, unrepeated

# No part can match what the next part matches, so the time is linear in the text's length. Khmer
# vowel signs, which \w leaves out, and inner apostrophes stay with their word.
_TOKEN = re.compile(r"[^\W_]+(?:(?:'(?=[^\W_])|[\u17b4-\u17d3]+)[^\W_]*)*|[^\w\s]|_")


class Token(NamedTuple):
    """A word or a sign: its normalised text, and its offsets in the original text."""

    text: str
    start: int
    end: int
    disguised: bool = False
    """True if it was spelt so as to hide it."""


def tokenise(normalised: Normalised) -> list[Token]:
    """Cut a normalised text into words and single signs."""
    text, origins = normalised.text, normalised.origins
    runs = (match.span() for match in _TOKEN.finditer(text))
    if text == normalised.plain:
        return [Token(text[a:b], origins[a], origins[b - 1] + 1) for a, b in runs]
    return [_token(normalised, *run) for run in runs]


def tokenise_words(normalised: Normalised) -> list[Token]:
    """Cut a normalised text into words, leaving the signs out."""
    return only_words(tokenise(normalised))


def only_words(tokens: Iterable[Token]) -> list[Token]:
    """Return those of some tokens that are words."""
    return [token for token in tokens if token.text[0].isalnum()]


def _token(normalised: Normalised, first: int, last: int) -> Token:
    text = normalised.text[first:last]
    start, end = normalised.original(first, last)
    origins = normalised.plain_origins
    plain = normalised.plain[bisect_left(origins, start) : bisect_left(origins, end)]
    # Drawing a word out is speech, and one character that stands for several is a ligature.
    return Token(text, start, end, text not in plain and text != unrepeated(plain))
