"""Families of elements: where some of a list's elements are told as comments, the others are too.

A theme names each comment after its state ("item guest", "item staff"), and only some of these
names tell it. What they share with the others beside them is the name of a comment on this page.
"""

import re
from collections import defaultdict
from collections.abc import Collection, Sequence
from typing import Final

from moderation.pages.html.dates import iso_time
from moderation.pages.html.marks import Mark
from moderation.pages.html.parser import Node, Tree
from moderation.pages.html.thread.items import CommentItem

MIN_NAME = 4
MAX_LINES = 8
"""Lines at the head of an element among which its date is sought."""
MAX_DATED = 80
MAX_REMOVED = 3
"""Lines in the place of a removed comment: its number, a title, a notice."""
MAX_NAMES = 12
"""Names in a class that are looked at."""
_ITEM: Final = int(Mark.ITEM | Mark.SURE)
_SURE: Final = int(Mark.SURE)
_PARTS: Final = int(Mark.BODY | Mark.AUTHOR | Mark.TIME | Mark.TOOL | Mark.FRAME | Mark.FORM)
_ELSEWHERE: Final = int(Mark.ELSEWHERE)
_SPEAKER: Final = int(Mark.AUTHOR | Mark.TIME)
_STYLE = re.compile(
    r"clearfix|(?:no)?wrap|row|col|flex|card|media|item|even|odd|first|last|block|grid|list|inner"
    r"|content|active|(?:d|p|m|mb|mt|pb|pt|text|bg|border|rounded|align|justify)-.*",
    re.IGNORECASE,
)


def complete_family(items: Sequence[CommentItem], tree: Tree) -> bool:
    """Mark the elements that have the name of some comments, inside the area of comments, as such.

    Returns
    -------
    bool
        Whether there are more than before.
    """
    found = [item.node for item in items if item.node is not None]
    shared = _shared_names(found)
    if not shared:
        return False
    known = {node.number for node in found}
    families: dict[str, list[Node]] = defaultdict(list)
    for node in tree.nodes:
        outer = node.parent
        if node.tag != found[0].tag or outer is None or not outer.context & _SURE:
            continue
        if node.context & _ELSEWHERE or node.first == node.last:
            continue
        for name in shared.intersection(node.attributes.get("class", "").split()[:MAX_NAMES]):
            families[name].append(node)
    # The smallest family that holds more than those which are known.
    for family in sorted(families.values(), key=len):
        new = [node for node in family if node.number not in known]
        # What stands inside a comment that is known is a part of it, and the name one of style.
        is_part = any(_stands_in(node, known) for node in new)
        if new and not is_part and all(_is_signed(node, tree) for node in new):
            for node in new:
                node.marks = (node.marks & ~_PARTS) | _ITEM
            return True
    return False


def _shared_names(nodes: Sequence[Node]) -> frozenset[str]:
    """Return the names that elements of one tag all have, without those of styles."""
    if not nodes or any(node.tag != nodes[0].tag for node in nodes):
        return frozenset()
    names = [set(node.attributes.get("class", "").split()[:MAX_NAMES]) for node in nodes]
    return frozenset(
        name
        for name in set.intersection(*names)
        if len(name) >= MIN_NAME and not _STYLE.fullmatch(name)
    )


def _stands_in(node: Node, known: Collection[int]) -> bool:
    """Tell whether an element stands inside one of some elements, given by their numbers."""
    outer = node.parent
    while outer is not None:
        if outer.number in known:
            return True
        outer = outer.parent
    return False


def _is_signed(node: Node, tree: Tree) -> bool:
    """Tell whether an element has an author or a date inside, or stands for a removed comment."""
    if node.last - node.first <= MAX_REMOVED:
        return True
    if any(inner.marks & _SPEAKER for inner in tree.nodes[node.number + 1 : node.stop]):
        return True
    lines = tree.blocks[node.first : min(node.last, node.first + MAX_LINES)]
    return any(len(line.text) <= MAX_DATED and iso_time(line.spaced) for line in lines)
