"""Elements that hold one comment each, recognised by their names.

`named_items` finds comments by the names of elements, nested answers included. `set_outer` looks
around those whose authors stand beside them.
"""

import re
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Final

from moderation.pages.cues.lines import Opener, opener
from moderation.pages.html.markers import HEADINGS
from moderation.pages.html.marks import Mark
from moderation.pages.html.names import name_marks
from moderation.pages.html.parser import Block, Node, Tree
from moderation.pages.html.thread.answers import (
    MAX_CLASS,
    NO_ITEM_TAGS,
    is_named_answer,
    says_who_answers,
)

MIN_POSTS = 2
MAX_GROWTH = 6
"""Elements around a comment of which the outermost is sought that holds no other."""
MAX_ABOVE = 4
"""Lines at the head of an element among which the comments' heading is sought."""
MAX_PARTS = 200
"""Comments in an element that is named as one."""
MIN_NUMBER = 3
"""Digits of a comment's number in an element's id."""

_SURE: Final = int(Mark.SURE)
_ITEM: Final = int(Mark.ITEM)
_BODY: Final = int(Mark.BODY)
_AUTHOR: Final = int(Mark.AUTHOR)
_TIME: Final = int(Mark.TIME)
_TOOL: Final = int(Mark.TOOL)
_NUMBERED: Final = int(Mark.NUMBERED)
_ELSEWHERE: Final = int(Mark.ELSEWHERE)
_AROUND: Final = int(Mark.FRAME | Mark.FORM | Mark.TOOL | Mark.AUTHOR | Mark.TIME)
_PARTS: Final = _BODY | _AROUND
_SURE_ITEM: Final = _SURE | _ITEM
_WRAPPERS: Final = int(Mark.ITEM | Mark.AREA)
_SPEAKER: Final = int(Mark.AUTHOR | Mark.TIME)
_UNSPOKEN: Final = int(Mark.FORM)
_IN_FORM: Final = int(Mark.IN_FORM)

