"""Entries of a guestbook without any elements: a name, a date and a text in lines of their own.

Pages from before style sheets have no element for a comment, only line breaks in it and a rule
below it.
"""

import re
from bisect import bisect_right
from typing import Final, NamedTuple

from moderation.pages.cues.names import may_be_name
from moderation.pages.html.dates import iso_time
from moderation.pages.html.parser import Block, Tree

MIN_ENTRIES = 3
MAX_DATED = 120
"""Characters of a line with the date of an entry."""
MAX_BELOW = 20
"""Blocks of an entry below its first one, down to the rule."""

_ADDRESS: Final = re.compile(r"\s*[<(][^<>()\s]{0,200}[>)]\s*$")


class GuestbookEntry(NamedTuple):
    """An entry: its text, the blocks around it, its author and its time."""

    blocks: list[Block]
    around: list[Block]
    author: str
    time: str


def guestbook_entries(tree: Tree) -> list[GuestbookEntry]:
    """Return the entries of a page's guestbook, in order, or nothing if there are too few."""
    starts = [(block, signed) for block in tree.blocks if (signed := _signed(block)) is not None]
    if len(starts) < MIN_ENTRIES:
        return []
    # The number of blocks above each rule and each entry, where the entry before it ends.
    ends = [node.first for node in tree.nodes if node.tag == "hr"]
    ends = sorted(ends + [block.index for block, _ in starts])
    entries: list[GuestbookEntry] = []
    for block, (author, time, text) in starts:
        place = bisect_right(ends, block.index)
        # Without a rule below it, an entry is its first block.
        last = ends[place] if place < len(ends) else block.index + 1
        below = tree.blocks[block.index + 1 : min(last, block.index + 1 + MAX_BELOW)]
        first = Block(text, block.node, block.linked, block.index)
        entries.append(GuestbookEntry([first, *below], [block, *below], author, time))
    return entries


def _signed(block: Block) -> tuple[str, str, str] | None:
    """Return the author, the time and the text of a block with each in lines of their own."""
    name, _, rest = block.text.partition("\n")
    dated, _, text = rest.partition("\n")
    if not text or len(dated) > MAX_DATED:
        return None
    author = _ADDRESS.sub("", name)
    time = iso_time(dated) if may_be_name(author) else None
    return (author, time, text) if time is not None and "T" in time else None
