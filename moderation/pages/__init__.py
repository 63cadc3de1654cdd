"""A scraped page -> its article, its comments and its furniture.

Stages, one module each: lines -> blocks -> furniture known by form -> regions -> article and
comments -> passages.
"""

from moderation.pages.page import Kind, Page, Part, Passage
from moderation.pages.split import split_page

__all__ = ["Kind", "Page", "Part", "Passage", "split_page"]
