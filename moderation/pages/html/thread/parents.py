"""Parents of comments: which comment answers which where an answer is not inside what it answers.

A page tells it by the number of the parent, by a link to it ("In reply to Dara"), by a container
of answers beside the comment, by a depth or by an indentation.
"""

import re
from bisect import bisect_left
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Final

from moderation.pages.cues.lines import is_answer_line
from moderation.pages.html.marks import Mark
from moderation.pages.html.names import CACHED, name_words
from moderation.pages.html.parser import Node, Tree
from moderation.pages.html.thread.items import CommentItem, comment_numbers

MAX_OUTER = 12
"""Elements around a comment among which a container of answers is sought."""
MAX_INNER = 40
"""Elements inside a comment among which its depth and a link to its parent are sought."""
DEEPEST = 6
"""Elements of a comment, itself included, among which its depth is sought."""
MAX_AROUND = 3
"""Elements around a comment, and around no other, among which its depth is sought."""
MAX_VALUE = 80
MAX_QUOTE = 200
QUOTED = 16
"""Characters of a comment's beginning by which a quotation of it is recognised."""

_QUOTES: Final = " \"“”„«»'‘’"
_LISTS: Final = frozenset({"ul", "ol"})
_ITEM: Final = int(Mark.ITEM)
_AREA: Final = int(Mark.AREA)
_PARENT_ATTRIBUTES: Final = (
    "data-parent", "data-parent-id", "data-parentid", "data-parent-comment",
    "data-parent-comment-id", "data-comment-parent", "data-reply-to", "data-in-reply-to",
    "parentid", "parent-id",
)  # fmt: skip
_OWN_ATTRIBUTES: Final = (
    "id", "data-id", "data-comment-id", "data-commentid", "data-comment", "data-pid",
    "data-post-id", "data-cid", "data-node-id", "thingid", "data-fullname",
)  # fmt: skip
_OWN = re.compile(r"data-(?:comment|post|posting|message|msg|reply|review|answer)-?_?id")
_DEPTH_ATTRIBUTES: Final = (
    "data-depth", "data-level", "data-nesting-level", "data-comment-depth", "data-indent",
    "depth", "aria-level", "indent",
)  # fmt: skip
_DEPTH = re.compile(
    r"(?:(?:^|[\s_-])(?:depth|level|indent|nesting)|[a-z](?:Depth|Level|Indent|Nesting))"
    r"[-_]{0,2}(\d{1,2})(?![\d-])"
)
_MARGIN = re.compile(
    r"(?:margin|padding)-(?:left|inline-start)\s{0,3}:\s{0,3}(\d{1,4})(?:\.\d+)?(?:px|r?em|%)"
)
_UNIQUE_NAME = re.compile(r"[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}", re.IGNORECASE)
_PART = re.compile(r"[^0-9A-Za-z]+")
_NUMBER = re.compile(r"(?<![0-9A-Za-z])\d+(?![0-9A-Za-z])")
_LABEL = re.compile(r"#(\d{1,5}(?:[.-]\d{1,4}){0,3})(?![\w.])")
_NUMBERED = re.compile(
    r"(?:[a-z]{0,2}|comment|post|message|msg|reply|cid|kommentar)(\d+)", re.IGNORECASE
)
_ANSWERS: Final = frozenset(
    {"replies", "replylist", "children", "childs", "indented", "indent", "nested", "answers",
     "antworten", "subcomments", "followups", "reponses", "respuestas", "risposte", "up"}
)  # fmt: skip
# A comment named so, where others are not, answers the last of those.
_ANSWER: Final = frozenset(
    {"reply", "answer", "response", "antwort", "reponse", "respuesta", "resposta", "risposta",
     "antwoord", "odpowiedz", "svar", "indented", "nested", "child", "sub"}
)  # fmt: skip
_BELOW: Final = frozenset({"sub", "child", "nested", "reply", "indented"})
_ONE: Final = frozenset(
    {"comment", "kommentar", "commentaire", "comentario", "commento", "reactie", "komentarz",
     "komentar", "kommentti", "yorum", "reaction", "opinion", "cmt"}
)  # fmt: skip
_HOLDERS: Final = frozenset(
    {"list", "container", "wrapper", "wrap", "holder", "block", "group", "section", "inner",
     "comments", "thread", "threads"}
)  # fmt: skip


def set_parents(items: Sequence[CommentItem], tree: Tree) -> None:
    """Set the parents of comments that do not stand inside the ones they answer.

    Parameters
    ----------
    items : sequence of CommentItem
        In the order of the page.
    tree : Tree
    """
    named: dict[str, CommentItem] = {}
    labels: dict[str, CommentItem] = {}
    beginnings: dict[str, CommentItem] = {}
    places = _Places(items)
    for item in items:
        node = item.node
        if node is None:
            continue
        label, answered = _numbers_told(item)
        told = (
            named.get(_parent_name(node.attributes))
            or _linked(item, named, tree)
            or labels.get(answered)
            or _quoted(item, beginnings)
        )
        placed = places.parent(item, node, tree)
        if told is not None and told is not item:
            # Threads that are cut off at some depth stand inside another comment than they answer.
            item.parent = told
        elif item.parent is None:
            item.parent = placed
        if label:
            labels[label] = item
        for block in item.own:
            if len(block.text) >= QUOTED:
                beginnings.setdefault(block.text[:QUOTED], item)
        for name in _own_names(node):
            named.setdefault(name, item)


