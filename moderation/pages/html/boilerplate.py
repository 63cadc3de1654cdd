"""Boilerplate removal: drops the blocks of an article's element that are not the article.

`remove_boilerplate` drops headings for comments and links with what stands below them, headings
without text, short lines below the last paragraph, and asides. An aside is a block in which the
site speaks to its readers about itself: credits, calls for newsletters, links to other articles,
disclosures. Asides are recognised by the words of ``boilerplate.toml`` and by their form.
"""

import re
import tomllib
from collections.abc import Sequence
from importlib import resources
from typing import Final, NamedTuple

from moderation.pages.cues.lines import Opener, furniture_part, opener
from moderation.pages.cues.names import author_line
from moderation.pages.cues.vocabulary import (
    ADVERTISEMENT_STARTS,
    ADVERTISEMENTS,
    BUTTONS,
    CAPTION_STARTS,
    CREDITS,
    FORM_STARTS,
    NAVIGATION,
    NAVIGATION_STARTS,
    SHARES,
    folded,
    key,
)
from moderation.pages.html.parser import Block
from moderation.pages.page import Part
from moderation.text.words import WORD

MIN_TEXT = 60
"""Characters from which on a block is running text, not a menu, a button or a heading."""
EDGE_BLOCKS = 3
"""Blocks at the article's head, and at its tail, where notes about it stand."""
TAIL_SHARE = 0.3
"""Share of the article, at its end, in which a heading for comments or links ends it."""

MAX_ASIDE = 400
"""Most characters of an aside: a longer block argues."""
MAX_START = 250
"""The same where only its first words are known."""
MAX_LINE = 120
"""The same for a date, a credit, a row of buttons."""
MAX_BYLINE = 80
"""The same for a name with a date."""
MAX_LABEL = 60
"""The same for the labels of buttons."""

_SENTENCE_ENDS = (
    ".", "!", "?", "…", "”", '"', "»", "“", "’", ")", "。", "។", "؟", "।", "！", "？",
)  # fmt: skip

_table = tomllib.loads(
    (resources.files("moderation.pages.html") / "boilerplate.toml").read_text("utf-8")
)
_LINES: Final = frozenset(_table["lines"])
_KNOWN_LINES: Final = _LINES | SHARES | ADVERTISEMENTS | NAVIGATION | BUTTONS | CREDITS
_LINK_STARTS: Final = tuple(_table["links"])
_STARTS: Final = (
    *_table["starts"],
    *_LINK_STARTS,
    *ADVERTISEMENT_STARTS,
    *CAPTION_STARTS,
    *FORM_STARTS,
    *NAVIGATION_STARTS,
)
_EDGE_STARTS: Final = tuple(_table["edges"])


class _AsideKind(NamedTuple):
    """A kind of aside: a block is one if it holds a word of each group, one bit a group."""

    bits: int
    edge: bool
    max_length: int


def _read_kinds() -> tuple[dict[str, int], dict[str, _AsideKind]]:
    """Return the bits of each word, and the kinds by their names."""
    word_bits: dict[str, int] = {}
    kinds: dict[str, _AsideKind] = {}
    bit = 1
    for kind in _table["kinds"]:
        kind_bits = 0
        for group in kind["words"]:
            for word in group:
                word_bits[word] = word_bits.get(word, 0) | bit
            kind_bits |= bit
            bit <<= 1
        kinds[kind["name"]] = _AsideKind(
            kind_bits, kind.get("edge", False), kind.get("max_length", MAX_ASIDE)
        )
    return word_bits, kinds


_WORD_BITS, _KINDS = _read_kinds()
_KNOWN_WORDS: Final = frozenset(_WORD_BITS)
_ANOTHER_ARTICLE: Final = _KINDS["another article"]
_START_PAIRS: Final = frozenset(phrase[:2] for phrase in (*_STARTS, *_EDGE_STARTS))
_FIRST_WORDS: Final = frozenset(phrase.split()[0] for phrase in _LINES)
_DATED = re.compile(r"\d{4}|\d[:.h]\d\d")
_FORM_SIGN = re.compile(r"[©@(/|·]|\d{4}|\d[:.h]\d\d")
_TERMINAL: Final = (".", "!", "?", "…")
_MAIL = re.compile(r"[\w.+-]{1,64}@[\w-]{1,63}\.[a-z]", re.IGNORECASE)
_FORMS: Final = frozenset(
    {Part.DATE, Part.SHARE, Part.COPYRIGHT, Part.ADVERTISEMENT, Part.NAVIGATION, Part.CAPTION}
)
_EDGE_FORMS: Final = frozenset({Part.BYLINE, Part.ADDRESS})
_SECTION_OPENERS: Final = frozenset({Opener.COMMENTS, Opener.FORM, Opener.SECTION})


