"""Splits a scraped page into its article, its reader comments and its furniture.

`html` reads a page's HTML and `plaintext` a plain-text dump of it; `cues` holds the multilingual
words and forms by which both recognise bylines, dates, headings, buttons and the like. `encoding`
decodes a page's bytes, and `sandbox` reads hostile pages in a process of their own.
"""

from typing import NamedTuple

from moderation.pages.encoding import read_text
from moderation.pages.html.split import read_html
from moderation.pages.page import (
    Context,
    Kind,
    Page,
    Part,
    Passage,
    context_of,
    detect_languages,
)
from moderation.pages.plaintext.split import split_page
from moderation.text.validate import clean_text

__all__ = [
    "HTML",
    "TEXT",
    "Context",
    "Kind",
    "Page",
    "Part",
    "Passage",
    "RawPage",
    "context_of",
    "detect_languages",
    "read_html",
    "read_page",
    "split_page",
]

TEXT, HTML = "text/plain", "text/html"


class RawPage(NamedTuple):
    """A page's bytes, their media type `TEXT` or `HTML`, and their encoding, where it is given."""

    data: bytes
    media_type: str
    charset: str | None


def read_page(raw: RawPage) -> Page:
    """Return a page, split into passages with their languages.

    Raises
    ------
    UnreadablePage
        If it is not a text, or is nested too deeply.
    """
    if raw.media_type == HTML:
        page = read_html(raw.data, charset=raw.charset)
    else:
        page = split_page(clean_text(read_text(raw.data, raw.charset).text))
    return detect_languages(page)
