"""A page's elements -> its comments."""

from collections.abc import Sequence
from typing import NamedTuple

from moderation.pages.html.comments.fields import author_of, body_of, permalink_of, time_of
from moderation.pages.html.comments.forums import forum_posts
from moderation.pages.html.comments.items import Candidates, Item, holders
from moderation.pages.html.comments.repeated import repeated_items
from moderation.pages.html.comments.threads import tell_parents
from moderation.pages.html.node import Block
from moderation.pages.html.tree import Tree
from moderation.pages.signs.openers import Opener, opener

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
