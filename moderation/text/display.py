"""Texts shown to people: cut into pieces that a page can show safely, with their evidence.

Characters that change the look of others, or that nobody sees, are shown by name instead, so that
they can do no harm. Each piece has its offset in the whole text, so that a run that a person marks
with the mouse becomes offsets into the text as received.
"""

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from moderation.taxonomy import ATTRIBUTE_NAMES
from moderation.verdict import Span

PAGE_CHARACTERS = 8_000
"""Characters of a text on one page."""
MAX_STACKED = 4
"""Marks over one letter that are shown; more of them only cover the lines around."""

LINE_END = "CR"
"""The name of a carriage return; before a line feed it is part of the line's end, and not shown."""
NAMES = {
    "\u200e": "LRM", "\u200f": "RLM", "\u061c": "ALM", "\u2028": "LSEP", "\u2029": "PSEP",
    "\u202a": "LRE", "\u202b": "RLE", "\u202c": "PDF", "\u202d": "LRO", "\u202e": "RLO",
    "\u2066": "LRI", "\u2067": "RLI", "\u2068": "FSI", "\u2069": "PDI", "\ufeff": "BOM",
    "\u00ad": "SHY", "\u034f": "CGJ", "\u2060": "WJ", "\r": LINE_END,
}  # fmt: skip
SHOWN_CONTROLS = {"\n", "\t"}
JOINERS = {"\u200b", "\u200c", "\u200d"}
"""Invisible characters with which Khmer, Persian and emoji are written."""
JOINER_NAMES = {"\u200b": "ZWSP", "\u200c": "ZWNJ", "\u200d": "ZWJ"}
JOINED = re.compile("[\u0590-\u1fff\u2190-\u2e7f\ufe00-\ufe0f\U0001f000-\U0001ffff]")
"""A character before which, or behind which, a joiner has a use: from Hebrew to the Indic scripts
and Khmer, and emoji."""
HIDDEN = frozenset(
    chr(point)
    for first, last in (
        # Unicode's Default_Ignorable_Code_Point; braille's blank looks just the same.
        (0x034F, 0x034F), (0x115F, 0x1160), (0x17B4, 0x17B5), (0x180B, 0x180F), (0x2065, 0x2065),
        (0x2800, 0x2800), (0x3164, 0x3164), (0xFFA0, 0xFFA0), (0xFFF0, 0xFFF8), (0xE0000, 0xE0FFF),
    )
    for point in range(first, last + 1)
)  # fmt: skip
"""Invisible characters that their category does not give away. With the tags, flags of regions are
lost."""
ODD_CATEGORIES = {"Cc", "Cf", "Cs", "Zl", "Zp"}
STACKED = {"Mn", "Me"}
_ORDER = {name: index for index, name in enumerate(ATTRIBUTE_NAMES)}
NOT_VARIED = {"Cc", "Cf", "Cs", "Cn", "Co", "Zs", "Zl", "Zp"}
"""Categories of the characters whose look no variation selector changes."""

FORMULA = "=+@＝＋－＠-"
"""The characters that begin a formula in a spreadsheet."""
SEPARATORS = ",;|\t\r\n\v\f\x1c\x1d\x1e\x85\u2028\u2029"
"""The characters at which a spreadsheet can be set to split a line or a file."""
IGNORED = (
    "\\s\"'`\\\\\\x00-\\x1f\\x7f-\\x9f\xad\u0600-\u0605\u061c\u06dd\u070f\u0890\u0891\u08e2\u180e"
    "\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb"
    "\U000110bd\U000110cd\U00013430-\U0001343f\U0001bca0-\U0001bca3\U0001d173-\U0001d17a"
    "\U000e0001\U000e0020-\U000e007f"
)
"""The characters that may stand before a formula, in a regular expression's class: blanks, quotes,
invisible ones, and the backslash."""
ESCAPE = "\\"
"""Put before a character that would begin a formula; no spreadsheet removes it as a quote."""
_CELL_START = re.compile(
    rf"(\A|[{re.escape(SEPARATORS)}])([{IGNORED}{re.escape(SEPARATORS)}]*+)([{FORMULA}]?)"
)


@dataclass(frozen=True, slots=True)
class Piece:
    """A run of a text.

    Parameters
    ----------
    start : int
        Its offset in the whole text.
    text : str
        The run itself, or the name of a character that is not shown.
    length : int
        The number of characters of the whole text that it stands for.
    attributes : tuple of str
        The attributes that the run is evidence for, in the taxonomy's order.
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
    """The part of a text that one page shows.

    Parameters
    ----------
    number, of : int
        The part's number, from 1, and the number of parts.
    start, end : int
        Its offsets in the whole text.
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


