"""Sixth stage, for comments: their blocks -> one passage a comment, and what stands between."""

from collections.abc import Iterator, Sequence

from moderation.pages.dump.blocks import Block
from moderation.pages.dump.roles import Piece, Role, announced, assign_roles
from moderation.pages.page import Kind, Part, Passage
from moderation.pages.signs.furniture import is_copyright
from moderation.pages.signs.names import signature
from moderation.pages.signs.shapes import is_sentence
from moderation.text.words import word_count

MENU_WORDS = 3

_PARTS = {
    Role.HEADING: Part.HEADING,
    Role.FORM: Part.HEADING,
    Role.AUTHOR: Part.BYLINE,
    Role.DATE: Part.DATE,
    Role.BUTTONS: Part.NAVIGATION,
    Role.PAGER: Part.NAVIGATION,
    Role.TEASER: Part.TEASER,
    Role.FOOTER: Part.NAVIGATION,
    Role.ADVERTISEMENT: Part.ADVERTISEMENT,
    Role.ORNAMENT: Part.ORNAMENT,
    Role.TEXT: Part.NAVIGATION,
}
_INSIDE = frozenset({Role.ORNAMENT, Role.ADVERTISEMENT})
_FORGET_AUTHOR = frozenset({Role.HEADING, Role.FORM, Role.PAGER, Role.FOOTER})


def read_comments(text: str, blocks: Sequence[Block]) -> Iterator[Passage]:
    """Yield the passages of a comments region, in order.

    A reader's text is never taken for furniture unless a whole line of it is a known phrase.
    """
    pieces = assign_roles(blocks)
    reader = _Reader(text, one_each=_is_one_each(pieces))
    for piece in pieces:
        yield from reader.take(piece)
    yield from reader.close()


def furniture_passage(text: str, block: Block, part: Part) -> Passage:
    """Return a block as furniture."""
    end = block.end
    return Passage(Kind.FURNITURE, part, None, block.start, end, text[block.start : end])


def _is_one_each(pieces: Sequence[Piece]) -> bool:
    """Whether each block is a comment: nothing parts them, and the heading's number is theirs."""
    roles = [piece.role for piece in pieces]
    parted = {Role.AUTHOR, Role.DATE, Role.BUTTONS}.intersection(roles)
    return not parted and announced(pieces) == roles.count(Role.TEXT)


class _Reader:
    """Collects the blocks of one comment until something ends it."""

    def __init__(self, text: str, *, one_each: bool) -> None:
        self.text = text
        self.one_each = one_each
        self.author: str | None = None
        self.blocks: list[Block] = []
        self.held: list[Piece] = []
        self.in_form = False

    def take(self, piece: Piece) -> Iterator[Passage]:
        if piece.role is Role.TEXT and not self._is_menu(piece.block):
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
        if piece.role is Role.AUTHOR or piece.role in _FORGET_AUTHOR:
            self.author = piece.name
        if piece.role is not Role.TEXT:
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

    def _opens_form(self, piece: Piece) -> bool:
        ends_page = piece.role is Role.FORM or is_copyright(piece.block.text)
        return ends_page or (self.in_form and piece.role not in {Role.AUTHOR, Role.HEADING})

    def _is_menu(self, block: Block) -> bool:
        """Whether a few words below a form or a copyright line are a menu's, not a reader's."""
        short = word_count(block.text) <= MENU_WORDS and not is_sentence(block.text)
        return self.in_form and not self.blocks and short
