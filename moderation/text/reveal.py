"""Undoing disguised spellings, only where that reveals a word, every character's origin kept."""

import re
from collections.abc import Callable

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


def reveal(text: str, origins: list[int]) -> tuple[str, list[int]]:
    """Undo disguises in a case-folded text.

    - Letters set apart by spaces, full stops, hyphens, stars or underscores, three or more of them
      and always by the same sign, become a word: ``y u o n``.
    - Cyrillic and Greek letters that look like Latin ones become these in a word that has Latin
      ones beside them, and in a text that is otherwise Latin.
    - Digits and signs become the letters they stand for in a word that has one or two of them
      between Latin letters: ``v1et``, ``7h13v35``, and not ``2nd`` or ``covid19``.
    - A letter that stands three times or more in a row stands once.

    Parameters
    ----------
    text : str
    origins : list of int
        For each character, where it came from.

    Returns
    -------
    text, origins
        Of what is left.
    """
    text, origins = _drop(_SPACED, text, origins, keep=_letters)
    if _FOREIGN.search(text):
        text = _latin(text)
    text = _MIXED.sub(_unswapped, text)
    return _drop(_REPEATED, text, origins, keep=lambda match: [match.start()])


def unrepeated(text: str) -> str:
    """Return the text with each letter that stands three times or more in a row standing once."""
    return _REPEATED.sub(r"\1", text)


def _letters(match: re.Match[str]) -> list[int]:
    return list(range(match.start(), match.end(), 2))


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
    origins: list[int],
    keep: Callable[[re.Match[str]], list[int]],
) -> tuple[str, list[int]]:
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
