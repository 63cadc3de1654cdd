"""Fifth stage, for comments: what each of their blocks does."""

import re
import unicodedata
from collections.abc import Callable, Sequence
from enum import Enum, auto
from itertools import pairwise
from typing import NamedTuple

from moderation.pages.dump.blocks import Block
from moderation.pages.signs.authors import author_line
from moderation.pages.signs.dates import is_date
from moderation.pages.signs.furniture import is_buttons, is_footer, is_share
from moderation.pages.signs.names import given, plain_name
from moderation.pages.signs.openers import Opener, opener
from moderation.pages.signs.phrases import ADVERTISEMENTS, key
from moderation.pages.signs.shapes import is_ornament
from moderation.text.words import word_count

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


class Role(Enum):
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


class Piece(NamedTuple):
    """A block, its role, and for an author's line the name."""

    block: Block
    role: Role
    name: str | None = None


def assign_roles(blocks: Sequence[Block]) -> list[Piece]:
    """Give each block among comments its role; what has no other is a reader's text."""
    pieces = [_piece(block) for block in blocks]
    for index in range(1, len(pieces)):
        before, piece = pieces[index - 1], pieces[index]
        title = piece.role is Role.TEXT and word_count(piece.block.text) <= TITLE_WORDS
        if title and opener(before.block.text) is Opener.PAGER:
            pieces[index] = piece._replace(role=Role.TEASER)
    if all(piece.role is not Role.AUTHOR for piece in pieces):
        _find_numbered(pieces)
    if all(piece.role is not Role.AUTHOR for piece in pieces):
        _find_names(pieces)
    _keep_quotes(pieces)
    return pieces


def announced(pieces: Sequence[Piece]) -> int | None:
    """Return how many comments the heading announces ("3 comments"), if it does."""
    heading = pieces[0].block.text if pieces and pieces[0].role is Role.HEADING else ""
    number = _NUMBER.search(heading)
    return int(number.group()) if number else None


def _piece(block: Block) -> Piece:
    text = block.text
    opened = opener(text)
    if opened in _OPENERS:
        return Piece(block, _OPENERS[opened])
    if is_ornament(text):
        return Piece(block, Role.TEXT if _is_emoji(text) else Role.ORNAMENT)
    for role, holds in _FORMS:
        if holds(text):
            return Piece(block, role)
    author = author_line(text)
    return Piece(block, Role.TEXT) if author is None else Piece(block, Role.AUTHOR, author.name)


_OPENERS: dict[Opener | None, Role] = {
    Opener.COMMENTS: Role.HEADING,
    Opener.FORM: Role.FORM,
    Opener.PAGER: Role.PAGER,
    Opener.LAST_PAGER: Role.PAGER,
}
_FORMS: tuple[tuple[Role, Callable[[str], bool]], ...] = (
    (Role.DATE, is_date),
    (Role.BUTTONS, is_buttons),
    (Role.BUTTONS, is_share),
    (Role.FOOTER, is_footer),
    (Role.ADVERTISEMENT, lambda text: key(text) in ADVERTISEMENTS),
)


def _is_emoji(text: str) -> bool:
    return any(unicodedata.category(character) == "So" for character in text)


def _find_numbered(pieces: list[Piece]) -> None:
    """Find names with numbers ("#3 Dara", "Dara #3") that count the comments one by one."""
    found: list[tuple[int, int, str]] = []
    for index, piece in enumerate(pieces):
        match = _COUNTED.fullmatch(piece.block.text) if piece.role is Role.TEXT else None
        name = plain_name((match["name"] or match["named"]).strip("[]")) if match else None
        if match is not None and name is not None:
            found.append((index, int(match["number"] or match["count"]), name))
    steps = {after[1] - before[1] for before, after in pairwise(found)}
    if steps in ({1}, {-1}):
        for index, _, name in found:
            pieces[index] = Piece(pieces[index].block, Role.AUTHOR, given(name))


def _keep_quotes(pieces: list[Piece]) -> None:
    """Leave to a comment the line that says whom it quotes ("Dara wrote:", above "> ...")."""
    for index in range(1, len(pieces) - 1):
        begun = pieces[index - 1].role in {Role.AUTHOR, Role.DATE}
        quoted = pieces[index + 1].block.text.startswith((">", "|"))
        if begun and quoted and pieces[index].role is Role.AUTHOR:
            pieces[index] = Piece(pieces[index].block, Role.TEXT)


def _find_names(pieces: list[Piece]) -> None:
    """Find names that stand alone: above a date, or above most texts of a page with buttons."""
    roles = [piece.role for piece in pieces]
    dated = [
        index
        for index, piece in enumerate(pieces[:-2])
        if piece.role is Role.TEXT
        and roles[index + 1] is Role.DATE
        and Role.TEXT in roles[index + 2 : index + 4]
        and plain_name(piece.block.text) is not None
    ]
    starts = [
        index
        for index in range(1, len(pieces) - 1)
        if roles[index] is Role.TEXT and roles[index - 1] is not Role.TEXT
    ]
    named = [
        index
        for index in starts
        if roles[index + 1] is Role.TEXT and plain_name(pieces[index].block.text) is not None
    ]
    marked = Role.BUTTONS in roles or Role.DATE in roles
    consistent = len(named) >= max(LEAST_NAMED_STARTS, NAMED_SHARE * len(starts))
    for index in dated or (named if marked and consistent else []):
        name = plain_name(pieces[index].block.text)
        pieces[index] = Piece(pieces[index].block, Role.AUTHOR, name and given(name))
