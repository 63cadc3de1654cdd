"""Search for people's names in texts: those that the desk knows, and those after a title.

Whoever comments chooses the name to sign with: signed ``People``, a comment must not take that word
out of everybody's comments. Ordinary words are therefore no names. They are those that the labelled
set writes with a small letter, and the proper names that are frequent in it: days, countries,
peoples. ``python -m moderation.desk.learning.names labels/examples.jsonl`` writes their list anew.
"""

import re
import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

from moderation.files import write_text
from moderation.rows import read_json_lines
from moderation.text.peoples import PEOPLES
from moderation.text.words import SIGNS, UNSPACED_SCRIPTS, WORD

FILE = Path(__file__).with_name("ordinary.txt")
FREQUENT = 20
"""A proper name that stands so often in the labelled set is no person's."""
MIN_LENGTH = 4
"""Shorter names are words as often as names."""
MAX_WORDS = 5
MAX_TITLED = 4
"""Most words of a name after a title."""
MAX_UNSPACED = 60
"""Most characters of a name without spaces."""

_KHMER = ("ខ្មែរ", "កម្ពុជា", "យួន", "វៀតណាម", "ថៃ", "សៀម", "ចិន", "ចាម", "ឡាវ", "ជនជាតិ", "ប្រជាជន")
"""Peoples, and the word for people: there is no list of ordinary Khmer words."""
_BETWEEN = re.compile(r"[\s.'’_-]{1,3}")
_UNSPACED = re.compile(f"[{UNSPACED_SCRIPTS}]")
"""A letter of a script that puts no spaces between words."""
_SIGN = re.compile(f"[{SIGNS}]")
_JOINS = "\u17d2"
"""The Khmer sign that puts the next letter under the one before."""

_TITLES = frozenset({"mr", "mrs", "ms", "dr", "lok", "oknha", "samdech"})
_WRITTEN_TITLES = frozenset({"Miss", "Excellency"})
"""Titles with a capital; with a small letter these are words."""
_OFFICES = frozenset(
    {
        "ambassador", "chairman", "chairwoman", "chief", "deputy", "director", "general",
        "governor", "judge", "king", "mayor", "minister", "president", "prime", "prince",
        "princess", "secretary", "senator", "speaker",
    }
)  # fmt: skip
_AFTER_TITLE = re.compile(r"\.?\s{1,2}|\.")
_AFTER_WORD = re.compile(r"\s{1,2}|[-'’]")
_AFTER_INITIAL = re.compile(r"\.\s?")


class Names(NamedTuple):
    """Names, indexed so that looking them up takes no longer where there are many.

    Parameters
    ----------
    words : frozenset of tuple of str
        Names as runs of words, in small letters.
    lengths : mapping of str to tuple of int
        By first word, the numbers of words of the names that begin with it.
    unspaced : frozenset of str
        Names in scripts without spaces.
    unspaced_lengths : mapping of str to tuple of int
        By first letters, the lengths of the names that begin with them.
    """

    words: frozenset[tuple[str, ...]]
    lengths: Mapping[str, tuple[int, ...]]
    unspaced: frozenset[str]
    unspaced_lengths: Mapping[str, tuple[int, ...]]


def known_names(names: Iterable[str]) -> Names:
    """Return names indexed for the search; the shortest, and ordinary words, are left out."""
    words: set[tuple[str, ...]] = set()
    unspaced: set[str] = set()
    for name in names:
        parts = tuple(WORD.findall(name.casefold()))
        if len(name) < MIN_LENGTH or len(parts) > MAX_WORDS or all(map(_is_ordinary, parts)):
            continue
        words.add(parts)
        if _UNSPACED.search(name):
            forms = ("".join(parts), " ".join(parts))
            unspaced |= {form for form in forms if MIN_LENGTH <= len(form) <= MAX_UNSPACED}
    return Names(
        frozenset(words),
        _lengths((name[0], len(name)) for name in words),
        frozenset(unspaced),
        _lengths((name[:MIN_LENGTH], len(name)) for name in unspaced),
    )


def names_in(text: str, names: Names) -> Iterator[tuple[int, int]]:
    """Yield start and end of each known name in a text, in whatever case."""
    words = list(WORD.finditer(text))
    folded = [word[0].casefold() for word in words]
    joined = [
        bool(_BETWEEN.fullmatch(text, word.end(), following.start()))
        for word, following in pairwise(words)
    ]
    for place, first in enumerate(folded):
        for length in names.lengths.get(first, ()):
            if tuple(folded[place : place + length]) in names.words and all(
                joined[place : place + length - 1]
            ):
                yield words[place].start(), words[place + length - 1].end()
    if names.unspaced:
        yield from _unspaced_in(text, names)


