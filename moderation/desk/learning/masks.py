"""Masking personal data in texts that leave the desk: addresses, numbers, names.

What has a form is found by it. A name has none: those after a title, and those of the authors whom
the desk knows, are found, and others stay. Whoever publishes what was exported reads it first.
"""

import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

NAME = "Name"
SHORTEST_NAME = 4
"""Shorter names are words as often as names."""
MOST_NAME_WORDS = 5

# Every run has a limit, so that no text takes long.
_FORMS: tuple[tuple[re.Pattern[str], str], ...] = (
    (re.compile(r"\bhttps?://\S{1,2000}|\bwww\.\S{1,2000}", re.IGNORECASE), "https://example.org"),
    (re.compile(r"[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,4}"), "name@example.org"),
    (re.compile(r"(?<!\w)@\w{2,40}"), "@name"),
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
    (re.compile(r"(?<![\w.,])\+?\d(?:[\s()./-]{0,2}\d){5,18}(?!\w)"), "000000"),
)
_TITLED = re.compile(
    r"\b(?:Mr|Mrs|Ms|Miss|Dr|Lok|Oknha|Samdech|Excellency)\.?\s{1,2}"
    r"([A-Z][\w'’-]{1,30}(?:\s[A-Z][\w'’-]{1,30}){0,3})"
)
_WORD = re.compile(r"\w[\w.'’-]*")

Names = Mapping[str, frozenset[tuple[str, ...]]]
"""Names, each a run of words, by their first word."""


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


def known_names(names: Iterable[str]) -> Names:
    """Return names as `mask` looks them up; the shortest are left out."""
    found: dict[str, set[tuple[str, ...]]] = {}
    for name in names:
        words = tuple(_WORD.findall(name))
        if words and len(name) >= SHORTEST_NAME and len(words) <= MOST_NAME_WORDS:
            found.setdefault(words[0], set()).add(words)
    return {first: frozenset(some) for first, some in found.items()}


def mask(text: str, names: Names) -> Masked:
    """Return a text without addresses, numbers, and the names that can be told."""
    edits: list[Edit] = []
    end = 0
    # Of two that overlap, the one that begins first holds, and of two that begin together the
    # longer one.
    for edit in sorted(_found(text, names), key=lambda edit: (edit.start, -edit.end)):
        if edit.start >= end:
            edits.append(edit)
            end = edit.end
    parts, last = [], 0
    for edit in edits:
        parts += [text[last : edit.start], edit.text]
        last = edit.end
    return Masked("".join((*parts, text[last:])), tuple(edits))


def _found(text: str, names: Names) -> Iterator[Edit]:
    for form, instead in _FORMS:
        for match in form.finditer(text):
            yield Edit(*match.span(), instead)
    for match in _TITLED.finditer(text):
        yield Edit(*match.span(1), NAME)
    words = list(_WORD.finditer(text))
    plain = [word[0].rstrip(".'’-") for word in words]
    for place, first in enumerate(plain):
        for name in names.get(first, ()):
            if tuple(plain[place : place + len(name)]) == name:
                last = words[place + len(name) - 1]
                yield Edit(words[place].start(), last.start() + len(name[-1]), NAME)
