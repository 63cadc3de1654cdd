"""Text for people to read: cut into pieces that a page can show without harm and point into.

Whatever a text holds, a page shows it as text. Characters that change how others look, or that
nobody sees, are shown by name instead, so that they can do nothing. Each piece knows where it
starts: what a person marks with the mouse becomes offsets into the text as received.
"""

import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from moderation.taxonomy import ATTRIBUTE_NAMES
from moderation.verdict import Span

PART = 8_000
"""Characters of a text on one page."""
MAX_STACKED = 4
"""Marks over one letter that are shown; more of them only paint over the lines around."""

LINE_END = "CR"
"""Shown where no line ends; before one it is how some systems end lines."""
NAMES = {
    "\u200e": "LRM", "\u200f": "RLM", "\u061c": "ALM", "\u2028": "LSEP", "\u2029": "PSEP",
    "\u202a": "LRE", "\u202b": "RLE", "\u202c": "PDF", "\u202d": "LRO", "\u202e": "RLO",
    "\u2066": "LRI", "\u2067": "RLI", "\u2068": "FSI", "\u2069": "PDI", "\ufeff": "BOM",
    "\u00ad": "SHY", "\u034f": "CGJ", "\u2060": "WJ", "\r": LINE_END,
}  # fmt: skip
KEPT = {"\n", "\t"}
WRITTEN_WITH = {"\u200b", "\u200c", "\u200d"}
"""Never seen, but Khmer, Persian and emoji are written with them."""
HIDDEN = frozenset(
    chr(point)
    for first, last in (
        # Unicode's Default_Ignorable_Code_Point; braille's blank looks just the same.
        (0x034F, 0x034F), (0x115F, 0x1160), (0x17B4, 0x17B5), (0x180B, 0x180F), (0x2065, 0x2065),
        (0x2800, 0x2800), (0x3164, 0x3164), (0xFFA0, 0xFFA0), (0xFFF0, 0xFFF8), (0xE0000, 0xE0FFF),
    )
    for point in range(first, last + 1)
)  # fmt: skip
"""Never seen; what else is not is told by its category. Flags of regions are lost with the tags."""
ODD_CATEGORIES = {"Cc", "Cf", "Cs", "Zl", "Zp"}
STACKED = {"Mn", "Me"}
ORDER = {name: place for place, name in enumerate(ATTRIBUTE_NAMES)}
EMPTY = {"Cc", "Cf", "Cs", "Cn", "Co", "Zs", "Zl", "Zp"}
"""Categories of what no variation selector can vary."""


@dataclass(frozen=True, slots=True)
class Piece:
    """A run of a text.

    Parameters
    ----------
    start : int
        Where it starts in the whole text.
    text : str
        The run itself, or the name of a character that is not shown.
    length : int
        The number of characters of the whole text that it stands for.
    attributes : tuple of str
        Those that the run is evidence for, in the taxonomy's order.
    odd : bool
        True where `text` is a name, which is empty for a character that needs none.
    """

    start: int
    text: str
    length: int
    attributes: tuple[str, ...] = ()
    odd: bool = False


@dataclass(frozen=True, slots=True)
class TextPage:
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


def part_of(text: str, spans: Sequence[Span], number: int = 1) -> TextPage:
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
    return TextPage(number, of, start, end, pieces, tuple(sorted(marked & set(range(1, of + 1)))))


def cut(text: str, spans: Sequence[Span], start: int, end: int) -> Iterator[Piece]:
    """Yield the pieces of ``text[start:end]`` in order, so that all of it is there.

    Spans may overlap, nest or repeat; what lies outside the text is ignored. Pieces that are
    neighbours differ in their attributes, but for characters that are shown by name.
    """
    for left, right, attributes in _runs(spans, start, end):
        yield from _plain(text, left, right, attributes)


def _runs(
    spans: Sequence[Span], start: int, end: int
) -> Iterator[tuple[int, int, tuple[str, ...]]]:
    """Yield the longest runs that are evidence for the same attributes: start, end, attributes."""
    near = sorted(
        (span for span in spans if start < span.end and span.start < min(end, span.end)),
        key=lambda span: span.start,
    )
    edges = {edge for span in near for edge in (span.start, span.end) if start < edge < end}
    over: list[Span] = []
    coming = iter((*near, None))
    following = next(coming)
    begun, attributes = start, tuple[str, ...]()
    for left in sorted({start, *edges}):
        while following is not None and following.start <= left:
            over.append(following)
            following = next(coming)
        # A text may have thousands of spans: none is looked at where it is over.
        over = [span for span in over if span.end > left]
        names = tuple(sorted({span.attribute for span in over}, key=_place))
        if names != attributes:
            if begun < left:
                yield begun, left, attributes
            begun, attributes = left, names
    if begun < end:
        yield begun, end, attributes


def _place(attribute: str) -> tuple[int, str]:
    return ORDER.get(attribute, len(ORDER)), attribute


def inert(text: str | None, most: int) -> str:
    """Return the start of a text as one run of plain characters, for lists and titles."""
    shown = (text or "")[: most + 1]
    safe = "".join(piece.text for piece in cut(shown, (), 0, len(shown)) if not piece.odd)
    return safe if len(shown) <= most else safe[: most - 1] + "…"


def _plain(text: str, left: int, right: int, attributes: tuple[str, ...]) -> Iterator[Piece]:
    begun, stacked = left, 0
    for at in range(left, right):
        character = text[at]
        category = unicodedata.category(character)
        if category in STACKED:
            stacked += 1
        elif character not in WRITTEN_WITH:
            stacked = 0
        name = _name(character, category, text[at - 1] if at else "", stacked)
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


def _name(character: str, category: str, before: str, stacked: int) -> str | None:
    """Return the name by which a character is shown; None if it is shown as it is."""
    if stacked > MAX_STACKED:
        return ""
    if character in KEPT or character in WRITTEN_WITH:
        return None
    if _varies(character):
        shown = before and unicodedata.category(before) not in EMPTY and not _varies(before)
        odd = not shown or before in HIDDEN
    else:
        odd = category in ODD_CATEGORIES or character in HIDDEN
    return NAMES.get(character, f"U+{ord(character):04X}") if odd else None


def _varies(character: str) -> bool:
    """Tell whether a character chooses how the one before it looks."""
    return "\ufe00" <= character <= "\ufe0f" or "\U000e0100" <= character <= "\U000e01ef"
