"""A page's elements -> its article."""

from collections.abc import Sequence
from typing import Final

from moderation.pages.html.asides import is_aside, opens_section
from moderation.pages.html.markers import HEADINGS, Mark
from moderation.pages.html.parser import Block, Node, Tree
from moderation.pages.page import Part

# FOLDED trim: What stands in the article's element -> the article, without what the site adds to
# it.

LONG = 60
"""Characters of what is no menu's, button's or heading's text."""

EDGE = 3
"""Blocks at the article's head, and at its tail, where notes about it stand."""

BELOW = 0.3
"""Share of the article from which on nothing above it is a heading for comments or links."""

_ENDS = (".", "!", "?", "…", "”", '"', "»", "“", "’", ")", "。", "។", "؟", "।", "！", "？")


def trim(parts: dict[int, Part], blocks: Sequence[Block], author: str | None) -> None:
    """Drop the parts that are none of the article.

    Parameters
    ----------
    parts : dict of int to Part
        The part of each block of the article, by its place; changed in place.
    blocks : sequence of Block
        All of the page's.
    author : str or None
        Whose name begins the box about the author.
    """
    _drop_sections(parts, blocks)
    _drop_asides(parts, blocks, author)
    _drop_lone_headings(parts)
    _drop_tail(parts, blocks)


def _drop_sections(parts: dict[int, Part], blocks: Sequence[Block]) -> None:
    """Drop what stands below a heading for comments or links, at the article's end."""
    total = left = sum(len(blocks[index].text) for index in parts)
    for index in sorted(parts):
        text = blocks[index].text
        if left < BELOW * total and len(text) < LONG and opens_section(text):
            for below in [each for each in parts if each >= index]:
                del parts[below]
            return
        left -= len(text)


def _drop_asides(parts: dict[int, Part], blocks: Sequence[Block], author: str | None) -> None:
    """Drop what the site says to its readers."""
    places = sorted(parts)
    last = len(places) - EDGE
    for place, index in enumerate(places):
        text = blocks[index].text
        if is_aside(text, edge=place < EDGE or place >= last) or (
            place >= last and author and text.startswith(author)
        ):
            del parts[index]


def _drop_tail(parts: dict[int, Part], blocks: Sequence[Block]) -> None:
    """Drop the short lines below the last paragraph: credits, links, notices."""
    places = sorted(parts)
    while places:
        index = places.pop()
        text = blocks[index].text
        answers = bool(places) and blocks[places[-1]].text.endswith(":")
        if answers or len(text) >= LONG or text.endswith(_ENDS):
            break
        del parts[index]


def _drop_lone_headings(parts: dict[int, Part]) -> None:
    """Drop each heading below which nothing of the article stands."""
    following = None
    for index in sorted(parts, reverse=True):
        if parts[index] is Part.SUBHEADING and following is None:
            del parts[index]
        else:
            following = index


_FURNITURE: Final = int(Mark.FURNITURE)
_STORY: Final = int(Mark.STORY)
_CAPTION: Final = int(Mark.CAPTION)
_SURE: Final = int(Mark.SURE)
_COMMENTS: Final = int(Mark.AREA | Mark.FORM | Mark.FRAME)
_META: Final = int(Mark.META)
_SMALL: Final = frozenset(
    {"p", "li", "td", "tr", "ul", "ol", "dd", "dt", "blockquote", "pre", *HEADINGS}
)

LINKED = 0.4
"""Share of links from which on a text does not count."""

MOSTLY_LINKED = 0.66
"""Share of links from which on a block inside the article is none of it."""

STAYS = 0.8
"""Share of the text that an element must hold for the article to be in it alone."""

HEAVY = 0.3
"""Share of the text from which on no element is furniture, whatever its name says."""

ALONE = 0.5
"""The same for an element without the headline."""

CAPTIONED = 0.35
"""Share of the text from which on captions are the article: a series of pictures."""


