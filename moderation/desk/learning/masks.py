"""Masking personal data in texts that leave the desk: addresses, numbers, names.

What has a form is found by it. A name has none: those after a title, and those of the authors whom
the desk knows, are found, and others stay. Whoever publishes what was exported reads it first.
"""

import re
from bisect import bisect_right
from collections.abc import Iterator
from typing import NamedTuple

from moderation.desk.learning.names import Names, known_names, names_in, titled_in
from moderation.desk.learning.numbers import numbers_in

__all__ = ["Edit", "Masked", "Names", "known_names", "mask"]

NAME, NUMBER = "Name", "000000"
_DOMAINS = (
    "com|org|net|info|biz|gov|edu|int|co|io|me|be|ly|gl|gg|tv|cc|ai|app|dev|page|link|site|online|"
    "xyz|club|live|news|asia|kh|th|vn|la|mm|my|sg|id|ph|cn|hk|tw|jp|kr|in|pk|bd|au|nz|us|uk|ca|eu|"
    "fr|de|it|es|nl|ch|at|pl|ru|tr|br|mx|za"
)

# None takes longer than in step with the text: what may repeat without limit gives nothing back
# (`++`), or ends the form.
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
    """A run of the text as it was, and what stands there instead."""

    start: int
    end: int
    text: str


class Masked(NamedTuple):
    """A text without personal data."""

    text: str
    edits: tuple[Edit, ...]

    def move(self, start: int, end: int) -> tuple[int, int]:
        """Return where a run of the text as it was stands now; one that ends in a mask, with it."""
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
    """Return a text without addresses, numbers, and the names that can be told."""
    edits = tuple(_joined(sorted(_found(text, names))))
    parts, last = [], 0
    for edit in edits:
        parts += [text[last : edit.start], edit.text]
        last = edit.end
    return Masked("".join((*parts, text[last:])), edits)


def _found(text: str, names: Names) -> Iterator[Edit]:
    for form, instead in _FORMS:
        for match in form.finditer(text):
            yield Edit(*match.span(), instead)
    yield from _addresses(text)
    for start, end in numbers_in(text):
        yield Edit(start, end, NUMBER)
    for start, end in (*names_in(text, names), *titled_in(text)):
        yield Edit(start, end, NAME)


def _addresses(text: str) -> Iterator[Edit]:
    """Yield the e-mail addresses: from the domain back, so that no start is tried in vain."""
    last = 0
    for match in _AT.finditer(text):
        start = match.start()
        while start > last and text[start - 1] in _LOCAL:
            start -= 1
        if start < match.start():
            yield Edit(start, match.end(), "name@example.org")
        last = match.end()


def _joined(edits: list[Edit]) -> Iterator[Edit]:
    """Yield edits in order, those that overlap as one over all that they cover."""
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
