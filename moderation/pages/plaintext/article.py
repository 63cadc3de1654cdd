"""Sixth stage, for the article: its blocks -> passages."""

from collections.abc import Iterator, Sequence
from itertools import pairwise

from moderation.pages.cues.lines import (
    HEADLINE_WORDS,
    Opener,
    furniture,
    is_bullet,
    is_note,
    is_prose,
    is_sentence,
    is_titled,
    may_be_caption,
    opener,
    speaker,
)
from moderation.pages.cues.names import is_name
from moderation.pages.page import Kind, Part
from moderation.pages.plaintext.blocks import LineBlock
from moderation.text.words import word_count

# FOLDED headline: Fifth stage, for the article: which of its blocks is the headline.

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


TITLE_WORDS = 30
STANDFIRST_WORDS = 5

Reading = tuple[Kind, Part]
FURNITURE = Kind.FURNITURE


class Article:
    """An article's region, read.

    Parameters
    ----------
    blocks : sequence of LineBlock
    titled : bool
        Whether to look for a headline.
    alone : bool
        Whether the page holds nothing else. What a page of a few words is cannot be told, so
        everything on it that is not surely furniture is then read as the article.
    """

    def __init__(self, blocks: Sequence[LineBlock], *, titled: bool, alone: bool) -> None:
        self.blocks = blocks
        self.texts = [block.text for block in blocks]
        self.parts = [_part(text) for text in self.texts]
        self._mark_captions()
        self._mark_neighbours()
        self.spoken = self._spoken()
        self.notes = frozenset(i for i, text in enumerate(self.texts) if is_note(text))
        prose = [i for i in self._readable() if is_prose(self.texts[i])]
        self.headline = find_headline(blocks, self.parts, prose) if titled else None
        self.first, self.last = self._extent(prose, alone=alone)

    @property
    def title(self) -> str | None:
        """The headline's text."""
        return None if self.headline is None else self.texts[self.headline]

    def read(self) -> Iterator[tuple[Kind, Part, LineBlock]]:
        """Yield each block with what it is."""
        for index, block in enumerate(self.blocks):
            yield *self._reading(index), block

    def _reading(self, index: int) -> Reading:
        text, part = self.texts[index], self.parts[index]
        if index == self.headline:
            return Kind.ARTICLE, Part.HEADLINE
        if self.title is not None and text == self.title:
            return FURNITURE, Part.HEADLINE
        if self.title is not None and is_title_line(text, self.title):
            return FURNITURE, Part.LOGO
        if index in self.notes or index in self.spoken:
            return Kind.NOTE, Part.NOTE
        return self._by_place(index) if part is None else (FURNITURE, part)

    def _by_place(self, index: int) -> Reading:
        """Read a block whose form does not say what it is."""
        if index < self.first:
            return self._above(index)
        if index > self.last:
            return FURNITURE, Part.NAVIGATION
        text = self.texts[index]
        whole = is_prose(text) or is_sentence(text) or is_bullet(text)
        return Kind.ARTICLE, Part.PARAGRAPH if whole else Part.SUBHEADING

    def _above(self, index: int) -> Reading:
        """Read a block above the article's first paragraph."""
        text = self.texts[index]
        if self.headline is None:
            return FURNITURE, Part.NAVIGATION
        if index < self.headline:
            said = is_prose(text) or is_sentence(text)
            return (Kind.NOTE, Part.NOTE) if said else (FURNITURE, Part.NAVIGATION)
        if is_name(text) or word_count(text) < STANDFIRST_WORDS:
            return FURNITURE, Part.BYLINE
        return Kind.ARTICLE, Part.SUBHEADING

    def _readable(self) -> Iterator[int]:
        for index, part in enumerate(self.parts):
            if part is None and index not in self.spoken and index not in self.notes:
                yield index

    def _extent(self, prose: Sequence[int], *, alone: bool) -> tuple[int, int]:
        """Return the positions of the body's first and last blocks; last < first when none."""
        below = [i for i in prose if self.headline is None or i > self.headline]
        if not below:
            below = [i for i in self._readable() if alone or is_sentence(self.texts[i])]
        if not below:
            return len(self.blocks), -1
        first, last = below[0], below[-1]
        while first > 0 and self._continues(first - 1):
            first -= 1
        while last + 1 < len(self.blocks) and self._continues(last + 1):
            last += 1
        return first, last

    def _continues(self, index: int) -> bool:
        return (
            self.parts[index] is None
            and index not in self.notes
            and index not in self.spoken
            and index != self.headline
            and is_sentence(self.texts[index])
        )

    def _mark_captions(self) -> None:
        """Mark captions that are known by their place: doubled, or credited above the body."""
        for index, (text, following) in enumerate(pairwise(self.texts)):
            rest = following.removeprefix(text).strip()
            doubled = following.startswith(text) and (not rest or is_name(rest))
            if doubled and is_sentence(text) and self.parts[index] in {None, Part.CAPTION}:
                self.parts[index] = self.parts[index + 1] = Part.CAPTION
        for index, text in enumerate(self.texts):
            if self.parts[index] is None:
                if may_be_caption(text):
                    self.parts[index] = Part.CAPTION
                elif is_prose(text):
                    break

    def _mark_neighbours(self) -> None:
        """Mark the title below each link to a neighbouring article."""
        for index, text in enumerate(self.texts[:-1]):
            following = self.texts[index + 1]
            if (
                opener(text) is Opener.PAGER
                and opener(following) is None
                and word_count(following) <= TITLE_WORDS
            ):
                self.parts[index + 1] = Part.TEASER

    def _spoken(self) -> frozenset[int]:
        """Return the remarks above the body that name their speaker ("Our Village: Who paid?")."""
        spoken = set()
        for index, text in enumerate(self.texts):
            if self.parts[index] is not None:
                continue
            if speaker(text) is not None and self._is_apart(index):
                spoken.add(index)
            elif is_prose(text):
                break
        return frozenset(spoken)

    def _is_apart(self, index: int) -> bool:
        """Whether a remark is not simply the first sentence of a report ("PHNOM PENH: ...")."""
        following = self.texts[index + 1] if index + 1 < len(self.texts) else ""
        return not is_prose(following) or self.texts[index].rstrip('"”’')[-1] in "?!…"


def _part(text: str) -> Part | None:
    opened = opener(text)
    if opened in {Opener.PAGER, Opener.LAST_PAGER}:
        return Part.NAVIGATION
    return Part.HEADING if opened is not None else furniture(text)


def read_section(blocks: Sequence[LineBlock]) -> Iterator[tuple[Kind, Part, LineBlock]]:
    """Yield each block of a list of other articles with what it is."""
    for index, block in enumerate(blocks):
        part = _part(block.text) if index or opener(block.text) is None else Part.HEADING
        keep = part is not None and not (part is Part.CAPTION or is_titled(block.text))
        yield FURNITURE, part if keep and part is not None else Part.TEASER, block