class ArticleExtent:
    """Where a page's article stands.

    Parameters
    ----------
    tree : Tree
    taken : set of int
        The blocks that are comments or stand around one.
    title : Block or None
        The headline.
    author : str or None
        Whose name begins the box about the author.
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
        self.author = author if author and " " in author else None
        self.node = self._container(tree)
        self.captioned = self._captioned()

    def parts(self) -> dict[int, Part]:
        """Return the part of each block of the article, by its place."""
        found: dict[int, Part] = {}
        first, last = self.node.first, self.node.last
        lead = self.title.index + 1 if self.title and self.title.index < first else first
        for block in self.blocks[lead:last]:
            if block.index in self.taken or block is self.title:
                continue
            part = self._part(block) if block.index >= first else self._lead(block)
            if part is not None:
                found[block.index] = part
        # What a page of a few words is cannot be told, so all of it is the article.
        if self.total:
            trim(found, self.blocks, self.author)
        return found

    def _lead(self, block: Block) -> Part | None:
        """Return what a block between the headline and the article is."""
        text = block.text
        if len(text) < LONG or block.linked > LINKED * len(text):
            return None
        if self._context(block.node) & (_FURNITURE | _CAPTION):
            return None
        return Part.SUBHEADING

    def _part(self, block: Block) -> Part | None:
        """Return what a block inside the article's element is."""
        length = len(block.text)
        if block.linked > MOSTLY_LINKED * length:
            return None
        context = self._context(block.node)
        if context & _FURNITURE or (context & _CAPTION and not self.captioned):
            return None
        if length < LONG and _is_meta(block.node):
            return None
        return Part.SUBHEADING if block.node.tag in HEADINGS else Part.PARAGRAPH

    def _weigh(self, nodes: Sequence[Node]) -> int:
        """Give each element the length of the running text inside it."""
        sums = [0]
        for block in self.blocks:
            length = len(block.text) - block.linked
            light = length < LONG or block.linked > LINKED * length or block.index in self.taken
            sums.append(sums[-1] + (0 if light else length))
        for node in nodes:
            weight = sums[node.last] - sums[node.first]
            if weight:
                self.weights[node.number] = weight
        return sums[-1]

    def _container(self, tree: Tree) -> Node:
        """Return the innermost element that holds nearly all of the article's text."""
        weights = self.weights
        best = tree.root
        held = self._light(weights.get(best.number, 0), best)
        # Elements come in the order of the page, so that those inside follow.
        for number in sorted(weights):
            node = tree.nodes[number]
            if not best.number < number < best.stop or node.tag in _SMALL:
                continue
            if self._light(weights[number], node) >= STAYS * held:
                best, held = node, weights[number]
        around: Node | None = best
        while around is not None:
            if around.marks & _STORY:
                best = around
            around = around.parent
        return best

    def _light(self, weight: int, node: Node) -> int:
        return weight // 4 if self._context(node) & _FURNITURE else weight

    def _context(self, node: Node) -> int:
        """Return what the names around a text say, but for those of elements too heavy for it."""
        known = self.contexts
        waiting: list[Node] = []
        at: Node | None = node
        while at is not None and at.number not in known:
            waiting.append(at)
            at = at.parent
        around = 0 if at is None else known[at.number]
        # From the outside in, in a loop: elements stand deeper in each other than calls may.
        for each in reversed(waiting):
            marks = each.marks
            if marks & _SURE and marks & _COMMENTS:
                marks |= _FURNITURE
            if marks & (_FURNITURE | _META) and self._is_heavy(each):
                marks &= ~(_FURNITURE | _META)
            if marks & _STORY:
                around &= ~_FURNITURE
                marks &= ~_FURNITURE
            around |= marks
            known[each.number] = around
        return around

    def _is_heavy(self, node: Node) -> bool:
        share = self.weights.get(node.number, 0) / max(self.total, 1)
        titled = self.title is not None and node.first <= self.title.index < node.last
        return share > (HEAVY if titled else ALONE)

    def _captioned(self) -> bool:
        captions = sum(
            len(block.text)
            for block in self.blocks[self.node.first : self.node.last]
            if self._context(block.node) & _CAPTION and len(block.text) >= LONG
        )
        return captions > CAPTIONED * self.weights.get(self.node.number, 0)


def _is_meta(node: Node) -> bool:
    """Whether a short text is a byline, a date or the like."""
    return bool((node.marks | (node.parent.marks if node.parent else 0)) & _META)
