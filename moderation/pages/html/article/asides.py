"""Blocks inside an article in which the site speaks to its readers, told by their words."""

import re
import tomllib
from importlib import resources
from typing import Final, NamedTuple

from moderation.pages.page import Part
from moderation.pages.signs.authors import author_line
from moderation.pages.signs.furniture import furniture
from moderation.pages.signs.openers import Opener, opener
from moderation.pages.signs.phrases import folded, key

LONGEST = 400
"""Characters of what is an aside by its words: a longer block argues."""

LONGEST_START = 250
"""The same where only its first words say so."""

LONGEST_LINE = 120
"""The same for a date, a credit, a row of buttons."""

LONGEST_LABEL = 60
"""The same for the labels of buttons, and for a heading above links."""

_table = tomllib.loads(
    (resources.files("moderation.pages.html.article") / "asides.toml").read_text("utf-8")
)
_LINES: Final = frozenset(_table["lines"])
_LINKS: Final = tuple(_table["links"])
_STARTS: Final = (*_table["starts"], *_LINKS)
_EDGES: Final = tuple(_table["edges"])


class _Kind(NamedTuple):
    """Words of which a block of one kind has one of each group."""

    groups: tuple[frozenset[str], ...]
    edge: bool
    longest: int

    def holds(self, words: frozenset[str], length: int, *, edge: bool) -> bool:
        return (
            length <= self.longest
            and (edge or not self.edge)
            and not any(words.isdisjoint(group) for group in self.groups)
        )


_KINDS: Final = [
    _Kind(
        tuple(map(frozenset, kind["words"])),
        kind.get("edge", False),
        kind.get("longest", LONGEST),
    )
    for kind in _table["kinds"]
]
_NEXT: Final = next(
    kind
    for kind, said in zip(_KINDS, _table["kinds"], strict=True)
    if said["name"] == "another article"
)
_MAIL = re.compile(r"[\w.+-]{1,64}@[\w-]{1,63}\.[a-z]", re.IGNORECASE)
_WORD = re.compile(r"\w+")
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
    if length <= LONGEST_LINE and (_is_label(text) or _is_form(text, edge=edge)):
        return True
    if length <= LONGEST_START and _begins(folded(text), edge=edge):
        return True
    if edge and length <= LONGEST_START and _MAIL.search(text):
        return True
    words = frozenset(_WORD.findall(text.casefold()))
    return any(kind.holds(words, length, edge=edge) for kind in _KINDS)


def _begins(text: str, *, edge: bool) -> bool:
    return text.startswith(_STARTS) or (edge and text.startswith(_EDGES))


def _is_label(text: str) -> bool:
    """Whether a line is a known phrase, or two, as of buttons beside each other."""
    if key(text) in _LINES:
        return True
    words = text.split() if len(text) <= LONGEST_LABEL else []
    return any(
        key(" ".join(words[:at])) in _LINES and key(" ".join(words[at:])) in _LINES
        for at in range(1, len(words))
    )


def _is_form(text: str, *, edge: bool) -> bool:
    part = furniture(text)
    if part in _FORMS or (edge and part in _EDGE_FORMS):
        return True
    line = author_line(text)
    return line is not None and line.dated


def opens_section(text: str) -> bool:
    """Whether a line stands above comments, a form or links, as a heading or a label does."""
    if opener(text) in _OPENERS or folded(text).startswith(_LINKS):
        return True
    return _NEXT.holds(frozenset(_WORD.findall(text.casefold())), len(text), edge=True)