class _Places:
    """The comments so far by their places: depths, containers, margins and names of answers."""

    def __init__(self, items: Sequence[CommentItem]) -> None:
        self._numbers = sorted(item.node.number for item in items if item.node is not None)
        self._depths: list[tuple[int, CommentItem]] = []
        self._margins: list[tuple[int, CommentItem]] = []
        self._containers = _Containers()
        self._opening: CommentItem | None = None  # the last that is not named as an answer

    def parent(self, item: CommentItem, node: Node, tree: Tree) -> CommentItem | None:
        """Return the comment that the place of the next one tells it answers, and remember it."""
        depth, margin = _depth(item.outer or node, tree), _margin(node)
        if depth is None:
            depth = _depth_around(node, self._numbers)
        is_answer = _is_named_answer(node)
        parent = (
            _shallower(self._depths, depth)
            or self._containers.parent(node)
            or _shallower(self._margins, margin)
            or (self._opening if is_answer else None)
        )
        self._containers.add(item)
        if not is_answer:
            self._opening = item
        for stack, value in ((self._depths, depth), (self._margins, margin)):
            if value is not None:
                while stack and stack[-1][0] >= value:
                    stack.pop()
                stack.append((value, item))
        return parent


class _Containers:
    """The last comment before each container of answers."""

    def __init__(self) -> None:
        self._last: dict[int, CommentItem] = {}

    def add(self, item: CommentItem) -> None:
        """Remember a comment as the last one in the elements around it, up to a container."""
        outer: Node | None = item.node
        for _ in range(MAX_OUTER):
            if outer is None:
                return
            self._last[outer.number] = item
            if outer is not item.node and _holds_answers(outer):
                return
            outer = outer.parent

    def parent(self, node: Node) -> CommentItem | None:
        """Return the comment before the container of answers that holds one, if any does."""
        outer: Node | None = node.parent
        for _ in range(MAX_OUTER):
            if outer is None or outer.parent is None or outer.marks & _ITEM:
                return None
            if _holds_answers(outer):
                return self._last.get(outer.parent.number)
            outer = outer.parent
        return None


def _holds_answers(node: Node) -> bool:
    """Tell whether an element is named as a container of answers."""
    attributes = node.attributes
    if attributes.get("id") == "replies":
        return True
    name = attributes.get("class", "")[:MAX_VALUE]
    if node.tag in _LISTS and node.parent is not None and node.parent.tag == "li":
        # A list in an item of a list holds the answers to what stands in that item.
        return True
    if _DEPTH.search(name):
        # "indent indent-1" is the level of the one comment in it.
        return not node.marks & _ITEM and any(
            _names_answers(token) for token in name.split() if name_words(token)[-1:] != ["indent"]
        )
    return not node.marks & _ITEM and any(map(_names_answers, name.split()))


@lru_cache(CACHED)
def _names_answers(token: str) -> bool:
    """Tell whether a name is one of a container of answers."""
    words = name_words(token)
    while len(words) > 1 and words[-1] in _HOLDERS:
        words.pop()
        if words[-1] in {"reply", "child", "sub"}:
            return True
    return bool(words) and words[-1] in _ANSWERS and (words[-1] != "up" or "follow" in words)


def _parent_name(attributes: Mapping[str, str]) -> str:
    """Return the name of the parent that a comment's attributes tell."""
    value = next((attributes[name] for name in _PARENT_ATTRIBUTES if attributes.get(name)), "")
    if not value and len(attributes) > 1:
        names = (name for name in attributes if "parent" in name and name.endswith("id"))
        value = next((attributes[name] for name in names), "")
    return _name(value)


def _own_names(node: Node) -> set[str]:
    """Return the names by which other comments refer to one."""
    attributes = node.attributes
    values = [
        value[:MAX_VALUE]
        for name, value in attributes.items()
        if value and (name in _OWN_ATTRIBUTES or _OWN.fullmatch(name))
    ]
    names = {_name(value) for value in values} | set(comment_numbers(node))
    names |= {number for value in values for number in _NUMBER.findall(value)}
    return names - {"", "0"}


def _name(value: str) -> str:
    """Return the number in the last part of a name, or else that part ("comment-7": 7)."""
    value = value[:MAX_VALUE].strip()
    match = _UNIQUE_NAME.search(value)
    if match is not None:
        return match[0]
    part = _PART.split(value)[-1]
    numbered = _NUMBERED.fullmatch(part)
    return numbered[1] if numbered is not None else part


