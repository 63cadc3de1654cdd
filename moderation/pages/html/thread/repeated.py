"""Comments without telling names: blocks that repeat below a heading, or with authors and dates.

A region of the page may hold comments: an element named after them, the section below a heading for
them, or, as a last resort, the whole page. In each, the lines with which comments begin (an author,
a date) are sought; the elements beside each other that hold one such line each are the comments,
unless they are teasers of other articles. Regions without such lines may be a list of comments.
"""

import re
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Final, NamedTuple

from moderation.pages.cues.lines import Opener, is_buttons, opener
from moderation.pages.cues.names import author_line, plain_name
from moderation.pages.cues.vocabulary import COMMENT_HEADERS, COMMENT_NOUNS, date_start, is_date
from moderation.pages.html.markers import HEADINGS
from moderation.pages.html.marks import Mark
from moderation.pages.html.parser import Block, Node, Tree
from moderation.pages.html.thread.items import CommentItem

MAX_LINE = 100
"""Characters of a line with a comment's author or date."""
MAX_HEADING = 80
MAX_REGIONS = 8
"""Each is read to its end, so that a page of headings alone would take too long."""
MAX_OUTER = 12
"""Elements around a line among which the page's footer is sought."""
MIN_WORDS = 3
"""Words that most comments must have where nothing announces them."""
MIN_ITEMS = 2
"""Comments there must be where nothing announces them."""

_AREA: Final = int(Mark.AREA)
_SURE: Final = int(Mark.SURE)
_TIME: Final = int(Mark.TIME)
_FURNITURE: Final = int(Mark.FURNITURE)
_SKIPPED: Final = int(Mark.ELSEWHERE | Mark.FORM)
_LINE_ENDS: Final = frozenset(":.…")
_HEADING_WORDS: Final = COMMENT_NOUNS.union(*map(str.split, COMMENT_HEADERS)) - {"#"}
_PAGE_TAGS: Final = frozenset({"footer", "nav", "aside"})
_LIST_TAGS: Final = frozenset({"li", "dd", "article", "blockquote"})
_LINE_TAGS: Final = frozenset({"p", "span", "a", "td", "tr", *HEADINGS})
_DIGIT = re.compile(r"\d")


class CandidateRegion(NamedTuple):
    """A run of blocks, and whether the page announces comments there."""

    blocks: Sequence[Block]
    announced: bool


def repeated_items(tree: Tree, excluded: set[int]) -> list[CommentItem]:
    """Return the comments of a page whose elements' names do not tell them.

    Parameters
    ----------
    tree : Tree
    excluded : set of int
        Numbers of elements that hold more than comments.
    """
    for region in _regions(tree, excluded):
        lines = [block for block in region.blocks if _is_author_or_date(block)]
        items = _items(region, lines, tree)
        if items:
            return items
    return []


def _regions(tree: Tree, excluded: set[int]) -> Iterator[CandidateRegion]:
    """Yield the regions that may hold comments: those that announce them, and the whole page."""
    yield from islice(_announced_regions(tree, excluded), MAX_REGIONS)
    yield CandidateRegion(tree.blocks, announced=False)


def _announced_regions(tree: Tree, excluded: set[int]) -> Iterator[CandidateRegion]:
    """Yield the elements named after comments, and the sections below headings for comments."""
    for node in tree.nodes:
        named = node.marks & _AREA and node.marks & _SURE and not node.context & _SKIPPED
        if named and node.number not in excluded:
            yield CandidateRegion(tree.blocks[node.first : node.last], announced=True)
    for block in tree.blocks:
        if _is_heading(block):
            last = _section_end(block)
            if last > block.index + 1:
                yield CandidateRegion(tree.blocks[block.index + 1 : last], announced=True)


def _is_heading(block: Block) -> bool:
    """Tell whether a block is a heading above comments."""
    text = block.text
    if len(text) > MAX_HEADING or block.linked == len(text):
        return False
    words = text.casefold().replace("(", " ").replace(":", " ").split()
    return not _HEADING_WORDS.isdisjoint(words) and opener(text) is Opener.COMMENTS


def _section_end(heading: Block) -> int:
    """Return the index behind the last block of the section that a heading opens."""
    node: Node | None = heading.node
    while node is not None and node.last <= heading.index + 1:
        node = node.parent
    return node.last if node is not None else heading.index + 1


def _is_author_or_date(block: Block) -> bool:
    """Tell whether a block is a line with an author or a date, where a comment begins or ends."""
    if block.begins is None:
        block.begins = _reads_as_byline(block)
    return block.begins


def _reads_as_byline(block: Block) -> bool:
    """Tell whether the text of a block is that of a line with an author or a date."""
    text = block.spaced
    if len(text) > MAX_LINE or block.node.context & _SKIPPED:
        return False
    if _DIGIT.search(text) and (block.node.context & _TIME or date_start(text) is not None):
        return True
    if text[-1] not in _LINE_ENDS and not text.startswith("Comment"):
        return False
    line = author_line(text)
    return line is not None and (line.sure or line.speaks)


