"""In which language each passage is, so that no door judges what its model cannot read."""

from collections.abc import Collection
from dataclasses import replace

from moderation.pages.page import Kind, Page, Part, Passage
from moderation.text.language import detect_language


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
