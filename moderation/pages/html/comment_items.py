"""Elements that hold one comment each, recognised by their names.

`named_items` finds comments by the names of elements, nested answers included; `forum_posts` finds
the posts of a forum's thread. `set_parents` says which comment answers which where answers do not
stand inside the comment they answer.
"""

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import islice
from typing import Final

from moderation.pages.cues.lines import Opener, opener
from moderation.pages.html.markers import HEADINGS, Mark
from moderation.pages.html.parser import Block, Node, Tree

MIN_POSTS = 2
MAX_THREADS = 50
"""Each is read to its end, so that threads inside threads would take too long."""
MIN_NUMBER = 3
"""Digits of a comment's number in an element's id."""

_SURE: Final = int(Mark.SURE)
_ITEM: Final = int(Mark.ITEM)
_BODY: Final = int(Mark.BODY)
_AUTHOR: Final = int(Mark.AUTHOR)
_NUMBERED: Final = int(Mark.NUMBERED)
_STORY: Final = int(Mark.STORY)
_FRAME: Final = int(Mark.FRAME)
_ELSEWHERE: Final = int(Mark.ELSEWHERE)
_POST: Final = _ITEM | _NUMBERED
_AROUND: Final = int(Mark.FRAME | Mark.FORM | Mark.TOOL | Mark.AUTHOR | Mark.TIME)
_PARTS: Final = _BODY | _AROUND

_NO_ITEM_TAGS: Final = frozenset({"a", "time", "cite", "button", "span", "label", *HEADINGS})
_ARTICLE_CLASSES: Final = frozenset({"hentry", "type-post", "type-page"})
_PARENT_ATTRIBUTES: Final = (
    "data-parent", "data-parent-id", "data-parentid", "data-parent-comment", "parentid",
)  # fmt: skip
_DEPTH = re.compile(r"(?:^|[\s_-])(?:depth|level|indent|nesting)[-_]?(\d{1,2})(?![\d-])")


class CommentItem:
    """One comment on the page.

    Parameters
    ----------
    own : list of Block
        Its blocks that stand in no other comment.
    node : Node or None
        The element that holds it; None where it stands among others in one element.
    parent : CommentItem or None
        The comment that it answers.
    answers : sequence of Node
        Elements in it that are other comments.
    """

    __slots__ = ("answers", "node", "own", "parent")

    def __init__(
        self,
        own: list[Block],
        node: Node | None = None,
        parent: "CommentItem | None" = None,
        answers: Sequence[Node] = (),
    ) -> None:
        self.own = own
        self.node = node
        self.parent = parent
        self.answers = answers


def article_ancestors(tree: Tree) -> set[int]:
    """Return the elements around the article's text or headline, none of which is a comment."""
    ancestors: set[int] = set()
    for node in tree.nodes:
        is_story = node.marks & _STORY and not node.marks & _BODY and not node.context & _ITEM
        if not is_story and not _is_headline(node, tree.blocks):
            continue
        ancestor = node.parent
        while ancestor is not None and ancestor.number not in ancestors:
            ancestors.add(ancestor.number)
            ancestor = ancestor.parent
    return ancestors


def named_items(tree: Tree, excluded: set[int]) -> list[CommentItem]:
    """Return the comments that the names of elements tell, in the order of the page.

    Parameters
    ----------
    tree : Tree
    excluded : set of int
        Numbers of elements that are no comment.
    """
    return _NamedElements(tree, excluded).items()


def forum_posts(tree: Tree) -> list[CommentItem]:
    """Return the posts of a forum's thread: numbered elements beside each other.

    Each has an author and a text. The articles that a blog lists are none.
    """
    groups: dict[tuple[int, str], list[Node]] = {}
    for node in tree.nodes:
        if node.marks & _POST == _POST and node.parent is not None and node.first < node.last:
            groups.setdefault((node.parent.number, node.tag), []).append(node)
    threads = (group for group in groups.values() if len(group) >= MIN_POSTS)
    for thread in islice(threads, MAX_THREADS):
        if all(_is_post(node, tree) for node in thread):
            return [CommentItem(tree.blocks[node.first : node.last], node) for node in thread]
    return []


def set_parents(items: Sequence[CommentItem]) -> None:
    """Set the parents of comments that stand beside each other, by number or by depth."""
    by_number: dict[str, CommentItem] = {}
    by_depth: dict[int, CommentItem] = {}
    for item in items:
        node = item.node
        if node is None:
            continue
        attributes = node.attributes
        parent = next((attributes[name] for name in _PARENT_ATTRIBUTES if name in attributes), "")
        digits = re.findall(r"\d+", parent[:60])
        depth = _DEPTH.search(attributes.get("class", "")[:400])
        if item.parent is None and digits:
            item.parent = by_number.get(digits[-1])
        elif item.parent is None and depth:
            item.parent = by_depth.get(int(depth[1]) - 1)
        for number in _numbers(node):
            by_number.setdefault(number, item)
        if depth:
            by_depth[int(depth[1])] = item