_UNIQUE = re.compile(
    r"[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}|(?<![0-9a-f])[0-9a-f]{24,40}(?![0-9a-f])",
    re.IGNORECASE,
)
_ANSWER = re.compile(r"answers?[-_]?\d", re.IGNORECASE)
_PINGS = re.compile(r"(?:^|[\s_-])(?:pingback|trackback|linkback)s?(?=[\s_-]|$)", re.IGNORECASE)


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

    Attributes
    ----------
    outer : Node or None
        The element around its own that holds no other comment, where its own names nobody.
    """

    __slots__ = ("answers", "node", "outer", "own", "parent")

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
        self.outer: Node | None = None

    @property
    def inherited(self) -> int:
        """The marks of parts that its blocks have from elements around the comment."""
        if self.node is None:
            common = _PARTS
            for block in self.own:
                common &= block.node.context
            return common
        if self.node.marks & _WRAPPERS or self.node.parent is None:
            return 0
        # An answer that is named as a button to answer is none.
        return (self.node.parent.context | (self.node.marks & _TOOL)) & _PARTS


def named_items(tree: Tree, excluded: set[int]) -> list[CommentItem]:
    """Return the comments that the names of elements tell, in the order of the page.

    Parameters
    ----------
    tree : Tree
    excluded : set of int
        Numbers of elements that are no comment.
    """
    return _NamedElements(tree, excluded).items()


def set_outer(items: Sequence[CommentItem], tree: Tree, excluded: set[int]) -> None:
    """Set the outer elements of comments if all their authors and times stand beside their texts.

    Parameters
    ----------
    items : sequence of CommentItem
        In the order of the page.
    tree : Tree
    excluded : set of int
        Numbers of elements that hold more than comments.
    """
    nodes = [item.node for item in items if item.node is not None]
    if len(nodes) < MIN_POSTS or any(_has_speaker(node, tree) for node in nodes):
        return
    places = sorted(node.number for node in nodes)
    for item in items:
        node = item.node
        if node is None or item.answers:
            continue
        outer = node
        for _ in range(MAX_GROWTH):
            around = outer.parent
            if around is None or around.parent is None or around.number in excluded:
                break
            if bisect_left(places, around.stop) - bisect_left(places, around.number) > 1:
                break
            outer = around
        item.outer = outer if outer is not node else None


def _has_speaker(node: Node, tree: Tree) -> bool:
    """Tell whether an element has an author or a time inside, or is one."""
    return any(inner.marks & _SPEAKER for inner in tree.nodes[node.number : node.stop])


class _NamedElements:
    """The elements that are named like comments, as a tree of their own."""

    def __init__(self, tree: Tree, excluded: set[int]) -> None:
        self.blocks, self.nodes = tree.blocks, tree.nodes
        self.inner: dict[int, list[Node]] = {}
        self.top: list[Node] = []
        self.speakers = [0]
        speakers = bodies = 0
        self.bodies = [0]
        named: list[Node] = []
        self.has_sure = False
        for node in tree.nodes:
            marks = node.marks
            if marks:
                self.has_sure = self.has_sure or marks & _SURE_ITEM == _SURE_ITEM
                if marks & _SPEAKER and not node.context & _UNSPOKEN:
                    speakers += 1
                if marks & _ITEM or (marks & _TOOL and is_named_answer(node)):
                    named.append(node)
                if marks & _BODY:
                    bodies += 1
            self.speakers.append(speakers)
            self.bodies.append(bodies)
        open_nodes: list[Node] = []
        for node in named:
            if node.number in excluded or node.first == node.last or not self._is_candidate(node):
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
            if inner and self._is_wrapper(node, inner):
                pending += [(other, parent) for other in reversed(inner)]
                continue
            parts = [] if inner else self._whole_parts(node)
            if parts:
                items += (
                    CommentItem(list(self.blocks[part.first : part.last]), part, parent)
                    for part in parts
                )
                continue
            answers = self._answers(node, inner)
            item = CommentItem(blocks_without(node, answers, self.blocks), node, parent, answers)
            items.append(item)
            pending += [(answer, item) for answer in reversed(answers)]
        return items

    def _whole_parts(self, node: Node) -> list[Node]:
        """Return the elements in one named like a comment that are several comments themselves."""
        parts: list[Node] = []
        number = node.number + 1
        while number < node.stop and len(parts) < MAX_PARTS:
            inner = self.nodes[number]
            number = inner.stop
            is_alike = not parts or _name(inner) == _name(parts[0])
            if is_alike and self._spoken(inner) > 1 and self._has_plain_text(inner):
                parts.append(inner)
            elif inner.first < inner.last:
                return []
        return parts if len(parts) > 1 else []

    def _is_candidate(self, node: Node) -> bool:
        """Tell whether an element is named like a comment."""
        if not _is_candidate(node):
            return self._is_answer_by_parts(node) or self._is_numbered_answer(node)
        # Inside a form for comments only what has an author or a number is one.
        is_in_form = node.parent is not None and node.parent.context & _IN_FORM
        return not is_in_form or bool(node.marks & _NUMBERED) or self._spoken(node) > 0

    def _is_answer_by_parts(self, node: Node) -> bool:
        """Tell whether an element in a comment, named as an answer, has an author and a text."""
        return is_named_answer(node) and (
            self._is_signed_text(node) or (self._spoken(node) > 0 and self._has_plain_text(node))
        )

    def _has_plain_text(self, node: Node) -> bool:
        """Tell whether an element has text that is no part by what stands inside it."""
        return any(
            not block.node.context & ~node.context & _AROUND and block.node.tag not in HEADINGS
            for block in self.blocks[node.first : node.last]
        )

    def _is_numbered_answer(self, node: Node) -> bool:
        """Tell whether an answer to a question, with a number, has an author and a text."""
        return (
            self.has_sure
            and node.marks & (_NUMBERED | _ITEM) == _NUMBERED | _ITEM
            and not node.marks & _PARTS
            and _ANSWER.match(node.attributes.get("id", "")) is not None
            and node.tag not in NO_ITEM_TAGS
            and self._spoken(node) > 1
            and self.bodies[node.stop] > self.bodies[node.number + 1]
        )

    def _is_signed_text(self, node: Node) -> bool:
        """Tell whether an element is a line such as "Reply by Dara" and a text below it."""
        first = self.blocks[node.first].text if node.last > node.first + 1 else ""
        return says_who_answers(first)

    def _spoken(self, node: Node) -> int:
        """Return the number of names and times in an element."""
        return self.speakers[node.stop] - self.speakers[node.number + 1]

    def _speaks(self, node: Node, inner: Sequence[Node]) -> bool:
        """Tell whether an element has a name or a time outside the comments in it."""
        return self._spoken(node) > sum(
            self.speakers[other.stop] - self.speakers[other.number] for other in inner
        )

    def _speaks_first(self, node: Node, inner: Sequence[Node]) -> bool:
        """Tell whether an element has a name or a time above the comments in it, and a text."""
        first = inner[0].number
        return (
            self.speakers[first] > self.speakers[node.number + 1]
            and self.bodies[first] > self.bodies[node.number + 1]
        )

    def _is_wrapper(self, node: Node, inner: Sequence[Node]) -> bool:
        """Tell whether an element named like a comment only stands around several."""
        if len(inner) > 1 and not self._speaks(node, inner) and self._is_headed(node, inner[0]):
            return True
        if not node.marks & _NUMBERED and any(other.marks & _NUMBERED for other in inner):
            # What stands between numbered ones is an advertisement or the like.
            is_around = _are_numbered_siblings(inner) and not self._speaks(node, inner)
            is_one = node.tag == inner[0].tag or self._speaks_first(node, inner)
            return is_around or not (is_one and self._has_own_text(node, inner))
        if len(inner) > 1 and _are_siblings(inner[0], inner[1]) and not self._speaks(node, inner):
            return not self._has_own_text(node, inner)
        tag, count = Counter(other.tag for other in inner).most_common(1)[0]
        if count > 1 and tag != node.tag:
            if self._speaks(node, inner) and self._has_own_text(node, inner):
                return False
            return not (
                inner[0].marks & _NUMBERED and comment_numbers(inner[0]) & comment_numbers(node)
            )
        return False

    def _is_headed(self, node: Node, first: Node) -> bool:
        """Tell whether the heading of all comments stands above the first one in an element."""
        above = self.blocks[node.first : min(first.first, node.first + MAX_ABOVE)]
        return any(opener(block.text) is Opener.COMMENTS for block in above)

    def _answers(self, node: Node, inner: Sequence[Node]) -> list[Node]:
        """Return the comments inside a comment, whose parts may be named like comments too."""
        answers: list[Node] = []
        speaks = self._speaks(node, inner)
        has_text = self._has_own_text(node, inner)
        pending = [(other, node) for other in reversed(inner)]
        while pending:
            other, outer = pending.pop()
            if self._is_answer(node, outer, other, speaks=speaks, has_text=has_text):
                answers.append(other)
                continue
            inside = self.inner.get(other.number, [])
            # The first part with a name or a text is the comment itself; what follows answers it.
            speaks = speaks or self._speaks(other, inside)
            has_text = has_text or self._has_own_text(other, inside)
            pending += [(part, other) for part in reversed(inside)]
        return answers

    def _is_answer(
        self, node: Node, outer: Node, other: Node, *, speaks: bool, has_text: bool
    ) -> bool:
        """Tell whether a candidate in a comment is another comment, and no part of it.

        Parameters
        ----------
        node : Node
            The comment.
        outer : Node
            The candidate around the other one: the comment, or a part of it.
        other : Node
        speaks, has_text : bool
            Whether the comment has a name or a time, and a text, before the other one.
        """
        if comment_numbers(other) & comment_numbers(node):
            return False
        if other.marks & node.marks & _NUMBERED:
            return True
        is_alike = other.tag == node.tag and bool(_item_names(other) & _item_names(node))
        if is_alike:
            return has_text or speaks or len(self.inner[outer.number]) > 1
        is_signed = self._spoken(other) > 0 or self._is_signed_text(other)
        return speaks and has_text and is_signed and self._has_plain_text(other)

    def _has_own_text(self, node: Node, inner: Sequence[Node]) -> bool:
        """Tell whether an element has text outside the comments in it."""
        own = blocks_without(node, inner, self.blocks)
        return any(
            not block.node.context & _AROUND and block.node.tag not in HEADINGS for block in own
        )


def _name(node: Node) -> tuple[str, str]:
    """Return the tag and the class of an element."""
    return node.tag, node.attributes.get("class", "")


def _are_siblings(one: Node, other: Node) -> bool:
    """Tell whether two elements stand beside each other and are named alike."""
    return (
        one.parent is other.parent
        and one.tag == other.tag
        and bool(_item_names(one) & _item_names(other))
        and not comment_numbers(one) & comment_numbers(other)
    )


def _are_numbered_siblings(inner: Sequence[Node]) -> bool:
    """Tell whether the first two of some elements are numbered and stand beside each other."""
    return (
        len(inner) > 1
        and bool(inner[0].marks & inner[1].marks & _NUMBERED)
        and _are_siblings(inner[0], inner[1])
    )


def _item_names(node: Node) -> set[str]:
    """Return those names of an element that are names of comments."""
    names = node.attributes.get("class", "").split()
    return {name for name in names if name_marks(name) & _ITEM}


def _is_candidate(node: Node) -> bool:
    """Tell whether an element is named like a comment."""
    marks = node.marks
    if not marks & _ITEM or node.context & _ELSEWHERE:
        return False
    if marks & _PARTS and not marks & _NUMBERED:
        return False
    if node.tag in NO_ITEM_TAGS or _PINGS.search(node.attributes.get("class", "")[:MAX_CLASS]):
        return False
    return bool(marks & _SURE or (marks & _NUMBERED and node.context & _SURE))


def blocks_without(node: Node, inner: Iterable[Node], blocks: Sequence[Block]) -> list[Block]:
    """Return the blocks of `node` that are in none of the nodes inside it, given in order."""
    own: list[Block] = []
    index = node.first
    for other in inner:
        own += blocks[index : max(index, other.first)]
        index = max(index, other.last)
    return own + list(blocks[index : node.last])


def comment_numbers(node: Node) -> frozenset[str]:
    """Return the long numbers in an element's id, which a comment shares with its parts."""
    name = node.attributes.get("id", "")
    unique = _UNIQUE.search(name)
    if unique is not None:
        return frozenset({unique[0]})
    digits = "".join(c if c.isdecimal() else " " for c in name).split()
    return frozenset(d for d in digits if len(d) >= MIN_NUMBER)
