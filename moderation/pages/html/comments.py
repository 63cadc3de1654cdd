"""Comment extraction: the comments of a page, with their authors, times, permalinks and parents.

`find_comments` takes the comments that the names of elements tell, else the posts of a forum, else
blocks that repeat. Of each it separates the reader's text from the lines around it.
"""

import re
from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple
from urllib.parse import urljoin

from moderation.pages.cues.lines import Opener, is_buttons, is_ornament, is_share, opener
from moderation.pages.cues.names import author_line, plain_name, real_name
from moderation.pages.cues.vocabulary import AUTHOR_VERBS, date_start, is_date, key
from moderation.pages.html.comment_items import (
    CommentItem,
    article_ancestors,
    forum_posts,
    named_items,
    set_parents,
)
from moderation.pages.html.markers import Mark
from moderation.pages.html.metadata import iso_time
from moderation.pages.html.parser import Block, Node, Tree
from moderation.pages.html.repeated import repeated_items

MAX_PART = 120
"""Characters of a name, a date or a row of buttons."""
MAX_NAME = 60
MAX_NAME_WORDS = 8
MIN_THREAD = 2
MAX_BETWEEN = 12
"""Blocks between two comments among which the comments' heading is sought."""
MAX_ANCESTORS = 20
"""Elements around a line among which the header of a comment is sought."""
ARROWS = 0x2190
"""First of the characters, emoji among them, that may be a comment without a word."""

_VERBS: Final = frozenset(AUTHOR_VERBS)
_LEADING_NUMBER = re.compile(r"^#?\d{1,7}[.):]?\s+")
_TRAILING_PREPOSITION = re.compile(r"\s+(?:on|at|am|le|el|op|um)$", re.IGNORECASE)
_NAME_EDGES = " »«·|-–"
_BODY: Final = int(Mark.BODY)
_AUTHOR: Final = int(Mark.AUTHOR)
_TIME: Final = int(Mark.TIME)
_NEVER_TEXT: Final = int(Mark.FORM | Mark.FRAME)
_SHORT_PARTS: Final = int(Mark.TOOL | Mark.AUTHOR | Mark.TIME)


class PageComment(NamedTuple):
    """A comment as it stands on the page.

    Parameters
    ----------
    blocks : sequence of Block
        Its text.
    around : sequence of Block
        Its text and the lines around it: its author, its date, its buttons.
    author, time, permalink : str or None
    parent : int or None
        The index, among the page's comments, of the one it answers.
    """

    blocks: Sequence[Block]
    around: Sequence[Block]
    author: str | None
    time: str | None
    permalink: str | None
    parent: int | None


def find_comments(tree: Tree, url: str | None) -> list[PageComment]:
    """Return a page's comments, in order.

    Where names of elements tell them, only those are taken.
    """
    ancestors = article_ancestors(tree)
    items = _without_opening_post(named_items(tree, ancestors), tree)
    return (
        _comments(items, tree, url)
        or _comments(forum_posts(tree), tree, url)
        or _comments(repeated_items(tree, ancestors), tree, url)
    )


def _without_opening_post(items: list[CommentItem], tree: Tree) -> list[CommentItem]:
    """Drop the post that opens a thread: it stands above the comments' heading."""
    if len(items) < MIN_THREAD or items[1].parent is not None or not items[0].own:
        return items
    between = tree.blocks[items[0].own[-1].index + 1 : items[1].own[0].index if items[1].own else 0]
    headed = any(opener(block.text) is Opener.COMMENTS for block in between[:MAX_BETWEEN])
    return items[1:] if headed else items


def _comments(items: Sequence[CommentItem], tree: Tree, url: str | None) -> list[PageComment]:
    """Return the comments of those items that have a text."""
    set_parents(items)
    _add_headers(items, tree)
    comments: list[PageComment] = []
    indices: dict[int, int] = {}
    for item in items:
        body = _body(item.own)
        if not body:
            continue
        parent = item.parent
        while parent is not None and id(parent) not in indices:
            parent = parent.parent
        indices[id(item)] = len(comments)
        comments.append(
            PageComment(
                body,
                item.own,
                _author(item.own, body),
                _time(item, tree),
                _permalink(item, tree, url),
                None if parent is None else indices[id(parent)],
            )
        )
    return comments


def _add_headers(items: Sequence[CommentItem], tree: Tree) -> None:
    """Add to each comment in a ``dd`` the ``dt`` above it."""
    for item in items:
        node = item.node
        if node is not None and node.tag == "dd" and node.first:
            above = tree.blocks[node.first - 1].node
            for _ in range(MAX_ANCESTORS):
                if above.tag == "dt":
                    item.own = [*tree.blocks[above.first : node.first], *item.own]
                    break
                above = above.parent or above


