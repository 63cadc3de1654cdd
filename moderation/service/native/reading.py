"""A page's bytes -> its passages; it runs in the processes of `Readers`, and imports little."""

from typing import NamedTuple

from moderation.pages import Page, detect_languages, read_html, split_page
from moderation.pages.encoding import read_text
from moderation.text.validate import clean_text

TEXT, HTML = "text/plain", "text/html"


class SentPage(NamedTuple):
    """A page as it was sent: its bytes, what they are said to be, and their encoding, if told."""

    data: bytes
    kind: str
    charset: str | None


def read_sent(sent: SentPage) -> Page:
    """Return a page, split into passages with their languages.

    Raises
    ------
    UnreadablePage
        If it is no text, or nested too deeply.
    """
    if sent.kind == HTML:
        page = read_html(sent.data, charset=sent.charset)
    else:
        page = split_page(clean_text(read_text(sent.data, sent.charset).text))
    return detect_languages(page)