def _items(region: CandidateRegion, lines: Sequence[Block], tree: Tree) -> list[CommentItem]:
    """Return the comments of a region, given its lines with authors and dates."""
    if not lines:
        return _list_items(region, tree) if region.announced else []
    siblings: dict[int, list[Node]] = {}
    for node in _outermost(lines):
        if node.parent is not None and (region.announced or node.parent.number):
            siblings.setdefault(node.parent.number, []).append(node)
    for nodes in sorted(siblings.values(), key=len, reverse=True):
        items = [CommentItem(list(tree.blocks[node.first : node.last]), node) for node in nodes]
        if all(_text(item.own) for item in items) and _are_comments(region, items):
            return items
    return _cut_at_lines(region, lines) if region.announced else []


def _outermost(lines: Sequence[Block]) -> list[Node]:
    """Return for each line the outermost element in which it is the only one."""
    places = [line.index for line in lines]
    tops: dict[int, Node] = {}
    outermost: list[Node] = []
    for block in lines:
        top = tops.get(block.node.number, block.node)
        count = _count(places, top)
        while top.parent is not None and _count(places, top.parent) == count:
            top = top.parent
        tops[block.node.number] = top
        if not outermost or outermost[-1] is not top:
            outermost.append(top)
    return outermost


def _count(places: Sequence[int], node: Node) -> int:
    """Return the number of blocks at given places, in order, that stand in an element."""
    return bisect_left(places, node.last) - bisect_left(places, node.first)


def _text(own: Sequence[Block]) -> list[Block]:
    """Return the blocks that may be a reader's words."""
    return [
        block
        for block in own
        if not _is_author_or_date(block)
        and block.linked * 2 < len(block.text)
        and not is_buttons(block.text)
        and (len(block.text) > MAX_LINE or plain_name(block.text) is None)
    ]


def _are_comments(region: CandidateRegion, items: Sequence[CommentItem]) -> bool:
    """Tell whether repeated elements are comments, not teasers of other articles."""
    if any(_is_teaser(item.own, announced=region.announced) for item in items):
        return False
    if region.announced:
        return True
    if len(items) < MIN_ITEMS:
        return False
    answerable = sum(any(is_buttons(block.text) for block in item.own) for item in items)
    named = sum(any(_has_name(block) for block in item.own) for item in items)
    worded = sum(
        any(len(block.text.split()) >= MIN_WORDS for block in _text(item.own)) for item in items
    )
    return (
        named == len(items)
        and 2 * worded > len(items)
        and (2 * answerable >= len(items) or len(items) > MIN_ITEMS)
    )


def _is_teaser(own: Sequence[Block], *, announced: bool) -> bool:
    """Tell whether blocks have a heading that is a link, or stand in unannounced furniture."""
    return any(
        (block.node.tag in HEADINGS and block.linked)
        or (not announced and block.node.context & _FURNITURE)
        for block in own
    )


def _has_name(block: Block) -> bool:
    """Tell whether a block is a line with a name."""
    text = block.spaced
    if len(text) > MAX_LINE:
        return False
    line = author_line(text)
    return (line is not None and line.name is not None) or (
        plain_name(text) is not None and not is_date(text)
    )


def _cut_at_lines(region: CandidateRegion, lines: Sequence[Block]) -> list[CommentItem]:
    """Cut a run of blocks into comments at the lines with their authors or dates."""
    starts = {block.index for block in lines}
    runs: list[list[Block]] = []
    has_text = True  # Whether the last run has a text; looked at block by block, for time's sake.
    for block in region.blocks:
        context = block.node.context
        if context & _SKIPPED:
            continue
        if runs and has_text and context & _FURNITURE and _is_footer(block):
            break
        if block.index in starts and has_text:
            runs.append([])
            has_text = False
        if runs:
            runs[-1].append(block)
            has_text = has_text or bool(_text([block]))
    return [CommentItem(run) for run in runs if _text(run)]


def _is_footer(block: Block) -> bool:
    """Tell whether a block stands in the footer or in a menu of the page."""
    node: Node | None = block.node
    for _ in range(MAX_OUTER):
        if node is None:
            break
        if node.tag in _PAGE_TAGS:
            return True
        node = node.parent
    return False


def _list_items(region: CandidateRegion, tree: Tree) -> list[CommentItem]:
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
        items = [CommentItem(list(tree.blocks[node.first : node.last]), node) for node in group]
        is_list = tag in _LIST_TAGS or (len(items) > 1 and name and tag not in _LINE_TAGS)
        covers_most = sum(len(item.own) for item in items) * 2 > len(region.blocks)
        if (
            is_list
            and covers_most
            and all(_text(i.own) and not _is_teaser(i.own, announced=True) for i in items)
        ):
            return items
    return []
