"""The whole way from a page's text to its passages."""

from collections.abc import Iterator, Sequence

from moderation.pages.dump.article import Article, read_section
from moderation.pages.dump.blocks import LineBlock, join_lines
from moderation.pages.dump.comments import read_comments
from moderation.pages.dump.lines import split_lines
from moderation.pages.dump.regions import Region, RegionKind, divide
from moderation.pages.page import Kind, Page, Part, Passage


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
    regions = divide(join_lines(text, split_lines(text)))
    title: str | None = None
    passages: list[Passage] = []
    for region in regions:
        if region.kind is RegionKind.COMMENTS:
            passages += read_comments(text, region.blocks)
        elif region.kind is RegionKind.SECTION:
            passages += _passages(text, read_section(region.blocks))
        else:
            article = Article(region.blocks, titled=title is None, alone=_is_alone(regions))
            title = title or article.title
            passages += _passages(text, article.read())
    return Page(title, tuple(passages))


def _is_alone(regions: Sequence[Region]) -> bool:
    return len(regions) == 1


def _passages(text: str, readings: Iterator[tuple[Kind, Part, LineBlock]]) -> Iterator[Passage]:
    for kind, part, block in readings:
        yield Passage(kind, part, None, block.start, block.end, text[block.start : block.end])
