"""Telling numbers that find a person, as a telephone's, from years, sums and counts."""

import re
from collections.abc import Iterator

FEWEST = 6
"""Numbers of fewer digits find nobody."""
MAX_OF_A_SUM = 15

_RUN = re.compile(r"\d++(?:[\s().,/-]{1,3}+\d++)*+")
_DIGITS = re.compile(r"\d+")
_BREAK = re.compile(r"[.,]\s+")
_YEAR = r"(?:1[0-9]|2[0-5])\d\d"
_DAY = r"(?:0?[1-9]|[12]\d|3[01])"
_YEARS = re.compile(
    rf"{_YEAR}(?:[-/]\d\d(?!\d))?(?:(?:[\s,]{{1,2}}|\s?-\s?){_YEAR}(?:[-/]\d\d(?!\d))?)*"
)
_DATE = re.compile(
    rf"{_DAY}(?P<one>[-/.]){_DAY}(?P=one)(?:1[5-9]|20)\d\d"
    rf"|(?:1[5-9]|20)\d\d(?P<two>[-/.]){_DAY}(?P=two){_DAY}"
)
_SUM = r"[1-9]\d{0,2}(?:,\d{3})+(?:\.\d{1,2})?|[1-9]\d{0,2}(?:\.\d{3})+(?:,\d{1,2})?"
_SUMS = re.compile(rf"(?:{_SUM})(?:\s?-\s?(?:{_SUM}))?")
_COUNT = re.compile(r"[1-9]\d*(?:[\s.,]\d{3})*(?:[.,]\d{1,2})?")
_SMALL = re.compile(r"0[.,]\d+")
_BEFORE = re.compile(r"(?:[$€£¥฿₫៛]|\b(?:usd|khr|riels?|dollars?))\s?$", re.IGNORECASE)
_AFTER = re.compile(
    r"\s?(?:[%$€£¥฿₫៛]|រៀល|(?:riels?|dollars?|usd|khr|baht|dong|kip|euros?|pounds?|votes?|voters?|"
    r"ballots?|people|persons?|percent|tons?|tonnes?|kg|km|kilomet(?:er|re)s?|met(?:er|re)s?|"
    r"hectares?|households?|families|workers?|migrants?|refugees?|soldiers?|children|students?|"
    r"victims?|deaths?|dead|members?|copies|views|followers|years?|thousand|million|billion)\b)",
    re.IGNORECASE,
)


def numbers_in(text: str) -> Iterator[tuple[int, int]]:
    """Yield where numbers of six digits and more stand that may find a person.

    What stays: years and dates (``1975-1979``, ``17/4/1975``), what is written as sums are
    (``1,000,000``), and what stands with a currency or a unit (``$250000``, ``120000 votes``). A
    number that begins with 0 or + is never one of these, and all that follows it with it.
    """
    for match in _RUN.finditer(text):
        if _digits(match[0]) >= FEWEST:
            yield from _of_run(text, match.start(), match.end())


def _of_run(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    if _stays(text, start, end):
        return
    if start and text[start - 1] == "+":
        yield start - 1, end
        return
    at = start
    while at < end:
        found = _BREAK.search(text, at, end)
        last = found.start() if found else end
        if not _stays(text, at, last):
            if _dials(text, at):
                last, found = end, None
            if _digits(text[at:last]) >= FEWEST:
                yield at, last
        at = found.end() if found else end


def _dials(text: str, at: int) -> bool:
    """Whether a number begins with 0, and not as a fraction does."""
    return _plain(text[at]) == "0" and text[at + 1 : at + 2] not in {".", ","}


def _stays(text: str, start: int, end: int) -> bool:
    run = _plain(text[start:end])
    if any(form.fullmatch(run) for form in (_YEARS, _DATE, _SUMS, _SMALL)):
        return True
    named = _BEFORE.search(text, max(start - 12, 0), start) or _AFTER.match(text, end, end + 20)
    return bool(named and _digits(run) <= MAX_OF_A_SUM and _COUNT.fullmatch(run))


def _digits(run: str) -> int:
    return sum(map(str.isdecimal, run))


def _plain(run: str) -> str:
    """Return a run with the digits of whatever script as ours."""
    return run if run.isascii() else _DIGITS.sub(_as_ours, run)


def _as_ours(match: re.Match[str]) -> str:
    return "".join(str(int(digit)) for digit in match[0])
