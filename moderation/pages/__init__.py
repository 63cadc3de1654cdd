"""Splits a scraped page into its article, its reader comments and its furniture.

`html` reads a page's HTML and `plaintext` a plain-text dump of it; `cues` holds the multilingual
words and forms by which both recognise bylines, dates, headings, buttons and the like. `encoding`
decodes a page's bytes, and `sandbox` reads hostile pages in a process of their own.
"""

from moderation.pages.html.split import read_html
from moderation.pages.page import (
    Context,
    Kind,
    Page,
    Part,
    Passage,
    context_of,
    detect_languages,
    is_supported,
)
from moderation.pages.plaintext.split import split_page

__all__ = [
    "Context",
    "Kind",
    "Page",
    "Part",
    "Passage",
    "context_of",
    "detect_languages",
    "is_supported",
    "read_html",
    "split_page",
]
