"""The comments of a text dump: one passage for each, and the furniture between them.

`assign_roles` gives each block of a comments region its role, such as an author's line, a date,
buttons, or a reader's text. `read_comments` collects the texts between two other blocks into one
comment.
"""

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
from moderation.pages.cues.names import author_line, plain_name, real_name, signature
from moderation.pages.cues.vocabulary import ADVERTISEMENTS, is_date, key
from moderation.pages.page import Kind, Part, Passage
from moderation.pages.plaintext.blocks import LineBlock
from moderation.pages.plaintext.bylines import author_lines, button_rows, find_bylines
from moderation.text.words import word_count

TEASER_WORDS = 30
MENU_WORDS = 3
MIN_NAMED_STARTS = 2
NAMED_SHARE = 0.6
"""Share of the texts below other blocks that must begin with a name for names to be authors."""

_NUMBERED_NAME = re.compile(
    r"(?:(?:comment|kommentar|commentaire|comentario|commento|reactie|post|beitrag)\s)?"
    r"[#№(\[]{0,2}(?P<number>\d{1,5})[.):\]]{0,2}\s+(?:by\s|von\s)?(?P<name>\D{1,60})"
    r"|(?P<named>[^#\d]{1,60})\s#(?P<count>\d{1,5})",
    re.IGNORECASE,
)
_NUMBER = re.compile(r"(?<![\d.,])\d{1,6}(?![\d.,])")


class BlockRole(Enum):
    """The role of a block among comments."""

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


_ROLES_OF_OPENERS: dict[Opener | None, BlockRole] = {
    Opener.COMMENTS: BlockRole.HEADING,
    Opener.FORM: BlockRole.FORM,
    Opener.PAGER: BlockRole.PAGER,
    Opener.LAST_PAGER: BlockRole.PAGER,
}
_ROLES_OF_FORMS: tuple[tuple[BlockRole, Callable[[str], bool]], ...] = (
    (BlockRole.DATE, is_date),
    (BlockRole.BUTTONS, is_buttons),
    (BlockRole.BUTTONS, is_share),
    (BlockRole.FOOTER, is_footer),
    (BlockRole.ADVERTISEMENT, lambda text: key(text) in ADVERTISEMENTS),
)
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
_INSIDE_COMMENTS = frozenset({BlockRole.ORNAMENT, BlockRole.ADVERTISEMENT})
_FORGET_AUTHOR = frozenset({BlockRole.HEADING, BlockRole.FORM, BlockRole.PAGER, BlockRole.FOOTER})


def read_comments(text: str, blocks: Sequence[LineBlock]) -> Iterator[Passage]:
    """Yield the passages of a comments region, in order.

    A reader's text is never taken for furniture unless a whole line of it is a known phrase.
    """
    role_blocks = assign_roles(blocks)
    collector = _CommentCollector(text, one_each=_is_one_each(role_blocks))
    for role_block in role_blocks:
        yield from collector.take(role_block)
    yield from collector.close()


def assign_roles(blocks: Sequence[LineBlock]) -> list[RoleBlock]:
    """Give each block among comments its role; one without any other is a reader's text."""
    role_blocks = [_role_by_form(block) for block in blocks]
    _assign_bylines(role_blocks)
    for index, (before, role_block) in enumerate(pairwise(role_blocks), start=1):
        if (
            role_block.role is BlockRole.TEXT
            and word_count(role_block.block.text) <= TEASER_WORDS
            and opener(before.block.text) is Opener.PAGER
        ):
            role_blocks[index] = role_block._replace(role=BlockRole.TEASER)
    if all(role_block.role is not BlockRole.AUTHOR for role_block in role_blocks):
        _assign_numbered_names(role_blocks)
    if all(role_block.role is not BlockRole.AUTHOR for role_block in role_blocks):
        _assign_plain_names(role_blocks)
    _keep_quotes(role_blocks)
    return role_blocks


