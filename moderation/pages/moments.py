"""Moments as pages tell them: dates, ages such as "2 years ago", seconds since 1970."""

import re
from collections.abc import Iterable
from datetime import datetime, timedelta

from moderation.pages.cues.vocabulary import (
    AGE_FOLLOWERS,
    AGE_LEADS,
    AGE_UNITS,
    AGO,
    NATIVE_AGE_UNITS,
    NATIVE_AGO,
    NOW,
    ONE,
    TODAY,
    YESTERDAY,
)
from moderation.pages.html.dates import exact_time

MAX_WORDS = 60
"""Characters of the longest text that is read as an age."""
_YEAR_OR_MONTH = re.compile(r"\d{4}(?:-(?:0[1-9]|1[0-2]))?")


def _any(words: Iterable[str]) -> str:
    return "|".join(map(re.escape, sorted(words, key=len, reverse=True)))


_AGE = re.compile(
    rf"(?:(?:{_any(AGO | AGE_LEADS)}) ){{0,3}}"
    rf"(?P<number>\d{{1,4}}|{_any(ONE)}) ?(?P<unit>{_any(AGE_UNITS)})\.?"
    rf"(?: (?:{_any(AGO | AGE_FOLLOWERS)}))?"
)
_NATIVE_AGE = re.compile(
    rf"(?P<number>\d{{1,4}}) ?(?P<unit>{_any(NATIVE_AGE_UNITS)}) ?(?:{_any(NATIVE_AGO)})"
)


def resolve_moment(words: str | None, captured: str | None) -> str | None:
    """Return a moment in ISO 8601, as exactly as the words tell it; None if they tell none.

    An age counts back from the moment at which the page was fetched: in seconds and minutes it
    gives a minute, in hours an hour, in days and weeks a day, in months a month, in years a year.

    Parameters
    ----------
    words : str or None
        The page's own words.
    captured : str or None
        When the page was fetched, in ISO 8601.

    Examples
    --------
    >>> resolve_moment("2 years ago", "2016-03-01T10:30:00Z")
    '2014'
    >>> resolve_moment("vor 3 Stunden", "2016-03-01T10:30:00Z")
    '2016-03-01T07:00+00:00'
    """
    if not words:
        return None
    words = words.strip()
    if _YEAR_OR_MONTH.fullmatch(words) or _is_iso(words):
        return words
    date = exact_time(words)
    if date is not None:
        return date
    return _resolve_age(words, captured) if captured and len(words) <= MAX_WORDS else None


def _is_iso(words: str) -> bool:
    try:
        datetime.fromisoformat(words)
    except ValueError:
        return False
    return "-" in words


def _resolve_age(words: str, captured: str) -> str | None:
    try:
        fetched = datetime.fromisoformat(captured.strip())
    except ValueError:
        return None
    words = " ".join(words.lower().replace("’", "'").split())
    if words in NOW:
        return fetched.isoformat(timespec="minutes")
    if words in TODAY or words in YESTERDAY:
        return (fetched.date() - timedelta(days=words in YESTERDAY)).isoformat()
    age = _AGE.fullmatch(words) or _NATIVE_AGE.fullmatch(words)
    if age is None:
        return None
    number = int(age["number"]) if age["number"].isdecimal() else 1
    unit = AGE_UNITS.get(age["unit"]) or NATIVE_AGE_UNITS[age["unit"]]
    try:
        return _count_back(fetched, number, unit)
    except (ValueError, OverflowError):
        return None  # before the year 1


def _count_back(fetched: datetime, number: int, unit: str) -> str:
    match unit:
        case "second" | "minute":
            moment = fetched - timedelta(**{f"{unit}s": number})
            return moment.isoformat(timespec="minutes")
        case "hour":
            moment = fetched - timedelta(hours=number)
            return moment.replace(minute=0).isoformat(timespec="minutes")
        case "day" | "week":
            return (fetched.date() - timedelta(**{f"{unit}s": number})).isoformat()
        case "month":
            months = fetched.year * 12 + fetched.month - 1 - number
            return (
                fetched.replace(year=months // 12, month=months % 12 + 1, day=1)
                .date()
                .isoformat()[:7]
            )
    return f"{fetched.replace(year=fetched.year - number, month=1, day=1).year:04}"
