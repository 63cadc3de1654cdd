"""A scraped page -> its article, its comments and its furniture.

`dump` reads a page's plain text, `html` its HTML; `signs` tells what a line is, for both.
"""

from moderation.pages.context import Context, context_of
from moderation.pages.dump.split import split_page
from moderation.pages.html.read import read_html
from moderation.pages.languages import is_supported, tell_languages
from moderation.pages.page import Kind, Page, Part, Passage

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
