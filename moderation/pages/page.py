"""A page split into passages, their languages, and the context of its comments.

`moderation.pages.read_html` and `moderation.pages.split_page` make a `Page`. `detect_languages`
adds the language of each passage, by which a model knows what it cannot judge. `context_of` gathers
the article and the comments with which a page's comments are shown.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import NamedTuple

from moderation.text.language import detect_language


class Kind(StrEnum):
    """The speaker of a passage. Everything but furniture is judged."""

    ARTICLE = "article"
    """The article: its headline and its paragraphs."""
    COMMENT = "comment"
    """One reader comment, whole."""
    NOTE = "note"
    """The page owner's own words outside the article."""
    FURNITURE = "furniture"
    """Menus, buttons, dates and the like. Nobody argues there, so it is not judged."""


class Part(StrEnum):
    """The part of the page that a passage is, finer than its kind."""

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
    """The label of an advertisement, or a call to subscribe."""
    ADDRESS = "address"
    """Postal address, telephone, e-mail."""
    BYLINE = "byline"
    """The author of the article, or of the comment that follows."""
    CAPTION = "caption"
    """Words under a picture, with or without its credit."""
    COPYRIGHT = "copyright"
    """A copyright line or a licence."""
    DATE = "date"
    """A date or a time that stands alone."""
    DATELINE = "dateline"
    """The place a report was sent from, standing alone."""
    HEADING = "heading"
    """The heading of a section: comments, most viewed, related articles."""
    LOGO = "logo"
    """A site's or an advertiser's name, or the page's title with it."""
    NAVIGATION = "navigation"
    """Menus, links to other pages, forms, buttons."""
    ORNAMENT = "ornament"
    """Characters without a word: rules, arrows, emoji, counts."""
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
    start, end : int or None
        Python ``str`` offsets into the page's text; `end` is exclusive. None for HTML, whose source
        does not hold the text as a reader sees it.
    text : str
        ``page_text[start:end]``; for HTML with single spaces, and line breaks as on the page.
    time : str or None
        When a comment was written: ISO 8601 where the page gives it in markup or as an unambiguous
        date, else the page's own words ("3 hours ago").
    permalink : str or None
        A comment's own address, absolute where the page's is known.
    parent : int or None
        The `position` of the comment that this one answers.
    position : int or None
        A comment's number on its page, from 1.
    language : str or None
        ISO 639 code, where it was detected (`detect_languages`) and is certain.
    """

    kind: Kind
    part: Part
    author: str | None
    start: int | None
    end: int | None
    text: str
    time: str | None = None
    permalink: str | None = None
    parent: int | None = None
    position: int | None = None
    language: str | None = None


@dataclass(frozen=True, slots=True)
class Page:
    """A page's passages in the order of the page, and its metadata.

    Parameters
    ----------
    title : str or None
        The article's headline.
    passages : tuple of Passage
        They do not overlap. Of a text dump, each character that is not white space is in exactly
        one; of HTML, each that a reader can see.
    language : str or None
        ISO 639 code that the page declares, of two letters where there is one.
    date : str or None
        The article's date of publication, ISO 8601.
    author : str or None
        The article's author, as the page names them.
    """

    title: str | None
    passages: tuple[Passage, ...]
    language: str | None = None
    date: str | None = None
    author: str | None = None


class Context(NamedTuple):
    """The article of a page, and its comments by their number."""

    article: str | None
    """The article's passages, with a blank line between them."""
    texts: dict[int, str]

    def parent(self, position: int | None) -> str | None:
        """Return the text of the comment that another names as its parent."""
        return None if position is None else self.texts.get(position)


def detect_languages(page: Page) -> Page:
    """Return the page with the language of each passage that is judged, where it is certain.

    It is a separate step because it takes as long as splitting the page. The paragraphs of an
    article together decide its language; each comment and note is detected alone, since readers
    answer in their own. Short comments, names and slang are in no certain language, and keep None.
    """
    article = " ".join(passage.text for passage in page.passages if passage.part is Part.PARAGRAPH)
    article_language = detect_language(article) if article else None

    def with_language(passage: Passage) -> Passage:
        if passage.kind is Kind.FURNITURE:
            return passage
        if passage.kind is Kind.ARTICLE and article_language:
            return replace(passage, language=article_language)
        return replace(passage, language=detect_language(passage.text))

    return replace(page, passages=tuple(map(with_language, page.passages)))


def context_of(passages: Iterable[tuple[str, str, int | None]]) -> Context:
    """Return the context of a page's comments: the article, and the comments they answer.

    Parameters
    ----------
    passages : iterable of (kind, text, position)
        All of a page's, in its order: those of a `Page`, or the rows that a batch run wrote.
    """
    article: list[str] = []
    texts: dict[int, str] = {}
    for kind, text, position in passages:
        if kind == Kind.ARTICLE:
            article.append(text)
        elif kind == Kind.COMMENT and position is not None:
            texts[position] = text
    return Context("\n\n".join(article) or None, texts)
