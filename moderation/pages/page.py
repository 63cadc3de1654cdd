"""A page and its passages."""

from dataclasses import dataclass
from enum import StrEnum


class Kind(StrEnum):
    """Who speaks in a passage. Everything but furniture is judged."""

    ARTICLE = "article"
    """The article: its headline and its paragraphs."""
    COMMENT = "comment"
    """One reader comment, whole."""
    NOTE = "note"
    """The page owner's own words outside the article."""
    FURNITURE = "furniture"
    """What frames the rest; nobody's argument, so it is not judged."""


class Part(StrEnum):
    """What a passage is on the page, finer than its kind."""

    HEADLINE = "headline"
    """The article's headline; furniture where it is repeated."""
    SUBHEADING = "subheading"
    """A standfirst, or a heading inside the article."""
    PARAGRAPH = "paragraph"
    """A paragraph of the article."""
    COMMENT = "comment"
    """A reader comment, from its first word to its signature."""
    NOTE = "note"
    """An editor's note, or the page owner's remark on the article."""
    ADVERTISEMENT = "advertisement"
    """A mark of an advertisement, or a call to subscribe."""
    ADDRESS = "address"
    """Postal address, telephone, e-mail."""
    BYLINE = "byline"
    """Who wrote the article, or the comment that follows."""
    CAPTION = "caption"
    """Words under a picture, with or without its credit."""
    COPYRIGHT = "copyright"
    """A copyright line or a licence."""
    DATE = "date"
    """A date or a time that stands alone."""
    DATELINE = "dateline"
    """The place a report was sent from, standing alone."""
    HEADING = "heading"
    """What opens a section: comments, most viewed, related articles."""
    LOGO = "logo"
    """A site's or an advertiser's name, or the page's title with it."""
    NAVIGATION = "navigation"
    """Menus, links to other pages, forms, buttons."""
    ORNAMENT = "ornament"
    """Signs without a word: rules, arrows, emoji, counts."""
    SHARE = "share"
    """Buttons that share or print the page."""
    TEASER = "teaser"
    """Headline or summary of another article."""


@dataclass(frozen=True, slots=True)
class Passage:
    """A piece of a page with one author.

    Parameters
    ----------
    kind : Kind
    part : Part
    author : str or None
        The name a comment's writer gives; None for other kinds and for nameless comments.
    start, end : int
        Python ``str`` offsets into the page's text; `end` is exclusive.
    text : str
        ``page_text[start:end]``.
    """

    kind: Kind
    part: Part
    author: str | None
    start: int
    end: int
    text: str


@dataclass(frozen=True, slots=True)
class Page:
    """A page's headline and its passages, in the order of the page.

    Passages do not overlap, and each character that is not white space is in exactly one.
    """

    title: str | None
    passages: tuple[Passage, ...]
