"""A text as the fast tier reads it: tokens, grouped by sentence."""

from typing import NamedTuple

from moderation.learning.steps import Steps, finish
from moderation.text.normalise import normalise
from moderation.text.sentences import SentenceCutter
from moderation.text.tokens import Token, tokens

STEP_CHARACTERS = 4_000
"""Characters that are read in one step."""


class Sentence(NamedTuple):
    """A sentence's offsets in the original text and its tokens."""

    start: int
    end: int
    tokens: list[Token]


def read_text(text: str, cutter: SentenceCutter) -> list[Sentence]:
    """Cut a text into sentences and tokens; a text of signs alone has one sentence."""
    return finish(begin_reading(text, cutter))


def begin_reading(text: str, cutter: SentenceCutter) -> Steps[list[Sentence]]:
    """Cut a text as `read_text` does, in steps of a few thousand characters."""
    found: list[Sentence] = []
    pause = STEP_CHARACTERS
    for start, end in cutter.each_span(text):
        found.append(Sentence(start, end, _tokens(text, start, end)))
        if end >= pause:
            pause = end + STEP_CHARACTERS
            yield
    return found or [Sentence(0, len(text), [])]


def _tokens(text: str, start: int, end: int) -> list[Token]:
    return [
        token._replace(start=token.start + start, end=token.end + start)
        for token in tokens(normalise(text[start:end]))
    ]
