"""Main content: the extent of a page's article, and the part that each of its blocks is.

The article's element is the innermost one that holds nearly all of the page's running text, where
links, short lines and comments do not count and elements named as furniture count little.
`moderation.pages.html.boilerplate` then drops what the site adds inside it.
"""

from collections.abc import Sequence
from typing import Final

from moderation.pages.html.boilerplate import MIN_TEXT, remove_boilerplate
from moderation.pages.html.markers import HEADINGS
from moderation.pages.html.marks import Mark
from moderation.pages.html.parser import Block, Node, Tree
from moderation.pages.page import Part

MAX_LINK_DENSITY = 0.4
"""Share of links from which on a text does not count as running text."""
MAX_LINK_DENSITY_INSIDE = 0.66
"""Share of links from which on a block inside the article's element is none of the article."""
MIN_HELD = 0.8
"""Share of the running text that an element must hold for the article to be in it alone."""
HEAVY = 0.3
"""Share of the text from which on an element with the headline is no furniture by its name."""
HEAVY_UNTITLED = 0.5
"""The same for an element without the headline."""
CAPTIONED = 0.35
"""Share of the text from which on captions are the article: a series of pictures."""

_FURNITURE: Final = int(Mark.FURNITURE)
_STORY: Final = int(Mark.STORY)
_CAPTION: Final = int(Mark.CAPTION)
_SURE: Final = int(Mark.SURE)
_COMMENTS: Final = int(Mark.AREA | Mark.FORM | Mark.FRAME)
_META: Final = int(Mark.META)
_NO_CONTAINERS: Final = frozenset(
    {"p", "li", "td", "tr", "ul", "ol", "dd", "dt", "blockquote", "pre", *HEADINGS}
)


class ArticleExtent:
    """The extent of a page's article.

    Parameters
    ----------
    tree : Tree
    taken : set of int
        The indices of the blocks that are comments or stand around one.
    title : Block or None
        The headline.
    author : str or None
        The article's author, with whose name a box about them begins.
    """

    def __init__(
        self, tree: Tree, taken: set[int], title: Block | None, author: str | None = None
    ) -> None:
        self.blocks = tree.blocks
        self.taken = taken
        self.weights: dict[int, int] = {}
        self.contexts: dict[int, int] = {}
        self.total = self._weigh(tree.nodes)
        self.title = title
        # A single word may begin any sentence.
        self.author = author if author and " " in author else None
        self.node = self._container(tree)
        self.captioned = self._has_captions_as_text()

    def parts(self) -> dict[int, Part]:
        """Return the part of each block of the article, by its index."""
        parts: dict[int, Part] = {}
        first, last = self.node.first, self.node.last
        lead = self.title.index + 1 if self.title and self.title.index < first else first
        for block in self.blocks[lead:last]:
            if block.index in self.taken or block is self.title:
                continue
            part = self._part(block) if block.index >= first else self._lead_part(block)
            if part is not None:
                parts[block.index] = part
        # A page of a few words has no cues, so all of it is the article.
        if self.total:
            remove_boilerplate(parts, self.blocks, self.author)
        return parts

    def _lead_part(self, block: Block) -> Part | None:
        """Return the part of a block between the headline and the article's element."""
        text = block.text
        if len(text) < MIN_TEXT or block.linked > MAX_LINK_DENSITY * len(text):
            return None
        if self._context(block.node) & (_FURNITURE | _CAPTION):
            return None
        return Part.SUBHEADING

    def _part(self, block: Block) -> Part | None:
        """Return the part of a block inside the article's element."""
        length = len(block.text)
        if block.linked > MAX_LINK_DENSITY_INSIDE * length:
            return None
        context = self._context(block.node)
        if context & _FURNITURE or (context & _CAPTION and not self.captioned):
            return None
        if length < MIN_TEXT and _is_meta(block.node):
            return None
        return Part.SUBHEADING if block.node.tag in HEADINGS else Part.PARAGRAPH

    def _weigh(self, nodes: Sequence[Node]) -> int:
        """Set each element's weight, the length of the running text inside it; return the total."""
        sums = [0]
        total = 0
        for block in self.blocks:
            length = len(block.text) - block.linked
            if (
                length >= MIN_TEXT
                and block.linked <= MAX_LINK_DENSITY * length
                and block.index not in self.taken
            ):
                total += length
            sums.append(total)
        for node in nodes:
            weight = sums[node.last] - sums[node.first]
            if weight:
                self.weights[node.number] = weight
        return total

    def _container(self, tree: Tree) -> Node:
        """Return the innermost element that holds nearly all of the article's text."""
        weights = self.weights
        best = tree.root
        best_weight = self._discounted(weights.get(best.number, 0), best)
        # Elements come in the order of the page, so that those inside follow.
        for number in sorted(weights):
            node = tree.nodes[number]
            if not best.number < number < best.stop or node.tag in _NO_CONTAINERS:
                continue
            if self._discounted(weights[number], node) >= MIN_HELD * best_weight:
                best, best_weight = node, weights[number]
        ancestor: Node | None = best
        while ancestor is not None:
            if ancestor.marks & _STORY:
                best = ancestor
            ancestor = ancestor.parent
        return best

    def _discounted(self, weight: int, node: Node) -> int:
        """Return a quarter of the weight of an element in furniture, else its weight."""
        return weight // 4 if self._context(node) & _FURNITURE else weight

    def _context(self, node: Node) -> int:
        """Return the marks of an element and those around it, less furniture that is too heavy."""
        contexts = self.contexts
        pending: list[Node] = []
        ancestor: Node | None = node
        while ancestor is not None and ancestor.number not in contexts:
            pending.append(ancestor)
            ancestor = ancestor.parent
        context = 0 if ancestor is None else contexts[ancestor.number]
        # From the outside in, in a loop: elements are nested more deeply than calls may be.
        for inner in reversed(pending):
            marks = inner.marks
            if marks & _SURE and marks & _COMMENTS:
                marks |= _FURNITURE
            if marks & (_FURNITURE | _META) and self._is_heavy(inner):
                marks &= ~(_FURNITURE | _META)
            if marks & _STORY:
                context &= ~_FURNITURE
                marks &= ~_FURNITURE
            context |= marks
            contexts[inner.number] = context
        return context

    def _is_heavy(self, node: Node) -> bool:
        """Tell whether an element holds too much of the text to be furniture."""
        share = self.weights.get(node.number, 0) / max(self.total, 1)
        titled = self.title is not None and node.first <= self.title.index < node.last
        return share > (HEAVY if titled else HEAVY_UNTITLED)

    def _has_captions_as_text(self) -> bool:
        """Tell whether captions make up the article, as in a series of pictures."""
        captions = sum(
            len(block.text)
            for block in self.blocks[self.node.first : self.node.last]
            if self._context(block.node) & _CAPTION and len(block.text) >= MIN_TEXT
        )
        return captions > CAPTIONED * self.weights.get(self.node.number, 0)


def _is_meta(node: Node) -> bool:
    """Tell whether an element, or the one around it, is named as a byline, a date or the like."""
    return bool((node.marks | (node.parent.marks if node.parent else 0)) & _META)
