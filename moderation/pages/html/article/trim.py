"""What stands in the article's element -> the article, without what the site adds to it."""

from collections.abc import Sequence

from moderation.pages.html.article.asides import is_aside, opens_section
from moderation.pages.html.node import Block
from moderation.pages.page import Part

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
