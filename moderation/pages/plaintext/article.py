"""The article of a text dump: its headline, its body, and the furniture around them.

`ArticleRegion` classifies the blocks of an article's region by their form and their place above,
inside or below the body; `find_headline` chooses the headline; `read_section` classifies the blocks
of a list of other articles.
"""

from collections.abc import Iterator, Sequence
from itertools import pairwise

from moderation.pages.cues.lines import (
    HEADLINE_WORDS,
    Opener,
    furniture_part,
    is_bullet,
    is_note,
    is_prose,
    is_sentence,
    may_be_caption,
    may_be_headline,
    opener,
    speaker,
)
from moderation.pages.cues.names import is_name
from moderation.pages.page import Kind, Part
from moderation.pages.plaintext.blocks import LineBlock
from moderation.text.words import word_count

MAX_TITLE_LINE = 400
"""Characters of a line with the headline and the site's name."""
MAX_TITLES = 60
"""Titles above the body that are compared with each other; no page has more, and it takes time."""
MAX_PARAGRAPHS_ABOVE = 3
"""Paragraphs of a remark of the page's owner above the headline."""
NEAR = 5
"""Blocks from the headline on among which its byline or date stands."""
REPEATED_SCORE = 10
"""Score of a headline that stands twice; the form and the place of one give 5 at most."""
TEASER_WORDS = 30
STANDFIRST_WORDS = 5

_SEPARATORS = "|-–—»«:·•/>"
_METADATA = frozenset({Part.BYLINE, Part.DATE, Part.SHARE, Part.DATELINE})

Classification = tuple[Kind, Part]


class ArticleRegion:
    """The region of an article, with each block classified.

    Parameters
    ----------
    blocks : sequence of LineBlock
    titled : bool
        Whether to look for a headline.
    alone : bool
        Whether the page holds nothing else. A page of a few words has no cues, so everything on it
        that is not surely furniture is then the article.
    """

    def __init__(self, blocks: Sequence[LineBlock], *, titled: bool, alone: bool) -> None:
        self.blocks = blocks
        self.texts = [block.text for block in blocks]
        self.parts = [_part(text) for text in self.texts]
        self._mark_captions()
        self._mark_teasers()
        self.remarks = self._find_remarks()
        self.notes = frozenset(i for i, text in enumerate(self.texts) if is_note(text))
        prose = [i for i in self._unclassified() if is_prose(self.texts[i])]
        self.headline = find_headline(blocks, self.parts, prose) if titled else None
        self.first, self.last = self._extent(prose, alone=alone)

    @property
    def title(self) -> str | None:
        """The headline's text."""
        return None if self.headline is None else self.texts[self.headline]

    def read(self) -> Iterator[tuple[Kind, Part, LineBlock]]:
        """Yield each block with its kind and its part."""
        for index, block in enumerate(self.blocks):
            yield *self._classify(index), block

    def _classify(self, index: int) -> Classification:
        """Return the kind and the part of a block."""
        text, part = self.texts[index], self.parts[index]
        if index == self.headline:
            return Kind.ARTICLE, Part.HEADLINE
        if self.title is not None and text == self.title:
            return Kind.FURNITURE, Part.HEADLINE
        if self.title is not None and _is_title_line(text, self.title):
            return Kind.FURNITURE, Part.LOGO
        if index in self.notes or index in self.remarks:
            return Kind.NOTE, Part.NOTE
        return self._classify_by_place(index) if part is None else (Kind.FURNITURE, part)

    def _classify_by_place(self, index: int) -> Classification:
        """Classify a block whose form does not tell its part."""
        if index < self.first:
            return self._classify_above(index)
        if index > self.last:
            return Kind.FURNITURE, Part.NAVIGATION
        text = self.texts[index]
        is_whole = is_prose(text) or is_sentence(text) or is_bullet(text)
        return Kind.ARTICLE, Part.PARAGRAPH if is_whole else Part.SUBHEADING

    def _classify_above(self, index: int) -> Classification:
        """Classify a block above the article's first paragraph."""
        text = self.texts[index]
        if self.headline is None:
            return Kind.FURNITURE, Part.NAVIGATION
        if index < self.headline:
            is_remark = is_prose(text) or is_sentence(text)
            return (Kind.NOTE, Part.NOTE) if is_remark else (Kind.FURNITURE, Part.NAVIGATION)
        if is_name(text) or word_count(text) < STANDFIRST_WORDS:
            return Kind.FURNITURE, Part.BYLINE
        return Kind.ARTICLE, Part.SUBHEADING

    def _unclassified(self) -> Iterator[int]:
        """Yield the indices of the blocks that are neither furniture nor notes by their form."""
        for index, part in enumerate(self.parts):
            if part is None and index not in self.remarks and index not in self.notes:
                yield index

    def _extent(self, prose: Sequence[int], *, alone: bool) -> tuple[int, int]:
        """Return the indices of the body's first and last blocks; last < first when none."""
        body = [i for i in prose if self.headline is None or i > self.headline]
        if not body:
            body = [i for i in self._unclassified() if alone or is_sentence(self.texts[i])]
        if not body:
            return len(self.blocks), -1
        first, last = body[0], body[-1]
        while first > 0 and self._continues(first - 1):
            first -= 1
        while last + 1 < len(self.blocks) and self._continues(last + 1):
            last += 1
        return first, last

    def _continues(self, index: int) -> bool:
        """Tell whether a block beside the body is a sentence of it."""
        return (
            self.parts[index] is None
            and index not in self.notes
            and index not in self.remarks
            and index != self.headline
            and is_sentence(self.texts[index])
        )

    def _mark_captions(self) -> None:
        """Mark captions that are recognised by their place: doubled, or credited above the body."""
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

    def _mark_teasers(self) -> None:
        """Mark the title below each link to a neighbouring article."""
        for index, text in enumerate(self.texts[:-1]):
            following = self.texts[index + 1]
            if (
                opener(text) is Opener.PAGER
                and opener(following) is None
                and word_count(following) <= TEASER_WORDS
            ):
                self.parts[index + 1] = Part.TEASER

    def _find_remarks(self) -> frozenset[int]:
        """Return the remarks above the body that name their speaker ("Our Village: Who paid?")."""
        remarks = set()
        for index, text in enumerate(self.texts):
            if self.parts[index] is not None:
                continue
            if speaker(text) is not None and self._is_apart(index):
                remarks.add(index)
            elif is_prose(text):
                break
        return frozenset(remarks)

    def _is_apart(self, index: int) -> bool:
        """Tell whether a remark is not simply a report's first sentence ("PHNOM PENH: ...")."""
        following = self.texts[index + 1] if index + 1 < len(self.texts) else ""
        return not is_prose(following) or self.texts[index].rstrip('"”’')[-1] in "?!…"


