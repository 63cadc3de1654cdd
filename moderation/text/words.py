"""Words as people read, count and search for them.

Near-duplicates, the desk's search, names and the lengths of a page's paragraphs go by these words.
The models have tokens of their own (`moderation.text.segmentation`), which must stay as they were
when the models were trained.
"""

import re
from functools import lru_cache

SIGNS = "\u0300-\u036f\u0e31-\u0e4e\u0eb1-\u0ecd\u102b-\u103e\u17b4-\u17d3\u17dd"
"""Accents, vowel signs and tones, as in a class of a regular expression; \\w leaves most out."""
CHARACTER = rf"(?:[^\W_]|[{SIGNS}])"
"""A character of a word; the underscore parts words, as it does in the databases' indexes."""
# Linear, since what may repeat gives nothing back (`++`). Most words have no sign: a run of letters
# is matched at once, not character by character.
# A sign that stands first belongs to no letter.
WORD = re.compile(rf"[^\W_]++(?:[{SIGNS}]++[^\W_]*+)*+")
_CONTRACTED = re.compile(rf"[^\W_]++(?:(?:['’](?=[^\W_])|[{SIGNS}]++)[^\W_]*+)*+")
"""A word with what follows its apostrophes: ``don't`` is one."""

UNSPACED_SCRIPTS = "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff"
"""Scripts without spaces between words: Thai, Lao, Myanmar, Khmer, kana and Chinese characters."""
_UNSPACED = re.compile(f"[{UNSPACED_SCRIPTS}]+")
UNSPACED_WORD = 5
"""Characters that count as one word in these scripts."""

MIN_PREFIX = 3
"""Letters a word has at least to be searched for as the beginning of longer words."""


def word_count(text: str) -> int:
    """Count words; in a script without spaces, `UNSPACED_WORD` characters count as one."""
    unspaced = sum(len(run) for run in _UNSPACED.findall(text))
    spaced = _CONTRACTED.findall(_UNSPACED.sub(" ", text) if unspaced else text)
    return len(spaced) + -(-unspaced // UNSPACED_WORD)


def has_words(text: str, words: str) -> bool:
    """Tell whether a text holds all of some words; the last may be the beginning of one.

    It judges one text as the databases' indexes judge all.
    """
    lower = text.lower()
    return all(pattern.search(lower) for pattern in _patterns(words))


def is_prefix(word: str) -> bool:
    """Tell whether the last word of a search also stands for the words that begin with it.

    A letter or two begin so many words that the index would take long to join their texts.
    """
    return len(word) >= MIN_PREFIX


@lru_cache(maxsize=256)
def _patterns(words: str) -> tuple[re.Pattern[str], ...]:
    *whole, last = (re.escape(word) for word in words.lower().split())
    end = "" if is_prefix(last) else f"(?!{CHARACTER})"
    endings = (*(f"{word}(?!{CHARACTER})" for word in whole), last + end)
    return tuple(re.compile(f"(?<!{CHARACTER}){word}") for word in endings)
