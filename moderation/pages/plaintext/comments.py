"""Sixth stage, for comments: their blocks -> one passage a comment, and what stands between."""

import re
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from enum import Enum, auto
from itertools import pairwise
from typing import NamedTuple

from moderation.pages.cues.lines import (
    Opener,
    is_buttons,
    is_copyright,
    is_footer,
    is_ornament,
    is_sentence,
    is_share,
    opener,
)
from moderation.pages.cues.names import author_line, given, plain_name, signature
from moderation.pages.cues.vocabulary import ADVERTISEMENTS, is_date, key
from moderation.pages.page import Kind, Part, Passage
from moderation.pages.plaintext.blocks import LineBlock
from moderation.text.words import word_count

# FOLDED roles: Fifth stage, for comments: what each of their blocks does.

TITLE_WORDS = 30
LEAST_NAMED_STARTS = 2
NAMED_SHARE = 0.6
_COUNTED = re.compile(
    r"(?:(?:comment|kommentar|commentaire|comentario|commento|reactie|post|beitrag)\s)?"
    r"[#№(\[]{0,2}(?P<number>\d{1,5})[.):\]]{0,2}\s+(?:by\s|von\s)?(?P<name>\D{1,60})"
    r"|(?P<named>[^#\d]{1,60})\s#(?P<count>\d{1,5})",
    re.IGNORECASE,
)
_NUMBER = re.compile(r"(?<![\d.,])\d{1,6}(?![\d.,])")


class BlockRole(Enum):
    """What a block among comments does."""

    HEADING = auto()
    FORM = auto()
    AUTHOR = auto()
    DATE = auto()
    BUTTONS = auto()
    PAGER = auto()
    TEASER = auto()
    FOOTER = auto()
    ADVERTISEMENT = auto()
    ORNAMENT = auto()
    TEXT = auto()


class RoleBlock(NamedTuple):
    """A block, its role, and for an author's line the name."""

    block: LineBlock
    role: BlockRole
    name: str | None = None


def assign_roles(blocks: Sequence[LineBlock]) -> list[RoleBlock]:
    """Give each block among comments its role; what has no other is a reader's text."""
    pieces = [_piece(block) for block in blocks]
    for index in range(1, len(pieces)):
        before, piece = pieces[index - 1], pieces[index]
        title = piece.role is BlockRole.TEXT and word_count(piece.block.text) <= TITLE_WORDS
        if title and opener(before.block.text) is Opener.PAGER:
            pieces[index] = piece._replace(role=BlockRole.TEASER)
    if all(piece.role is not BlockRole.AUTHOR for piece in pieces):
        _find_numbered(pieces)
    if all(piece.role is not BlockRole.AUTHOR for piece in pieces):
        _find_names(pieces)
    _keep_quotes(pieces)
    return pieces


def announced(pieces: Sequence[RoleBlock]) -> int | None:
    """Return how many comments the heading announces ("3 comments"), if it does."""
    heading = pieces[0].block.text if pieces and pieces[0].role is BlockRole.HEADING else ""
    number = _NUMBER.search(heading)
    return int(number.group()) if number else None


def _piece(block: LineBlock) -> RoleBlock:
    text = block.text
    opened = opener(text)
    if opened in _OPENERS:
        return RoleBlock(block, _OPENERS[opened])
    if is_ornament(text):
        return RoleBlock(block, BlockRole.TEXT if _is_emoji(text) else BlockRole.ORNAMENT)
    for role, holds in _FORMS:
        if holds(text):
            return RoleBlock(block, role)
    author = author_line(text)
    return (
        RoleBlock(block, BlockRole.TEXT)
        if author is None
        else RoleBlock(block, BlockRole.AUTHOR, author.name)
    )


_OPENERS: dict[Opener | None, BlockRole] = {
    Opener.COMMENTS: BlockRole.HEADING,
    Opener.FORM: BlockRole.FORM,
    Opener.PAGER: BlockRole.PAGER,
    Opener.LAST_PAGER: BlockRole.PAGER,
}
_FORMS: tuple[tuple[BlockRole, Callable[[str], bool]], ...] = (
    (BlockRole.DATE, is_date),
    (BlockRole.BUTTONS, is_buttons),
    (BlockRole.BUTTONS, is_share),
    (BlockRole.FOOTER, is_footer),
    (BlockRole.ADVERTISEMENT, lambda text: key(text) in ADVERTISEMENTS),
)


def _is_emoji(text: str) -> bool:
    return any(unicodedata.category(character) == "So" for character in text)


def _find_numbered(pieces: list[RoleBlock]) -> None:
    """Find names with numbers ("#3 Dara", "Dara #3") that count the comments one by one."""
    found: list[tuple[int, int, str]] = []
    for index, piece in enumerate(pieces):
        match = _COUNTED.fullmatch(piece.block.text) if piece.role is BlockRole.TEXT else None
        name = plain_name((match["name"] or match["named"]).strip("[]")) if match else None
        if match is not None and name is not None:
            found.append((index, int(match["number"] or match["count"]), name))
    steps = {after[1] - before[1] for before, after in pairwise(found)}
    if steps in ({1}, {-1}):
        for index, _, name in found:
            pieces[index] = RoleBlock(pieces[index].block, BlockRole.AUTHOR, given(name))


def _keep_quotes(pieces: list[RoleBlock]) -> None:
    """Leave to a comment the line that says whom it quotes ("Dara wrote:", above "> ...")."""
    for index in range(1, len(pieces) - 1):
        begun = pieces[index - 1].role in {BlockRole.AUTHOR, BlockRole.DATE}
        quoted = pieces[index + 1].block.text.startswith((">", "|"))
        if begun and quoted and pieces[index].role is BlockRole.AUTHOR:
            pieces[index] = RoleBlock(pieces[index].block, BlockRole.TEXT)


def _find_names(pieces: list[RoleBlock]) -> None:
    """Find names that stand alone: above a date, or above most texts of a page with buttons."""
    roles = [piece.role for piece in pieces]
    dated = [
        index
        for index, piece in enumerate(pieces[:-2])
        if piece.role is BlockRole.TEXT
        and roles[index + 1] is BlockRole.DATE
        and BlockRole.TEXT in roles[index + 2 : index + 4]
        and plain_name(piece.block.text) is not None
    ]
    starts = [
        index
        for index in range(1, len(pieces) - 1)
        if roles[index] is BlockRole.TEXT and roles[index - 1] is not BlockRole.TEXT
    ]
    named = [
        index
        for index in starts
        if roles[index + 1] is BlockRole.TEXT and plain_name(pieces[index].block.text) is not None
    ]
    marked = BlockRole.BUTTONS in roles or BlockRole.DATE in roles
    consistent = len(named) >= max(LEAST_NAMED_STARTS, NAMED_SHARE * len(starts))
    for index in dated or (named if marked and consistent else []):
        name = plain_name(pieces[index].block.text)
        pieces[index] = RoleBlock(pieces[index].block, BlockRole.AUTHOR, name and given(name))


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