def page_of(text: str, spans: Sequence[Span], number: int = 1) -> TextPage:
    """Return a part of a text in pieces; the nearest part if none has that number."""
    of = max(1, -(-len(text) // PAGE_CHARACTERS))
    number = min(max(number, 1), of)
    start, end = (number - 1) * PAGE_CHARACTERS, min(number * PAGE_CHARACTERS, len(text))
    marked = {
        part
        for span in spans
        for part in range(_part_at(span.start), _part_at(max(span.end - 1, span.start)) + 1)
    }
    pieces = tuple(pieces_of(text, spans, start, end))
    return TextPage(number, of, start, end, pieces, tuple(sorted(marked & set(range(1, of + 1)))))


def pieces_of(text: str, spans: Sequence[Span], start: int, end: int) -> Iterator[Piece]:
    """Yield the pieces of ``text[start:end]``: all of it, in order.

    Spans may overlap, nest or repeat; those outside the text are ignored. Neighbouring pieces
    differ in their attributes, unless one is a character that is shown by name.
    """
    for left, right, attributes in _runs(spans, start, end):
        yield from _plain(text, left, right, attributes)


def inert(text: str | None, max_length: int) -> str:
    """Return the start of a text as one run of plain characters, for lists and titles."""
    start = (text or "")[: max_length + 1]
    safe = "".join(piece.text for piece in pieces_of(start, (), 0, len(start)) if not piece.odd)
    return safe if len(start) <= max_length else safe[: max_length - 1] + "…"


def name_pieces(name: str, max_length: int) -> Iterator[Piece]:
    """Yield the pieces of the start of a name, in which nothing invisible may pass unseen.

    As in a text, odd characters are shown by name. Here this also goes for the joiners where the
    script before them has no use for them: two names that differ in one alone would look alike.
    """
    start = name if len(name) <= max_length else name[: max_length - 1] + "…"
    for piece in pieces_of(start, (), 0, len(start)):
        if piece.odd:
            yield piece
            continue
        begin, end = piece.start, piece.start + piece.length
        for at in range(begin, end):
            if start[at] not in JOINERS or _joins(start, at):
                continue
            if begin < at:
                yield Piece(begin, start[begin:at], at - begin)
            yield Piece(at, JOINER_NAMES[start[at]], 1, odd=True)
            begin = at + 1
        if begin < end:
            yield Piece(begin, start[begin:end], end - begin)


def unescape_formulas(text: str) -> str:
    """Return the text from which `escape_formulas` made this one."""
    return _CELL_START.sub(
        lambda start: (
            f"{start[1]}{start[2].removesuffix(ESCAPE) if start[3] else start[2]}{start[3]}"
        ),
        text,
    )


def escape_formulas(text: str) -> str:
    """Return a text of which no part begins a formula, however a spreadsheet splits it."""
    return _CELL_START.sub(
        lambda start: f"{start[1]}{start[2]}{ESCAPE if start[3] else ''}{start[3]}", text
    )


def _part_at(offset: int) -> int:
    """Return the number of the part that holds an offset."""
    return offset // PAGE_CHARACTERS + 1


def _runs(
    spans: Sequence[Span], start: int, end: int
) -> Iterator[tuple[int, int, tuple[str, ...]]]:
    """Yield the longest runs that are evidence for the same attributes: start, end, attributes."""
    near = sorted(
        (span for span in spans if start < span.end and span.start < min(end, span.end)),
        key=lambda span: span.start,
    )
    edges = {edge for span in near for edge in (span.start, span.end) if start < edge < end}
    current: list[Span] = []
    remaining = iter((*near, None))
    following = next(remaining)
    run_start, attributes = start, tuple[str, ...]()
    for left in sorted({start, *edges}):
        while following is not None and following.start <= left:
            current.append(following)
            following = next(remaining)
        # A text may have thousands of spans: none is looked at after its end.
        current = [span for span in current if span.end > left]
        names = tuple(sorted({span.attribute for span in current}, key=_rank))
        if names != attributes:
            if run_start < left:
                yield run_start, left, attributes
            run_start, attributes = left, names
    if run_start < end:
        yield run_start, end, attributes


def _rank(attribute: str) -> tuple[int, str]:
    return _ORDER.get(attribute, len(_ORDER)), attribute


def _plain(text: str, left: int, right: int, attributes: tuple[str, ...]) -> Iterator[Piece]:
    """Yield the pieces of a run: plain text, and the characters that are shown by name."""
    plain_start, stacked = left, 0
    for at in range(left, right):
        character = text[at]
        category = unicodedata.category(character)
        if category in STACKED:
            stacked += 1
        elif character not in JOINERS:
            stacked = 0
        name = _name(character, category, text[at - 1] if at else "", stacked)
        if name == LINE_END and text.startswith("\n", at + 1):
            name = ""
        if name is None:
            continue
        if plain_start < at:
            yield Piece(plain_start, text[plain_start:at], at - plain_start, attributes)
        yield Piece(at, name, 1, attributes, odd=True)
        plain_start = at + 1
    if plain_start < right:
        yield Piece(plain_start, text[plain_start:right], right - plain_start, attributes)


def _name(character: str, category: str, before: str, stacked: int) -> str | None:
    """Return the name by which a character is shown; None if it is shown as it is."""
    if stacked > MAX_STACKED:
        return ""
    if character in SHOWN_CONTROLS or character in JOINERS:
        return None
    if _varies(character):
        shown = before and unicodedata.category(before) not in NOT_VARIED and not _varies(before)
        odd = not shown or before in HIDDEN
    else:
        odd = category in ODD_CATEGORIES or character in HIDDEN
    return NAMES.get(character, f"U+{ord(character):04X}") if odd else None


def _joins(text: str, at: int) -> bool:
    """Tell whether the joiner at a place may change the look of the characters around it."""
    around = text[max(at - 1, 0) : at], text[at + 1 : at + 2]
    return all(JOINED.match(character) for character in around)


def _varies(character: str) -> bool:
    """Tell whether a character selects a variant of the one before it."""
    return "\ufe00" <= character <= "\ufe0f" or "\U000e0100" <= character <= "\U000e01ef"
