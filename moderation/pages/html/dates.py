"""Dates of pages in ISO 8601: parses dates in words, in figures and in seconds.

`iso_time` reads what readers see, in many languages, scripts and calendars; `exact_time` reads
what attributes hold for machines. `day_comes_first` tells the order of day and month on a page.
"""

import re
import unicodedata
from collections.abc import Iterable
from datetime import UTC, date, datetime
from typing import Final

from moderation.pages.cues.vocabulary import MONTH_NUMBERS, NATIVE_MONTHS

MAX_DATE = 120
"""Characters of a text in which a date is sought."""
CENTURY = 100
NOON = 12
BUDDHIST = 543
"""Years by which the Thai and Khmer calendar is ahead."""
BUDDHIST_YEARS = range(2400, 2700)
OLDEST = 1900
"""Years before are those of another calendar, as that of Iran."""
UNIX_YEARS = range(1995, 2100)
"""Years in which a number of seconds is taken for a time."""

# Languages in which no country writes the month first. Pages in English tell it by the country,
# unless that is the United States, whose name content systems give by default.
_DAY_FIRST_LANGUAGES: Final = frozenset(
    {"af", "ar", "az", "be", "bg", "bn", "bs", "ca", "cs", "cy", "da", "de", "el", "es", "et", "eu",
     "fi", "fr", "fy", "ga", "gl", "gu", "he", "hi", "hr", "hy", "id", "in", "is", "it", "iw", "ka",
     "km", "kn", "lo", "lv", "mk", "ml", "mr", "ms", "my", "nb", "nl", "nn", "no", "pa", "pl", "pt",
     "ro", "ru", "sk", "sl", "sq", "sr", "sv", "ta", "te", "th", "tr", "uk", "ur", "vi"}
)  # fmt: skip
_DAY_FIRST_ENGLISH: Final = frozenset(
    {"au", "gb", "gh", "hk", "ie", "in", "jm", "ke", "mt", "my", "ng", "nz", "pk", "sg", "tt", "ug",
     "uk", "za", "zw"}
)  # fmt: skip
_EITHER_COUNTRIES: Final = frozenset({"us", "pr", "pa", "ph"})

_NATIVE_MONTH = re.compile(f"(?:{'|'.join(map(re.escape, NATIVE_MONTHS))})(?!\\d)")
_NATIVE_FILLERS = re.compile(
    r"ថ្ងៃទី|ថ្ងៃ|ខែ|ឆ្នាំ|ម៉ោង|វេលា|วันที่|เดือน|พ\.ศ\.|ค\.ศ\.|ปี|เวลา|\b(?:ngày|năm|lúc)\b", re.IGNORECASE
)
_ISO = re.compile(
    r"(?<!\d)(\d{4})([-/.])(\d{1,2})\2(\d{1,2})(?!\d)"
    r"(?:(?:T|[ ,]{1,3})(\d{1,2}:\d\d)(:\d\d)?(?:\.\d{1,9})?\s?(Z\b|[+-]\d\d:?\d\d)?"
    r"(?!\s?[ap]\.?m\b))?",
    re.IGNORECASE,
)
_EAST_ASIAN = re.compile(r"(?<!\d)(\d{4})\s?[年년]\s?(\d{1,2})\s?[月월]\s?(\d{1,2})\s?[日号號일]?")
_DOTTED = re.compile(r"(?<!\d)(\d{1,2})\.\s?(\d{1,2})\.\s?(\d{4}|\d\d)(?!\d)")
_SLASHED = re.compile(r"(?<!\d)(\d{1,2})[/-](\d{1,2})[/-](\d{4})(?!\d)")
_DAY_FIRST = re.compile(
    r"(?<!\d)(\d{1,2})(?:st|nd|rd|th|er|º|\.)?\s+(?:de\s+)?([^\W\d_]{3,12}|\d\d月)\s?\.?,?\s+(?:de\s+)?(\d{4})(?!\d)"
)
_MONTH_FIRST = re.compile(
    r"([^\W\d_]{3,12}|\d\d月)\.?\s+(\d{1,2})(?:st|nd|rd|th)?,?\s+(\d{4})(?!\d)"
)
_CLOCK = re.compile(
    r"(?P<before>[上下]午|午[前後]|오[전후])?\s?(?<![\d.])(?P<hour>\d{1,2})(?:[:h時时]|\.(?=\d\d\s?uhr))(?P<minute>\d\d)"
    r"(?P<second>:\d\d)?(?:\s?(?P<half>[ap])\.?m\b)?",
    re.IGNORECASE,
)
_AFTERNOON = frozenset({"下午", "午後", "오후"})
_SECONDS = re.compile(r"\s*(\d{10})(?:\d{3}|\.\d{1,9})?\s*")