def _assign_bylines(role_blocks: list[RoleBlock]) -> None:
    """Give their roles to rows of buttons, and to names above dates or below them."""
    blocks = [role_block.block for role_block in role_blocks]
    for index in button_rows(blocks):
        if role_blocks[index].role is BlockRole.TEXT:
            role_blocks[index] = RoleBlock(blocks[index], BlockRole.BUTTONS)
    named = find_bylines(blocks, author_lines(blocks))
    if len(named) < MIN_NAMED_STARTS:
        return
    for byline in named:
        inside = range(byline.first, byline.last)
        author = next((i for i in inside if not is_date(blocks[i].bare)), byline.first)
        for index in inside:
            if role_blocks[index].role is not BlockRole.TEXT:
                continue
            if index == author:
                role_blocks[index] = RoleBlock(blocks[index], BlockRole.AUTHOR, byline.name)
            else:
                role_blocks[index] = RoleBlock(blocks[index], BlockRole.DATE)


def _role_by_form(block: LineBlock) -> RoleBlock:
    """Return a block with the role that its form tells."""
    text = block.bare
    section = opener(text)
    if section in _ROLES_OF_OPENERS:
        return RoleBlock(block, _ROLES_OF_OPENERS[section])
    if is_ornament(text):
        return RoleBlock(block, BlockRole.TEXT if _is_emoji(text) else BlockRole.ORNAMENT)
    for role, holds in _ROLES_OF_FORMS:
        if holds(text):
            return RoleBlock(block, role)
    author = author_line(text)
    return (
        RoleBlock(block, BlockRole.TEXT)
        if author is None
        else RoleBlock(block, BlockRole.AUTHOR, author.name)
    )


def _is_emoji(text: str) -> bool:
    """Tell whether a text has an emoji."""
    return any(unicodedata.category(character) == "So" for character in text)


def _assign_numbered_names(role_blocks: list[RoleBlock]) -> None:
    """Make authors of numbered names ("#3 Dara", "Dara #3") that count the comments one by one."""
    numbered: list[tuple[int, int, str]] = []
    for index, role_block in enumerate(role_blocks):
        if role_block.role is not BlockRole.TEXT:
            continue
        match = _NUMBERED_NAME.fullmatch(role_block.block.text)
        name = plain_name((match["name"] or match["named"]).strip("[]")) if match else None
        if match is not None and name is not None:
            numbered.append((index, int(match["number"] or match["count"]), name))
    steps = {after[1] - before[1] for before, after in pairwise(numbered)}
    if steps in ({1}, {-1}):
        for index, _, name in numbered:
            role_blocks[index] = RoleBlock(
                role_blocks[index].block, BlockRole.AUTHOR, real_name(name)
            )


def _assign_plain_names(role_blocks: list[RoleBlock]) -> None:
    """Make authors of names alone: above a date, or above most texts of a page with buttons."""
    roles = [role_block.role for role_block in role_blocks]
    dated = [
        index
        for index, role_block in enumerate(role_blocks[:-2])
        if role_block.role is BlockRole.TEXT
        and roles[index + 1] is BlockRole.DATE
        and BlockRole.TEXT in roles[index + 2 : index + 4]
        and plain_name(role_block.block.text) is not None
    ]
    starts = [
        index
        for index in range(1, len(role_blocks) - 1)
        if roles[index] is BlockRole.TEXT and roles[index - 1] is not BlockRole.TEXT
    ]
    named = [
        index
        for index in starts
        if roles[index + 1] is BlockRole.TEXT
        and plain_name(role_blocks[index].block.text) is not None
    ]
    has_marks = BlockRole.BUTTONS in roles or BlockRole.DATE in roles
    is_consistent = len(named) >= max(MIN_NAMED_STARTS, NAMED_SHARE * len(starts))
    for index in dated or (named if has_marks and is_consistent else []):
        name = plain_name(role_blocks[index].block.text)
        role_blocks[index] = RoleBlock(
            role_blocks[index].block, BlockRole.AUTHOR, name and real_name(name)
        )


