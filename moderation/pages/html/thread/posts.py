"""Posts of a forum's thread: numbered elements beside each other, with an author or a date each."""

import re
from bisect import bisect_left
from itertools import islice
from typing import Final

from moderation.pages.cues.vocabulary import date_start
from moderation.pages.html.dates import iso_time
from moderation.pages.html.markers import HEADINGS
from moderation.pages.html.marks import Mark
from moderation.pages.html.parser import Block, Node, Tree
from moderation.pages.html.thread.answers import MAX_CLASS, NO_ITEM_TAGS
from moderation.pages.html.thread.items import MIN_POSTS, CommentItem, comment_numbers

MIN_MESSAGES = 4
MAX_NAME_LINK = 40
"""Characters of a link in a message's byline; a longer one is the headline of a teaser."""
MAX_DATED = 60
MAX_LINES_ABOVE = 16
"""Lines at the head of a post among which its date is sought."""
MAX_IN_CELL = 8
"""Elements around a name among which the cell of a table is sought."""
MAX_IN_ROW = 400
"""Elements in a row of a table among which those of a post's text are sought."""
MAX_THREADS = 50
"""Each is read to its end, so that threads inside threads would take too long."""
MAX_TWINS = 8
"""Elements in a post that share its number, among which its text is sought."""

_ITEM: Final = int(Mark.ITEM)
_BODY: Final = int(Mark.BODY)
_AUTHOR: Final = int(Mark.AUTHOR)
_TIME: Final = int(Mark.TIME)
_NUMBERED: Final = int(Mark.NUMBERED)
_AROUND: Final = int(Mark.FRAME | Mark.FORM | Mark.TOOL | Mark.AUTHOR | Mark.TIME)
_SKIPPED: Final = int(Mark.FURNITURE | Mark.FORM | Mark.ELSEWHERE | Mark.SURE)
_TEXT: Final = int(Mark.BODY | Mark.SURE)
_NO_TEXT: Final = int(Mark.ITEM | Mark.FORM | Mark.FRAME | Mark.ELSEWHERE)
_FURNITURE: Final = int(Mark.FURNITURE)
_DIGIT = re.compile(r"\d")
_CELLS: Final = frozenset({"td", "th"})
_ARTICLE_CLASSES: Final = frozenset({"hentry", "type-post", "type-page"})
_MESSAGES = re.compile(r"(?:^|[\s_-])(?:message|reply|msg)(?=\s|$)")


def forum_posts(tree: Tree) -> list[CommentItem]:
    """Return the posts of a forum's thread: numbered elements beside each other.

    Each has an author and a text, and may be the only post in an element of its own. The articles
    that a blog lists are none.
    """
    posts = [node for node in tree.nodes if node.first < node.last and _is_named_post(node)]
    places = [node.number for node in posts]
    groups: dict[tuple[int, str], list[Node]] = {}
    for place, node in enumerate(posts):
        inside = bisect_left(places, node.stop) - place
        top = node
        while (outer := top.parent) is not None and outer.parent is not None:
            if bisect_left(places, outer.stop) - bisect_left(places, outer.number) > inside:
                break
            top = outer
        if outer is not None:
            groups.setdefault((outer.number, node.tag), []).append(node)
    threads = (group for group in groups.values() if len(group) >= MIN_POSTS)
    for thread in islice(threads, MAX_THREADS):
        if all(_is_post(node, tree) for node in thread):
            return [CommentItem(tree.blocks[node.first : node.last], node) for node in thread]
    return _posts_in_rows(tree)


def _posts_in_rows(tree: Tree) -> list[CommentItem]:
    """Return the posts of a thread in a table: a row each, with a cell for the author's name.

    Names of phrases tell the author and the text; what the cell says of the author besides the
    name, such as the date of joining, is dropped.
    """
    groups: dict[str, list[Node]] = {}
    for node in tree.nodes:
        if node.marks & _AUTHOR and node.tag not in _CELLS and not node.context & _SKIPPED:
            groups.setdefault(f"{node.tag} {node.attributes.get('class', '')}", []).append(node)
    threads = (group for group in groups.values() if len(group) >= MIN_POSTS)
    for names in islice(threads, MAX_THREADS):
        cells = [_cell(name) for name in names]
        rows = {cell.parent.number: cell.parent.parent for cell in cells if cell and cell.parent}
        # Each in a row of its own, and all rows in one table.
        if len(rows) < len(names) or len(set(map(id, rows.values()))) > 1:
            continue
        items = [_post_in_row(n, c, tree) for n, c in zip(names, cells, strict=True) if c]
        if all(items):
            return [item for item in items if item]
    return []


def _cell(name: Node) -> Node | None:
    """Return the cell of a table in which a phrase stands."""
    cell: Node | None = name
    for _ in range(MAX_IN_CELL):
        if cell is None or cell.tag in _CELLS:
            return cell
        cell = cell.parent
    return None


def _post_in_row(name: Node, cell: Node, tree: Tree) -> CommentItem | None:
    """Return the post whose author a phrase in the first cell of a row names, if it is one."""
    row = cell.parent
    if row is None or name.first >= len(tree.blocks):
        return None
    beside = tree.nodes[cell.stop : min(row.stop, cell.stop + MAX_IN_ROW)]
    texts = {
        text.parent.number: text.parent
        for text in beside
        if text.marks & _BODY and text.tag not in _CELLS and text.parent is not None
    }
    lines = tree.blocks[cell.last : row.last]
    if not texts or not any(_is_dated(line) for line in lines[:MAX_LINES_ABOVE]):
        return None
    for text in texts.values():
        _mark_as_text(text, tree)
    signed = tree.blocks[name.first]
    author = Block(signed.text.partition("\n")[0], name, 0, signed.index)
    return CommentItem([author, *lines], row)


