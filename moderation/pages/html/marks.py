"""Kinds of element, as bit flags: a comment, a part of one, furniture, the article's text."""

from enum import IntFlag, auto
from typing import Final


class Mark(IntFlag):
    """The kinds of element that names, tags and attributes mark."""

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
    """A form in which a reader writes."""
    SURE = auto()
    """The comment, or the part of one, is marked by a standard or by an unmistakable name."""
    ELSEWHERE = auto()
    """Comments on other pages."""
    IN_FORM = auto()
    """It stands in a form for comments, whatever stands between."""
    FURNITURE = auto()
    CAPTION = auto()
    META = auto()
    """A byline, a date or the like."""
    STORY = auto()
    """The article's text."""


PARTS = Mark.BODY | Mark.AUTHOR | Mark.TIME | Mark.TOOL | Mark.FRAME | Mark.FORM | Mark.META
"""The parts of one comment."""

_SURE: Final = int(Mark.SURE)
_BYLINE: Final = int(Mark.AUTHOR | Mark.TIME)
# The line above or below a post with a number.
_POST_LINE: Final = int(Mark.ITEM | Mark.NUMBERED | Mark.TOOL)


def stands_apart(marks: int, context: int) -> bool:
    """Tell whether a part of a comment is a block of its own although it stands in a line."""
    return bool(context & _SURE or (marks & _BYLINE and context & _POST_LINE == _POST_LINE))
