"""Words in texts, as the databases' indexes see them."""

import re
from functools import lru_cache

from moderation.text.words import CHARACTER

MIN_BEGINNING = 3


def has_words(text: str, words: str) -> bool:
    """Whether all of some words stand in a text; the last may be unfinished.

    It finds in one text what SQLite's index finds in all.
    """
    lower = text.lower()
    return all(form.search(lower) for form in _forms(words))


def unfinished(word: str) -> bool:
    """Whether a word that is sought last may be the beginning of one.

    A letter or two begin so many words that the index would take long to join their texts.
    """
    return len(word) >= MIN_BEGINNING


@lru_cache(maxsize=256)
def _forms(words: str) -> tuple[re.Pattern[str], ...]:
    *whole, last = (re.escape(word) for word in words.lower().split())
    end = "" if unfinished(last) else f"(?!{CHARACTER})"
    ends = (*(f"{word}(?!{CHARACTER})" for word in whole), last + end)
    return tuple(re.compile(f"(?<!{CHARACTER}){word}") for word in ends)
