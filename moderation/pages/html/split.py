"""What was found on a page -> its passages, in the order of the page."""

from collections.abc import Iterator, Mapping, Sequence

from moderation.errors import UnreadablePage
from moderation.pages.encoding import to_utf8
from moderation.pages.html.article import ArticleExtent
from moderation.pages.html.comments import PageComment, find_comments
from moderation.pages.html.markers import Mark
from moderation.pages.html.metadata import LinkedComment, facts, headline, named_metas, read_linked
from moderation.pages.html.parser import Block, Tree, walk
from moderation.pages.page import Kind, Page, Part, Passage

SAME = 60
"""Characters, without white space, by which a comment is known to be there already."""

_PARTS = (
    (int(Mark.AUTHOR), Part.BYLINE),
    (int(Mark.TIME), Part.DATE),
    (int(Mark.CAPTION), Part.CAPTION),
)


def page_passages(
    tree: Tree,
    comments: Sequence[PageComment],
    article: Mapping[int, Part],
    title: Block | None,
) -> Iterator[Passage]:
    """Yield the page's passages; furniture of one kind that stands together is one."""
    starts = {comment.blocks[0].index: place for place, comment in enumerate(comments)}
    inside = {block.index for comment in comments for block in comment.blocks}
    around = {block.index for comment in comments for block in comment.around}
    frame: list[str] = []
    framed = Part.NAVIGATION
    for block in tree.blocks:
        at = block.index
        part = Part.HEADLINE if block is title and at not in inside else article.get(at)
        if part is None and at not in inside:
            kind = _furniture(block) if at in around else Part.NAVIGATION
            if kind is not framed and frame:
                yield _framed(frame, framed)
                frame = []
            framed = kind
            frame.append(block.text)
            continue
        if frame:
            yield _framed(frame, framed)
            frame = []
        if at in starts:
            yield _comment(comments, starts[at])
        elif at not in inside and part is not None:
            yield Passage(Kind.ARTICLE, part, None, None, None, block.text)
    if frame:
        yield _framed(frame, framed)


def _furniture(block: Block) -> Part:
    context = block.node.context
    return next((part for mark, part in _PARTS if context & mark), Part.NAVIGATION)


def _framed(texts: Sequence[str], part: Part) -> Passage:
    return Passage(Kind.FURNITURE, part, None, None, None, "\n".join(texts))


def _comment(comments: Sequence[PageComment], place: int) -> Passage:
    comment = comments[place]
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
        position=place + 1,
    )


def unseen_comments(
    found: Sequence[LinkedComment], passages: Sequence[Passage]
) -> Iterator[Passage]:
    """Yield the comments that the page holds for machines only: a script shows them to readers."""
    seen = {_known(each.text) for each in passages if each.kind is not Kind.FURNITURE}
    position = sum(each.kind is Kind.COMMENT for each in passages)
    for comment in found:
        if _known(comment.text) in seen:
            continue
        seen.add(_known(comment.text))
        position += 1
        yield Passage(
            Kind.COMMENT,
            Part.COMMENT,
            comment.author,
            None,
            None,
            comment.text,
            time=comment.time,
            permalink=comment.permalink,
            position=position,
        )


def _known(text: str) -> str:
    return "".join(text[: 2 * SAME].split())[:SAME]


# FOLDED read: The whole way from a page's bytes to its passages.

LARGEST = 1 << 25
"""Most bytes of a page: 32 MiB."""


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
        The page's address, by which the comments' addresses are made whole.

    Returns
    -------
    Page
        Its passages have no offsets.

    Raises
    ------
    UnreadablePage
        If it is no HTML, or so large or so deeply nested that no person wrote it.
    """
    if len(data) > LARGEST:
        raise UnreadablePage(f"The page has {len(data)} bytes; the limit is {LARGEST}.")
    tree = walk(to_utf8(data, charset))
    metas = named_metas(tree.metas)
    linked = read_linked(tree.scripts)
    comments = find_comments(tree, url)
    taken = {block.index for comment in comments for block in comment.around}
    title = headline(tree, metas, linked)
    if title is not None and title.index in taken:
        title = None
    said = facts(tree, metas, linked, title, taken)
    article = ArticleExtent(tree, taken, title, said.author).parts()
    passages = list(page_passages(tree, comments, article, title))
    passages += unseen_comments(linked.comments, passages)
    return Page(said.title, tuple(passages), said.language, said.date, said.author)
