"""Which comment answers which, where answers do not stand inside what they answer."""

import re
from collections.abc import Sequence

from moderation.pages.html.comments.items import Item, numbers

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
