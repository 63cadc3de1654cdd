"""Splitting of a page's plain text into passages.

`split_page` joins wrapped lines into blocks and divides these into regions: the article, the
comments, and lists of other articles. Each region is then split into passages.
"""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from enum import Enum, auto
from itertools import accumulate

from moderation.pages.cues.lines import (
    Opener,
    furniture_part,
    is_bullet,
    is_prose,
    is_sentence,
    may_be_headline,
    opener,
)
from moderation.pages.cues.names import plain_name
from moderation.pages.cues.vocabulary import is_date
from moderation.pages.page import Kind, Page, Part, Passage
from moderation.pages.plaintext.article import ArticleRegion, read_section
from moderation.pages.plaintext.blocks import LineBlock, join_lines, split_lines
from moderation.pages.plaintext.bylines import (
    author_lines,
    button_rows,
    find_bylines,
    series_starts,
)
from moderation.pages.plaintext.comments import read_comments

# A list of other articles alternates titles and summaries; so many paragraphs in a row end it.
PARAGRAPHS_IN_A_ROW = 3
PARAGRAPHS_OF_A_BODY = 2
NEAR = 3
"""A heading at the top of a page has its first author less than so many blocks below it."""
LINK_RATIO = 3
"""Most paragraphs below a heading for each one above it; with more it is a link in the article."""

HEADINGS = (Opener.COMMENTS, Opener.FORM)


class RegionKind(Enum):
    """The contents of a region."""

    ARTICLE = auto()
    COMMENTS = auto()
    SECTION = auto()
    """A list of other articles."""


@dataclass
class Region:
    """A run of blocks; comments and sections begin with their heading, where they have one."""

    kind: RegionKind
    blocks: list[LineBlock]


def split_page(text: str) -> Page:
    """Split a page's plain text into passages.

    Takes time in proportion to the text's length.

    Parameters
    ----------
    text : str
        The page as it was dumped: any line endings, blank lines or none between paragraphs,
        wrapped at a column or not.

    Returns
    -------
    Page
        Its passages are in order and do not overlap; ``passage.text`` is
        ``text[passage.start:passage.end]``; each character of `text` that is not white space is in
        exactly one passage.
    """
    regions = _RegionDivider(join_lines(text, split_lines(text))).divide()
    title: str | None = None
    passages: list[Passage] = []
    for region in regions:
        if region.kind is RegionKind.COMMENTS:
            passages += read_comments(text, region.blocks)
        elif region.kind is RegionKind.SECTION:
            passages += _passages(text, read_section(region.blocks))
        else:
            article = ArticleRegion(region.blocks, titled=title is None, alone=len(regions) == 1)
            title = title or article.title
            passages += _passages(text, article.read())
    return Page(title, tuple(passages))


def _passages(text: str, classified: Iterator[tuple[Kind, Part, LineBlock]]) -> Iterator[Passage]:
    """Yield each classified block as a passage."""
    for kind, part, block in classified:
        yield Passage(kind, part, None, block.start, block.end, text[block.start : block.end])


