"""Notices among comments: what the site says in the place of a comment, or to those who write one.

`is_notice` recognises comments that were taken away or wait for approval, and pingbacks;
`is_prompt` calls to write, to log in or to keep the rules; `is_placeholder` the marks of a template
that no script has filled.
"""

import re

from moderation.pages.cues.lines import Opener, is_buttons, is_footer, opener
from moderation.pages.cues.vocabulary import (
    ADVERTISEMENTS,
    COMMENT_NOUNS,
    NAVIGATION,
    NOTICE_ENDS,
    NOTICE_LINKS,
    NOTICE_REASONS,
    NOTICE_STARTS,
    NOTICE_WORDS,
    PING_STARTS,
    PROMPT_STARTS,
    folded,
    key,
)

MAX_NOTICE = 160
"""Characters of a notice that stands for a comment."""
MAX_PROMPT = 500
"""The same for what the site says to those who write."""
MAX_UNSTOPPED = 8
"""Words of a notice whose first word ("Removed") no full stop follows; readers write more."""

_PLACEHOLDER = re.compile(
    r"\{{2,3}[^{}]{0,200}\}{2,3}|\{%[^%]{0,200}%\}|<%[^%]{0,200}%>|\$\{[^{}]{0,200}\}"
)
_BRACKETED = re.compile(r"(?:\[\s?[^\W\d_]+(?: by \w+)?\s?\]\s?){1,3}")
_FIRST_WORD = re.compile(r"\s?([^\W\d_]{2,20})([.:!–—-]?)\s+")
# The excerpt of a page that links to this one.
_EXCERPT = re.compile(r"\[(?:…|\.{3})\].{1,600}\[(?:…|\.{3})\]", re.DOTALL)


def is_notice(text: str) -> bool:
    """Tell whether a text stands in the place of a comment ("This comment has been removed.")."""
    if len(text) > MAX_NOTICE:
        return (
            folded(text[:MAX_NOTICE]).startswith(PING_STARTS)
            or _EXCERPT.fullmatch(text) is not None
        )
    phrase = folded(text)
    if phrase.startswith(PING_STARTS) or _EXCERPT.fullmatch(text):
        return True
    if _BRACKETED.fullmatch(text) and NOTICE_WORDS.issuperset(_flags(text)):
        return True
    if _names_removed(phrase) or _gives_reason(text, phrase):
        return True
    return (
        "?" not in text
        and phrase.startswith(NOTICE_STARTS)
        and any(end in phrase for end in NOTICE_ENDS)
    )


def _flags(text: str) -> set[str]:
    """Return the first word of each pair of brackets."""
    return {key(piece).split(" ")[0] for piece in text.split("]") if key(piece)}


def _names_removed(phrase: str) -> bool:
    """Tell whether a phrase is a word for a comment and one that says that it is gone."""
    words = [key(word) for word in phrase.split()]
    return len(words) == 2 and (  # noqa: PLR2004
        (words[0] in NOTICE_WORDS and words[1] in COMMENT_NOUNS)
        or (words[0] in COMMENT_NOUNS and words[1] in NOTICE_WORDS)
    )


def _gives_reason(text: str, phrase: str) -> bool:
    """Tell whether a text says that something is gone, and then why or by whom."""
    match = _FIRST_WORD.match(text)
    words = phrase.split()
    if match is None or match[1].casefold() not in NOTICE_WORDS or "?" in text or len(words) < 2:  # noqa: PLR2004
        return False
    behind = " ".join(words[1:])
    is_linked = len(words) <= MAX_UNSTOPPED and words[1] in NOTICE_LINKS
    return (bool(match[2]) or is_linked) and any(reason in behind for reason in NOTICE_REASONS)


def is_prompt(text: str) -> bool:
    """Tell whether a text speaks to those who write comments, or is a heading or a button."""
    if len(text) > MAX_PROMPT:
        return False
    phrase = folded(text)
    if phrase.startswith(PROMPT_STARTS) or is_footer(text) or is_buttons(text):
        return True
    if key(text.partition("\n")[0]) in ADVERTISEMENTS and len(text) <= MAX_NOTICE:
        return True
    if opener(text) in {Opener.COMMENTS, Opener.FORM}:
        return True
    return all(key(word) in NAVIGATION or not key(word) for word in text.split())


def is_placeholder(text: str) -> bool:
    """Tell whether a text has no words but the marks of a template ("{{name}}: {{text}}")."""
    rest, count = _PLACEHOLDER.subn("", text)
    return count > 0 and not any(map(str.isalnum, rest))
