"""Splitting of an HTML page into passages: its article, its comments and its furniture.

`read_html` decodes and parses a page, extracts its comments, reads its metadata, determines the
extent of its article among the rest, and puts the passages in the order of the page. Comments that
stand in JSON-LD alone, because a script shows them to readers, come last.
"""

from collections.abc import Iterator, Mapping, Sequence

from moderation.errors import UnreadablePage
from moderation.pages.encoding import to_utf8
from moderation.pages.html.article import ArticleExtent
from moderation.pages.html.comments import PageComment, find_comments
from moderation.pages.html.data.embedded import embedded_comments
from moderation.pages.html.data.json_ld import HiddenComment, read_json_ld
from moderation.pages.html.marks import Mark
from moderation.pages.html.metadata import (
    find_headline,
    named_metas,
    page_metadata,
)
from moderation.pages.html.parser import Block, Tree, parse
from moderation.pages.page import Kind, Page, Part, Passage

MAX_BYTES = 1 << 25
"""Most bytes of a page: 32 MiB."""
COMPARED = 60
"""Characters, without white space, in which two texts of the same comment agree."""

_FURNITURE_PARTS = (
    (int(Mark.AUTHOR), Part.BYLINE),
    (int(Mark.TIME), Part.DATE),
    (int(Mark.CAPTION), Part.CAPTION),
)


def read_html(data: bytes, *, charset: str | None = None, url: str | None = None) -> Page:
    """Split a page's HTML into its article, its comments and its furniture.

    Takes time in proportion to the page's length.

    Parameters
    ----------
    data : bytes
        The page as it was fetched, uncompressed.
    charset : str, optional
        The encoding that the answer's header named. A wrong one does no harm.
    url : str, optional
        The page's address, against which the comments' addresses are resolved.

    Returns
    -------
    Page
        Its passages have no offsets.

    Raises
    ------
    UnreadablePage
        If it is not HTML, or so large or so deeply nested that no person wrote it.
    """
    if len(data) > MAX_BYTES:
        raise UnreadablePage(f"The page has {len(data)} bytes; the limit is {MAX_BYTES}.")
    tree = parse(to_utf8(data, charset))
    metas = named_metas(tree.metas)
    json_ld = read_json_ld(tree.scripts)
    comments = find_comments(tree, url)
    taken = {block.index for comment in comments for block in comment.around}
    title = find_headline(tree, metas, json_ld)
    if title is not None and title.index in taken:
        title = None
    metadata = page_metadata(tree, metas, json_ld, title, taken)
    article = ArticleExtent(tree, taken, title, metadata.author).parts()
    passages = list(_visible_passages(tree, comments, article, title))
    hidden = json_ld.comments
    if not comments and not hidden:
        hidden = embedded_comments(tree.states)
    passages += _hidden_comments(hidden, passages)
    return Page(metadata.title, tuple(passages), metadata.language, metadata.date, metadata.author)


def _visible_passages(
    tree: Tree,
    comments: Sequence[PageComment],
    article: Mapping[int, Part],
    title: Block | None,
) -> Iterator[Passage]:
    """Yield the passages in the order of the page; adjacent furniture of one part is one."""
    starts = {comment.blocks[0].index: rank for rank, comment in enumerate(comments)}
    inside = {block.index for comment in comments for block in comment.blocks}
    around = {block.index for comment in comments for block in comment.around}
    furniture: list[str] = []
    furniture_part = Part.NAVIGATION
    for block in tree.blocks:
        index = block.index
        part = Part.HEADLINE if block is title and index not in inside else article.get(index)
        if part is None and index not in inside:
            following_part = _furniture_part(block) if index in around else Part.NAVIGATION
            if following_part is not furniture_part and furniture:
                yield _furniture_passage(furniture, furniture_part)
                furniture = []
            furniture_part = following_part
            furniture.append(block.text)
            continue
        if furniture:
            yield _furniture_passage(furniture, furniture_part)
            furniture = []
        if index in starts:
            yield _comment_passage(comments[starts[index]], starts[index] + 1)
        elif index not in inside and part is not None:
            yield Passage(Kind.ARTICLE, part, None, None, None, block.text)
    if furniture:
        yield _furniture_passage(furniture, furniture_part)


def _furniture_part(block: Block) -> Part:
    """Return the part of a block of furniture around a comment."""
    context = block.node.context
    return next((part for mark, part in _FURNITURE_PARTS if context & mark), Part.NAVIGATION)


def _furniture_passage(texts: Sequence[str], part: Part) -> Passage:
    """Return blocks of furniture as one passage."""
    return Passage(Kind.FURNITURE, part, None, None, None, "\n".join(texts))


def _comment_passage(comment: PageComment, position: int) -> Passage:
    """Return a comment as a passage."""
    return Passage(
        Kind.COMMENT,
        Part.COMMENT,
        comment.author,
        None,
        None,
        "\n".join(block.text for block in comment.blocks),
        time=comment.time,
        permalink=comment.permalink,
        parent=None if comment.parent is None else comment.parent + 1,
        position=position,
    )


def _hidden_comments(
    comments: Sequence[HiddenComment], passages: Sequence[Passage]
) -> Iterator[Passage]:
    """Yield the comments in a page's data that are not visible on the page."""
    seen: dict[str, int | None] = {
        _compared(passage.text): passage.position
        for passage in passages
        if passage.kind is not Kind.FURNITURE
    }
    last = sum(passage.kind is Kind.COMMENT for passage in passages)
    positions: list[int | None] = []
    for comment in comments:
        name = _compared(comment.text)
        is_new = name not in seen
        if is_new:
            last += 1
            seen[name] = last
        positions.append(seen[name])
        if is_new:
            yield Passage(
                Kind.COMMENT,
                Part.COMMENT,
                comment.author,
                None,
                None,
                comment.text,
                time=comment.time,
                permalink=comment.permalink,
                parent=None if comment.parent is None else _at(positions, comment.parent),
                position=last,
            )


def _at(positions: Sequence[int | None], index: int) -> int | None:
    """Return the position of a comment that was met already."""
    return positions[index] if index < len(positions) - 1 else None


def _compared(text: str) -> str:
    """Return the beginning of a comment, without white space, by which it is compared."""
    return "".join(text[: 2 * COMPARED].split())[:COMPARED]
