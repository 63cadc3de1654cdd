"""In which language each passage is, so that no door judges what its model cannot read."""

from collections.abc import Collection
from dataclasses import replace

from moderation.pages.page import Kind, Page, Passage
from moderation.text.language import detect_language


def tell_languages(page: Page) -> Page:
    """Return the page with the language of each passage that is judged, where it is certain.

    It is a step of its own because it takes longer than splitting the page. Short passages, names
    and slang are in no certain language, and keep None; the page's language is not theirs, since
    readers answer in their own.
    """
    return replace(page, passages=tuple(map(_told, page.passages)))


def is_supported(passage: Passage, languages: Collection[str]) -> bool:
    """Whether a passage may be judged by a model for `languages` (ISO 639 codes).

    A passage in no certain language may be: a door that skipped it would let slang pass unseen.
    """
    return passage.language is None or passage.language in languages


def _told(passage: Passage) -> Passage:
    if passage.kind is Kind.FURNITURE:
        return passage
    return replace(passage, language=detect_language(passage.text))