class _NamedElements:
    """The elements that are named like comments, as a tree of their own."""

    def __init__(self, tree: Tree, excluded: set[int]) -> None:
        self.blocks = tree.blocks
        self.inner: dict[int, list[Node]] = {}
        self.top: list[Node] = []
        open_nodes: list[Node] = []
        for node in tree.nodes:
            if not _is_candidate(node) or node.number in excluded or node.first == node.last:
                continue
            while open_nodes and open_nodes[-1].stop <= node.number:
                open_nodes.pop()
            if open_nodes:
                self.inner.setdefault(open_nodes[-1].number, []).append(node)
            else:
                self.top.append(node)
            open_nodes.append(node)

    def items(self) -> list[CommentItem]:
        """Return the comments in the order of the page."""
        items: list[CommentItem] = []
        pending: list[tuple[Node, CommentItem | None]] = [(node, None) for node in self.top[::-1]]
        while pending:
            node, parent = pending.pop()
            inner = self.inner.get(node.number, [])
            if self._is_wrapper(node, inner):
                pending += [(other, parent) for other in reversed(inner)]
                continue
            answers = self._answers(node, inner)
            item = CommentItem(_blocks_without(node, answers, self.blocks), node, parent, answers)
            items.append(item)
            pending += [(answer, item) for answer in reversed(answers)]
        return items

    def _is_wrapper(self, node: Node, inner: Sequence[Node]) -> bool:
        """Tell whether an element named like a comment only stands around several."""
        if not inner:
            return False
        if not node.marks & _NUMBERED and any(other.marks & _NUMBERED for other in inner):
            return node.tag != inner[0].tag or not self._has_own_text(node, inner)
        tag, count = Counter(other.tag for other in inner).most_common(1)[0]
        if count > 1 and tag != node.tag:
            return not (inner[0].marks & _NUMBERED and _numbers(inner[0]) & _numbers(node))
        return False

    def _answers(self, node: Node, inner: Sequence[Node]) -> list[Node]:
        """Return the comments inside a comment, whose parts may be named like comments too."""
        answers: list[Node] = []
        for other in inner:
            same_number = bool(_numbers(other) & _numbers(node))
            both_numbered = other.marks & node.marks & _NUMBERED
            alike = other.tag == node.tag and (
                both_numbered or self._has_own_text(node, inner) or len(inner) > 1
            )
            if not same_number and (alike or both_numbered):
                answers.append(other)
            else:
                answers += self._answers_inside(node, other)
        return answers

    def _answers_inside(self, node: Node, part: Node) -> list[Node]:
        """Return the comments inside a part of a comment."""
        return [
            other
            for other in self.inner.get(part.number, [])
            if not _numbers(other) & _numbers(node)
            and (other.marks & _NUMBERED or other.tag in {node.tag, part.tag})
        ]

    def _has_own_text(self, node: Node, inner: Sequence[Node]) -> bool:
        """Tell whether an element has text outside the comments in it."""
        own = _blocks_without(node, inner, self.blocks)
        return any(not block.node.context & _AROUND for block in own)


def _is_candidate(node: Node) -> bool:
    """Tell whether an element is named like a comment."""
    marks = node.marks
    if not marks & _ITEM or node.context & _ELSEWHERE:
        return False
    if marks & _PARTS and not marks & _NUMBERED:
        return False
    if node.tag in _NO_ITEM_TAGS:
        return False
    return bool(marks & _SURE or (marks & _NUMBERED and node.context & _SURE))


def _is_headline(node: Node, blocks: Sequence[Block]) -> bool:
    """Tell whether an element is a heading of the first level that is not the comments'."""
    if node.tag != "h1" or node.context & _FRAME or node.first == node.last:
        return False
    return opener(blocks[node.first].text) not in {Opener.COMMENTS, Opener.FORM}


def _is_post(node: Node, tree: Tree) -> bool:
    """Tell whether an element has an author and a text, and is no article of a blog."""
    if not _ARTICLE_CLASSES.isdisjoint(node.attributes.get("class", "").split()):
        return False
    marks = 0
    for inner in tree.nodes[node.number + 1 : node.stop]:
        marks |= inner.marks
    return bool(marks & _AUTHOR and marks & _BODY)


def _blocks_without(node: Node, inner: Iterable[Node], blocks: Sequence[Block]) -> list[Block]:
    """Return the blocks of `node` that are in none of the nodes inside it, given in order."""
    own: list[Block] = []
    index = node.first
    for other in inner:
        own += blocks[index : max(index, other.first)]
        index = max(index, other.last)
    return own + list(blocks[index : node.last])


def _numbers(node: Node) -> frozenset[str]:
    """Return the long numbers in an element's id, which a comment shares with its parts."""
    name = node.attributes.get("id", "")
    digits = "".join(c if c.isdecimal() else " " for c in name).split()
    return frozenset(d for d in digits if len(d) >= MIN_NUMBER)
