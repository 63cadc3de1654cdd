"""Notices among comments: what the site says in the place of a comment, or to those who write one.

`is_notice` recognises comments that were taken away or wait for approval, and pingbacks;
`is_prompt` calls to write, to log in or to keep the rules; `is_placeholder` the marks of a template
that no script has filled.
"""

import re

from moderation.pages.cues.lines import Opener, is_buttons, is_footer, opener
from moderation.pages.cues.vocabulary import (
    NAVIGATION,
    NOTICE_ENDS,
    NOTICE_STARTS,
    PING_STARTS,
    PROMPT_STARTS,
    folded,
    key,
)

MAX_NOTICE = 160
"""Characters of a notice that stands for a comment."""
MAX_PROMPT = 500
"""The same for what the site says to those who write."""

_PLACEHOLDER = re.compile(
    r"\s*(?:\{\{[^{}]{0,200}\}\}|\{%.{0,200}%\}|<%.{0,200}%>|\$\{[^{}]{0,200}\})\s*"
)
_BRACKETED = re.compile(r"\[\s*[^\W\d_]+(?: by \w+)?\s*\]")
# The excerpt of a page that links to this one.
_EXCERPT = re.compile(r"\[(?:…|\.{3})\].{1,600}\[(?:…|\.{3})\]", re.DOTALL)
_REMOVED = frozenset({"deleted", "removed", "gelöscht", "entfernt", "supprimé", "eliminado"})


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
    if _BRACKETED.fullmatch(text) and key(text).split(" ")[0] in _REMOVED:
        return True
    return (
        "?" not in text
        and phrase.startswith(NOTICE_STARTS)
        and any(end in phrase for end in NOTICE_ENDS)
    )


def is_prompt(text: str) -> bool:
    """Tell whether a text speaks to those who write comments, or is a heading or a button."""
    if len(text) > MAX_PROMPT:
        return False
    phrase = folded(text)
    if phrase.startswith(PROMPT_STARTS) or is_footer(text) or is_buttons(text):
        return True
    if opener(text) in {Opener.COMMENTS, Opener.FORM}:
        return True
    return all(key(word) in NAVIGATION or not key(word) for word in text.split())


def is_placeholder(text: str) -> bool:
    """Tell whether a text is only the marks of a template ("{{text}}")."""
    return _PLACEHOLDER.fullmatch(text) is not None
