"""A comment's text, cut into pieces that a page can show without harm and point into.

Whatever a comment holds, a page shows it as text. Characters that change how others look, or that
nobody sees, are shown by name instead, so that they can do nothing. Each piece knows where it
starts: what a person marks with the mouse becomes offsets into the text as received.
"""

import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from moderation.verdict import Span

PART = 8_000
"""Characters of a text on one page."""
MOST_STACKED = 4
"""Marks over one letter that are shown; more of them only paint over the lines around."""

LINE_END = "CR"
"""Shown where no line ends; before one it is how some systems end lines."""
# Zero-width space and joiners are left alone: Khmer and emoji are written with them.
ODD = {
    "\u200e": "LRM", "\u200f": "RLM", "\u061c": "ALM", "\u2028": "LSEP", "\u2029": "PSEP",
    "\u202a": "LRE", "\u202b": "RLE", "\u202c": "PDF", "\u202d": "LRO", "\u202e": "RLO",
    "\u2066": "LRI", "\u2067": "RLI", "\u2068": "FSI", "\u2069": "PDI", "\ufeff": "BOM",
    "\u00ad": "SHY", "\r": LINE_END,
}  # fmt: skip
KEPT = {"\n", "\t"}
TAGS = frozenset(map(chr, range(0xE0000, 0xE1000)))
"""Never seen, and made to carry hidden words. Flags of regions, written with them, are lost."""


@dataclass(frozen=True, slots=True)
class Piece:
    """A run of a text.

    Parameters
    ----------
    start : int
        Where it starts in the whole text.
    text : str
        What is shown: the run itself, or the name of the character that is not shown.
    length : int
        Characters of the whole text that it stands for.
    attributes : tuple of str
        What the run is evidence for.
    odd : bool
        Whether `text` is a name.
    """

    start: int
    text: str
    length: int
    attributes: tuple[str, ...] = ()
    odd: bool = False


@dataclass(frozen=True, slots=True)
class Part:
    """One page's share of a text.

    Parameters
    ----------
    number, of : int
        From 1.
    start, end : int
    pieces : tuple of Piece
    marked : tuple of int
        The numbers of the parts that hold evidence.
    """

    number: int
    of: int
    start: int
    end: int
    pieces: tuple[Piece, ...]
    marked: tuple[int, ...]


def part_of(text: str, spans: Sequence[Span], number: int = 1) -> Part:
    """Return a part of a text, cut into pieces; the nearest one where there is no such part."""
    of = max(1, -(-len(text) // PART))
    number = min(max(number, 1), of)
    start, end = (number - 1) * PART, min(number * PART, len(text))
    marked = {
        each
        for span in spans
        for each in range(span.start // PART + 1, (max(span.end, span.start + 1) - 1) // PART + 2)
    }
    pieces = tuple(cut(text, spans, start, end))
    return Part(number, of, start, end, pieces, tuple(sorted(marked & set(range(1, of + 1)))))


def cut(text: str, spans: Sequence[Span], start: int, end: int) -> Iterator[Piece]:
    """Yield the pieces of ``text[start:end]`` in order, so that all of it is there."""
    near = [span for span in spans if span.start < end and span.end > start]
    edges = {edge for span in near for edge in (span.start, span.end) if start < edge < end}
    bounds = [start, *sorted(edges), end]
    for left, right in pairwise(bounds):
        over = [span.attribute for span in near if span.start < right and span.end > left]
        yield from _plain(text, left, right, tuple(dict.fromkeys(over)))


def inert(text: str | None, most: int) -> str:
    """Return the start of a text as one run of plain characters, for lists and titles."""
    shown = (text or "")[: most + 1]
    safe = "".join(piece.text for piece in cut(shown, (), 0, len(shown)) if not piece.odd)
    return safe if len(shown) <= most else safe[: most - 1] + "…"


def _plain(text: str, left: int, right: int, attributes: tuple[str, ...]) -> Iterator[Piece]:
    begun, stacked = left, 0
    for at in range(left, right):
        character = text[at]
        stacked = stacked + 1 if unicodedata.combining(character) else 0
        name = _name(character, stacked)
        if name == LINE_END and text.startswith("\n", at + 1):
            name = ""
        if name is None:
            continue
        if begun < at:
            yield Piece(begun, text[begun:at], at - begun, attributes)
        yield Piece(at, name, 1, attributes, odd=True)
        begun = at + 1
    if begun < right:
        yield Piece(begun, text[begun:right], right - begun, attributes)


def _name(character: str, stacked: int) -> str | None:
    """Return the name by which a character is shown; None if it is shown as it is."""
    if stacked > MOST_STACKED:
        return ""
    if character < "\x7f":
        odd = character < " " and character not in KEPT
        return ODD.get(character, f"U+{ord(character):04X}") if odd else None
    if character in ODD:
        return ODD[character]
    if unicodedata.category(character) in {"Cc", "Cs"} or character in TAGS:
        return f"U+{ord(character):04X}"
    return None
