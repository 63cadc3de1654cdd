"""What an element may be, and the words that say so."""

import tomllib
from enum import IntFlag, auto
from importlib import resources
from typing import Final


class Mark(IntFlag):
    """What an element is, as far as its names say."""

    ITEM = auto()
    """One comment, whole."""
    NUMBERED = auto()
    """Its name holds a number, as the names of single comments and posts do."""
    AREA = auto()
    """All comments, or many."""
    BODY = auto()
    """A comment's text, where it stands in a comment."""
    AUTHOR = auto()
    TIME = auto()
    TOOL = auto()
    """Buttons, votes, badges and the like around a comment."""
    FRAME = auto()
    """Headings, counts and notices around the comments."""
    FORM = auto()
    """Where a reader writes."""
    SURE = auto()
    """The comment, or the part of one, is marked by a standard or a name of its own."""
    ELSEWHERE = auto()
    """Comments on other pages."""
    FURNITURE = auto()
    CAPTION = auto()
    META = auto()
    STORY = auto()
    """The article's text."""


PARTS = Mark.BODY | Mark.AUTHOR | Mark.TIME | Mark.TOOL | Mark.FRAME | Mark.FORM | Mark.META
"""What is one part of a comment."""

WORDS: Final[dict[str, frozenset[str]]] = {
    name: frozenset(words)
    for name, words in tomllib.loads(
        (resources.files("moderation.pages.html.names") / "words.toml").read_text("utf-8")
    ).items()
}
