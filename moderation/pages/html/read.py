"""The whole way from a page's bytes to its passages."""

from moderation.errors import UnreadablePage
from moderation.pages.encoding import to_utf8
from moderation.pages.html.article import ArticleExtent
from moderation.pages.html.comments import find_comments
from moderation.pages.html.facts.linked import read_linked
from moderation.pages.html.facts.page import facts, headline, named_metas
from moderation.pages.html.passages import page_passages, unseen_comments
from moderation.pages.html.walk import walk
from moderation.pages.page import Page

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
