"""Masking of personal data in texts that leave the desk: addresses, numbers, names.

Addresses and numbers are found by their form. Of names, those after a title and those of the
authors whom the desk knows are found, and others stay: whoever publishes an export reads it first.
"""

import re
from bisect import bisect_right
from collections.abc import Iterator
from typing import NamedTuple

from moderation.desk.learning.names import Names, known_names, names_in, titled_in

__all__ = ["Edit", "Masked", "Names", "known_names", "mask"]

NAME, NUMBER = "Name", "000000"
"""The masks of names and numbers."""
MIN_DIGITS = 6
"""Numbers of fewer digits identify nobody."""
MAX_OF_A_SUM = 15
"""Most digits of a sum or a count."""

# The forms of years, dates, sums and counts, which identify nobody.

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
_DOMAINS = (
    "com|org|net|info|biz|gov|edu|int|co|io|me|be|ly|gl|gg|tv|cc|ai|app|dev|page|link|site|online|"
    "xyz|club|live|news|asia|kh|th|vn|la|mm|my|sg|id|ph|cn|hk|tw|jp|kr|in|pk|bd|au|nz|us|uk|ca|eu|"
    "fr|de|it|es|nl|ch|at|pl|ru|tr|br|mx|za"
)

# Each takes time linear in the text: what may repeat without limit is possessive (`++`), or ends
# the form.
_FORMS: tuple[tuple[re.Pattern[str], str], ...] = (
    (re.compile(r"https?://\S+|(?<!\w)www\.\S+", re.IGNORECASE), "https://example.org"),
    (
        re.compile(
            rf"(?<![a-z0-9_.@-])(?:[a-z0-9-]{{1,63}}\.){{1,4}}(?:{_DOMAINS})/\S+", re.IGNORECASE
        ),
        "https://example.org",
    ),
    (re.compile(r"(?<![A-Za-z0-9_])@(?:\w|[.-](?=\w)){2,}"), "@name"),
    (
        re.compile(
            r"\b\d{1,5}\w?,?\s{1,2}(?:[A-Z][\w'’-]{1,30}\s{1,2}){1,3}"
            r"(?:Street|St|Road|Rd|Avenue|Ave|Lane|Boulevard|Blvd)\b"
        ),
        "1 Example Street",
    ),
    (
        re.compile(
            r"\b(?:house|street|st\.|road|rd\.|village|phum|sangkat)"
            r"\s{0,2}(?:no\.?|#)?\s{0,2}\d{1,5}\w?\b",
            re.IGNORECASE,
        ),
        "Street 1",
    ),
)
_AT = re.compile(r"@[A-Za-z0-9-]++(?:\.[A-Za-z0-9-]++)++")
_LOCAL = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.+-")


class Edit(NamedTuple):
    """A run of the original text, and the text that replaces it."""

    start: int
    end: int
    text: str


class Masked(NamedTuple):
    """A text without personal data."""

    text: str
    edits: tuple[Edit, ...]

    def move(self, start: int, end: int) -> tuple[int, int]:
        """Return a run's place in the masked text; one that ends inside a mask ends with it."""
        return self._place(start, after=False), self._place(end, after=True)

    def _place(self, offset: int, *, after: bool) -> int:
        number = bisect_right([edit.start for edit in self.edits], offset - after)
        moved = sum(
            len(edit.text) - (edit.end - edit.start) for edit in self.edits[: max(number - 1, 0)]
        )
        if number:
            last = self.edits[number - 1]
            if offset >= last.end:
                return offset + moved + len(last.text) - (last.end - last.start)
            return last.start + moved + (len(last.text) if after else 0)
        return offset + moved


def mask(text: str, names: Names) -> Masked:
    """Return a text without addresses, numbers, and the names that are recognised."""
    edits = tuple(_joined(sorted(_edits(text, names))))
    parts, last = [], 0
    for edit in edits:
        parts += [text[last : edit.start], edit.text]
        last = edit.end
    return Masked("".join((*parts, text[last:])), edits)


def _edits(text: str, names: Names) -> Iterator[Edit]:
    for form, replacement in _FORMS:
        for match in form.finditer(text):
            yield Edit(*match.span(), replacement)
    yield from _addresses(text)
    for start, end in numbers_in(text):
        yield Edit(start, end, NUMBER)
    for start, end in (*names_in(text, names), *titled_in(text)):
        yield Edit(start, end, NAME)


def _addresses(text: str) -> Iterator[Edit]:
    """Yield the e-mail addresses: searched from the domain back, which takes linear time."""
    last = 0
    for match in _AT.finditer(text):
        start = match.start()
        while start > last and text[start - 1] in _LOCAL:
            start -= 1
        if start < match.start():
            yield Edit(start, match.end(), "name@example.org")
        last = match.end()


def _joined(edits: list[Edit]) -> Iterator[Edit]:
    """Yield edits in order, overlapping ones joined."""
    at = 0
    while at < len(edits):
        end, after = edits[at].end, at + 1
        while after < len(edits) and edits[after].start < end:
            end = max(end, edits[after].end)
            after += 1
        together = edits[at:after]
        start = together[0].start
        whole = [edit.text for edit in together if (edit.start, edit.end) == (start, end)]
        yield Edit(start, end, (whole or [" ".join(dict.fromkeys(e.text for e in together))])[0])
        at = after


def numbers_in(text: str) -> Iterator[tuple[int, int]]:
    """Yield start and end of each number of six digits and more that may identify a person.

    Years and dates (``1975-1979``, ``17/4/1975``), numbers written as sums (``1,000,000``), and
    numbers with a currency or a unit (``$250000``, ``120000 votes``) do not. A number that begins
    with 0 or + is never one of these, nor is the rest of its run.
    """
    for match in _RUN.finditer(text):
        if _digits(match[0]) >= MIN_DIGITS:
            yield from _in_run(text, match.start(), match.end())


def _in_run(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    """Yield start and end of each number in a run of digits that may identify a person."""
    if _is_harmless(text, start, end):
        return
    if start and text[start - 1] == "+":
        yield start - 1, end
        return
    at = start
    while at < end:
        gap = _BREAK.search(text, at, end)
        last = gap.start() if gap else end
        if not _is_harmless(text, at, last):
            if _begins_with_zero(text, at):
                last, gap = end, None
            if _digits(text[at:last]) >= MIN_DIGITS:
                yield at, last
        at = gap.end() if gap else end


def _begins_with_zero(text: str, at: int) -> bool:
    """Tell whether a number begins with 0, as a telephone's does and a fraction does not."""
    return _ascii_digits(text[at]) == "0" and text[at + 1 : at + 2] not in {".", ","}


def _is_harmless(text: str, start: int, end: int) -> bool:
    """Tell whether a number is a year, a date, a sum or a count."""
    run = _ascii_digits(text[start:end])
    if any(form.fullmatch(run) for form in (_YEARS, _DATE, _SUMS, _SMALL)):
        return True
    unit = _BEFORE.search(text, max(start - 12, 0), start) or _AFTER.match(text, end, end + 20)
    return bool(unit and _digits(run) <= MAX_OF_A_SUM and _COUNT.fullmatch(run))


def _digits(run: str) -> int:
    return sum(map(str.isdecimal, run))


def _ascii_digits(run: str) -> str:
    """Return a run with the digits of every script as ASCII digits."""
    return run if run.isascii() else _DIGITS.sub(_to_ascii, run)


def _to_ascii(match: re.Match[str]) -> str:
    return "".join(str(int(digit)) for digit in match[0])
