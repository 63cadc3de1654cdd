"""Words and signs of a normalised text, each with its offsets in the original."""

import re
from typing import NamedTuple

from moderation.text.normalise import Normalised

# No part can match what the next part matches, so the time is linear in the text's length. Khmer
# vowel signs, which \w leaves out, and inner apostrophes stay with their word.
_TOKEN = re.compile(r"[^\W_]+(?:(?:'(?=[^\W_])|[\u17b4-\u17d3]+)[^\W_]*)*|[^\w\s]|_")


class Token(NamedTuple):
    """A word or a sign: its normalised text, and its offsets in the original text."""

    text: str
    start: int
    end: int


def tokens(normalised: Normalised) -> list[Token]:
    """Cut a normalised text into words and single signs."""
    return [
        Token(match.group(), *normalised.original(*match.span()))
        for match in _TOKEN.finditer(normalised.text)
    ]


def words(normalised: Normalised) -> list[Token]:
    """Return the tokens that are words."""
    return [token for token in tokens(normalised) if token.text[0].isalnum()]
