"""Blocks inside an article in which the site speaks to its readers, told by their words."""

import re
import tomllib
from importlib import resources
from typing import Final, NamedTuple

from moderation.pages.cues.lines import Opener, furniture, opener
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
from moderation.pages.page import Part
from moderation.text.words import WORD

LONGEST = 400
"""Characters of what is an aside by its words: a longer block argues."""

MAX_START = 250
"""The same where only its first words say so."""

MAX_LINE = 120
"""The same for a date, a credit, a row of buttons."""

MAX_BYLINE = 80
"""The same for a name with a date."""

MAX_LABEL = 60
"""The same for the labels of buttons, and for a heading above links."""

_table = tomllib.loads(
    (resources.files("moderation.pages.html") / "asides.toml").read_text("utf-8")
)
_LINES: Final = frozenset(_table["lines"])
_KNOWN: Final = _LINES | SHARES | ADVERTISEMENTS | NAVIGATION | BUTTONS | CREDITS
_LINKS: Final = tuple(_table["links"])
_STARTS: Final = (
    *_table["starts"],
    *_LINKS,
    *ADVERTISEMENT_STARTS,
    *CAPTION_STARTS,
    *FORM_STARTS,
    *NAVIGATION_STARTS,
)
_EDGES: Final = tuple(_table["edges"])


class _AsideKind(NamedTuple):
    """Words of which a block of one kind has one of each group: a bit stands for a group."""

    bits: int
    edge: bool
    longest: int


def _read_kinds() -> tuple[dict[str, int], dict[str, _AsideKind]]:
    bits: dict[str, int] = {}
    kinds: dict[str, _AsideKind] = {}
    bit = 1
    for said in _table["kinds"]:
        whole = 0
        for group in said["words"]:
            for word in group:
                bits[word] = bits.get(word, 0) | bit
            whole |= bit
            bit <<= 1
        kinds[said["name"]] = _AsideKind(
            whole, said.get("edge", False), said.get("longest", LONGEST)
        )
    return bits, kinds


_BITS, _KINDS = _read_kinds()
_NEXT: Final = _KINDS["another article"]
_BEGUN: Final = frozenset(phrase[:2] for phrase in (*_STARTS, *_EDGES))
_FIRST_WORDS: Final = frozenset(phrase.split()[0] for phrase in _LINES)
_DATED = re.compile(r"\d{4}|\d[:.h]\d\d")
_SIGN = re.compile(r"[©@(/|·]|\d{4}|\d[:.h]\d\d")
_SENTENCE: Final = (".", "!", "?", "…")
_MAIL = re.compile(r"[\w.+-]{1,64}@[\w-]{1,63}\.[a-z]", re.IGNORECASE)
_FORMS: Final = frozenset(
    {Part.DATE, Part.SHARE, Part.COPYRIGHT, Part.ADVERTISEMENT, Part.NAVIGATION, Part.CAPTION}
)
_EDGE_FORMS: Final = frozenset({Part.BYLINE, Part.ADDRESS})
_OPENERS: Final = frozenset({Opener.COMMENTS, Opener.FORM, Opener.SECTION})


def is_aside(text: str, *, edge: bool) -> bool:
    """Whether a block's words say that it is none of the article's.

    Parameters
    ----------
    text : str
    edge : bool
        Whether it stands at the article's head or tail, where bylines and notes stand.
    """
    length = len(text)
    if length > LONGEST:
        return False
    if length <= MAX_LINE and (_is_label(text) or _is_form(text, edge=edge)):
        return True
    if length <= MAX_START and _begins(folded(text), edge=edge):
        return True
    if edge and length <= MAX_START and _MAIL.search(text):
        return True
    held = _held(text)
    return held != 0 and any(
        kind.bits & held == kind.bits and length <= kind.longest and (edge or not kind.edge)
        for kind in _KINDS.values()
    )


def _held(text: str) -> int:
    """Return the bits of the groups of which a block holds a word."""
    held = 0
    for word in WORD.findall(text.casefold()):
        held |= _BITS.get(word, 0)
    return held


def _begins(text: str, *, edge: bool) -> bool:
    if text[:2] not in _BEGUN:
        return False
    return text.startswith(_STARTS) or (edge and text.startswith(_EDGES))


def _is_label(text: str) -> bool:
    """Whether a line is a known phrase, or two, as of buttons beside each other."""
    if key(text) in _KNOWN:
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


def _is_form(text: str, *, edge: bool) -> bool:
    # Asking takes time, and without one of these signs a line is none of the forms below.
    if not edge and not _SIGN.search(text):
        return False
    if text.endswith(_SENTENCE) and "©" not in text:
        return False
    part = furniture(text)
    if part in _FORMS or (edge and part in _EDGE_FORMS):
        return True
    line = author_line(text) if len(text) <= MAX_BYLINE and _DATED.search(text) else None
    return line is not None and line.dated


def opens_section(text: str) -> bool:
    """Whether a line stands above comments, a form or links, as a heading or a label does."""
    if opener(text) in _OPENERS or folded(text).startswith(_LINKS):
        return True
    return len(text) <= _NEXT.longest and _held(text) & _NEXT.bits == _NEXT.bits
