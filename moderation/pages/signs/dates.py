"""Dates and times, told from other words token by token."""

import re

from moderation.pages.signs.phrases import (
    AGO,
    DATE_FILLERS,
    DATE_LEADS,
    DATE_STARTS,
    DAYS_BY_NAME,
    MONTHS,
    UNITS,
)

MAX_DATE = 120
MAX_AGE = 2

# A number keeps the letters that follow it ("3rd", "5pm", "2h"); a name keeps its digits.
_TOKEN = re.compile(r"\d+[^\W\d_]*|[^\W\d_]\w*|[^\w\s]|_")
_CLOCK = re.compile(r"(?<!\d)\d{1,2}[:h]\d{2}(?!\d)")
_NUMERIC = re.compile(
    r"(?<!\d)(?:[0-3]?\d([-/.])[0-3]?\d\1(?:\d\d)?\d\d|\d{4}([-/.])[01]?\d\2[0-3]?\d)(?!\d)"
)
_EDGES = "|·•–—-,.:/@()[]~#»«'’ "
_MARKS = frozenset(_EDGES.strip())


def date_start(text: str) -> int | None:
    """Return the offset of the date with which `text` ends, or None when it ends otherwise."""
    if len(text) > MAX_DATE:
        return None
    # Most lines end with a word that no date has, and need not be read from their beginning.
    last = text[text.rstrip(_EDGES).rfind(" ") + 1 :].rstrip(_EDGES)
    if last.isalpha() and not _may_end(last.casefold()):
        return None
    start = None
    for token in reversed(list(_TOKEN.finditer(text))):
        word = token.group().casefold()
        if _starts_a_date(word):
            start = token.start()
        elif word not in _MARKS and word not in DATE_FILLERS and word not in UNITS:
            break
    return start if start is not None and _tells_a_time(text[start:]) else None


def _may_end(word: str) -> bool:
    return word in MONTHS or word in DATE_STARTS or word in DATE_FILLERS or word in UNITS


def is_date(text: str) -> bool:
    """Whether `text` is a date or a time and nothing else ("Posted on 3 March, 10:15")."""
    start = date_start(text)
    return start is not None and all(
        token in _MARKS or token in DATE_LEADS
        for token in map(str.casefold, _TOKEN.findall(text[:start]))
    )


def _starts_a_date(word: str) -> bool:
    # Digits of every script are digits here: Khmer and Thai dumps have their own.
    suffix = word.lstrip("0123456789") if word[0].isascii() else word.strip("០១២៣៤៥៦៧៨៩๐๑๒๓๔๕๖๗๘๙")
    if word[0].isdigit():
        return not suffix or suffix in UNITS or suffix in DATE_FILLERS
    return word in MONTHS or word in DATE_STARTS


def _tells_a_time(text: str) -> bool:
    """Whether there is more than a bare number: a month's day, a clock, "3 hours ago"."""
    words = [word for word in map(str.casefold, _TOKEN.findall(text)) if word not in _MARKS]
    numbers = any(word[0].isdigit() for word in words)
    units = any(word.lstrip("0123456789") in UNITS for word in words)
    return (
        (numbers and not MONTHS.isdisjoint(words))
        or bool(_CLOCK.search(text) or _NUMERIC.search(text))
        or (units and not AGO.isdisjoint(words))
        or (units and numbers and len(words) <= MAX_AGE)
        or words[:1] == ["just"]
        or (bool(words) and words[0] in DAYS_BY_NAME)
    )
