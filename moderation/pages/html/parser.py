"""HTML parsing: a page as a flat list of marked elements and of blocks of text.

`parse` feeds a page to lxml's parser, whose target `Tree` keeps the elements that break lines or
have marks (`Node`), the visible text in blocks, and the head's metadata and JSON-LD. lxml builds no
tree of its own: the time then grows with the page's length alone, however its elements and
attributes are piled up.
"""

from bisect import bisect_right
from collections.abc import Mapping
from itertools import accumulate
from typing import Final

from lxml import etree

from moderation.errors import UnreadablePage
from moderation.pages.html.markers import (
    ANCHOR,
    BREAKS,
    INLINE,
    LINE,
    META,
    SKIPPED,
    TAGS,
    VOID,
    WHOLE,
    tag_marks,
)
from moderation.pages.html.marks import PARTS, Mark, stands_apart
from moderation.pages.html.names import name_marks

MAX_DEPTH = 2_000
MAX_ELEMENTS = 1_000_000
CHUNK = 1 << 18
"""Bytes that are parsed between two checks of the depth."""
MAX_FORM = 0.5
"""Share of the page's text from which on a form is not the one in which a comment is written."""
BREAK = "\x01"
"""Stands for a line break in a block until its white space is folded."""
SEAM = "\x02"
"""Stands between two elements that touch, until the block ends."""

