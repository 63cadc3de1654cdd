"""Words as people read, count and search for them.

Near-duplicates, the desk's search, names and the lengths of a page's paragraphs go by these words.
The models have tokens of their own (`moderation.text.segmentation`), which must stay as they were
when the models were trained.
"""

import re
import unicodedata
from functools import lru_cache
from typing import NamedTuple, Self

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
UNSPACED_RUN = re.compile(f"[{UNSPACED_SCRIPTS}]+")
UNSPACED_WORD = 5
"""Characters that count as one word in these scripts."""

MIN_PREFIX = 3
"""Letters a word has at least to be searched for as the beginning of longer words.

A letter or two begin so many words that the index would take long to join their texts.
"""
PART = "\n\ua78f\n"
"""Stands between the parts of what is searched: a word that nobody writes."""
_QUOTE = re.compile('["“”„«»]')


def word_count(text: str) -> int:
    """Count words; in a script without spaces, `UNSPACED_WORD` characters count as one."""
    unspaced = sum(len(run) for run in UNSPACED_RUN.findall(text))
    spaced = _CONTRACTED.findall(UNSPACED_RUN.sub(" ", text) if unspaced else text)
    return len(spaced) + -(-unspaced // UNSPACED_WORD)


class Search(NamedTuple):
    """Words that are sought, folded: phrases of one word or several, all of which must be there.

    Parameters
    ----------
    phrases : tuple of tuple of str
    open_end : bool
        Whether the last word may be the beginning of a longer one.
    """

    phrases: tuple[tuple[str, ...], ...]
    open_end: bool

    @classmethod
    def of(cls, typed: str, most: int) -> Self:
        """Return the words of a typed search, and its quoted phrases; `most` words of it."""
        phrases: list[tuple[str, ...]] = []
        left, parts = most, _QUOTE.split(fold(typed))
        for place, part in enumerate(parts):
            words = WORD.findall(part)[:left]
            left -= len(words)
            quoted = place % 2 == 1
            phrases += [tuple(words)] * bool(words) if quoted else [(word,) for word in words]
        last_is_quoted = len(parts) % 2 == 1 and not WORD.search(parts[-1])
        open_end = bool(phrases) and not last_is_quoted and len(phrases[-1][-1]) >= MIN_PREFIX
        return cls(tuple(phrases), open_end)

    def to_text(self) -> str:
        """Return the search as one text, for `has_words`."""
        return "\n".join(" ".join(phrase) for phrase in self.phrases) + "*" * self.open_end


def fold(text: str) -> str:
    """Return a text as it is searched: in one letter case, and each letter written in one way."""
    # The dot that stays of a Turkish capital I would part words in one of the databases.
    return unicodedata.normalize("NFC", text.casefold()).replace("i\u0307", "i")


def searchable(*parts: str | None) -> str:
    """Return folded parts as one text, in which no phrase reaches from one part into another."""
    return PART.join(fold(part) for part in parts if part)


def has_words(folded: str, search: str) -> bool:
    """Tell whether a folded text holds all phrases of a search, as `Search.to_text` wrote it.

    It judges one text as the databases' indexes judge all.
    """
    return all(pattern.search(folded) for pattern in _patterns(search))


@lru_cache(maxsize=256)
def _patterns(search: str) -> tuple[re.Pattern[str], ...]:
    *whole, last = search.removesuffix("*").split("\n")
    end = "" if search.endswith("*") else f"(?!{CHARACTER})"
    endings = (*(_spaced(phrase) + f"(?!{CHARACTER})" for phrase in whole), _spaced(last) + end)
    return tuple(re.compile(f"(?<!{CHARACTER}){ending}") for ending in endings)


def _spaced(phrase: str) -> str:
    return rf"(?:(?!{CHARACTER})[\s\S])++".join(re.escape(word) for word in phrase.split(" "))
