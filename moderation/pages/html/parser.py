"""A page's elements that say something, and its text in blocks, told by a parser."""

from collections.abc import Mapping
from typing import Final

from lxml import etree

from moderation.errors import UnreadablePage
from moderation.pages.html.markers import (
    ANCHOR,
    BREAKS,
    INLINE,
    LINE,
    META,
    PARTS,
    SKIPPED,
    TAG_MARKS,
    TAGS,
    WHOLE,
    Mark,
    element_marks,
    marks_of,
)

# FOLDED node: What a walk over a page keeps: its elements and its text.

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


DEEPEST = 2_000
MAX_ELEMENTS = 1_000_000
BREAK = "\x01"
"""Stands for a line break in a block until its white space is folded."""

# Plain numbers: combining two `Mark` takes twenty times as long.
_SPLITS: Final = int(
    Mark.AUTHOR | Mark.TIME | Mark.TOOL | Mark.BODY | Mark.ITEM | Mark.FRAME | Mark.FORM
)
_SURE: Final = int(Mark.SURE)


class Tree:
    """What was read of a page: the target that the parser tells of each tag and text.

    Attributes
    ----------
    nodes : list of Node
        Elements that make lines of their own or have names that say something, in order.
    blocks : list of Block
        All text that a reader may see, in order.
    metas : list of mapping
        The attributes of the elements ``meta``.
    scripts : list of str
        What stands in its blocks of JSON-LD.
    title, language : str
        What it says in its head.
    """

    __slots__ = (
        "_kept", "_linked", "_links", "_skipping", "_stack", "_text", "blocks", "language", "metas",
        "nodes", "root", "scripts", "title",
    )  # fmt: skip

    def __init__(self) -> None:
        self.root = Node("", None, {}, 0)
        self.nodes: list[Node] = [self.root]
        self.blocks: list[Block] = []
        self.metas: list[Mapping[str, str]] = []
        self.scripts: list[str] = []
        self.title = ""
        self.language: str | None = None
        self._stack: list[Node] = [self.root]
        self._skipping = 0
        self._kept: list[str] | None = None
        self._text: list[str] = []
        self._links = 0
        self._linked = 0

    def start(self, tag: str, attributes: Mapping[str, str]) -> None:
        """Take the beginning of an element."""
        stack = self._stack
        if self._skipping or len(stack) > DEEPEST:
            self._deeper()
            return
        parent = stack[-1]
        kind = TAGS.get(tag, 0)
        marks = TAG_MARKS.get(tag, 0)
        if kind == ANCHOR:
            self._links += 1
            # Of links, only those among comments say something: whose they are, and where.
            if not parent.context & _SURE:
                stack.append(parent)
                return
        elif kind > ANCHOR and not self._counts(kind, tag, attributes, parent):
            if not self._skipping:
                stack.append(parent)
            return
        if attributes:
            # Most have a class alone, and a page has a thousand of them.
            only = attributes.get("class") if len(attributes) == 1 else None
            marks |= marks_of(only) if only else element_marks(attributes)
        if not marks and kind == INLINE:
            stack.append(parent)
            return
        node = Node(tag, parent, attributes, marks)
        if self._text and (kind == LINE or (marks & _SPLITS and node.context & _SURE)):
            self._close(parent)
        node.first = len(self.blocks)
        node.number = len(self.nodes)
        self.nodes.append(node)
        stack.append(node)

    def _deeper(self) -> None:
        """Count an element inside what is skipped; refuse a page that goes on without end."""
        self._skipping += 1
        if len(self._stack) > DEEPEST or self._skipping > DEEPEST:
            raise UnreadablePage(f"The page has elements more than {DEEPEST} deep in each other.")
        if len(self.nodes) > MAX_ELEMENTS:
            raise UnreadablePage(f"The page has more than {MAX_ELEMENTS} elements.")

    def _counts(self, kind: int, tag: str, attributes: Mapping[str, str], parent: Node) -> bool:
        """Whether an element that is neither a line nor a phrase is one to keep."""
        self._special(kind, tag, attributes)
        return kind == META and bool(parent.context & _SURE)

    def end(self, tag: str) -> None:
        """Take the end of an element."""
        if self._skipping:
            self._skipping -= 1
            if not self._skipping and self._kept is not None:
                self._keep(tag, "".join(self._kept))
            return
        if tag == "a" and self._links:
            self._links -= 1
        stack = self._stack
        if len(stack) == 1:
            return
        node = stack.pop()
        if node is stack[-1]:
            return
        if self._text and (
            TAGS.get(tag) == LINE or (node.marks & _SPLITS and node.context & _SURE)
        ):
            self._close(node)
        node.last = len(self.blocks)
        node.stop = len(self.nodes)

    def data(self, data: str) -> None:
        """Take text."""
        if self._skipping:
            if self._kept is not None:
                self._kept.append(data)
        elif not data.isspace():
            self._text.append(data)
            if self._links:
                self._linked += len(data)
        elif self._text:
            self._text.append(" ")

    def close(self) -> "Tree":
        """Take the end of the page."""
        if self._text:
            self._close(self._stack[-1])
        for node in self._stack:
            node.last = len(self.blocks)
            node.stop = len(self.nodes)
        return self

    def _close(self, node: Node) -> None:
        """End the block that was begun."""
        text = " ".join("".join(self._text).split())
        self._text.clear()
        linked, self._linked = self._linked, 0
        if BREAK not in text:
            if text:
                self.blocks.append(Block(text, node, linked, len(self.blocks)))
            return
        text = text.replace(" " + BREAK, BREAK).replace(BREAK + " ", BREAK)
        share = linked / len(text)
        # Two line breaks end a paragraph.
        for part in text.split(BREAK + BREAK):
            lines = part.strip(BREAK).replace(BREAK, "\n")
            if lines:
                self.blocks.append(Block(lines, node, int(share * len(lines)), len(self.blocks)))

    def _keep(self, tag: str, text: str) -> None:
        """Keep what a reader does not see on the page but is told of it."""
        if tag != "title":
            self.scripts.append(text)
        elif not self.title:
            self.title = " ".join(text.split())
        self._kept = None

    def _special(self, kind: int, tag: str, attributes: Mapping[str, str]) -> None:
        if kind == BREAKS:
            self._text.append(BREAK)
        elif kind == SKIPPED:
            self._skipping = 1
            if tag == "title" or "ld+json" in attributes.get("type", ""):
                self._kept = []
        elif kind == META:
            self.metas.append(attributes)
        elif kind == WHOLE and tag == "html":
            self.language = attributes.get("lang") or attributes.get("xml:lang")


# FOLDED walk: A page's bytes -> what is on it.

CHUNK = 1 << 18
"""Bytes that are parsed between two looks at whether the page goes too deep."""


def walk(data: bytes) -> Tree:
    """Read a page in UTF-8.

    The parser tells of each tag and text and builds no tree of its own: the time then grows with
    the page's length alone, however its elements and attributes are piled up.

    Raises
    ------
    UnreadablePage
        If it is nested more deeply, or has more elements, than any page that a person wrote.
    """
    tree = Tree()
    parser = etree.HTMLParser(encoding="utf-8", target=tree, huge_tree=True)
    try:
        for start in range(0, len(data), CHUNK):
            parser.feed(data[start : start + CHUNK])
        parser.close()
    except etree.LxmlError:
        # The parser's word for a page without anything on it.
        tree.close()
    return tree
