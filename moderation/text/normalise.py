"""Normalising text, with a map back to the offsets of the text as received."""

import unicodedata
from functools import lru_cache
from typing import NamedTuple

from moderation.text.emoji import emoji_words
from moderation.text.reveal import reveal

# Latin letters whose stroke or form Unicode does not decompose, and typographic signs.
_PLAIN = str.maketrans(
    {"đ": "d", "ø": "o", "ł": "l", "ı": "i", "’": "'", "‘": "'", "“": '"', "”": '"'}
)
_LATIN_ACCENTS = range(0x0300, 0x0370)
_EMOJI_VARIANTS = frozenset("\ufe0e\ufe0f\u20e3🏻🏼🏽🏾🏿")


class Normalised(NamedTuple):
    """A normalised text and where each of its characters came from."""

    text: str
    origins: tuple[int, ...]
    """For each character of `text`, the index of the original character it stands for."""
    plain: str
    """The text before disguises were undone."""
    plain_origins: tuple[int, ...]

    def original(self, start: int, end: int) -> tuple[int, int]:
        """Return the offsets in the original text of ``text[start:end]``, which is not empty."""
        return self.origins[start], self.origins[end - 1] + 1


@lru_cache(maxsize=65536)
def _normalise_character(character: str) -> str:
    """Return a character's compatibility form, case-folded, without Latin accents.

    Invisible format characters (zero-width joiners, direction marks) and those that only colour an
    emoji become nothing: they carry no meaning here and are used to hide words. An emoji becomes
    its name, apart from its neighbours; letters of flags stay together.
    """
    if unicodedata.category(character) == "Cf" or character in _EMOJI_VARIANTS:
        return ""
    name = emoji_words(character)
    if name:
        return name if len(name) == 1 else f" {name} "
    plain = unicodedata.normalize("NFKD", character).casefold().translate(_PLAIN)
    return "".join(c for c in plain if ord(c) not in _LATIN_ACCENTS)


def normalise(text: str) -> Normalised:
    """Normalise a text and undo disguised spellings, with every offset kept.

    Examples
    --------
    >>> normalise("Việt\u200b NAM").text
    'viet nam'
    """
    if text.isascii():
        return _revealed(text.lower(), list(range(len(text))))
    parts: list[str] = []
    origins: list[int] = []
    for index, character in enumerate(text):
        plain = _normalise_character(character)
        parts.append(plain)
        origins.extend([index] * len(plain))
    return _revealed("".join(parts), origins)


def _revealed(text: str, origins: list[int]) -> Normalised:
    revealed, kept = reveal(text, origins)
    return Normalised(revealed, tuple(kept), text, tuple(origins))