def remove_boilerplate(parts: dict[int, Part], blocks: Sequence[Block], author: str | None) -> None:
    """Drop the parts that are none of the article.

    Parameters
    ----------
    parts : dict of int to Part
        The part of each block in the article's element, by its index; changed in place.
    blocks : sequence of Block
        All blocks of the page.
    author : str or None
        The article's author, with whose name a box about them begins.
    """
    _drop_sections(parts, blocks)
    _drop_asides(parts, blocks, author)
    _drop_empty_headings(parts)
    _drop_tail(parts, blocks)


def _drop_sections(parts: dict[int, Part], blocks: Sequence[Block]) -> None:
    """Drop everything from a heading for comments or links on, near the article's end."""
    total = left = sum(len(blocks[index].text) for index in parts)
    for index in sorted(parts):
        text = blocks[index].text
        if left < TAIL_SHARE * total and len(text) < MIN_TEXT and opens_section(text):
            for below in [other for other in parts if other >= index]:
                del parts[below]
            return
        left -= len(text)


def _drop_asides(parts: dict[int, Part], blocks: Sequence[Block], author: str | None) -> None:
    """Drop the asides, and the box about the author."""
    indices = sorted(parts)
    tail = len(indices) - EDGE_BLOCKS
    for rank, index in enumerate(indices):
        text = blocks[index].text
        if is_aside(text, edge=rank < EDGE_BLOCKS or rank >= tail) or (
            rank >= tail and author and text.startswith(author)
        ):
            del parts[index]


def _drop_empty_headings(parts: dict[int, Part]) -> None:
    """Drop each heading below which nothing of the article stands."""
    following = None
    for index in sorted(parts, reverse=True):
        if parts[index] is Part.SUBHEADING and following is None:
            del parts[index]
        else:
            following = index


def _drop_tail(parts: dict[int, Part], blocks: Sequence[Block]) -> None:
    """Drop the short lines below the last paragraph: credits, links, notices."""
    indices = sorted(parts)
    while indices:
        index = indices.pop()
        text = blocks[index].text
        answers_colon = bool(indices) and blocks[indices[-1]].text.endswith(":")
        if answers_colon or len(text) >= MIN_TEXT or text.endswith(_SENTENCE_ENDS):
            break
        del parts[index]


def is_aside(text: str, *, edge: bool) -> bool:
    """Tell whether a block is an aside, by its words and its form.

    Parameters
    ----------
    text : str
    edge : bool
        Whether it stands at the article's head or tail, where bylines and notes stand.
    """
    length = len(text)
    if length > MAX_ASIDE:
        return False
    if length <= MAX_LINE and (_is_label(text) or _has_form(text, edge=edge)):
        return True
    if length <= MAX_START and _has_start(folded(text), edge=edge):
        return True
    if edge and length <= MAX_START and _MAIL.search(text):
        return True
    bits = _bits(text)
    return bits != 0 and any(
        kind.bits & bits == kind.bits and length <= kind.max_length and (edge or not kind.edge)
        for kind in _KINDS.values()
    )


def opens_section(text: str) -> bool:
    """Tell whether a line is a heading or a label above comments, a form or links."""
    if opener(text) in _SECTION_OPENERS or folded(text).startswith(_LINK_STARTS):
        return True
    kind = _ANOTHER_ARTICLE
    return len(text) <= kind.max_length and _bits(text) & kind.bits == kind.bits


def _bits(text: str) -> int:
    """Return the bits of the groups of which a block holds a word."""
    bits = 0
    for word in _KNOWN_WORDS.intersection(WORD.findall(text.casefold())):
        bits |= _WORD_BITS[word]
    return bits


def _has_start(text: str, *, edge: bool) -> bool:
    """Tell whether a folded text begins with a known phrase."""
    # Two characters rule out most texts before hundreds of phrases are compared.
    if text[:2] not in _START_PAIRS:
        return False
    return text.startswith(_STARTS) or (edge and text.startswith(_EDGE_STARTS))


def _is_label(text: str) -> bool:
    """Tell whether a line is a known phrase, or two, as of buttons beside each other."""
    if key(text) in _KNOWN_LINES:
        return True
    words = text.split() if len(text) <= MAX_LABEL else []
    return (
        len(words) > 1
        and words[0].casefold() in _FIRST_WORDS
        and any(
            key(" ".join(words[:at])) in _LINES and key(" ".join(words[at:])) in _LINES
            for at in range(1, len(words))
        )
    )


def _has_form(text: str, *, edge: bool) -> bool:
    """Tell whether a line has the form of a date, a credit, a button or the like."""
    # The check below is slow, and without one of these characters no line passes it.
    if not edge and not _FORM_SIGN.search(text):
        return False
    if text.endswith(_TERMINAL) and "©" not in text:
        return False
    part = furniture_part(text)
    if part in _FORMS or (edge and part in _EDGE_FORMS):
        return True
    line = author_line(text) if len(text) <= MAX_BYLINE and _DATED.search(text) else None
    return line is not None and line.dated