def titled_in(text: str) -> Iterator[tuple[int, int]]:
    """Yield start and end of each name after a title.

    Words with a capital belong to the name; others, as in ``MR SOK DARA`` and ``mr sok dara``, if
    they are not ordinary words.
    """
    words = list(WORD.finditer(text))
    for place, title in enumerate(words):
        written = title[0] in _WRITTEN_TITLES
        if not written and title[0].casefold() not in _TITLES:
            continue
        last = place
        for at in range(place + 1, min(place + 1 + MAX_TITLED, len(words))):
            if not _belongs(text, words, at, first=last == place, written=written):
                break
            last = at
        if last > place:
            yield words[place + 1].start(), words[last].end()


@cache
def ordinary() -> frozenset[str]:
    """Return the ordinary words, in small letters."""
    peoples = " ".join((*PEOPLES, *(form for forms in PEOPLES.values() for form in forms)))
    words = FILE.read_text("utf-8").split()
    return frozenset((*words, *peoples.casefold().split(), *_KHMER))


def ordinary_of(texts: Iterable[str]) -> list[str]:
    """Return the words that texts write with a small letter, and their frequent proper names."""
    small: Counter[str] = Counter()
    capital: Counter[str] = Counter()
    inside: Counter[str] = Counter()
    for text in texts:
        for match in WORD.finditer(text):
            word = match[0].casefold()
            if len(word) == 1 or any(character.isdigit() for character in word):
                continue
            if match[0].islower():
                small[word] += 1
                continue
            capital[word] += 1
            before = text[: match.start()].rstrip()
            # Where a sentence begins, a capital says nothing.
            inside[word] += bool(before) and before[-1].isalpha()
    named = {word for word, count in inside.items() if count >= FREQUENT}
    return sorted(named | {word for word, count in small.items() if 3 * count >= capital[word]})


def _belongs(text: str, words: list[re.Match[str]], at: int, *, first: bool, written: bool) -> bool:
    """Tell whether a word belongs to the name that ends, or the title that stands, before it."""
    before, word = words[at - 1], words[at][0]
    gap = (before.end(), words[at].start())
    if first:
        between = _AFTER_TITLE.fullmatch(text, *gap)
    elif len(before[0]) == 1:
        between = _AFTER_WORD.fullmatch(text, *gap) or _AFTER_INITIAL.fullmatch(text, *gap)
    else:
        between = _AFTER_WORD.fullmatch(text, *gap)
    if not between or (word in {"s", "S"} and text[gap[0]] in "'’"):
        return False
    if first and word.casefold() in _OFFICES:
        return False
    capital = word[0].isupper() and (len(word) == 1 or not word.isupper())
    return capital or (not written and not _is_ordinary(word.casefold()))


def _unspaced_in(text: str, names: Names) -> Iterator[tuple[int, int]]:
    folded = text.casefold()
    if len(folded) != len(text):
        folded = text.lower() if len(text.lower()) == len(text) else text
    for start in range(len(text) - MIN_LENGTH + 1):
        lengths = names.unspaced_lengths.get(folded[start : start + MIN_LENGTH])
        # A name begins and ends with a whole syllable.
        if lengths is None or (start and text[start - 1] == _JOINS):
            continue
        for length in lengths:
            end = start + length
            if folded[start:end] in names.unspaced and not _SIGN.match(text, end):
                yield start, end


def _is_ordinary(word: str) -> bool:
    """Tell whether a word is no name: an ordinary one, a letter, a number."""
    return len(word) == 1 or word.isdecimal() or word in ordinary()


def _lengths(names: Iterable[tuple[str, int]]) -> Mapping[str, tuple[int, ...]]:
    """Return the lengths of names by their beginnings."""
    by_beginning: dict[str, set[int]] = {}
    for beginning, length in names:
        by_beginning.setdefault(beginning, set()).add(length)
    return {beginning: tuple(sorted(lengths)) for beginning, lengths in by_beginning.items()}


if __name__ == "__main__":
    with Path(sys.argv[1]).open("rb") as examples:
        words = ordinary_of(row.values["text"] for row in read_json_lines(examples, sys.argv[1]))
    write_text(FILE, "\n".join(words) + "\n")
