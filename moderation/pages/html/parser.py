"""HTML parsing: a page as a flat list of marked elements and of blocks of text.

`parse` feeds a page to lxml's parser, whose target `Tree` keeps the elements that break lines or
have marks (`Node`), the visible text in blocks, and the head's metadata and JSON-LD. lxml builds no
tree of its own: the time then grows with the page's length alone, however its elements and
attributes are piled up.
"""

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
    TAG_EFFECTS,
    TAG_MARKS,
    WHOLE,
    Mark,
    element_marks,
    name_marks,
)

MAX_DEPTH = 2_000
MAX_ELEMENTS = 1_000_000
CHUNK = 1 << 18
"""Bytes that are parsed between two checks of the depth."""
BREAK = "\x01"
"""Stands for a line break in a block until its white space is folded."""

# Plain numbers: combining two `Mark` takes twenty times as long.
_PARTS: Final = int(PARTS)
_WRAPPERS: Final = int(Mark.ITEM | Mark.AREA)
_FURNITURE: Final = int(Mark.FURNITURE)
_STORY: Final = int(Mark.STORY)
_SURE: Final = int(Mark.SURE)
_SPLITS: Final = int(
    Mark.AUTHOR | Mark.TIME | Mark.TOOL | Mark.BODY | Mark.ITEM | Mark.FRAME | Mark.FORM
)


class Node:
    """An element that breaks lines or has marks.

    Parameters
    ----------
    tag : str
    parent : Node or None
    attributes : mapping of str to str
    marks : int
        The marks of its own names (`Mark`).

    Attributes
    ----------
    context : int
        Its marks and those of the elements around it.
    number : int
        Its index among the nodes.
    stop : int
        The index behind the last node inside it.
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
        inherited = parent.context
        if marks & _WRAPPERS:
            # A comment inside the tools or the form of another is a comment all the same.
            inherited &= ~_PARTS
            marks &= ~_PARTS
        if marks & _STORY:
            inherited &= ~_FURNITURE
        self.context = inherited | marks


class Block:
    """A run of text without another line inside it.

    Parameters
    ----------
    text : str
        With single spaces; a line break where the page has one.
    node : Node
        The element whose line it is.
    linked : int
        The number of its characters that are links.
    index : int
        Its index among the blocks.
    """

    __slots__ = ("index", "linked", "node", "text")

    def __init__(self, text: str, node: Node, linked: int, index: int) -> None:
        self.text = text
        self.node = node
        self.linked = linked
        self.index = index


class Tree:
    """The elements and the text of a page: the parser's target.

    Attributes
    ----------
    nodes : list of Node
        The elements that break lines or have marks, in order.
    blocks : list of Block
        All text that a reader may see, in order.
    metas : list of mapping
        The attributes of the elements ``meta``.
    scripts : list of str
        The contents of the blocks of JSON-LD.
    title, language : str
        The title and the language that the page declares.
    """

    __slots__ = (
        "_linked", "_links", "_skipped_depth", "_skipped_text", "_stack", "_text", "blocks",
        "language", "metas", "nodes", "root", "scripts", "title",
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
        self._skipped_depth = 0
        self._skipped_text: list[str] | None = None
        self._text: list[str] = []
        self._links = 0
        self._linked = 0

    def start(self, tag: str, attributes: Mapping[str, str]) -> None:
        """Handle a start tag; the parser calls this."""
        stack = self._stack
        if self._skipped_depth or len(stack) > MAX_DEPTH:
            self._skip_deeper()
            return
        parent = stack[-1]
        effect = TAG_EFFECTS.get(tag, INLINE)
        marks = TAG_MARKS.get(tag, 0)
        if effect == ANCHOR:
            self._links += 1
            # Only links among comments are kept, for their authors and permalinks.
            if not parent.context & _SURE:
                stack.append(parent)
                return
        elif effect > ANCHOR:
            self._start_special(effect, tag, attributes)
            if not (effect == META and parent.context & _SURE):
                if not self._skipped_depth:
                    stack.append(parent)
                return
        if attributes:
            # Most have a class alone, and a page has a thousand of them.
            only = attributes.get("class") if len(attributes) == 1 else None
            marks |= name_marks(only) if only else element_marks(attributes)
        if not marks and effect == INLINE:
            stack.append(parent)
            return
        node = Node(tag, parent, attributes, marks)
        if self._text and (effect == LINE or (marks & _SPLITS and node.context & _SURE)):
            self._end_block(parent)
        node.first = len(self.blocks)
        node.number = len(self.nodes)
        self.nodes.append(node)
        stack.append(node)

    def end(self, tag: str) -> None:
        """Handle an end tag; the parser calls this."""
        if self._skipped_depth:
            self._skipped_depth -= 1
            if not self._skipped_depth and self._skipped_text is not None:
                self._keep_skipped(tag, "".join(self._skipped_text))
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
            TAG_EFFECTS.get(tag) == LINE or (node.marks & _SPLITS and node.context & _SURE)
        ):
            self._end_block(node)
        node.last = len(self.blocks)
        node.stop = len(self.nodes)

    def data(self, data: str) -> None:
        """Handle text; the parser calls this."""
        if self._skipped_depth:
            if self._skipped_text is not None:
                self._skipped_text.append(data)
        elif not data.isspace():
            self._text.append(data)
            if self._links:
                self._linked += len(data)
        elif self._text:
            self._text.append(" ")

    def close(self) -> "Tree":
        """Handle the end of the page; the parser calls this."""
        if self._text:
            self._end_block(self._stack[-1])
        for node in self._stack:
            node.last = len(self.blocks)
            node.stop = len(self.nodes)
        return self

    def _skip_deeper(self) -> None:
        """Count an element inside a skipped one; refuse a page that is nested too deeply."""
        self._skipped_depth += 1
        if len(self._stack) > MAX_DEPTH or self._skipped_depth > MAX_DEPTH:
            raise UnreadablePage(f"The page has elements more than {MAX_DEPTH} deep in each other.")
        if len(self.nodes) > MAX_ELEMENTS:
            raise UnreadablePage(f"The page has more than {MAX_ELEMENTS} elements.")

    def _start_special(self, effect: int, tag: str, attributes: Mapping[str, str]) -> None:
        """Handle the start of an element that is neither a line, a phrase nor a link."""
        if effect == BREAKS:
            self._text.append(BREAK)
        elif effect == SKIPPED:
            self._skipped_depth = 1
            if tag == "title" or "ld+json" in attributes.get("type", ""):
                self._skipped_text = []
        elif effect == META:
            self.metas.append(attributes)
        elif effect == WHOLE and tag == "html":
            self.language = attributes.get("lang") or attributes.get("xml:lang")

    def _keep_skipped(self, tag: str, text: str) -> None:
        """Keep the text of a skipped element: the page's title, or JSON-LD."""
        if tag != "title":
            self.scripts.append(text)
        elif not self.title:
            self.title = " ".join(text.split())
        self._skipped_text = None

    def _end_block(self, node: Node) -> None:
        """End the current block."""
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
        for paragraph in text.split(BREAK + BREAK):
            lines = paragraph.strip(BREAK).replace(BREAK, "\n")
            if lines:
                self.blocks.append(Block(lines, node, int(share * len(lines)), len(self.blocks)))


def parse(data: bytes) -> Tree:
    """Parse a page in UTF-8.

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
        # The parser raises this for a page without anything on it.
        tree.close()
    return tree
