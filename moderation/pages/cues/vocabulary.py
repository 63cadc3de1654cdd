"""The multilingual words and phrases of pages, and the dates that are made of them.

``vocabulary.toml`` holds the words by which headings, buttons, bylines, captions and the rest of a
page's furniture are recognised. `folded` and `key` give the forms in which texts are compared with
them. `date_start` and `is_date` recognise dates and times token by token.
"""

import re
import tomllib
from functools import lru_cache
from importlib import resources
from typing import Any

CACHED = 1 << 14
"""Texts whose compared forms are remembered."""
MAX_DATE = 120
"""Characters of a line that may end with a date."""
MAX_AGE_WORDS = 2
"""Words of an age without "ago" ("3 hours")."""

_NUMBER = re.compile(r"\d+(?:[.,]\d+)*")
_IGNORED = str.maketrans({"’": "'", "‘": "'", **dict.fromkeys("()[]{}", " ")})
_EDGES = ' :;.,!?…|·•*«»‹›<>→←↑↓▲▼►◄▶◀➔–—-_=+"“”/\\'

_tables: dict[str, Any] = tomllib.loads(
    (resources.files("moderation.pages.cues") / "vocabulary.toml").read_text("utf-8")
)
_dates: dict[str, list[str]] = _tables["dates"]

COMMENT_HEADERS = frozenset(_tables["comment_headers"])
COMMENT_COUNTS = frozenset(_tables["comment_counts"])
COMMENT_NOUNS = frozenset(_tables["comment_nouns"])
COMMENT_LINKS = frozenset(_tables["comment_links"])
COMMENT_FORMS = frozenset(_tables["comment_forms"])
SECTIONS = frozenset(_tables["sections"])
SECTION_STARTS = tuple(_tables["section_starts"])
PAGERS = frozenset(_tables["pagers"])
SINGLE_PAGERS = frozenset(_tables["single_pagers"])
SHARES = frozenset(_tables["shares"])
BUTTONS = frozenset(_tables["buttons"])
ADVERTISEMENTS = frozenset(_tables["advertisements"])
ADVERTISEMENT_STARTS = tuple(_tables["advertisement_starts"])
FORM_STARTS = tuple(_tables["form_starts"])
NAVIGATION = frozenset(_tables["navigation"])
NAVIGATION_STARTS = tuple(_tables["navigation_starts"])
AUTHOR_VERBS = (*_tables["said"], *_tables["says"])
PRESENT_VERBS = frozenset(_tables["says"])
PLACEHOLDER_NAMES = frozenset(_tables["nameless"])
NOT_IN_NAMES = frozenset(_tables["not_in_names"])
NAME_PARTICLES = frozenset(_tables["name_particles"])
NOTE_STARTS = tuple(_tables["note_starts"])
CAPTION_STARTS = tuple(_tables["caption_starts"])
CREDITS = frozenset(_tables["credits"])
STREETS = frozenset(_tables["streets"])
CONTACTS = tuple(_tables["contacts"])

MONTHS = frozenset(_dates["months"])
UNITS = frozenset(_dates["units"])
DATE_LEADS = frozenset(_dates["leading"])
DATE_STARTS = frozenset(_dates["starting"])
DATE_FILLERS = frozenset(_dates["filling"])
AGO = frozenset(_dates["relative"])
DAYS_BY_NAME = frozenset(_dates["alone"])

# A number keeps the letters that follow it ("3rd", "5pm", "2h"); a name keeps its digits.
_TOKEN = re.compile(r"\d+[^\W\d_]*|[^\W\d_]\w*|[^\w\s]|_")
_CLOCK = re.compile(r"(?<!\d)\d{1,2}[:h]\d{2}(?!\d)")
_NUMERIC = re.compile(
    r"(?<!\d)(?:[0-3]?\d([-/.])[0-3]?\d\1(?:\d\d)?\d\d|\d{4}([-/.])[01]?\d\2[0-3]?\d)(?!\d)"
)
_DATE_EDGES = "|·•–—-,.:/@()[]~#»«'’ "
_MARKS = frozenset(_DATE_EDGES.strip())


# The same words and lines are looked up many times on a page.
@lru_cache(CACHED)
def key(text: str) -> str:
    """Return the form in which a line is looked up, without regard to case, edges and numbers."""
    return folded(text).strip(_EDGES)


@lru_cache(CACHED)
def folded(text: str) -> str:
    """Return `text` in one case, without brackets, with every number written ``#``."""
    return " ".join(_NUMBER.sub("#", text.casefold().translate(_IGNORED)).split())


def date_start(text: str) -> int | None:
    """Return the offset of the date with which `text` ends, or None when it ends otherwise."""
    if len(text) > MAX_DATE:
        return None
    # Most lines end with a word that no date has, and need not be read from their beginning.
    last = text[text.rstrip(_DATE_EDGES).rfind(" ") + 1 :].rstrip(_DATE_EDGES)
    if last.isalpha() and not _may_end(last.casefold()):
        return None
    start = None
    for token in reversed(list(_TOKEN.finditer(text))):
        word = token.group().casefold()
        if _may_start(word):
            start = token.start()
        elif word not in _MARKS and word not in DATE_FILLERS and word not in UNITS:
            break
    return start if start is not None and _is_time(text[start:]) else None


def is_date(text: str) -> bool:
    """Tell whether `text` is a date or a time and nothing else ("Posted on 3 March, 10:15")."""
    start = date_start(text)
    return start is not None and all(
        token in _MARKS or token in DATE_LEADS
        for token in map(str.casefold, _TOKEN.findall(text[:start]))
    )


def _may_end(word: str) -> bool:
    """Tell whether a date may end with a word."""
    return word in MONTHS or word in DATE_STARTS or word in DATE_FILLERS or word in UNITS


def _may_start(word: str) -> bool:
    """Tell whether a date may start with a word."""
    # Digits of every script are digits here: Khmer and Thai dumps have their own.
    suffix = word.lstrip("0123456789") if word[0].isascii() else word.strip("០១២៣៤៥៦៧៨៩๐๑๒๓๔๕๖๗๘๙")
    if word[0].isdigit():
        return not suffix or suffix in UNITS or suffix in DATE_FILLERS
    return word in MONTHS or word in DATE_STARTS


def _is_time(text: str) -> bool:
    """Tell whether a text is more than a bare number: a day of a month, a clock, "3 hours ago"."""
    words = [word for word in map(str.casefold, _TOKEN.findall(text)) if word not in _MARKS]
    numbers = any(word[0].isdigit() for word in words)
    units = any(word.lstrip("0123456789") in UNITS for word in words)
    return (
        (numbers and not MONTHS.isdisjoint(words))
        or bool(_CLOCK.search(text) or _NUMERIC.search(text))
        or (units and not AGO.isdisjoint(words))
        or (units and numbers and len(words) <= MAX_AGE_WORDS)
        or words[:1] == ["just"]
        or (bool(words) and words[0] in DAYS_BY_NAME)
    )
