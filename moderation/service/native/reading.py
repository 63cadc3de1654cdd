"""Reading a page: its bytes -> its passages.

This runs in the processes of `PageReaders`, so the module is apart from theirs: it imports neither
the framework nor the model, and each process stays small.
"""

from typing import NamedTuple

from moderation.pages import Page, detect_languages, read_html, split_page
from moderation.pages.encoding import read_text
from moderation.text.validate import clean_text

TEXT, HTML = "text/plain", "text/html"


class SentPage(NamedTuple):
    """A page as it was sent: its bytes, their media type, and the encoding, where that is given."""

    data: bytes
    kind: str
    charset: str | None


def read_sent(sent: SentPage) -> Page:
    """Return a page, split into passages with their languages.

    Raises
    ------
    UnreadablePage
        If it is not a text, or is nested too deeply.
    """
    if sent.kind == HTML:
        page = read_html(sent.data, charset=sent.charset)
    else:
        page = split_page(clean_text(read_text(sent.data, sent.charset).text))
    return detect_languages(page)
