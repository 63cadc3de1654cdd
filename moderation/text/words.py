"""Words as a reader sees them, for everything but the model, which has its own tokens.

The models were trained on the tokens of `moderation.text.tokens` and `moderation.learning.ngrams`.
The words here are for what people look at and search for: near-duplicates, the desk's search,
names, and the lengths of a page's paragraphs.
"""

import re

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


def word_count(text: str) -> int:
    """Count words; in a script without spaces, `UNSPACED_WORD` characters count as one."""
    unspaced = sum(len(run) for run in _UNSPACED.findall(text))
    spaced = _CONTRACTED.findall(_UNSPACED.sub(" ", text) if unspaced else text)
    return len(spaced) + -(-unspaced // UNSPACED_WORD)
