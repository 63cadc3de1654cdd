"""Emoji as the words they stand for: people insult, threaten and greet with them."""

import re
import unicodedata

_FIRST = 0x2600
"""Code points below hold signs such as © and arrows, which are not read as words."""

_FLAG_LETTERS = range(0x1F1E6, 0x1F200)
_DINGBATS_END = 0x2C00
_DRAWN = re.compile(r"\b(?:black|white|heavy|sign|symbol|emoji) ?")
"""How a dingbat is drawn, which says nothing of what it shows."""

_NAMES = {"❤": "red heart", "♥": "red heart", "🏴": "flag", "🏳": "flag"}


def emoji_words(character: str) -> str | None:
    """Return what an emoji is called, in lower case; None for any other character.

    Flags are spelt with letters that stand for countries: these become letters.

    Examples
    --------
    >>> emoji_words("🐀"), emoji_words("✊"), emoji_words("🇰"), emoji_words("k")
    ('rat', 'raised fist', 'k', None)
    """
    point = ord(character)
    if point < _FIRST or unicodedata.category(character) != "So":
        return None
    if point in _FLAG_LETTERS:
        return chr(ord("a") + point - _FLAG_LETTERS.start)
    name = _NAMES.get(character) or unicodedata.name(character, "").lower()
    if point < _DINGBATS_END:
        name = _DRAWN.sub("", name)
    return name.replace("-", " ").strip()
