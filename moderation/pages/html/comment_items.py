"""Which elements are one comment each, told from the names of elements."""

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import islice
from typing import Final

from moderation.pages.cues.lines import Opener, opener
from moderation.pages.html.markers import HEADINGS, Mark
from moderation.pages.html.parser import Block, Node, Tree

_SURE: Final = int(Mark.SURE)
_ITEM: Final = int(Mark.ITEM)
_AREA: Final = int(Mark.AREA)
_BODY: Final = int(Mark.BODY)
_NUMBERED: Final = int(Mark.NUMBERED)
_STORY: Final = int(Mark.STORY)
_FRAME: Final = int(Mark.FRAME)
_ELSEWHERE: Final = int(Mark.ELSEWHERE)
_AROUND: Final = int(Mark.FRAME | Mark.FORM | Mark.TOOL | Mark.AUTHOR | Mark.TIME)
_NO_ITEM: Final = _BODY | int(Mark.AUTHOR | Mark.TIME | Mark.TOOL | Mark.FRAME | Mark.FORM)


class Item:
    """What is one comment on the page.

    Parameters
    ----------
    own : list of Block
        Its blocks that stand in no other comment.
    node : Node or None
        The element that holds it; None where it stands among others in one element.
    parent : Item or None
        The comment that it answers.
    inside : sequence of Node
        Elements in it that are other comments.
    """

    __slots__ = ("inside", "node", "own", "parent")

    def __init__(
        self,
        own: list[Block],
        node: Node | None = None,
        parent: "Item | None" = None,
        inside: Sequence[Node] = (),
    ) -> None:
        self.own = own
        self.node = node
        self.parent = parent
        self.inside = inside


def blocks_without(node: Node, inside: Iterable[Node], blocks: Sequence[Block]) -> list[Block]:
    """Return the blocks of `node` that are in none of the nodes inside it, given in order."""
    found: list[Block] = []
    at = node.first
    for each in inside:
        found += blocks[at : max(at, each.first)]
        at = max(at, each.last)
    return found + list(blocks[at : node.last])


def holders(tree: Tree) -> set[int]:
    """Return the elements around the article or its headline: no part of the comments is."""
    found: set[int] = set()
    for node in tree.nodes:
        story = node.marks & _STORY and not node.marks & _BODY and not node.context & _ITEM
        if not story and not _is_headline(node, tree.blocks):
            continue
        around = node.parent
        while around is not None and around.number not in found:
            found.add(around.number)
            around = around.parent
    return found


def _is_headline(node: Node, blocks: Sequence[Block]) -> bool:
    if node.tag != "h1" or node.context & _FRAME or node.first == node.last:
        return False
    return opener(blocks[node.first].text) not in {Opener.COMMENTS, Opener.FORM}


