"""A date in a page's words -> ISO 8601, where it can mean one day only."""

import re
import tomllib
from datetime import date
from importlib import resources

LONGEST = 120

_MONTHS: dict[str, int] = {
    name: number
    for number, names in enumerate(
        tomllib.loads(
            (resources.files("moderation.pages.html.facts") / "months.toml").read_text("utf-8")
        )["months"],
        start=1,
    )
    for name in names
}
_ISO = re.compile(
    r"(\d{4})-(\d\d)-(\d\d)(?:[T ](\d\d:\d\d)(:\d\d)?(?:\.\d{1,9})?\s?(Z|[+-]\d\d:?\d\d)?)?"
)
_DOTTED = re.compile(r"(?<!\d)(\d{1,2})\.\s?(\d{1,2})\.\s?(\d{4}|\d\d)(?!\d)")
_SLASHED = re.compile(r"(?<!\d)(\d{1,2})[/-](\d{1,2})[/-](\d{4})(?!\d)")
_DAY_FIRST = re.compile(
    r"(?<!\d)(\d{1,2})(?:st|nd|rd|th|er|º|\.)?\s+(?:de\s+)?([^\W\d_]{3,12})\.?,?\s+(?:de\s+)?(\d{4})(?!\d)"
)
_MONTH_FIRST = re.compile(r"([^\W\d_]{3,12})\.?\s+(\d{1,2})(?:st|nd|rd|th)?,?\s+(\d{4})(?!\d)")
_CLOCK = re.compile(r"(?<![\d.])(\d{1,2})[:h](\d\d)(?::\d\d)?(?:\s?([ap])\.?m\b)?", re.IGNORECASE)
CENTURY = 100
NOON = 12


def iso_time(said: str) -> str | None:
    """Return a date, with its time of day where it says one, in ISO 8601.

    A date that is one day in one country and another in the next ("03/04/2020") is none, nor is an
    age ("3 hours ago"), which depends on when the page was fetched.

    Examples
    --------
    >>> iso_time("3. März 2020 um 17:12 Uhr")
    '2020-03-03T17:12'
    >>> iso_time("March 3, 2020 at 5:12 pm")
    '2020-03-03T17:12'
    >>> iso_time("03/04/2020") is None
    True
    """
    said = said[:LONGEST]
    match = _ISO.search(said)
    if match is not None:
        day = _date(int(match[1]), int(match[2]), int(match[3]))
        clock = f"T{match[4]}{match[5] or ''}{match[6] or ''}" if match[4] else ""
        return day and day + clock
    day = _day(said)
    return day and day + _time_of_day(said)


def _day(said: str) -> str | None:
    match = _DOTTED.search(said)
    if match is not None:
        year = int(match[3])
        return _date(year + 2000 if year < CENTURY else year, int(match[2]), int(match[1]))
    for pattern, day, month in ((_DAY_FIRST, 1, 2), (_MONTH_FIRST, 2, 1)):
        for match in pattern.finditer(said):
            number = _MONTHS.get(match[month].casefold())
            if number is not None:
                return _date(int(match[3]), number, int(match[day]))
    match = _SLASHED.search(said)
    if match is not None:
        first, second = int(match[1]), int(match[2])
        if first > NOON or first == second:
            return _date(int(match[3]), second, first)
        return _date(int(match[3]), first, second) if second > NOON else None
    return None


def _date(year: int, month: int, day: int) -> str | None:
    try:
        return date(year, month, day).isoformat()
    except ValueError:
        return None


def _time_of_day(said: str) -> str:
    match = _CLOCK.search(said)
    if match is None:
        return ""
    hour = int(match[1])
    if match[3]:
        hour = hour % NOON + (NOON if match[3].lower() == "p" else 0)
    return f"T{hour:02}:{match[2]}" if hour < 2 * NOON and int(match[2]) < 60 else ""  # noqa: PLR2004
