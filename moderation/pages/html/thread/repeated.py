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

from moderation.pages.cues.lines import Opener, is_buttons, is_ornament, opener
from moderation.pages.cues.names import author_line, plain_name
from moderation.pages.cues.vocabulary import COMMENT_HEADERS, COMMENT_NOUNS, date_start, is_date
from moderation.pages.html.markers import HEADINGS
from moderation.pages.html.marks import Mark
from moderation.pages.html.parser import Block, Node, Tree
from moderation.pages.html.thread.items import CommentItem, blocks_without

MAX_LINE = 100
"""Characters of a line with a comment's author or date."""
MAX_HEADING = 80
MAX_NAME_LINK = 40
"""Characters of a link in a comment's byline."""
MAX_REGIONS = 8
"""Each is read to its end, so that a page of headings alone would take too long."""
MAX_OUTER = 12
"""Elements around a line among which the page's footer is sought."""
MAX_ABOVE_TEXT = 12
"""Lines between that with a comment's date and its text."""
MIN_WORDS = 3
"""Words that most comments must have where nothing announces them."""
MIN_ITEMS = 2
"""Comments there must be where nothing announces them."""

_AREA: Final = int(Mark.AREA)
_SURE: Final = int(Mark.SURE)
_BODY: Final = int(Mark.BODY)
_AROUND: Final = int(Mark.AUTHOR | Mark.TIME | Mark.TOOL | Mark.FRAME | Mark.FORM)
_TIME: Final = int(Mark.TIME)
_NAMED: Final = int(Mark.AUTHOR | Mark.SURE)
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
        # Where dates stand below the texts, the names above them tell where comments begin.
        names = [block for block in region.blocks if block.node.context & _NAMED == _NAMED]
        if region.announced and len(names) > len(items):
            items = max(items, _items(region, names, tree), key=len)
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
            last = _section_end(block, tree.blocks)
            if last > block.index + 1:
                yield CandidateRegion(tree.blocks[block.index + 1 : last], announced=True)


def _is_heading(block: Block) -> bool:
    """Tell whether a block is a heading above comments."""
    text = block.text
    if len(text) > MAX_HEADING or block.linked == len(text):
        return False
    words = text.casefold().replace("(", " ").replace(":", " ").split()
    return not _HEADING_WORDS.isdisjoint(words) and opener(text) is Opener.COMMENTS


def _section_end(heading: Block, blocks: Sequence[Block]) -> int:
    """Return the index behind the last block of the section that a heading opens."""
    node: Node | None = heading.node
    least = heading.index + 1
    # A count beside the heading, in a row of their own, is no section.
    if least < len(blocks) and is_ornament(blocks[least].text):
        least += 1
    while node is not None and node.last <= least:
        node = node.parent
    return node.last if node is not None else least


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
            nested = _nested_items(region, lines, tree) if len(items) < len(lines) else []
            return nested if len(nested) > len(items) else items
    return _cut_at_lines(region, lines) if region.announced else []


def _nested_items(region: CandidateRegion, lines: Sequence[Block], tree: Tree) -> list[CommentItem]:
    """Return the comments of a region that announces them, some inside those they answer.

    Each is the outermost element in which its line with an author or a date is the first one and
    its text the first one. Nothing is returned where one of the lines has no such element.
    """
    if not region.announced:
        return []
    begins = [(line, text) for line in lines if (text := _text_below(line, region)) is not None]
    places = [line.index for line, _ in begins]
    first, last = region.blocks[0].index, region.blocks[-1].index + 1
    items: list[CommentItem] = []
    for line, text in begins:
        node = _outermost_with(line, text, places)
        is_inside = first <= node.first and node.last <= last
        # It must hold no line of an earlier comment.
        if not is_inside or bisect_left(places, node.first) < len(items):
            return []
        items.append(CommentItem([], node))
    _add_answers_inside(items, tree)
    _add_answers_beside(items, tree)
    if all(item.parent is None for item in items):
        return []
    return [] if any(_is_teaser(item.own, announced=True) for item in items) else items


def _outermost_with(line: Block, text: Block, places: Sequence[int]) -> Node:
    """Return the outermost element around a line and its text that holds no further line."""
    node = line.node
    while node.parent is not None and node.last <= text.index:
        node = node.parent
    count = _count(places, node)
    while node.parent is not None and _count(places, node.parent) == count:
        node = node.parent
    return node


def _add_answers_inside(items: Sequence[CommentItem], tree: Tree) -> None:
    """Set the parents and the blocks of comments of which some stand inside others."""
    around: list[tuple[Node, CommentItem]] = []
    for item in items:
        node = item.node
        if node is None:
            continue
        while around and around[-1][0].stop <= node.number:
            around.pop()
        if around:
            outer = item.parent = around[-1][1]
            outer.answers = [*outer.answers, node]
        around.append((node, item))
    for item in items:
        if item.node is not None:
            item.own = blocks_without(item.node, item.answers, tree.blocks)


def _add_answers_beside(items: Sequence[CommentItem], tree: Tree) -> None:
    """Set as a parent the first of several comments in an element that elsewhere holds one."""
    wrappers: set[tuple[str, str]] = set()
    for item in items:
        node = item.node
        while node is not None:
            wrappers.add(_name(node))
            inner = tree.nodes[node.number + 1] if node.stop > node.number + 1 else None
            holds_all = inner and (inner.first, inner.last) == (node.first, node.last)
            node = inner if holds_all else None
    firsts: dict[int, CommentItem] = {}
    for item in items:
        outer = item.node.parent if item.node is not None else None
        if outer is not None and item.parent is None and _name(outer) in wrappers:
            first = firsts.setdefault(outer.number, item)
            item.parent = first if first is not item else None


def _name(node: Node) -> tuple[str, str]:
    """Return the tag and the class by which elements are told to be of one kind."""
    return node.tag, node.attributes.get("class") or str(node.number)


def _text_below(line: Block, region: CandidateRegion) -> Block | None:
    """Return the first text below a line with an author or a date, above the next such line."""
    start = line.index + 1 - region.blocks[0].index
    found = None
    for block in region.blocks[start : start + MAX_ABOVE_TEXT]:
        if _is_author_or_date(block):
            break
        if block.node.context & _BODY and not block.node.context & _AROUND:
            return block
        found = found or next(iter(_text([block])), None)
    return found


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
    if 2 * sum(any(map(_is_linked_headline, item.own)) for item in items) > len(items):
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


def _is_linked_headline(block: Block) -> bool:
    """Tell whether a whole line of words is a link, as the headline of a teaser is."""
    return block.linked == len(block.text) > MAX_NAME_LINK and " " in block.text


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
