"""Normalising text, with a map back to the offsets of the text as received.

First each character is folded, on its own: case, width, accents and invisible characters go, and
an emoji becomes the words it stands for, since people insult, threaten and greet with them. Then
disguised spellings are undone, only where that reveals a word. Every character's origin is kept.
"""

import re
import unicodedata
from bisect import bisect_left
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property

# Latin letters whose stroke or form Unicode does not decompose, and typographic signs.
_PLAIN = str.maketrans(
    {"đ": "d", "ø": "o", "ł": "l", "ı": "i", "’": "'", "‘": "'", "“": '"', "”": '"'}
)
_LATIN_ACCENTS = range(0x0300, 0x0370)
_EMOJI_VARIANTS = frozenset("\ufe0e\ufe0f\u20e3🏻🏼🏽🏾🏿")

_FIRST_EMOJI = 0x2600
"""Code points below hold signs such as © and arrows, which are not read as words."""
_FLAG_LETTERS = range(0x1F1E6, 0x1F200)
_DINGBATS_END = 0x2C00
_DRAWN = re.compile(r"\b(?:black|white|heavy|sign|symbol|emoji) ?")
"""Words of a dingbat's name that say how it is drawn, and nothing of what it shows."""
_EMOJI_NAMES = {"❤": "red heart", "♥": "red heart", "🏴": "flag", "🏳": "flag"}

# Cyrillic and Greek letters that look like Latin ones, case-folded.
_LOOKALIKES = str.maketrans(
    "асеіӏјорхуѕԁԛԝһкмтвнпαβεικνορτυχσ", "aceiljopxysdqwhkmtbhnabeiknoptuxo"
)
_LEET = str.maketrans("013457@$", "oieastas")

_WORD = re.compile(r"[^\W_]+")
_HAS_LATIN = re.compile(r"[a-z]")
_FOREIGN = re.compile(r"[\u0370-\u03ff\u0400-\u052f]")
# Each of these is linear: what a part can match, the part behind it cannot.
_SPACED = re.compile(r"(?<![^\W_])[^\W\d_]([ .*_-])[^\W_](?:\1[^\W_])+(?![^\W_])")
_MIXED = re.compile(r"[a-z0-9@$]+")
_SWAPPED = re.compile(r"[a-z][013457@$]{1,2}[a-z]")
_REPEATED = re.compile(r"([^\W\d_])\1{2,}")

_MAX_KEPT = 65_536
"""Characters whose folded form is kept at hand."""


@dataclass(frozen=True, eq=False)
class Normalised:
    """A normalised text and the origin of each of its characters.

    Parameters
    ----------
    plain : str
        The text before disguises were undone.
    source : str
        The text as received.
    """

    plain: str
    source: str

    @cached_property
    def text(self) -> str:
        """The text, with disguises undone."""
        return self._revealed[0]

    @cached_property
    def kept(self) -> Sequence[int]:
        """For each character of `text`, the index of the character of `plain` it stands for."""
        return self._revealed[1]

    @cached_property
    def _revealed(self) -> tuple[str, Sequence[int]]:
        return _reveal(self.plain)

    @cached_property
    def plain_origins(self) -> Sequence[int]:
        """For each character of `plain`, the index of the original character it stands for."""
        if self.source.isascii():
            return range(len(self.source))
        return [at for at, character in enumerate(self.source) for _ in _FOLDED[ord(character)]]

    @cached_property
    def origins(self) -> Sequence[int]:
        """For each character of `text`, the index of the original character it stands for."""
        origins = self.plain_origins
        return origins if len(self.kept) == len(origins) else [origins[at] for at in self.kept]

    def original(self, start: int, end: int) -> tuple[int, int]:
        """Return the offsets in the original text of ``text[start:end]``, which is not empty."""
        return self.origins[start], self.origins[end - 1] + 1

    def part(self, start: int, end: int) -> "Normalised":
        """Return the run from `start` to `end` of the original text, normalised by itself.

        No character is folded again, and the map still leads to the whole original. Disguises are
        undone as in a text of its own: whether letters of another alphabet disguise Latin ones
        depends on the words around them.
        """
        first, last = (bisect_left(self.plain_origins, at) for at in (start, end))
        part = Normalised(self.plain[first:last], self.source)
        vars(part)["plain_origins"] = self.plain_origins[first:last]  # where the cache looks
        return part


