"""Sixth stage, for comments: their blocks -> one passage a comment, and what stands between."""

from collections.abc import Iterator, Sequence

from moderation.pages.dump.blocks import LineBlock
from moderation.pages.dump.roles import BlockRole, RoleBlock, announced, assign_roles
from moderation.pages.page import Kind, Part, Passage
from moderation.pages.signs.furniture import is_copyright
from moderation.pages.signs.names import signature
from moderation.pages.signs.shapes import is_sentence
from moderation.text.words import word_count

MENU_WORDS = 3

_PARTS = {
    BlockRole.HEADING: Part.HEADING,
    BlockRole.FORM: Part.HEADING,
    BlockRole.AUTHOR: Part.BYLINE,
    BlockRole.DATE: Part.DATE,
    BlockRole.BUTTONS: Part.NAVIGATION,
    BlockRole.PAGER: Part.NAVIGATION,
    BlockRole.TEASER: Part.TEASER,
    BlockRole.FOOTER: Part.NAVIGATION,
    BlockRole.ADVERTISEMENT: Part.ADVERTISEMENT,
    BlockRole.ORNAMENT: Part.ORNAMENT,
    BlockRole.TEXT: Part.NAVIGATION,
}
_INSIDE = frozenset({BlockRole.ORNAMENT, BlockRole.ADVERTISEMENT})
_FORGET_AUTHOR = frozenset({BlockRole.HEADING, BlockRole.FORM, BlockRole.PAGER, BlockRole.FOOTER})


def read_comments(text: str, blocks: Sequence[LineBlock]) -> Iterator[Passage]:
    """Yield the passages of a comments region, in order.

    A reader's text is never taken for furniture unless a whole line of it is a known phrase.
    """
    pieces = assign_roles(blocks)
    reader = _CommentCollector(text, one_each=_is_one_each(pieces))
    for piece in pieces:
        yield from reader.take(piece)
    yield from reader.close()


def furniture_passage(text: str, block: LineBlock, part: Part) -> Passage:
    """Return a block as furniture."""
    end = block.end
    return Passage(Kind.FURNITURE, part, None, block.start, end, text[block.start : end])


def _is_one_each(pieces: Sequence[RoleBlock]) -> bool:
    """Whether each block is a comment: nothing parts them, and the heading's number is theirs."""
    roles = [piece.role for piece in pieces]
    parted = {BlockRole.AUTHOR, BlockRole.DATE, BlockRole.BUTTONS}.intersection(roles)
    return not parted and announced(pieces) == roles.count(BlockRole.TEXT)


class _CommentCollector:
    """Collects the blocks of one comment until something ends it."""

    def __init__(self, text: str, *, one_each: bool) -> None:
        self.text = text
        self.one_each = one_each
        self.author: str | None = None
        self.blocks: list[LineBlock] = []
        self.held: list[RoleBlock] = []
        self.in_form = False

    def take(self, piece: RoleBlock) -> Iterator[Passage]:
        if piece.role is BlockRole.TEXT and not self._is_menu(piece.block):
            self.in_form = False
            self.blocks += [held.block for held in self.held] + [piece.block]
            self.held = []
            if self.one_each:
                yield from self.close()
            return
        if piece.role in _INSIDE and self.blocks:
            self.held.append(piece)
            return
        yield from self.close()
        if piece.role is BlockRole.AUTHOR or piece.role in _FORGET_AUTHOR:
            self.author = piece.name
        if piece.role is not BlockRole.TEXT:
            self.in_form = self._opens_form(piece)
        yield furniture_passage(self.text, piece.block, _PARTS[piece.role])

    def close(self) -> Iterator[Passage]:
        """Yield the comment collected so far, and the ornaments below it."""
        if self.blocks:
            start, end = self.blocks[0].start, self.blocks[-1].end
            words = self.text[start:end]
            author = self.author or signature(words)
            yield Passage(Kind.COMMENT, Part.COMMENT, author, start, end, words)
            self.author = None
        for piece in self.held:
            yield furniture_passage(self.text, piece.block, _PARTS[piece.role])
        self.blocks, self.held = [], []

    def _opens_form(self, piece: RoleBlock) -> bool:
        ends_page = piece.role is BlockRole.FORM or is_copyright(piece.block.text)
        return ends_page or (
            self.in_form and piece.role not in {BlockRole.AUTHOR, BlockRole.HEADING}
        )

    def _is_menu(self, block: LineBlock) -> bool:
        """Whether a few words below a form or a copyright line are a menu's, not a reader's."""
        short = word_count(block.text) <= MENU_WORDS and not is_sentence(block.text)
        return self.in_form and not self.blocks and short
