"""Third stage, first half: lines that open comments, a form, or a way to other articles."""

from enum import Enum, auto

from moderation.pages.signs.phrases import (
    COMMENT_COUNTS,
    COMMENT_FORMS,
    COMMENT_HEADERS,
    COMMENT_LINKS,
    COMMENT_NOUNS,
    PAGERS,
    SECTION_STARTS,
    SECTIONS,
    SINGLE_PAGERS,
    folded,
    key,
)

MAX_PHRASE = 200
SECTION_WORDS = 6
COUNT_WORDS = 4


class Opener(Enum):
    """What begins at a block."""

    COMMENTS = auto()
    FORM = auto()
    SECTION = auto()
    PAGER = auto()
    LAST_PAGER = auto()


def opener(text: str) -> Opener | None:
    """Tell whether a line opens comments, a form, a section or a link to another article."""
    if len(text) > MAX_PHRASE:
        return None
    phrase = key(text)
    if phrase in COMMENT_FORMS:
        return Opener.FORM
    if phrase in COMMENT_HEADERS or _counts_comments(folded(text)):
        return Opener.COMMENTS
    if phrase in PAGERS:
        return Opener.LAST_PAGER if phrase in SINGLE_PAGERS else Opener.PAGER
    if phrase in SECTIONS or (
        phrase.startswith(SECTION_STARTS) and len(phrase.split()) <= SECTION_WORDS
    ):
        return Opener.SECTION
    return None


def _counts_comments(text: str) -> bool:
    """Whether a line counts comments: "3 comments", "Comments (3)", "One response to ..."."""
    words = [key(word) or word for word in text.split()]
    if len(words) == 2 and words[0] in COMMENT_NOUNS:  # noqa: PLR2004  # "Comments (3)"
        return words[1] == "#"
    noun = next((i for i, word in enumerate(words[:COUNT_WORDS]) if word in COMMENT_NOUNS), 0)
    counted = noun > 0 and all(word in COMMENT_COUNTS for word in words[:noun])
    return counted and (noun + 1 == len(words) or words[noun + 1] in COMMENT_LINKS)
