"""The posts of a forum's thread: numbered elements beside each other, each with author and text."""

from itertools import islice
from typing import Final

from moderation.pages.html.comments.items import Item
from moderation.pages.html.names.marks import Mark
from moderation.pages.html.node import Node
from moderation.pages.html.tree import Tree

LEAST_POSTS = 2
MAX_THREADS = 50
"""Each is read to its end, so that threads inside threads would take too long."""
_POST: Final = int(Mark.ITEM | Mark.NUMBERED)
_AUTHOR: Final = int(Mark.AUTHOR)
_BODY: Final = int(Mark.BODY)
_ARTICLES: Final = frozenset({"hentry", "type-post", "type-page"})


def forum_posts(tree: Tree) -> list[Item]:
    """Return the posts of a thread; the articles that a blog lists are none."""
    groups: dict[tuple[int, str], list[Node]] = {}
    for node in tree.nodes:
        if node.marks & _POST == _POST and node.parent is not None and node.first < node.last:
            groups.setdefault((node.parent.number, node.tag), []).append(node)
    threads = (group for group in groups.values() if len(group) >= LEAST_POSTS)
    for group in islice(threads, MAX_THREADS):
        if all(_is_post(node, tree) for node in group):
            return [Item(tree.blocks[node.first : node.last], node) for node in group]
    return []


def _is_post(node: Node, tree: Tree) -> bool:
    if not _ARTICLES.isdisjoint(node.attributes.get("class", "").split()):
        return False
    marks = 0
    for inner in tree.nodes[node.number + 1 : node.stop]:
        marks |= inner.marks
    return bool(marks & _AUTHOR and marks & _BODY)
