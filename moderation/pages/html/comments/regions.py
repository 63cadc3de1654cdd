"""Where comments may stand that no name of an element tells."""

import re
from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Final, NamedTuple

from moderation.pages.html.names.marks import Mark
from moderation.pages.html.node import Block, Node
from moderation.pages.html.tree import Tree
from moderation.pages.signs.authors import author_line
from moderation.pages.signs.dates import date_start
from moderation.pages.signs.openers import Opener, opener
from moderation.pages.signs.phrases import COMMENT_HEADERS, COMMENT_NOUNS

MAX_LINE = 100
"""Characters of a line that says who wrote a comment and when."""

MAX_HEADING = 80
MAX_REGIONS = 8
"""Each is read to its end, so that a page of headings alone would take too long."""


_AREA: Final = int(Mark.AREA)
_SURE: Final = int(Mark.SURE)
_TIME: Final = int(Mark.TIME)
_SKIP: Final = int(Mark.ELSEWHERE | Mark.FORM)
_SPEAKS: Final = frozenset(":.…")
_HEADS: Final = COMMENT_NOUNS.union(*map(str.split, COMMENT_HEADERS)) - {"#"}
_DIGIT = re.compile(r"\d")


class CandidateRegion(NamedTuple):
    """A run of blocks, and whether the page says that comments stand there."""

    blocks: Sequence[Block]
    said: bool


def regions(tree: Tree, holding: set[int]) -> Iterator[CandidateRegion]:
    """Yield where comments may stand: what is named so, what is headed so, and the whole page."""
    yield from islice(_said(tree, holding), MAX_REGIONS)
    yield CandidateRegion(tree.blocks, said=False)


def _said(tree: Tree, holding: set[int]) -> Iterator[CandidateRegion]:
    for node in tree.nodes:
        said = node.marks & _AREA and node.marks & _SURE and not node.context & _SKIP
        if said and node.number not in holding:
            yield CandidateRegion(tree.blocks[node.first : node.last], said=True)
    for block in tree.blocks:
        if _is_heading(block):
            last = _end(block)
            if last > block.index + 1:
                yield CandidateRegion(tree.blocks[block.index + 1 : last], said=True)


def _end(heading: Block) -> int:
    """Return where the section that a heading opens ends."""
    node: Node | None = heading.node
    while node is not None and node.last <= heading.index + 1:
        node = node.parent
    return node.last if node is not None else heading.index + 1


def opens(block: Block) -> bool:
    """Whether a block is the line with which a comment begins or ends."""
    text = block.text
    if len(text) > MAX_LINE or block.node.context & _SKIP:
        return False
    if _DIGIT.search(text) and (block.node.context & _TIME or date_start(text) is not None):
        return True
    if text[-1] not in _SPEAKS and not text.startswith("Comment"):
        return False
    line = author_line(text)
    return line is not None and (line.sure or line.speaks)


def _is_heading(block: Block) -> bool:
    text = block.text
    if len(text) > MAX_HEADING or block.linked == len(text):
        return False
    words = text.casefold().replace("(", " ").replace(":", " ").split()
    return not _HEADS.isdisjoint(words) and opener(text) is Opener.COMMENTS