def normalise(text: str) -> Normalised:
    """Normalise a text and undo disguised spellings, with every offset kept.

    Examples
    --------
    >>> normalise("Việt\u200b NAM").text
    'viet nam'
    """
    return Normalised(text.lower() if text.isascii() else text.translate(_FOLDED), text)


def emoji_words(character: str) -> str | None:
    """Return the name of an emoji, in lower case; None for any other character.

    Flags are spelt with letters that stand for countries: these become letters.

    Examples
    --------
    >>> emoji_words("🐀"), emoji_words("✊"), emoji_words("🇰"), emoji_words("k")
    ('rat', 'raised fist', 'k', None)
    """
    point = ord(character)
    if point < _FIRST_EMOJI or unicodedata.category(character) != "So":
        return None
    if point in _FLAG_LETTERS:
        return chr(ord("a") + point - _FLAG_LETTERS.start)
    name = _EMOJI_NAMES.get(character) or unicodedata.name(character, "").lower()
    if point < _DINGBATS_END:
        name = _DRAWN.sub("", name)
    return name.replace("-", " ").strip()


def unrepeated(text: str) -> str:
    """Return the text with each letter that stands three times or more in a row standing once."""
    return _REPEATED.sub(r"\1", text)


def _fold(character: str) -> str:
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


class _Folded(dict[int, str]):
    """The folded form of each character, by code point; filled as characters are met."""

    def __missing__(self, point: int) -> str:
        folded = _fold(chr(point))
        if len(self) < _MAX_KEPT:
            self[point] = folded
        return folded


_FOLDED = _Folded()


def _reveal(plain: str) -> tuple[str, Sequence[int]]:
    """Undo disguises in a folded text; return what is left, and the index of each character.

    - Letters set apart by spaces, full stops, hyphens, stars or underscores, three or more of them
      and always by the same sign, become a word: ``y u o n``.
    - Cyrillic and Greek letters that look like Latin ones become these in a word that has Latin
      ones beside them, and in a text that is otherwise Latin.
    - Digits and signs become the letters they stand for in a word that has one or two of them
      between Latin letters: ``v1et``, ``7h13v35``, and not ``2nd`` or ``covid19``.
    - A letter that stands three times or more in a row stands once.
    """
    text, kept = _drop(_SPACED, plain, range(len(plain)), keep=_letters)
    if _FOREIGN.search(text):
        text = _latin(text)
    if _SWAPPED.search(text):
        text = _MIXED.sub(_unswapped, text)
    return _drop(_REPEATED, text, kept, keep=_first)


def _letters(match: re.Match[str]) -> Sequence[int]:
    return range(match.start(), match.end(), 2)


def _first(match: re.Match[str]) -> Sequence[int]:
    return (match.start(),)


def _unswapped(match: re.Match[str]) -> str:
    word = match.group()
    return word.translate(_LEET) if _SWAPPED.search(word) else word


def _latin(text: str) -> str:
    """Replace look-alikes, word by word; both alphabets' letters are one character each."""
    words = _WORD.findall(text)
    foreign = sum(bool(_FOREIGN.search(word)) and not _HAS_LATIN.search(word) for word in words)
    latin = foreign * 2 < len(words)

    def replaced(match: re.Match[str]) -> str:
        word = match.group()
        return word.translate(_LOOKALIKES) if latin or _HAS_LATIN.search(word) else word

    return _WORD.sub(replaced, text)


def _drop(
    pattern: re.Pattern[str],
    text: str,
    origins: Sequence[int],
    keep: Callable[[re.Match[str]], Sequence[int]],
) -> tuple[str, Sequence[int]]:
    """Keep, of each match, only the characters at the indices that `keep` returns."""
    kept: list[int] = []
    at = 0
    for match in pattern.finditer(text):
        kept += range(at, match.start())
        kept += keep(match)
        at = match.end()
    if at == 0:
        return text, origins
    kept += range(at, len(text))
    return "".join(text[index] for index in kept), [origins[index] for index in kept]
