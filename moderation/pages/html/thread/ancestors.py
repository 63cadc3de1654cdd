"""Elements around the article's text or headline, none of which is a comment."""

from collections.abc import Sequence
from typing import Final

from moderation.pages.cues.lines import Opener, opener
from moderation.pages.html.marks import Mark
from moderation.pages.html.parser import Block, Node, Tree

_ITEM: Final = int(Mark.ITEM)
_BODY: Final = int(Mark.BODY)
_STORY: Final = int(Mark.STORY)
_FRAME: Final = int(Mark.FRAME)


def article_ancestors(tree: Tree) -> set[int]:
    """Return the numbers of the elements around the article's text or headline."""
    ancestors: set[int] = set()
    for node in tree.nodes:
        marks = node.marks
        # Most elements are neither, and are passed over without a call.
        is_story = marks & _STORY and not marks & _BODY and not node.context & _ITEM
        if not is_story and not (node.tag == "h1" and _is_headline(node, tree.blocks)):
            continue
        ancestor = node.parent
        while ancestor is not None and ancestor.number not in ancestors:
            ancestors.add(ancestor.number)
            ancestor = ancestor.parent
    return ancestors


def _is_headline(node: Node, blocks: Sequence[Block]) -> bool:
    """Tell whether a heading of the first level is not the comments'."""
    if node.context & _FRAME or node.first == node.last:
        return False
    return opener(blocks[node.first].text) not in {Opener.COMMENTS, Opener.FORM}
