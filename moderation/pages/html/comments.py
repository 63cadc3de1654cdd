"""The parts of one comment: its text, its author, its time, its address."""

import re
from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple
from urllib.parse import urljoin

from moderation.pages.cues.lines import Opener, is_buttons, is_ornament, is_share, opener
from moderation.pages.cues.names import author_line, given, plain_name
from moderation.pages.cues.vocabulary import SAID, date_start, is_date, key
from moderation.pages.html.comment_items import Candidates, Item, forum_posts, holders, tell_parents
from moderation.pages.html.markers import Mark
from moderation.pages.html.metadata import iso_time
from moderation.pages.html.parser import Block, Node, Tree
from moderation.pages.html.repeated import repeated_items

MAX_PART = 120
"""Characters of what is a name, a date or a row of buttons."""
MAX_NAME = 60
MAX_NAME_WORDS = 8

_VERBS: Final = frozenset(SAID)
_COUNTED = re.compile(r"^#?\d{1,7}[.):]?\s+")
_BESIDE = re.compile(r"\s+(?:on|at|am|le|el|op|um)$", re.IGNORECASE)
_BODY: Final = int(Mark.BODY)
_AUTHOR: Final = int(Mark.AUTHOR)
_TIME: Final = int(Mark.TIME)
_NEVER: Final = int(Mark.FORM | Mark.FRAME)
_SHORT: Final = int(Mark.TOOL | Mark.AUTHOR | Mark.TIME)


def body_of(own: Sequence[Block]) -> list[Block]:
    """Return the blocks of a comment that its reader wrote."""
    text = [block for block in own if not _is_part(block)]
    marked = [block for block in text if block.node.context & _BODY]
    if marked:
        return marked
    plain = [block for block in text if not _reads_as_part(block.text)]
    if plain:
        # Where no name tells the parts, the first line of several is the author's if it may be.
        named = len(plain) > 1 and plain_name(plain[0].text) is not None
        return plain[1:] if named else plain
    return [
        block
        for block in own
        if not block.node.context & _NEVER
        and not _reads_as_part(block.text)
        and not block.node.context & _SHORT
    ]


def _is_part(block: Block) -> bool:
    context = block.node.context
    if context & _NEVER:
        return True
    if not context & _SHORT:
        return False
    # Some themes put a whole comment into what they call its author.
    return len(block.text) <= MAX_PART and block.node.tag != "p"


def _reads_as_part(text: str) -> bool:
    return len(text) <= MAX_PART and (
        is_date(text)
        or is_buttons(text)
        or is_share(text)
        or author_line(text) is not None
        or opener(text) is not None
        or key(text) in _VERBS
        or (is_ornament(text) and not any(ord(c) > 0x2190 for c in text))  # noqa: PLR2004
    )


def author_of(own: Sequence[Block], body: Sequence[Block]) -> str | None:
    """Return the name of a comment's author, where it has one."""
    marked = [b for b in own if b.node.context & _AUTHOR and len(b.text) <= MAX_PART]
    for block in marked:
        name = _name(block.text)
        if name is not None:
            return given(name)
    first = body[0].index if body else -1
    for block in own:
        if block.index < first and len(block.text) <= MAX_PART:
            line = author_line(block.text)
            if line is not None:
                return line.name and line.name.strip(" »«·|-–")
            name = plain_name(_BESIDE.sub("", _COUNTED.sub("", block.text)))
            if name is not None:
                return given(name)
    return None


def _name(text: str) -> str | None:
    line = author_line(text)
    if line is not None and line.name:
        return line.name.strip(" »«·|-–")
    text = text.strip(" :,;·|-–")
    if not text or ":" in text or is_date(text) or is_buttons(text):
        return None
    if len(text) > MAX_NAME or len(text.split()) > MAX_NAME_WORDS:
        return None
    return text if any(c.isalnum() for c in text) else None


