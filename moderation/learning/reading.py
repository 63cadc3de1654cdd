"""A text as the fast tier reads it: tokens, grouped by sentence."""

from typing import NamedTuple

from moderation.text.normalise import normalise
from moderation.text.sentences import SentenceCutter
from moderation.text.tokens import Token, tokens


class Sentence(NamedTuple):
    """A sentence's offsets in the original text and its tokens."""

    start: int
    end: int
    tokens: list[Token]


def read_text(text: str, cutter: SentenceCutter) -> list[Sentence]:
    """Cut a text into sentences and tokens; a text of signs alone has one sentence."""
    return [
        Sentence(start, end, _tokens(text, start, end)) for start, end in cutter.spans(text)
    ] or [Sentence(0, len(text), [])]


def _tokens(text: str, start: int, end: int) -> list[Token]:
    return [
        token._replace(start=token.start + start, end=token.end + start)
        for token in tokens(normalise(text[start:end]))
    ]
