"""A page and its passages."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import NamedTuple

from moderation.text.language import detect_language


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
    start, end : int or None
        Python ``str`` offsets into the page's text; `end` is exclusive. None for a page of HTML:
        what a reader sees of it stands nowhere in its source as it is seen.
    text : str
        ``page_text[start:end]``; for HTML with single spaces, and a line break where the page has
        one.
    time : str or None
        When a comment was written: ISO 8601 where the page says it for machines or by a date that
        has one meaning only, else its own words ("3 hours ago").
    permalink : str or None
        A comment's own address, absolute where the page's is known.
    parent : int or None
        The `position` of the comment that this one answers.
    position : int or None
        A comment's number on its page, from 1.
    language : str or None
        ISO 639 code, where it was asked for and is certain (`moderation.pages.tell_languages`).
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
    """A page's passages in the order of the page, and what it says of itself.

    Parameters
    ----------
    title : str or None
        The article's headline.
    passages : tuple of Passage
        They do not overlap. Of a text dump, each character that is not white space is in exactly
        one; of HTML, each that a reader can see.
    language : str or None
        ISO 639 code of two letters where there is one.
    date : str or None
        When the article appeared, ISO 8601.
    author : str or None
        Who wrote it, as the page names them.
    """

    title: str | None
    passages: tuple[Passage, ...]
    language: str | None = None
    date: str | None = None
    author: str | None = None


# FOLDED languages: In which language each passage is, so that no door judges what its model
# cannot read.


def tell_languages(page: Page) -> Page:
    """Return the page with the language of each passage that is judged, where it is certain.

    It is a step of its own because it takes as long as splitting the page. An article is in one
    language, told by its paragraphs together; each comment and note is told alone, since readers
    answer in their own. Short comments, names and slang are in no certain language, and keep None.
    """
    article = " ".join(each.text for each in page.passages if each.part is Part.PARAGRAPH)
    whole = detect_language(article) if article else None

    def told(passage: Passage) -> Passage:
        if passage.kind is Kind.FURNITURE:
            return passage
        if passage.kind is Kind.ARTICLE and whole:
            return replace(passage, language=whole)
        return replace(passage, language=detect_language(passage.text))

    return replace(page, passages=tuple(map(told, page.passages)))


def is_supported(passage: Passage, languages: Collection[str]) -> bool:
    """Whether a passage may be judged by a model for `languages` (ISO 639 codes).

    A passage in no certain language may be: a door that skipped it would let slang pass unseen.
    """
    return passage.language is None or passage.language in languages


# FOLDED context: A page's comments with what they stand under: the article, and the comment that
# each answers.


class Context(NamedTuple):
    """A page's article, and its comments by their number."""

    article: str | None
    """The article's passages, with a blank line between them."""
    texts: dict[int, str]

    def parent(self, position: int | None) -> str | None:
        """Return the text of the comment that another names as its parent."""
        return None if position is None else self.texts.get(position)


def context_of(passages: Iterable[tuple[str, str, int | None]]) -> Context:
    """Return the context of a page's comments.

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
