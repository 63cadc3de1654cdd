"""What a walk over a page keeps: its elements and its text."""

from collections.abc import Mapping
from typing import Final

from moderation.pages.html.names.marks import PARTS, Mark

_PARTS: Final = int(PARTS)
_WRAPS: Final = int(Mark.ITEM | Mark.AREA)
_FURNITURE: Final = int(Mark.FURNITURE)
_STORY: Final = int(Mark.STORY)


class Node:
    """An element that makes lines of its own, or has names that say something.

    Parameters
    ----------
    tag : str
    parent : Node or None
    attributes : mapping of str to str
    marks : int
        What its own names say (`Mark`).

    Attributes
    ----------
    context : int
        What the names of the elements around it say as well.
    number : int
        Its place among the nodes.
    stop : int
        The place behind the last node inside it.
    first, last : int
        Its blocks: ``blocks[first:last]``.
    """

    __slots__ = (
        "attributes", "context", "first", "last", "marks", "number", "parent", "stop", "tag",
    )  # fmt: skip

    def __init__(
        self, tag: str, parent: "Node | None", attributes: Mapping[str, str], marks: int
    ) -> None:
        self.tag = tag
        self.parent = parent
        self.attributes = attributes
        self.marks = marks
        self.number = self.stop = self.first = self.last = 0
        if parent is None:
            self.context = marks
            return
        around = parent.context
        if marks & _WRAPS:
            # A comment inside the tools or the form of another is a comment all the same.
            around &= ~_PARTS
            marks &= ~_PARTS
        if marks & _STORY:
            around &= ~_FURNITURE
        self.context = around | marks


class Block:
    """A run of text without another line inside it.

    Parameters
    ----------
    text : str
        With single spaces; a line break where the page has one.
    node : Node
        The element whose line it is.
    linked : int
        How many of its characters are links.
    index : int
        Its place among the blocks.
    """

    __slots__ = ("index", "linked", "node", "text")

    def __init__(self, text: str, node: Node, linked: int, index: int) -> None:
        self.text = text
        self.node = node
        self.linked = linked
        self.index = index
