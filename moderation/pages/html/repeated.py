"""Comments that no name of an element tells: what repeats below a heading, or with dates."""

import re
from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Final, NamedTuple

from moderation.pages.cues.lines import Opener, is_buttons, opener
from moderation.pages.cues.names import author_line, plain_name
from moderation.pages.cues.vocabulary import COMMENT_HEADERS, COMMENT_NOUNS, date_start, is_date
from moderation.pages.html.comment_items import Item
from moderation.pages.html.markers import HEADINGS, Mark
from moderation.pages.html.parser import Block, Node, Tree

# FOLDED regions: Where comments may stand that no name of an element tells.

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


LEAST_WORDS = 3
MAX_MARKS = 3_000
"""Most lines with a date that are looked at on one page."""

_FURNITURE: Final = int(Mark.FURNITURE)
_LISTED: Final = frozenset({"li", "dd", "article", "blockquote"})
_LINES: Final = frozenset({"p", "span", "a", "td", "tr", *HEADINGS})


def repeated_items(tree: Tree, holding: set[int]) -> list[Item]:
    """Return the comments of a page whose elements' names do not tell them."""
    for region in regions(tree, holding):
        marks = [block for block in region.blocks if opens(block)][:MAX_MARKS]
        items = _items(region, marks, tree)
        if items:
            return items
    return []


def _items(region: CandidateRegion, marks: Sequence[Block], tree: Tree) -> list[Item]:
    if not marks:
        return _listed(region, tree) if region.said else []
    tops = _tops(marks)
    groups: dict[int, list[Node]] = {}
    for top in tops:
        if top.parent is not None and top.parent.number:
            groups.setdefault(top.parent.number, []).append(top)
    for group in sorted(groups.values(), key=len, reverse=True):
        items = [Item(list(tree.blocks[top.first : top.last]), top) for top in group]
        speaking = [item for item in items if _text(item.own)]
        if len(speaking) == len(items) and _are_comments(region, items):
            return items
    return _flat(region, marks) if region.said else []


def _tops(marks: Sequence[Block]) -> list[Node]:
    """Return for each mark the outermost element in which it is the only one."""
    count: dict[int, int] = {}
    for block in marks:
        node: Node | None = block.node
        while node is not None:
            count[node.number] = count.get(node.number, 0) + 1
            node = node.parent
    tops: list[Node] = []
    for block in marks:
        top = block.node
        while top.parent is not None and count[top.parent.number] == count[block.node.number]:
            top = top.parent
        if not tops or tops[-1] is not top:
            tops.append(top)
    return tops


def _text(own: Sequence[Block]) -> list[Block]:
    """Return the blocks that may be a reader's words."""
    return [
        block
        for block in own
        if not opens(block)
        and block.linked * 2 < len(block.text)
        and not is_buttons(block.text)
        and (len(block.text) > MAX_LINE or plain_name(block.text) is None)
    ]


def _are_comments(region: CandidateRegion, items: Sequence[Item]) -> bool:
    """Whether what repeats is comments, not teasers of other articles."""
    if any(_is_teaser(item.own, said=region.said) for item in items):
        return False
    if region.said:
        return True
    if len(items) < 2:  # noqa: PLR2004
        return False
    answered = sum(any(is_buttons(block.text) for block in item.own) for item in items)
    named = sum(any(_names(block) for block in item.own) for item in items)
    worded = sum(
        any(len(block.text.split()) >= LEAST_WORDS for block in _text(item.own)) for item in items
    )
    return (
        named == len(items)
        and 2 * worded > len(items)
        and (
            2 * answered >= len(items) or len(items) > 2  # noqa: PLR2004
        )
    )


def _is_teaser(own: Sequence[Block], *, said: bool) -> bool:
    return any(
        (block.node.tag in HEADINGS and block.linked)
        or (not said and block.node.context & _FURNITURE)
        for block in own
    )


def _names(block: Block) -> bool:
    text = block.text
    if len(text) > MAX_LINE:
        return False
    line = author_line(text)
    return (line is not None and line.name is not None) or (
        plain_name(text) is not None and not is_date(text)
    )


def _flat(region: CandidateRegion, marks: Sequence[Block]) -> list[Item]:
    """Cut a run of lines into comments at the lines that name their authors or dates."""
    starts = {block.index for block in marks}
    runs: list[list[Block]] = []
    for block in region.blocks:
        if block.node.context & _SKIP:
            continue
        if block.index in starts and (not runs or _text(runs[-1])):
            runs.append([])
        if runs:
            runs[-1].append(block)
    return [Item(run) for run in runs if _text(run)]


def _listed(region: CandidateRegion, tree: Tree) -> list[Item]:
    """Return the items of the one list in a region: elements of one name beside each other."""
    if not region.blocks:
        return []
    first, last = region.blocks[0].index, region.blocks[-1].index + 1
    groups: dict[tuple[int, str, str], list[Node]] = {}
    for block in region.blocks:
        node = block.node
        while node.parent is not None and first <= node.first and node.last <= last:
            name = node.attributes.get("class", "").partition(" ")[0]
            group = groups.setdefault((node.parent.number, node.tag, name), [])
            if group and group[-1].number >= node.number:
                break  # Those around it were met with it.
            group.append(node)
            node = node.parent
    for (_, tag, name), group in sorted(groups.items(), key=lambda pair: pair[0][0]):
        items = [Item(list(tree.blocks[node.first : node.last]), node) for node in group]
        listed = tag in _LISTED or (len(items) > 1 and name and tag not in _LINES)
        covered = sum(len(item.own) for item in items) * 2 > len(region.blocks)
        if (
            listed
            and covered
            and all(_text(i.own) and not _is_teaser(i.own, said=True) for i in items)
        ):
            return items
    return []
