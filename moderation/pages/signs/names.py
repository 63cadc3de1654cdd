"""What a name looks like, and names at the end of a comment."""

import re

from moderation.pages.signs.dates import is_date
from moderation.pages.signs.phrases import NAME_PARTICLES, NAMELESS, NOT_IN_NAMES, key

MAX_NAME = 60
MAX_NAME_WORDS = 5
SIGNATURE_WORDS = (2, 4)

_HANDLE = re.compile(r"@?\w[\w.\-]*")
_NAME_WORD = re.compile(r"[^\W\d_a-z][\w'’.\-]*")


def plain_name(text: str) -> str | None:
    """Return the name when `text` may be a name alone, as a site prints it above a date."""
    name = text.rstrip(" :,")
    if not is_nameable(name) or is_date(name) or not (is_name(name) or is_handle(name)):
        return None
    return name


def signature(text: str) -> str | None:
    """Return the name with which a comment is signed on its last line, or None."""
    last = text.splitlines()[-1].strip()
    dashed = last.lstrip("-–—~ ")
    least, most = SIGNATURE_WORDS
    words = dashed.split() if len(dashed) <= MAX_NAME else []
    if dashed != last:
        least = 1
    if last == text.strip() or not least <= len(words) <= most or not is_name(dashed):
        return None
    return dashed


def is_name(text: str) -> bool:
    """Whether `text` is a few capitalised words, none of which only sentences have."""
    words = text.split() if len(text) <= MAX_NAME else []
    if not 1 <= len(words) <= MAX_NAME_WORDS or text[-1] in "!?:;":
        return False
    return all(
        (_NAME_WORD.fullmatch(word) and key(word) not in NOT_IN_NAMES) or word in NAME_PARTICLES
        for word in words
    ) and any(word not in NAME_PARTICLES for word in words)


def is_handle(text: str) -> bool:
    """Whether `text` is a single word, as user names are."""
    return bool(_HANDLE.fullmatch(text))


def is_nameable(name: str) -> bool:
    """Whether `name` is short enough for a name and does not end as a sentence does."""
    return (
        0 < len(name) <= MAX_NAME
        and len(name.split()) <= MAX_NAME_WORDS
        and name[-1] not in "!?;:"
        and any(character.isalnum() for character in name)
    )


def given(name: str) -> str | None:
    """Return `name`, or None when it is what a site writes in place of one."""
    return None if key(name) in NAMELESS else name
