"""A scraped page -> its article, its comments and its furniture.

`dump` reads a page's plain text, `html` its HTML; `signs` tells what a line is, for both.
"""

from moderation.pages.html.split import read_html
from moderation.pages.page import (
    Context,
    Kind,
    Page,
    Part,
    Passage,
    context_of,
    is_supported,
    tell_languages,
)
from moderation.pages.plaintext.split import split_page

__all__ = [
    "Context",
    "Kind",
    "Page",
    "Part",
    "Passage",
    "context_of",
    "is_supported",
    "read_html",
    "split_page",
    "tell_languages",
]