def _keep_quotes(role_blocks: list[RoleBlock]) -> None:
    """Leave to a comment the line that names whom it quotes ("Dara wrote:", above "> ...")."""
    for index in range(1, len(role_blocks) - 1):
        begun = role_blocks[index - 1].role in {BlockRole.AUTHOR, BlockRole.DATE}
        quoted = role_blocks[index + 1].block.text.startswith((">", "|"))
        if begun and quoted and role_blocks[index].role is BlockRole.AUTHOR:
            role_blocks[index] = RoleBlock(role_blocks[index].block, BlockRole.TEXT)


def _is_one_each(role_blocks: Sequence[RoleBlock]) -> bool:
    """Tell whether each text is a comment: nothing parts them, and the heading counts them."""
    roles = [role_block.role for role_block in role_blocks]
    parted = {BlockRole.AUTHOR, BlockRole.DATE, BlockRole.BUTTONS}.intersection(roles)
    return not parted and _announced_count(role_blocks) == roles.count(BlockRole.TEXT)


def _announced_count(role_blocks: Sequence[RoleBlock]) -> int | None:
    """Return the number of comments that the heading announces ("3 comments"), if it does."""
    if not role_blocks or role_blocks[0].role is not BlockRole.HEADING:
        return None
    number = _NUMBER.search(role_blocks[0].block.text)
    return int(number.group()) if number else None


class _CommentCollector:
    """Collects the blocks of one comment until something ends it."""

    def __init__(self, text: str, *, one_each: bool) -> None:
        self.text = text
        self.one_each = one_each
        self.author: str | None = None
        self.blocks: list[LineBlock] = []
        self.held: list[RoleBlock] = []
        self.in_form = False

    def take(self, role_block: RoleBlock) -> Iterator[Passage]:
        """Take the next block; yield the passages that it ends, and itself if it is furniture."""
        role = role_block.role
        if role is BlockRole.TEXT and not self._is_menu(role_block.block):
            self.in_form = False
            self.blocks += [held.block for held in self.held] + [role_block.block]
            self.held = []
            if self.one_each:
                yield from self.close()
            return
        if role in _INSIDE_COMMENTS and self.blocks:
            self.held.append(role_block)
            return
        yield from self.close()
        if role is BlockRole.AUTHOR or role in _FORGET_AUTHOR:
            self.author = role_block.name
        if role is not BlockRole.TEXT:
            self.in_form = self._is_in_form(role_block)
        yield self._furniture(role_block)

    def close(self) -> Iterator[Passage]:
        """Yield the comment collected so far, and the ornaments below it."""
        if self.blocks:
            start, end = self.blocks[0].start, self.blocks[-1].end
            comment = self.text[start:end]
            author = self.author or signature(comment)
            yield Passage(Kind.COMMENT, Part.COMMENT, author, start, end, comment)
            self.author = None
        for role_block in self.held:
            yield self._furniture(role_block)
        self.blocks, self.held = [], []

    def _furniture(self, role_block: RoleBlock) -> Passage:
        """Return a block as furniture."""
        start, end = role_block.block.start, role_block.block.end
        part = _PARTS[role_block.role]
        return Passage(Kind.FURNITURE, part, None, start, end, self.text[start:end])

    def _is_in_form(self, role_block: RoleBlock) -> bool:
        """Tell whether a form or the page's small print begins or goes on with a block."""
        begins = role_block.role is BlockRole.FORM or is_copyright(role_block.block.text)
        return begins or (
            self.in_form and role_block.role not in {BlockRole.AUTHOR, BlockRole.HEADING}
        )

    def _is_menu(self, block: LineBlock) -> bool:
        """Tell whether a few words below a form or a copyright line are a menu's."""
        is_short = word_count(block.text) <= MENU_WORDS and not is_sentence(block.text)
        return self.in_form and not self.blocks and is_short