def read_section(blocks: Sequence[LineBlock]) -> Iterator[tuple[Kind, Part, LineBlock]]:
    """Yield each block of a list of other articles with its kind and its part."""
    for index, block in enumerate(blocks):
        part = _part(block.text) if index or opener(block.text) is None else Part.HEADING
        keep = part is not None and not (part is Part.CAPTION or may_be_headline(block.text))
        yield Kind.FURNITURE, part if keep and part is not None else Part.TEASER, block


def find_headline(
    blocks: Sequence[LineBlock], parts: Sequence[Part | None], body: Sequence[int]
) -> int | None:
    """Return the headline's index among `blocks`, or None when the page shows none.

    Parameters
    ----------
    blocks : sequence of LineBlock
        The article's region.
    parts : sequence of Part or None
        The part of each block that is furniture by its form.
    body : sequence of int
        Indices of the blocks that are surely running text, in order.
    """
    if not body:
        return None
    repeated = _repeated_titles(blocks[: body[0]])
    scores = {
        index: score
        for index in range(body[0])
        if (score := _headline_score(index, blocks, parts, repeated)) > 0
    }
    if scores:
        return max(scores, key=lambda index: (scores[index], -index))
    return _headline_below_remark(blocks, parts, body)


def _headline_score(
    index: int, blocks: Sequence[LineBlock], parts: Sequence[Part | None], repeated: frozenset[str]
) -> int:
    """Return a block's score as the headline, 0 for one that cannot be it."""
    text = blocks[index].text
    if parts[index] is not None or not may_be_headline(text):
        return 0
    if text in repeated:
        return REPEATED_SCORE
    if is_name(text) and word_count(text) <= HEADLINE_WORDS[0]:
        return 0
    followed = not _METADATA.isdisjoint(parts[index + 1 : index + NEAR])
    return 2 + 2 * followed + (word_count(text) > HEADLINE_WORDS[0]) - (speaker(text) is not None)


def _repeated_titles(lead: Sequence[LineBlock]) -> frozenset[str]:
    """Return the titles above the body that stand there twice, or also inside a longer title."""
    titles = [block.text for block in lead if may_be_headline(block.text)][:MAX_TITLES]
    return frozenset(
        title
        for index, title in enumerate(titles)
        if any(
            other == title or _is_title_line(other, title)
            for other_index, other in enumerate(titles)
            if other_index != index
        )
    )


def _headline_below_remark(
    blocks: Sequence[LineBlock], parts: Sequence[Part | None], body: Sequence[int]
) -> int | None:
    """Return the headline below a few sentences of the page's owner: a byline or a date follows."""
    end = body[min(MAX_PARAGRAPHS_ABOVE, len(body) - 1)]
    for index in range(body[0] + 1, end):
        text = blocks[index].text
        dated = {Part.BYLINE, Part.DATE}.intersection(parts[index + 1 : index + 3])
        if parts[index] is None and may_be_headline(text) and not is_name(text) and dated:
            return index
    return None


def _is_title_line(text: str, headline: str) -> bool:
    """Tell whether `text` is the headline with the site's name ("The Paper - Dam opens")."""
    if len(text) > MAX_TITLE_LINE or len(text) <= len(headline):
        return False
    before = text.removesuffix(headline).rstrip()
    after = text.removeprefix(headline).lstrip()
    return (before != text and before[-1:] in _SEPARATORS) or (
        after != text and after[:1] in _SEPARATORS
    )


def _part(text: str) -> Part | None:
    """Return the part of furniture that a block is by its form, or None."""
    section = opener(text)
    if section in {Opener.PAGER, Opener.LAST_PAGER}:
        return Part.NAVIGATION
    return Part.HEADING if section is not None else furniture_part(text)