def time_of(item: Item, tree: Tree) -> str | None:
    """Return when a comment was written, as the page says it."""
    for node in _nodes(item, tree):
        if node.marks & _TIME:
            said = node.attributes.get("datetime") or node.attributes.get("content")
            if said and any(c.isdecimal() for c in said):
                return iso_time(said) or said.strip()
    for block in item.own:
        text = block.text
        if len(text) > MAX_PART or not any(c.isdecimal() for c in text):
            continue
        if block.node.context & _TIME or date_start(text) is not None:
            return iso_time(text) or text[date_start(text) or 0 :].strip(" |·")
    return None


def permalink_of(item: Item, tree: Tree, url: str | None) -> str | None:
    """Return a comment's own address."""
    for node in _nodes(item, tree):
        target = node.attributes.get("href", "") if node.tag == "a" else ""
        place = target.rpartition("#")[2] if "#" in target else ""
        if any(c.isdecimal() for c in place) and "replytocom" not in target:
            return _joined(url, target)
    name = item.node.attributes.get("id") if item.node is not None else None
    if name and any(c.isdecimal() for c in name):
        return _joined(url, f"#{name}")
    return None


def _joined(url: str | None, target: str) -> str:
    try:
        return urljoin(url, target) if url else target
    except ValueError:
        return target


def _nodes(item: Item, tree: Tree) -> Iterator[Node]:
    """Yield the nodes of a comment that are in no other, in order."""
    if item.node is None:
        return
    stops = {node.number: node.stop for node in item.inside}
    at, end = item.node.number, item.node.stop
    while at < end:
        if at in stops:
            at = stops[at]
            continue
        yield tree.nodes[at]
        at += 1


# FOLDED find: A page's elements -> its comments.

LEAST_THREAD = 2
MAX_BETWEEN = 12
MAX_AROUND = 20
"""Elements around a line that are asked whether it is the header of what follows."""


class PageComment(NamedTuple):
    """A comment as it stands on the page.

    Parameters
    ----------
    blocks : sequence of Block
        Its text.
    around : sequence of Block
        What stands around it: its author's line, its date, its buttons.
    author, time, permalink : str or None
    parent : int or None
        The place, among the page's comments, of the one it answers.
    """

    blocks: Sequence[Block]
    around: Sequence[Block]
    author: str | None
    time: str | None
    permalink: str | None
    parent: int | None


def find_comments(tree: Tree, url: str | None) -> list[PageComment]:
    """Return a page's comments, in order.

    Where names of elements tell them, they are told by those alone; else by what repeats.
    """
    holding = holders(tree)
    items = _below_heading(Candidates(tree, holding).items(), tree)
    found = _comments(items, tree, url)
    return (
        found
        or _comments(forum_posts(tree), tree, url)
        or _comments(repeated_items(tree, holding), tree, url)
    )


def _below_heading(items: list[Item], tree: Tree) -> list[Item]:
    """Drop the post that opens a thread: what stands above the comments' heading is none."""
    if len(items) < LEAST_THREAD or items[1].parent is not None or not items[0].own:
        return items
    between = tree.blocks[items[0].own[-1].index + 1 : items[1].own[0].index if items[1].own else 0]
    headed = any(opener(each.text) is Opener.COMMENTS for each in between[:MAX_BETWEEN])
    return items[1:] if headed else items


def _join_headers(items: Sequence[Item], tree: Tree) -> None:
    """Add to each comment the line above it that belongs to it (``dt`` above ``dd``)."""
    for item in items:
        node = item.node
        if node is not None and node.tag == "dd" and node.first:
            above = tree.blocks[node.first - 1].node
            for _ in range(MAX_AROUND):
                if above.tag == "dt":
                    item.own = [*tree.blocks[above.first : node.first], *item.own]
                    break
                above = above.parent or above


def _comments(items: Sequence[Item], tree: Tree, url: str | None) -> list[PageComment]:
    tell_parents(items)
    _join_headers(items, tree)
    found: list[PageComment] = []
    places: dict[int, int] = {}
    for item in items:
        body = body_of(item.own)
        if not body:
            continue
        parent = item.parent
        while parent is not None and id(parent) not in places:
            parent = parent.parent
        places[id(item)] = len(found)
        found.append(
            PageComment(
                body,
                item.own,
                author_of(item.own, body),
                time_of(item, tree),
                permalink_of(item, tree, url),
                None if parent is None else places[id(parent)],
            )
        )
    return found