def items_around_texts(tree: Tree) -> list[CommentItem]:
    """Return the comments of a page on which only their texts are named.

    Each is the outermost element with one such text; all stand beside each other, signed.
    """
    groups: dict[str, list[Node]] = {}
    for node in tree.nodes:
        if node.marks & _TEXT == _TEXT and not node.marks & _NO_TEXT and node.first < node.last:
            groups.setdefault(f"{node.tag} {node.attributes.get('class', '')}", []).append(node)
    for texts in islice((g for g in groups.values() if len(g) >= MIN_POSTS), MAX_THREADS):
        places = [text.number for text in texts]
        tops = [_outermost(text, places) for text in texts]
        if len({id(top.parent) for top in tops}) == 1 and all(
            _is_signed(top, tree) for top in tops
        ):
            return [CommentItem(tree.blocks[top.first : top.last], top) for top in tops]
    return []


def signed_messages(tree: Tree) -> list[CommentItem]:
    """Return elements beside each other that each name an author, a date and a text of their own.

    Their names are those of any message ("email", "push"), so there must be several, each with a
    date that can be read, and none with a headline.
    """
    groups: dict[str, list[Node]] = {}
    for node in tree.nodes:
        if node.marks & _BODY and not node.marks & _NO_TEXT and node.first < node.last:
            groups.setdefault(f"{node.tag} {node.attributes.get('class', '')}", []).append(node)
    for texts in islice((g for g in groups.values() if len(g) >= MIN_MESSAGES), MAX_THREADS):
        places = [text.number for text in texts]
        beside: dict[int, list[Node]] = {}
        for text in texts:
            top = _outermost(text, places)
            beside.setdefault(top.parent.number if top.parent else -1, []).append(top)
        # The message that all others answer may stand apart from them.
        tops = max(beside.values(), key=len)
        if len(tops) >= MIN_MESSAGES and all(
            _is_signed(top, tree) and _is_message(top, tree) for top in tops
        ):
            return [CommentItem(tree.blocks[top.first : top.last], top) for top in tops]
    return []


def _is_message(node: Node, tree: Tree) -> bool:
    """Tell whether an element has a date in a line marked as one, and no long link of its own."""
    lines = tree.blocks[node.first : node.last]
    is_dated = any(
        line.node.context & _TIME and len(line.text) <= MAX_DATED and _DIGIT.search(line.text)
        for line in lines
    )
    return is_dated and not any(
        line.node.context & _FURNITURE or line.linked == len(line.text) > MAX_NAME_LINK
        for line in lines
    )


def _outermost(node: Node, places: list[int]) -> Node:
    """Return the outermost element around one that holds no other of those at given places."""
    inside = bisect_left(places, node.stop) - bisect_left(places, node.number)
    while node.parent is not None and node.parent.parent is not None:
        outer = node.parent
        if bisect_left(places, outer.stop) - bisect_left(places, outer.number) > inside:
            break
        node = outer
    return node


def _is_signed(node: Node, tree: Tree) -> bool:
    """Tell whether an element has an author and a time inside, and is no teaser of an article."""
    marks = 0
    for inner in tree.nodes[node.number : node.stop]:
        marks |= inner.marks
    blocks = tree.blocks[node.first : node.last]
    is_teaser = any(block.node.tag in HEADINGS and block.linked for block in blocks)
    return bool(marks & _AUTHOR and marks & _TIME) and not is_teaser


def _is_named_post(node: Node) -> bool:
    """Tell whether an element is named as a post with a number, or as a message."""
    if not node.marks & _ITEM or node.tag in NO_ITEM_TAGS:
        return False
    name = node.attributes.get("class", "")[:MAX_CLASS]
    return bool(node.marks & _NUMBERED) or _MESSAGES.search(name) is not None


def _is_post(node: Node, tree: Tree) -> bool:
    """Tell whether an element has an author and a text, and is no article of a blog."""
    if not _ARTICLE_CLASSES.isdisjoint(node.attributes.get("class", "").split()):
        return False
    marks = 0
    for inner in tree.nodes[node.number + 1 : node.stop]:
        marks |= inner.marks
    if not marks & _BODY and not _mark_text(node, tree):
        return False
    lines = tree.blocks[node.first : min(node.last, node.first + MAX_LINES_ABOVE)]
    is_dated = bool(marks & _TIME) or any(_is_dated(line) for line in lines)
    if node.marks & _NUMBERED:
        return bool(marks & _AUTHOR) or is_dated
    return bool(marks & _AUTHOR) and is_dated


def _mark_text(post: Node, tree: Tree) -> bool:
    """Mark the text of a post that no name tells: the longest element with the post's number."""
    numbers = comment_numbers(post)
    twins = [
        inner
        for inner in tree.nodes[post.number + 1 : post.stop]
        if inner.marks & _NUMBERED
        and not inner.marks & _AROUND
        and numbers & comment_numbers(inner)
    ]
    lengths = [sum(len(b.text) for b in tree.blocks[t.first : t.last]) for t in twins[:MAX_TWINS]]
    if not lengths or not max(lengths):
        return False
    text = twins[lengths.index(max(lengths))]
    _mark_as_text(text, tree)
    return True


def _mark_as_text(text: Node, tree: Tree) -> None:
    """Mark an element as the text of a post."""
    text.marks |= _BODY
    for inner in tree.nodes[text.number : text.stop]:
        inner.context |= _BODY


def _is_dated(line: Block) -> bool:
    """Tell whether a line holds a date."""
    return date_start(line.spaced) is not None or iso_time(line.spaced) is not None