class Candidates:
    """The elements whose names say that they are comments, as a tree of their own."""

    def __init__(self, tree: Tree, holding: set[int]) -> None:
        self.blocks = tree.blocks
        self.inner: dict[int, list[Node]] = {}
        self.top: list[Node] = []
        open_: list[Node] = []
        for node in tree.nodes:
            if not _is_candidate(node) or node.number in holding or node.first == node.last:
                continue
            while open_ and open_[-1].stop <= node.number:
                open_.pop()
            (self.inner.setdefault(open_[-1].number, []) if open_ else self.top).append(node)
            open_.append(node)

    def items(self) -> list[Item]:
        """Return the comments in the order of the page."""
        found: list[Item] = []
        waiting: list[tuple[Node, Item | None]] = [(node, None) for node in reversed(self.top)]
        while waiting:
            node, parent = waiting.pop()
            inner = self.inner.get(node.number, [])
            if self._wraps(node, inner):
                waiting += [(each, parent) for each in reversed(inner)]
                continue
            answers = self._answers(node, inner)
            item = Item(blocks_without(node, answers, self.blocks), node, parent, answers)
            found.append(item)
            waiting += [(each, item) for each in reversed(answers)]
        return found

    def _wraps(self, node: Node, inner: Sequence[Node]) -> bool:
        """Whether an element that looks like a comment is only around several."""
        if not inner:
            return False
        if not node.marks & _NUMBERED and any(each.marks & _NUMBERED for each in inner):
            return node.tag != inner[0].tag or not self._speaks(node, inner)
        most = Counter(each.tag for each in inner).most_common(1)[0]
        if most[1] > 1 and most[0] != node.tag:
            return not (inner[0].marks & _NUMBERED and numbers(inner[0]) & numbers(node))
        return False

    def _answers(self, node: Node, inner: Sequence[Node]) -> list[Node]:
        """Return the comments inside a comment; its other parts may be named like comments."""
        found: list[Node] = []
        for each in inner:
            same = bool(numbers(each) & numbers(node))
            numbered = each.marks & node.marks & _NUMBERED
            alike = each.tag == node.tag and (
                numbered or self._speaks(node, inner) or len(inner) > 1
            )
            if not same and (alike or numbered):
                found.append(each)
            else:
                found += self._answers_inside(node, each)
        return found

    def _answers_inside(self, node: Node, part: Node) -> list[Node]:
        return [
            each
            for each in self.inner.get(part.number, [])
            if not numbers(each) & numbers(node)
            and (each.marks & _NUMBERED or each.tag in {node.tag, part.tag})
        ]

    def _speaks(self, node: Node, inner: Sequence[Node]) -> bool:
        """Whether an element has text outside the comments in it."""
        own = blocks_without(node, inner, self.blocks)
        return any(not block.node.context & _AROUND for block in own)


def _is_candidate(node: Node) -> bool:
    marks = node.marks
    if not marks & _ITEM or node.context & _ELSEWHERE:
        return False
    if marks & _NO_ITEM and not marks & _NUMBERED:
        return False
    if node.tag in HEADINGS or node.tag in {"a", "time", "cite", "button", "span", "label"}:
        return False
    return bool(marks & _SURE or (marks & _NUMBERED and node.context & _SURE))


def numbers(node: Node) -> frozenset[str]:
    """Return the long numbers in an element's id, by which its parts are told to be its."""
    name = node.attributes.get("id", "")
    digits = "".join(c if c.isdecimal() else " " for c in name).split()
    return frozenset(d for d in digits if len(d) > 2)  # noqa: PLR2004


# FOLDED forums: The posts of a forum's thread: numbered elements beside each other, each with
# author and text.

LEAST_POSTS = 2
MAX_THREADS = 50
"""Each is read to its end, so that threads inside threads would take too long."""
_POST: Final = int(Mark.ITEM | Mark.NUMBERED)
_AUTHOR: Final = int(Mark.AUTHOR)
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


# FOLDED threads: Which comment answers which, where answers do not stand inside what they answer.

_DEPTH = re.compile(r"(?:^|[\s_-])(?:depth|level|indent|nesting)[-_]?(\d{1,2})(?![\d-])")
_PARENTS = ("data-parent", "data-parent-id", "data-parentid", "data-parent-comment", "parentid")


def tell_parents(items: Sequence[Item]) -> None:
    """Set the parents of comments that stand beside each other, by number or by depth."""
    by_number: dict[str, Item] = {}
    at_depth: dict[int, Item] = {}
    for item in items:
        node = item.node
        if node is None:
            continue
        said = next((node.attributes[name] for name in _PARENTS if name in node.attributes), "")
        digits = re.findall(r"\d+", said[:60])
        depth = _DEPTH.search(node.attributes.get("class", "")[:400])
        if item.parent is None and digits:
            item.parent = by_number.get(digits[-1])
        elif item.parent is None and depth:
            item.parent = at_depth.get(int(depth[1]) - 1)
        for number in numbers(node):
            by_number.setdefault(number, item)
        if depth:
            at_depth[int(depth[1])] = item
