"""Moments as pages tell them: dates, ages such as "2 years ago", seconds since 1970."""

import re
from datetime import UTC, datetime, timedelta

from moderation.pages.html.metadata import iso_time

MAX_WORDS = 60
"""Characters of the longest text that is read as an age."""
_ISO = re.compile(r"\d{4}(?:-\d{2}(?:-\d{2}(?:[T ].*)?)?)?\Z", re.DOTALL)
_UNIX = re.compile(r"\d{9,10}(?:\d{3})?(?:\.\d{1,9})?\Z")
_MILLISECONDS = 11
"""Digits from which a number counts milliseconds."""
_ONE = r"an?|one|une?|uno|una|ein(?:e[mnr]?)?|um|uma|een"
_UNITS = (
    ("second", r"s|secs?|seconds?|secondes?|sekunden?|segundos?|secondi|secondo|seconden"),
    ("minute", r"m|mins?|minutes?|minuten?|minutos?|minuti|minuto|minuut"),
    ("hour", r"h|hrs?|hours?|heures?|std|stunden?|horas?|ore|ora|uur|uren"),
    ("day", r"d|days?|jours?|tage?n?|d[ií]as?|dias?|giorni|giorno|dag|dagen"),
    ("week", r"w|wks?|weeks?|semaines?|wochen?|semanas?|settiman[ae]|week|weken"),
    ("month", r"mo|mos|mths?|months?|mois|monate?n?|mes(?:es)?|mês|mesi|mese|maanden?"),
    ("year", r"y|yrs?|years?|ans?|ann[ée]es?|jahre?n?|años?|anos?|ann[oi]|jaar|jaren"),
)
_AGE = re.compile(
    r"(?:(?:about|over|almost|il y a|vor|hace|h[áa]|posted|edited) )*"
    rf"(?P<number>\d{{1,4}}|{_ONE}) ?"
    rf"(?:{'|'.join(f'(?P<{unit}>{words})' for unit, words in _UNITS)})\.?"
    r"(?: (?:ago|atr[áa]s|fa|geleden|earlier))?\Z"
)
_DAYS = {
    **dict.fromkeys(("today", "aujourd'hui", "heute", "hoy", "hoje", "oggi", "vandaag"), 0),
    **dict.fromkeys(("yesterday", "hier", "gestern", "ayer", "ontem", "ieri", "gisteren"), 1),
}
_NOW = frozenset(("now", "just now", "right now", "à l'instant", "gerade eben", "ahora", "agora"))


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
    if _ISO.match(words):
        return words
    if _UNIX.match(words):
        return _since_1970(words)
    date = iso_time(words)
    if date is not None:
        return date
    return _resolve_age(words, captured) if captured and len(words) <= MAX_WORDS else None


def _since_1970(digits: str) -> str | None:
    seconds = float(digits)
    if len(digits.partition(".")[0]) >= _MILLISECONDS:
        seconds /= 1000
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="seconds")


def _resolve_age(words: str, captured: str) -> str | None:
    try:
        fetched = datetime.fromisoformat(captured.strip())
    except ValueError:
        return None
    words = " ".join(words.lower().replace("’", "'").split())
    if words in _NOW:
        return fetched.isoformat(timespec="minutes")
    if words in _DAYS:
        return (fetched.date() - timedelta(days=_DAYS[words])).isoformat()
    age = _AGE.match(words)
    if age is None:
        return None
    number = int(age["number"]) if age["number"].isdigit() else 1
    unit = next(unit for unit, _ in _UNITS if age[unit])
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