# Plain numbers: combining two `Mark` takes twenty times as long.
_TEXT_FIELDS: Final = frozenset({"text", "email", "url", "search", "password", "tel", ""})
_PARTS: Final = int(PARTS)
_WRAPPERS: Final = int(Mark.ITEM | Mark.AREA)
_FURNITURE: Final = int(Mark.FURNITURE)
_STORY: Final = int(Mark.STORY)
_BODY: Final = int(Mark.BODY)
_FORM: Final = int(Mark.FORM)
_ITEM: Final = int(Mark.ITEM)
_FRAME: Final = int(Mark.FRAME)
_IN_FORM: Final = int(Mark.IN_FORM)
_AUTHOR: Final = int(Mark.AUTHOR)
_TIME: Final = int(Mark.TIME)
_NOT_BODY: Final = int(Mark.AUTHOR | Mark.TIME | Mark.TOOL | Mark.FRAME | Mark.FORM)
_SURE: Final = int(Mark.SURE)
# The marks around a link or a ``meta`` without which none is kept.
_KEEPS: Final = _SURE | _ITEM
_SPLITS: Final = _NOT_BODY | _BODY | _ITEM


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
        self,
        tag: str,
        parent: "Node | None",
        attributes: Mapping[str, str],
        marks: int,
        number: int = 0,
        first: int = 0,
    ) -> None:
        self.tag = tag
        self.parent = parent
        self.attributes = attributes
        self.marks = marks
        self.number = self.stop = number
        self.first = self.last = first
        if parent is None:
            self.context = marks
        elif not marks:
            # Most elements only break lines.
            self.context = parent.context
        else:
            self.inherit(parent)

    def inherit(self, parent: "Node") -> None:
        """Set the context from that of the element around this one."""
        inherited, marks = parent.context, self.marks
        if marks & _BODY and marks & _SURE and not marks & _NOT_BODY:
            # The text of a comment is none of the parts around it, whatever they are called.
            inherited &= ~_NOT_BODY
        elif marks & (_AUTHOR | _TIME):
            # Of an author in a date, and a date in an author, the inner one counts.
            inherited &= ~(_AUTHOR | _TIME)
            if marks & _SURE:
                # The headline of a comment may hold its author and its date.
                inherited &= ~_FRAME
        if marks & _WRAPPERS:
            # A comment inside the tools or the form of another is a comment all the same.
            inherited &= ~_PARTS
            marks &= ~_PARTS
        if marks & _STORY:
            inherited &= ~_FURNITURE
        if marks & _FORM and marks & _SURE:
            marks |= _IN_FORM
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
    spaced : str
        The text with a space between elements that touch, which styles keep apart: a name and the
        date behind it.
    begins : bool or None
        Whether a comment may begin at it, once that was looked at: regions of a page overlap.
    """

    __slots__ = ("begins", "index", "linked", "node", "spaced", "text")

    def __init__(
        self, text: str, node: Node, linked: int, index: int, spaced: str | None = None
    ) -> None:
        self.text = text
        self.spaced = text if spaced is None else spaced
        self.begins: bool | None = None
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
    states : list of str
        The contents of the other scripts.
    fields : list of int
        For each field in which a reader writes, the number of the element that follows it.
    title, language : str
        The title and the language that the page declares.
    """

    __slots__ = (
        "_ended", "_kept", "_linked", "_links", "_skipped_depth", "_skipped_text", "_stack",
        "_text", "blocks", "fields", "language", "metas", "nodes", "root", "scripts", "states",
        "title",
    )  # fmt: skip

    def __init__(self) -> None:
        self.root = Node("", None, {}, 0)
        self.nodes: list[Node] = [self.root]
        self.blocks: list[Block] = []
        self.metas: list[Mapping[str, str]] = []
        self.scripts: list[str] = []
        self.states: list[str] = []
        self.fields: list[int] = []
        self.title = ""
        self.language: str | None = None
        self._stack: list[Node] = [self.root]
        self._skipped_depth = 0
        self._skipped_text: list[str] | None = None
        self._text: list[str] = []
        self._links = self._linked = 0
        self._ended = False
        self._kept: list[str] | None = None

    def start(self, tag: str, attributes: Mapping[str, str]) -> None:
        """Handle a start tag; the parser calls this."""
        stack = self._stack
        if self._skipped_depth or len(stack) > MAX_DEPTH:
            self._skip_deeper()
            return
        parent = stack[-1]
        text = self._text
        if text and self._ended:
            text.append(SEAM)
        effect, marks = TAGS[tag]
        if effect >= ANCHOR:
            if effect == ANCHOR:
                self._links += 1
            else:
                self._start_special(effect, tag, attributes)
            context = parent.context
            if not context & _KEEPS or not _is_kept(effect, context, attributes):
                if not self._skipped_depth:
                    stack.append(parent)
                return
        if attributes:
            # Most have a class alone, and a page has a thousand of them.
            only = attributes.get("class") if len(attributes) == 1 else None
            marks |= name_marks(only) if only else tag_marks(tag, attributes)
        if not marks and effect == INLINE:
            stack.append(parent)
            return
        node = Node(tag, parent, attributes, marks, len(self.nodes), len(self.blocks))
        if text and (effect == LINE or (marks & _SPLITS and stands_apart(marks, node.context))):
            self._end_block(parent)
            node.first = len(self.blocks)
        self.nodes.append(node)
        stack.append(node)

    def end(self, tag: str) -> None:
        """Handle an end tag; the parser calls this."""
        self._ended = True
        if self._skipped_depth:
            self._skipped_depth -= 1
            if not self._skipped_depth and self._skipped_text is not None:
                self._keep_skipped("".join(self._skipped_text))
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
            TAGS[tag][0] == LINE
            or (node.marks & _SPLITS and self._is_own_block(node))
            or ("-" in tag and node.marks & _WRAPPERS)
        ):
            self._end_block(node)
        node.last = len(self.blocks)
        node.stop = len(self.nodes)

    def _is_own_block(self, node: Node) -> bool:
        """Tell whether an element in a line is a block, and not whom the text behind addresses."""
        if node.parent and node.parent.marks & _BODY and node.marks & _AUTHOR:
            return not self._text[0].lstrip().startswith("@")
        return stands_apart(node.marks, node.context)

    def data(self, data: str) -> None:
        """Handle text; the parser calls this."""
        if self._skipped_depth:
            if self._skipped_text is not None:
                self._skipped_text.append(data)
        elif not data.isspace():
            if self._ended:
                self._ended = False
                if data[0].isdecimal() and self._text:
                    self._text.append(SEAM)
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
        self._free_forms()
        return self

    def _free_forms(self) -> None:
        """Take the mark of a form from those in which nobody writes, or that hold the whole page.

        Content systems put lists of comments, and whole pages, into forms for their buttons.
        """
        forms = [n for n in self.nodes if n.tag == "form" and n.marks & (_FORM | _SURE) == _FORM]
        if not forms:
            return
        lengths = [0, *accumulate(len(block.text) for block in self.blocks)]
        freed = False
        for form in forms:
            fields = bisect_right(self.fields, form.stop) - bisect_right(self.fields, form.number)
            length = lengths[form.last] - lengths[form.first]
            if not fields or length > MAX_FORM * lengths[-1]:
                form.marks &= ~_FORM
                freed = True
        if freed:
            for node in self.nodes:
                if node.parent is not None:
                    node.inherit(node.parent)

    def _skip_deeper(self) -> None:
        """Count an element inside a skipped one; refuse a page that is nested too deeply."""
        self._skipped_depth += 1
        if len(self._stack) > MAX_DEPTH or self._skipped_depth > MAX_DEPTH:
            raise UnreadablePage(f"The page has elements more than {MAX_DEPTH} deep in each other.")
        if len(self.nodes) > MAX_ELEMENTS:
            raise UnreadablePage(f"The page has more than {MAX_ELEMENTS} elements.")

    def _start_special(self, effect: int, tag: str, attributes: Mapping[str, str]) -> None:
        """Handle the start of an element that is neither a line nor a phrase."""
        if effect == BREAKS:
            self._text.append(BREAK)
        elif effect == SKIPPED:
            self._start_skipped(tag, attributes)
        elif effect == VOID:
            if tag == "input" and attributes.get("type", "text").lower() in _TEXT_FIELDS:
                self.fields.append(len(self.nodes))
        elif effect == META:
            self.metas.append(attributes)
        elif effect == WHOLE and tag == "html":
            self.language = attributes.get("lang") or attributes.get("xml:lang")

    def _start_skipped(self, tag: str, attributes: Mapping[str, str]) -> None:
        """Handle the start of an element whose content no reader sees, or only as a whole."""
        if tag == "template" and "shadowrootmode" in attributes:
            # The browser shows it at once; other templates are filled by a script, elsewhere.
            return
        self._skipped_depth = 1
        self._kept = None
        if tag == "title":
            self._skipped_text = []
        elif tag == "script" and "src" not in attributes:
            self._skipped_text = []
            self._kept = self.scripts if "ld+json" in attributes.get("type", "") else self.states
        elif tag == "textarea":
            self.fields.append(len(self.nodes))

    def _keep_skipped(self, text: str) -> None:
        """Keep the text of a skipped element: the page's title, or JSON-LD."""
        if self._kept is not None:
            self._kept.append(text)
        elif not self.title:
            self.title = " ".join(text.split())
        self._skipped_text = None

    def _end_block(self, node: Node) -> None:
        """End the current block."""
        texts = self._text
        text = " ".join((texts[0] if len(texts) == 1 else "".join(texts)).split())
        texts.clear()
        linked, self._linked = self._linked, 0
        spaced = None
        if SEAM in text:
            spaced = " ".join(text.replace(SEAM, " ").split())
            text = " ".join(text.replace(SEAM, "").split())
        if BREAK not in text:
            if text:
                self.blocks.append(Block(text, node, linked, len(self.blocks), spaced))
            return
        text = text.replace(" " + BREAK, BREAK).replace(BREAK + " ", BREAK)
        share = linked / len(text)
        # Two line breaks end a paragraph.
        for paragraph in text.split(BREAK + BREAK):
            lines = paragraph.strip(BREAK).replace(BREAK, "\n")
            if lines:
                self.blocks.append(Block(lines, node, int(share * len(lines)), len(self.blocks)))


def _is_kept(effect: int, context: int, attributes: Mapping[str, str]) -> bool:
    """Tell whether a link or a ``meta`` is kept: among comments, for authors and permalinks."""
    if effect == ANCHOR:
        is_quote = context & _ITEM and attributes.get("href", "").startswith("#")
        return bool(context & _SURE or is_quote)
    return effect == META and bool(context & _SURE)


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
