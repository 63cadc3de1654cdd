"""Lines and blocks of a text dump; a block is a paragraph, or a line of its own.

`split_lines` cuts a text into lines, and `join_lines` joins the lines of paragraphs that were
wrapped at a column.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

from moderation.pages.cues.lines import is_sentence

# A dump counts as wrapped when its longest line is no longer than a wide terminal, and when most
# long lines with a successor are full, that is, had no room for the successor's first word.
MAX_WIDTH = 140
MIN_WIDTH = 40
MIN_FULL_LINES = 2
FULL_SHARE = 2 / 3
BROKEN_SHARE = 0.5
LONG_LINE = 0.5
SLACK = 0.12

_MARK = re.compile(r"[*•+·◦] (?=\S)")


@dataclass(frozen=True, slots=True)
class TextLine:
    """A line without the white space around it.

    Parameters
    ----------
    start, end : int
        Offsets of its first and behind its last visible character.
    text : str
        The characters between them.
    right : int
        The column behind its last character, indentation included.
    adjacent : bool
        Whether the line before it is not blank either.
    """

    start: int
    end: int
    text: str
    right: int
    adjacent: bool


@dataclass(frozen=True)
class LineBlock:
    """One or more lines that belong together.

    Parameters
    ----------
    start, end : int
        Offsets into the page's text.
    raw : str
        The page's text between them.
    """

    start: int
    end: int
    raw: str

    @cached_property
    def bare(self) -> str:
        """The block's text without the mark of a list before it."""
        return _MARK.sub("", self.text, count=1)

    @cached_property
    def text(self) -> str:
        """The block on one line, with single spaces."""
        return " ".join(self.raw.split())


def split_lines(text: str) -> list[TextLine]:
    r"""Cut a text at every line boundary of Unicode (``\n``, ``\r\n``, NEL, form feed, ...).

    Blank lines are left out.
    """
    lines: list[TextLine] = []
    offset = 0
    adjacent = False
    for raw in text.splitlines(keepends=True):
        content = raw.strip()
        if content:
            indent = len(raw) - len(raw.lstrip())
            start = offset + indent
            end = start + len(content)
            lines.append(TextLine(start, end, content, indent + len(content), adjacent))
        adjacent = bool(content)
        offset += len(raw)
    return lines


def join_lines(text: str, lines: Sequence[TextLine]) -> list[LineBlock]:
    """Join the lines of each hard-wrapped paragraph; every other line is its own block."""
    width = _wrap_width(lines)
    blocks: list[LineBlock] = []
    first = previous = None
    for line in lines:
        if first is not None and previous is not None:
            if width and line.adjacent and _is_full(previous, line, width):
                previous = line
                continue
            blocks.append(_block(text, first, previous))
        first = previous = line
    if first is not None and previous is not None:
        blocks.append(_block(text, first, previous))
    return blocks


def _block(text: str, first: TextLine, last: TextLine) -> LineBlock:
    """Return the block from one line to another."""
    return LineBlock(first.start, last.end, text[first.start : last.end])


def _wrap_width(lines: Sequence[TextLine]) -> int | None:
    """Return the column at which the dump was wrapped, or None when it was not."""
    # A line without a space (an address on the web) cannot be wrapped and says nothing.
    width = max((line.right for line in lines if " " in line.text), default=0)
    if not MIN_WIDTH <= width <= MAX_WIDTH:
        return None
    long = [
        (before, after)
        for before, after in pairwise(lines)
        if after.adjacent and before.right >= LONG_LINE * width
    ]
    full = [before for before, after in long if _is_full(before, after, width)]
    if len(full) < max(MIN_FULL_LINES, FULL_SHARE * len(long)):
        return None
    # Wrapping breaks inside sentences; paragraphs of one line each end with them.
    broken = sum(not is_sentence(line.text) for line in full)
    return width if broken >= BROKEN_SHARE * len(full) else None


def _is_full(before: TextLine, after: TextLine, width: int) -> bool:
    """Tell whether a line has no room for the first word of the next one."""
    # The length counts as well as the first word: a script without spaces has no short words.
    room = width * (1 - SLACK) - before.right - 1
    return before.right >= LONG_LINE * width and len(after.text.split(maxsplit=1)[0]) > room