def iso_time(text: str, *, day_first: bool | None = None) -> str | None:
    """Return the date in a text, with its time of day where there is one, in ISO 8601.

    An age ("3 hours ago") is None, for it depends on when the page was fetched.

    Parameters
    ----------
    text : str
    day_first : bool, optional
        Whether the day comes before the month where both are figures. If that is not known, a date
        that is one day in one country and another in the next ("03/04/2020") is None.

    Examples
    --------
    >>> iso_time("3. März 2020 um 17:12 Uhr")
    '2020-03-03T17:12'
    >>> iso_time("March 3, 2020 at 5:12 pm")
    '2020-03-03T17:12'
    >>> iso_time("03/04/2020") is None
    True
    >>> iso_time("03/04/2020", day_first=True)
    '2020-04-03'
    """
    text = _with_own_figures(text[:MAX_DATE])
    match = _ISO.search(text)
    if match is not None:
        day = _iso_date(int(match[1]), int(match[3]), int(match[4]))
        if match[5] is None:
            return day and day + time_of_day(text[match.end() :])
        return day and f"{day}T{match[5]:0>5}{match[6] or ''}{_zone(match[7] or '')}"
    day = _find_day(text, day_first=day_first)
    return day and day + time_of_day(text)


def day_comes_first(texts: Iterable[str], language: str | None) -> bool | None:
    """Tell whether the dates of a page have the day before the month; None where nothing tells.

    Parameters
    ----------
    texts : iterable of str
        Lines with dates. One that can be read in a single way decides, unless others contradict.
    language : str or None
        The language that the page declares, with or without a country ("en-GB").

    Examples
    --------
    >>> day_comes_first(["03/04/2020", "17/04/2020"], "en")
    True
    >>> day_comes_first(["03/04/2020"], "fr")
    True
    """
    orders = {
        int(match[1]) > NOON
        for match in map(_SLASHED.search, texts)
        if match is not None and (int(match[1]) > NOON) != (int(match[2]) > NOON)
    }
    if orders:
        return orders.pop() if len(orders) == 1 else None
    code, _, country = (language or "").strip().lower().replace("_", "-").partition("-")
    if code == "en":
        return True if country in _DAY_FIRST_ENGLISH else None
    return True if code in _DAY_FIRST_LANGUAGES and country not in _EITHER_COUNTRIES else None


def exact_time(value: str) -> str | None:
    """Return the time in an attribute, ISO 8601: a date, or seconds or milliseconds since 1970.

    Examples
    --------
    >>> exact_time("1583230500")
    '2020-03-03T10:15:00Z'
    """
    match = _SECONDS.fullmatch(value[:MAX_DATE])
    if match is None:
        return iso_time(value)
    moment = datetime.fromtimestamp(int(match[1]), UTC)
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ") if moment.year in UNIX_YEARS else None


def time_of_day(text: str) -> str:
    """Return the time of day in a text as ``"T17:12"``, or nothing."""
    match = _CLOCK.search(text)
    if match is None:
        return ""
    hour, half = int(match["hour"]), (match["half"] or "").lower()
    if half or match["before"]:
        late = half == "p" or match["before"] in _AFTERNOON
        hour = hour % NOON + (NOON if late else 0)
    if hour >= 2 * NOON or int(match["minute"]) >= 60:  # noqa: PLR2004
        return ""
    return f"T{hour:02}:{match['minute']}{match['second'] or ''}"


def _zone(written: str) -> str:
    """Return an offset with its colon, "Z" or nothing."""
    zone = written.upper()
    return f"{zone[:3]}:{zone[3:]}" if len(zone) == 5 else zone  # noqa: PLR2004


def _with_own_figures(text: str) -> str:
    """Return a text with European figures and with months that need no words to be told."""
    if text.isascii():
        return text
    text = "".join(
        str(unicodedata.decimal(c)) if c.isdecimal() and not c.isascii() else c for c in text
    )
    text = _NATIVE_MONTH.sub(lambda match: f" {MONTH_NUMBERS[match[0]]:02}月 ", text.casefold())
    return _NATIVE_FILLERS.sub(" ", text)


def _find_day(text: str, *, day_first: bool | None) -> str | None:
    """Return the first unambiguous day in a text, ISO 8601."""
    match = _EAST_ASIAN.search(text)
    if match is not None:
        return _iso_date(int(match[1]), int(match[2]), int(match[3]))
    match = _DOTTED.search(text)
    if match is not None:
        year = int(match[3])
        return _iso_date(year + 2000 if year < CENTURY else year, int(match[2]), int(match[1]))
    for pattern, day, month in ((_DAY_FIRST, 1, 2), (_MONTH_FIRST, 2, 1)):
        for match in pattern.finditer(text):
            number = _month(match[month])
            if number is not None:
                return _iso_date(int(match[3]), number, int(match[day]))
    match = _SLASHED.search(text)
    return None if match is None else _slashed_day(match, day_first=day_first)


def _slashed_day(match: re.Match[str], *, day_first: bool | None) -> str | None:
    """Return the day of a date in figures, which may begin with the day or with the month."""
    first, second, year = int(match[1]), int(match[2]), int(match[3])
    if first > NOON or first == second:
        day_first = True
    elif second > NOON:
        day_first = False
    if day_first is None:
        return None
    return _iso_date(year, second, first) if day_first else _iso_date(year, first, second)


def _month(name: str) -> int | None:
    """Return the number of a month by its name."""
    return int(name[:2]) if name.endswith("月") else MONTH_NUMBERS.get(name.casefold())


def _iso_date(year: int, month: int, day: int) -> str | None:
    """Return a day in ISO 8601, or None if there is no such day."""
    if year < OLDEST:
        return None
    try:
        return date(year - BUDDHIST if year in BUDDHIST_YEARS else year, month, day).isoformat()
    except ValueError:
        return None