class _RegionDivider:
    """Divides a page into regions, in order; together they hold every block."""

    def __init__(self, blocks: Sequence[LineBlock]) -> None:
        self.blocks = blocks
        self.openers = [opener(block.text) for block in blocks]
        self.paragraphs = [_is_paragraph(block.text) for block in blocks]
        self.authors = author_lines(blocks)
        self.buttons = button_rows(blocks)
        bylines = find_bylines(blocks, self.authors)
        self.series = series_starts(blocks, bylines, self.paragraphs)
        named = {byline.first for byline in bylines}
        self.next_series = _next_of(self.series, len(blocks))
        self.bodies = _bodies_above(self.paragraphs)
        evidence = [
            i for i in range(len(blocks)) if self.authors[i] or i in self.buttons or i in named
        ]
        self.evidence = frozenset(evidence)
        self.last_evidence = max(evidence, default=-1)
        self.next_heading = _next_headings(self.openers)
        self.in_body = False
        self.in_comments = False

    def divide(self) -> list[Region]:
        """Return the regions."""
        regions = [Region(RegionKind.ARTICLE, [])]
        for index, block in enumerate(self.blocks):
            kind = self._kind_from(index, regions[-1].kind)
            if kind is not None:
                begun = self.in_body or self.in_comments
                regions.append(Region(kind, [] if begun else _take_head(regions[-1].blocks, kind)))
            regions[-1].blocks.append(block)
            self.in_body |= regions[-1].kind is RegionKind.ARTICLE and self.paragraphs[index]
            self.in_comments |= kind is RegionKind.COMMENTS
        return [region for region in regions if region.blocks]

    def _kind_from(self, index: int, kind: RegionKind) -> RegionKind | None:
        """Return the kind of the region that begins at a block, or None when none does."""
        if kind is not RegionKind.COMMENTS and self._opens_comments(index):
            return RegionKind.COMMENTS
        if kind is RegionKind.SECTION:
            return self._kind_after_section(index)
        # Above another comment, the words of a section's heading are a reader's own.
        if self.openers[index] is Opener.SECTION and (
            kind is RegionKind.ARTICLE or index > self.last_evidence
        ):
            return RegionKind.SECTION
        return None

    def _kind_after_section(self, index: int) -> RegionKind | None:
        """Return the kind that a list of other articles gives way to, if it ends at a block."""
        begun = self.in_body or self.in_comments
        count = PARAGRAPHS_IN_A_ROW if begun else PARAGRAPHS_OF_A_BODY
        if index + count > len(self.blocks) or not all(self.paragraphs[index : index + count]):
            return None
        return RegionKind.COMMENTS if self.in_comments else RegionKind.ARTICLE

    def _opens_comments(self, index: int) -> bool:
        """Tell whether comments begin at a block."""
        begun = self.in_body or self.in_comments
        if index in self.series:
            return True
        if self.openers[index] in HEADINGS:
            return self._holds_comments(index) if begun else self._opens_page(index)
        author = self.authors[index]
        if not begun or author is None:
            return False
        answerable = author.dated and not self.buttons.isdisjoint({index - 1, index + 1})
        spoke = author.speaks and self._is_date(index + 1)
        return author.sure or self.in_comments or answerable or spoke

    def _holds_comments(self, heading: int) -> bool:
        """Tell whether comments follow a heading below the article's first paragraph."""
        later = self.next_heading[heading]
        series = self.next_series[heading + 1]
        if self.bodies[series] > self.bodies[heading + 1]:
            # The comments begin below the article, so that this is a link to them.
            return False
        below = range(heading + 1, len(self.blocks) if later is None else later)
        if any(index in self.evidence for index in below):
            return True
        # Else it may be a link in a share bar, with the rest of the article below it.
        paragraphs = sum(self.paragraphs[index] for index in below)
        if later is not None:
            return paragraphs == 0
        if self.openers[heading] is Opener.FORM:
            return paragraphs < PARAGRAPHS_IN_A_ROW
        return paragraphs <= LINK_RATIO * sum(self.paragraphs[:heading])

    def _opens_page(self, heading: int) -> bool:
        """Tell whether a heading above any article is one of comments; most are links to them."""
        if self.next_heading[heading] is not None:
            return False
        for index in range(heading + 1, min(heading + NEAR, len(self.blocks))):
            if self.authors[index] or self._is_dated_name(index):
                return True
            if may_be_headline(self.blocks[index].text):
                break
        return heading == 0 and bool(self.evidence)

    def _is_dated_name(self, index: int) -> bool:
        """Tell whether a block is a name above a date."""
        return plain_name(self.blocks[index].text) is not None and self._is_date(index + 1)

    def _is_date(self, index: int) -> bool:
        """Tell whether there is a block at an index, and it is a date."""
        return index < len(self.blocks) and is_date(self.blocks[index].text)


def _next_of(indices: Collection[int], count: int) -> list[int]:
    """Return for each of `count` places, and the one behind, the next index at or behind it.

    Where there is none, it is the place itself, so that nothing lies between.
    """
    following = list(range(count + 1))
    for place in range(count - 1, -1, -1):
        if place not in indices:
            later = following[place + 1]
            following[place] = later if later in indices else place
    return following


def _bodies_above(paragraphs: Sequence[bool]) -> list[int]:
    """Return for each place the number of blocks above it at which an article's body may begin."""
    begins = (
        all(paragraphs[index : index + PARAGRAPHS_OF_A_BODY]) for index in range(len(paragraphs))
    )
    return [0, *accumulate(begins)]


def _next_headings(openers: Sequence[Opener | None]) -> dict[int, int | None]:
    """Return for each heading the next one; a form below a list of comments is none for it."""
    next_headings: dict[int, int | None] = {}
    later: dict[Opener, int] = {}
    for index in reversed(range(len(openers))):
        heading = openers[index]
        if heading in HEADINGS:
            wanted = HEADINGS if heading is Opener.FORM else (Opener.COMMENTS,)
            next_headings[index] = min((later[o] for o in wanted if o in later), default=None)
            later[heading] = index
    return next_headings


def _is_paragraph(text: str) -> bool:
    """Tell whether a block is a paragraph of an article or a comment."""
    return is_prose(text) and is_sentence(text) and not is_bullet(text) and not furniture_part(text)


def _take_head(section: list[LineBlock], kind: RegionKind) -> list[LineBlock]:
    """Take from the end of `section` the headline and byline of the article below it."""
    if kind is not RegionKind.ARTICLE:
        return []
    first = len(section)
    while first > 1 and furniture_part(section[first - 1].text):
        first -= 1
    if first > 1 and may_be_headline(section[first - 1].text):
        first -= 1
        while first > 1 and is_date(section[first - 1].text):
            first -= 1
    head = section[first:]
    del section[first:]
    return head
