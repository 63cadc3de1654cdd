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

LETTER_MARKS = (
    "\u0300-\u036f\u0900-\u0903\u093a-\u094f\u0e31\u0e34-\u0e3a\u0e47-\u0e4e\u0eb1\u0eb4-\u0ebc"
    "\u0ec8-\u0ecd\u102b-\u103e\u17b4-\u17d3\u200b-\u200d"
)
"""Accents and vowels that stand inside words and are no letters by themselves, for a class of
characters in a regular expression."""


def _read(name: str) -> dict[str, Any]:
    return tomllib.loads((resources.files("moderation.pages.cues") / name).read_text("utf-8"))


def _by_word(units: dict[str, list[str]]) -> dict[str, str]:
    return {word: unit for unit, words in units.items() for word in words}


_tables = _read("vocabulary.toml")
_ages = _read("ages.toml")
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
ANSWER_BUTTONS = frozenset(_tables["answer_buttons"])
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
NOTICE_STARTS = tuple(_tables["notice_starts"])
NOTICE_ENDS = tuple(_tables["notice_ends"])
NOTICE_WORDS = frozenset(_tables["notice_words"])
NOTICE_REASONS = tuple(_tables["notice_reasons"])
NOTICE_LINKS = frozenset(_tables["notice_links"])
PING_STARTS = tuple(_tables["ping_starts"])
PROMPT_STARTS = tuple(_tables["prompt_starts"])
BADGES = frozenset(_tables["badges"])
STREETS = frozenset(_tables["streets"])
CONTACTS = tuple(_tables["contacts"])

MONTH_NUMBERS: dict[str, int] = {
    name: number
    for number, names in enumerate(_read("months.toml")["months"], start=1)
    for name in names
}
"""The numbers of the months by their names in lower case."""
# Names in scripts without spaces between words, with dots, or of several words.
NATIVE_MONTHS = tuple(
    sorted((n for n in MONTH_NUMBERS if not re.fullmatch(r"[^\W\d_]+", n)), key=len, reverse=True)
)
MONTHS = frozenset(_dates["months"]) | MONTH_NUMBERS.keys() - {"may", "set", "out", "mag", "gen"}
AGE_UNITS = _by_word(_ages["units"]) | _by_word(_ages["units_alone"])
"""The units of ages (``hour``, ``year``) by their words in lower case."""
NATIVE_AGE_UNITS = _by_word(_ages["native_units"])
"""The same in scripts without spaces between words."""
ONE = frozenset(_ages["one"])
AGE_LEADS = frozenset(_ages["leading"])
AGE_FOLLOWERS = frozenset(_ages["following"])
NOW = frozenset(_ages["now"])
TODAY = frozenset(_ages["today"])
YESTERDAY = frozenset(_ages["yesterday"])
UNITS = frozenset(_by_word(_ages["units"]))
DATE_LEADS = frozenset(_dates["leading"])
DATE_STARTS = frozenset(_dates["starting"])
DATE_FILLERS = frozenset(_dates["filling"])
AGO = frozenset(_dates["relative"])
NATIVE_AGO = frozenset(_dates["native_ago"])
DAYS_BY_NAME = TODAY | YESTERDAY | {"now"}

# A number keeps the letters that follow it ("3rd", "5pm", "2h"); a name keeps its digits.
_TOKEN = re.compile(r"\d+[^\W\d_]*|[^\W\d_]\w*|[^\w\s]|_")
_CLOCK = re.compile(r"(?<!\d)\d{1,2}[:h]\d{2}(?!\d)")
_NUMERIC = re.compile(
    r"(?<!\d)(?:[0-3]?\d([-/.])[0-3]?\d\1(?:\d\d)?\d\d|\d{4}([-/.])[01]?\d\2[0-3]?\d)(?!\d)"
)
_OWN_MONTH = "|".join(map(re.escape, NATIVE_MONTHS))
_OWN_UNIT = "|".join(map(re.escape, sorted(NATIVE_AGE_UNITS, key=len, reverse=True)))
_OWN_AGO = "|".join(map(re.escape, sorted(NATIVE_AGO, key=len, reverse=True)))
_OWN_LEAD = "|".join(map(re.escape, sorted(_dates["native_leading"], key=len, reverse=True)))
# Dates and ages in scripts that put no spaces between their words, at the end of a line.
_NATIVE_DATE = re.compile(
    rf"(?:(?:{_OWN_LEAD})\s*)*"
    rf"(?:\d{{1,2}}\s*(?:{_OWN_LEAD})?\s*(?:{_OWN_MONTH})\s*(?:(?:{_OWN_LEAD})\s*)?\d{{2,4}}"
    r"|\d{4}\s?[年년]\s?\d{1,2}\s?[月월]\s?\d{1,2}\s?[日号號일]?|\d{4}[-/.]\d{1,2}[-/.]\d{1,2}"
    rf"|\d{{1,2}}\s?月\s?\d{{1,2}}\s?日|\d{{1,4}}\s*(?:{_OWN_UNIT})\s*(?:{_OWN_AGO}))"
    rf"(?:[\s,]*(?:{_OWN_LEAD})?\s*(?:[上下]午|午[前後]|오[전후])?\s*\d{{1,2}}[:.]\d\d(?::\d\d)?(?:\s*น\.)?)?"
    r"[\s|·)\].]*$"
)
_DIGITS = "0123456789"
_OWN_FIGURE = re.compile(r"[^\D0-9]")
_NATIVE_SIGN = re.compile("[\u0900-\u097f\u0e00-\u0eff\u1780-\u17ff年月日前년월일전周週天时時]")
_MONTH_BEFORE_DATE = re.compile(
    r"([^\W\d_]+)[\s,·|-]+(?=(?:\d{1,2}[-/.]\d{1,2}[-/.]\d{2,4}|\d{4}[-/.]\d{1,2}[-/.]\d{1,2})(?!\d))"
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
    if not text.isascii():
        text = _OWN_FIGURE.sub(lambda match: str(int(match[0])), text)
    if not text.isascii() and _NATIVE_SIGN.search(text):
        match = _NATIVE_DATE.search(text)
        if match is not None:
            return match.start()
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
    if start is None or not _is_time(text[start:]):
        return None
    # May, Mai and Juni are names as well, where a whole date follows.
    name = _MONTH_BEFORE_DATE.match(text, start)
    return name.end() if name is not None and name[1].casefold() in MONTHS else start


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
    suffix = word.lstrip(_DIGITS)
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