def _body(own: Sequence[Block]) -> list[Block]:
    """Return the blocks of a comment that its reader wrote."""
    texts = [block for block in own if not _is_part(block)]
    marked = [block for block in texts if block.node.context & _BODY]
    if marked:
        return marked
    plain = [block for block in texts if not _reads_as_part(block.text)]
    if plain:
        # Where no name tells the parts, the first line of several is the author's if it may be.
        is_named = len(plain) > 1 and plain_name(plain[0].text) is not None
        return plain[1:] if is_named else plain
    return [
        block
        for block in own
        if not block.node.context & _NEVER_TEXT
        and not _reads_as_part(block.text)
        and not block.node.context & _SHORT_PARTS
    ]


def _is_part(block: Block) -> bool:
    """Tell whether a block is marked as a part of a comment that is not its text."""
    context = block.node.context
    if context & _NEVER_TEXT:
        return True
    if not context & _SHORT_PARTS:
        return False
    # Some themes put a whole comment into what they call its author.
    return len(block.text) <= MAX_PART and block.node.tag != "p"


def _reads_as_part(text: str) -> bool:
    """Tell whether a text is a date, buttons, an author's line or the like."""
    return len(text) <= MAX_PART and (
        is_date(text)
        or is_buttons(text)
        or is_share(text)
        or author_line(text) is not None
        or opener(text) is not None
        or key(text) in _VERBS
        or (is_ornament(text) and not any(ord(c) > ARROWS for c in text))
    )


def _author(own: Sequence[Block], body: Sequence[Block]) -> str | None:
    """Return the name of a comment's author, where it has one."""
    marked = [b for b in own if b.node.context & _AUTHOR and len(b.text) <= MAX_PART]
    for block in marked:
        name = _marked_name(block.text)
        if name is not None:
            return real_name(name)
    first = body[0].index if body else -1
    for block in own:
        if block.index < first and len(block.text) <= MAX_PART:
            line = author_line(block.text)
            if line is not None:
                return line.name and line.name.strip(_NAME_EDGES)
            name = plain_name(_TRAILING_PREPOSITION.sub("", _LEADING_NUMBER.sub("", block.text)))
            if name is not None:
                return real_name(name)
    return None


def _marked_name(text: str) -> str | None:
    """Return the name in a text that is marked as an author's."""
    line = author_line(text)
    if line is not None and line.name:
        return line.name.strip(_NAME_EDGES)
    text = text.strip(" :,;·|-–")
    if not text or ":" in text or is_date(text) or is_buttons(text):
        return None
    if len(text) > MAX_NAME or len(text.split()) > MAX_NAME_WORDS:
        return None
    return text if any(c.isalnum() for c in text) else None


def _time(item: CommentItem, tree: Tree) -> str | None:
    """Return the time of a comment, in ISO 8601 or in the page's own words."""
    for node in _own_nodes(item, tree):
        if node.marks & _TIME:
            time = node.attributes.get("datetime") or node.attributes.get("content")
            if time and any(c.isdecimal() for c in time):
                return iso_time(time) or time.strip()
    for block in item.own:
        text = block.text
        if len(text) > MAX_PART or not any(c.isdecimal() for c in text):
            continue
        if block.node.context & _TIME or date_start(text) is not None:
            return iso_time(text) or text[date_start(text) or 0 :].strip(" |·")
    return None


def _permalink(item: CommentItem, tree: Tree, url: str | None) -> str | None:
    """Return a comment's own address: a link to a numbered anchor, or its element's id."""
    for node in _own_nodes(item, tree):
        target = node.attributes.get("href", "") if node.tag == "a" else ""
        fragment = target.rpartition("#")[2] if "#" in target else ""
        if any(c.isdecimal() for c in fragment) and "replytocom" not in target:
            return _resolve(url, target)
    name = item.node.attributes.get("id") if item.node is not None else None
    if name and any(c.isdecimal() for c in name):
        return _resolve(url, f"#{name}")
    return None


def _resolve(url: str | None, target: str) -> str:
    """Return a link's absolute address where the page's is known."""
    try:
        return urljoin(url, target) if url else target
    except ValueError:
        return target


def _own_nodes(item: CommentItem, tree: Tree) -> Iterator[Node]:
    """Yield the nodes of a comment that are in no other, in order."""
    if item.node is None:
        return
    stops = {node.number: node.stop for node in item.answers}
    number, end = item.node.number, item.node.stop
    while number < end:
        if number in stops:
            number = stops[number]
            continue
        yield tree.nodes[number]
        number += 1
