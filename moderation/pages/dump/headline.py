"""Fifth stage, for the article: which of its blocks is the headline."""

from collections.abc import Sequence

from moderation.pages.dump.blocks import LineBlock
from moderation.pages.page import Part
from moderation.pages.signs.names import is_name
from moderation.pages.signs.shapes import HEADLINE_WORDS, is_titled, speaker
from moderation.text.words import word_count

MAX_TITLE_LINE = 400
NEAR = 5
MAX_PARAGRAPHS_ABOVE = 3

_SEPARATORS = "|-–—»«:·•/>"
_METADATA = frozenset({Part.BYLINE, Part.DATE, Part.SHARE, Part.DATELINE})


def find_headline(
    blocks: Sequence[LineBlock], parts: Sequence[Part | None], body: Sequence[int]
) -> int | None:
    """Return the headline's position among `blocks`, or None when the page shows none.

    Parameters
    ----------
    blocks : sequence of LineBlock
        The article's region.
    parts : sequence of Part or None
        What piece of furniture each block is, if any.
    body : sequence of int
        Positions of the blocks that are surely running text, in order.
    """
    if not body:
        return None
    repeated = _repeated(blocks[: body[0]])
    scores = {
        index: score
        for index in range(body[0])
        if (score := _score(index, blocks, parts, repeated)) > 0
    }
    if scores:
        return max(scores, key=lambda index: (scores[index], -index))
    return _below_a_remark(blocks, parts, body)


def is_title_line(text: str, headline: str) -> bool:
    """Whether `text` is the headline with the site's name ("The Paper - Dam opens")."""
    if len(text) > MAX_TITLE_LINE or len(text) <= len(headline):
        return False
    before = text.removesuffix(headline).rstrip()
    after = text.removeprefix(headline).lstrip()
    return (before != text and before[-1:] in _SEPARATORS) or (
        after != text and after[:1] in _SEPARATORS
    )


def _score(
    index: int, blocks: Sequence[LineBlock], parts: Sequence[Part | None], repeated: frozenset[str]
) -> int:
    text = blocks[index].text
    if parts[index] is not None or not is_titled(text):
        return 0
    if text in repeated:
        return 10
    if is_name(text) and word_count(text) <= HEADLINE_WORDS[0]:
        return 0
    followed = not _METADATA.isdisjoint(parts[index + 1 : index + NEAR])
    return 2 + 2 * followed + (word_count(text) > HEADLINE_WORDS[0]) - (speaker(text) is not None)


def _repeated(lead: Sequence[LineBlock]) -> frozenset[str]:
    """Return the titles above the body that stand there twice, or also inside a longer title."""
    titles = [block.text for block in lead if is_titled(block.text)][:MAX_TITLES]
    return frozenset(
        title
        for position, title in enumerate(titles)
        if any(
            other == title or is_title_line(other, title)
            for place, other in enumerate(titles)
            if place != position
        )
    )


def _below_a_remark(
    blocks: Sequence[LineBlock], parts: Sequence[Part | None], body: Sequence[int]
) -> int | None:
    """Look below a few sentences of the page's owner; only a byline or a date gives it away."""
    end = body[min(MAX_PARAGRAPHS_ABOVE, len(body) - 1)]
    for index in range(body[0] + 1, end):
        text = blocks[index].text
        dated = {Part.BYLINE, Part.DATE}.intersection(parts[index + 1 : index + 3])
        if parts[index] is None and is_titled(text) and not is_name(text) and dated:
            return index
    return None


# Comparing each title with each other one takes time; no page has more of them above its text.
MAX_TITLES = 60