def _linked(item: CommentItem, named: Mapping[str, CommentItem], tree: Tree) -> CommentItem | None:
    """Return the comment to which a line such as "In reply to Dara" links."""
    node = item.node
    if node is None:
        return None
    stops = {answer.number: answer.stop for answer in item.answers}
    number = node.number + 1
    for _ in range(MAX_INNER):
        if number >= node.stop:
            return None
        if number in stops:
            number = stops[number]
            continue
        inner = tree.nodes[number]
        number += 1
        fragment = inner.attributes.get("href", "").rpartition("#")[2] if inner.tag == "a" else ""
        parent = named.get(_name(fragment)) if fragment else None
        if parent is not None and parent is not item and _is_answer(inner, tree):
            return parent
    return None


def _numbers_told(item: CommentItem) -> tuple[str, str]:
    """Return the number that a comment bears ("#1.2"), and that of the one it answers, or "".

    A line must name it ("Reply to #1"); that "1.2" may stand below "1" is not enough.
    """
    label = answered = ""
    for block in item.own:
        text = block.spaced
        if len(text) > MAX_VALUE or "#" not in text:
            continue
        match = _LABEL.match(text)
        if match is not None:
            label = label or match[1].replace("-", ".")
        elif not answered and is_answer_line(text):
            match = _LABEL.search(text)
            answered = match[1].replace("-", ".") if match is not None else ""
    return label, answered


def _quoted(item: CommentItem, beginnings: Mapping[str, CommentItem]) -> CommentItem | None:
    """Return the comment whose beginning a line quotes: "Replied to: I had no idea that…"."""
    for block in item.own:
        text = block.spaced
        if len(text) <= MAX_QUOTE and text.endswith(("…", "...")) and is_answer_line(text):
            quote = text.partition(": ")[2].strip(_QUOTES)
            return beginnings.get(quote[:QUOTED]) if len(quote) > QUOTED else None
    return None


def _is_answer(link: Node, tree: Tree) -> bool:
    """Tell whether a link stands in a line that says what is answered."""
    names = " ".join(n.attributes.get("class", "") for n in (link, link.parent) if n is not None)
    if re.search(r"reply-?_?to|quote-?_?link|in-?reply|parent", names[:MAX_VALUE], re.IGNORECASE):
        return True
    lines = [block.text for block in tree.blocks[max(link.first - 1, 0) : link.last + 1]]
    return any(line.startswith((">>", "»", "@")) or is_answer_line(line) for line in lines)


def _depth(node: Node, tree: Tree) -> int | None:
    """Return the depth that the names or attributes of a comment, or of its first parts, tell."""
    for inner in tree.nodes[node.number : min(node.number + DEEPEST, node.stop)]:
        if inner is not node and inner.marks & _ITEM:
            break
        attributes = inner.attributes
        value = next((attributes[name] for name in _DEPTH_ATTRIBUTES if name in attributes), "")
        if value.strip().isdecimal():
            return int(value[:3])
        match = _DEPTH.search(attributes.get("class", "")[:400])
        if match is not None:
            return int(match[1])
    return None


def _depth_around(node: Node, places: Sequence[int]) -> int | None:
    """Return the depth that the names of elements around a single comment tell.

    Parameters
    ----------
    node : Node
    places : sequence of int
        The numbers of all comments' elements, in order.
    """
    outer = node.parent
    inside = bisect_left(places, node.stop) - bisect_left(places, node.number)
    for _ in range(MAX_AROUND):
        if outer is None or outer.parent is None:
            break
        if bisect_left(places, outer.stop) - bisect_left(places, outer.number) > inside:
            break
        match = _DEPTH.search(outer.attributes.get("class", "")[:400])
        if match is not None:
            return int(match[1])
        outer = outer.parent
    return None


def _is_named_answer(node: Node) -> bool:
    """Tell whether a comment's own name says that it answers another ("comment-reply")."""
    return any(map(_names_answer, node.attributes.get("class", "")[:MAX_VALUE].split()))


@lru_cache(CACHED)
def _names_answer(token: str) -> bool:
    """Tell whether a name is that of an answer: "comment-reply", "comment--indented"."""
    words = name_words(token)
    if len(words) < 2:  # noqa: PLR2004
        return False
    return (words[0] in _BELOW and words[-1] in _ONE) or (
        words[-1] in _ANSWER and not _ONE.isdisjoint(words[:-1])
    )


def _margin(node: Node) -> int | None:
    """Return the indentation of a comment, in whatever unit its page has."""
    outer: Node | None = node
    for _ in range(2):
        if outer is None:
            break
        match = _MARGIN.search(outer.attributes.get("style", "")[:400])
        if match is not None:
            return int(match[1])
        outer = outer.parent
    return 0


def _shallower(stack: list[tuple[int, CommentItem]], depth: int | None) -> CommentItem | None:
    """Return the last comment that is less deep than another."""
    if depth is None:
        return None
    return next((item for value, item in reversed(stack) if value < depth), None)
