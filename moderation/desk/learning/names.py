"""Finding people's names in texts: those that the desk knows, and those after a title."""

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

# FOLDED ordinary: Ordinary words, which stay though somebody signs with one.
# Whoever comments chooses the name to sign with: signed ``People``, a comment must not take that
# word out of everybody's comments. The words are those that the labelled set writes small, and
# the proper names that it often names: days, countries, peoples.
#     python -m moderation.desk.learning.names labels/examples.jsonl
# writes the list anew.

FILE = Path(__file__).with_name("ordinary.txt")
OFTEN = 20
"""A proper name that stands so often in the labelled set is no person's."""
_KHMER = ("ខ្មែរ", "កម្ពុជា", "យួន", "វៀតណាម", "ថៃ", "សៀម", "ចិន", "ចាម", "ឡាវ", "ជនជាតិ", "ប្រជាជន")
"""Peoples, and the word for people: no list of ordinary Khmer words is here."""


@cache
def ordinary() -> frozenset[str]:
    """Return the words, in small letters."""
    peoples = " ".join((*PEOPLES, *(form for forms in PEOPLES.values() for form in forms)))
    words = FILE.read_text("utf-8").split()
    return frozenset((*words, *peoples.casefold().split(), *_KHMER))


def ordinary_of(texts: Iterable[str]) -> list[str]:
    """Return the words that stand small in texts, and the proper names that stand there often."""
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
    named = {word for word, count in inside.items() if count >= OFTEN}
    return sorted(named | {word for word, count in small.items() if 3 * count >= capital[word]})


if __name__ == "__main__":
    with Path(sys.argv[1]).open("rb") as examples:
        found = ordinary_of(row.values["text"] for row in read_json_lines(examples, sys.argv[1]))
    write_text(FILE, "\n".join(found) + "\n")


SHORTEST = 4
"""Shorter names are words as often as names."""
MAX_WORDS = 5
MAX_TITLED = 4
MAX_UNSPACED = 60

_BETWEEN = re.compile(r"[\s.'’_-]{1,3}")
_UNSPACED = re.compile(f"[{UNSPACED_SCRIPTS}]")
"""A letter of a script that puts no spaces between words."""
_SIGN = re.compile(f"[{SIGNS}]")
_JOINS = "\u17d2"
"""The Khmer sign that puts the next letter under the one before."""

_TITLES = frozenset({"mr", "mrs", "ms", "dr", "lok", "oknha", "samdech"})
_WRITTEN_TITLES = frozenset({"Miss", "Excellency"})
"""Written small, these are words."""
_OFFICES = frozenset(
    {
        "ambassador", "chairman", "chairwoman", "chief", "deputy", "director", "general",
        "governor", "judge", "king", "mayor", "minister", "president", "prime", "prince",
        "princess", "secretary", "senator", "speaker",
    }
)  # fmt: skip
_AFTER_TITLE = re.compile(r"\.?\s{1,2}|\.")
_ON = re.compile(r"\s{1,2}|[-'’]")
_INITIAL = re.compile(r"\.\s?")


class Names(NamedTuple):
    """Names as they are looked up: none takes longer to find because there are many."""

    words: frozenset[tuple[str, ...]]
    """Names as runs of words, in small letters,"""
    lengths: Mapping[str, tuple[int, ...]]
    """and how many words those have that begin with a word."""
    unspaced: frozenset[str]
    """Names in scripts without spaces,"""
    unspaced_lengths: Mapping[str, tuple[int, ...]]
    """and how long those are that begin with the same letters."""


def known_names(names: Iterable[str]) -> Names:
    """Return names as they are looked up; the shortest, and ordinary words, are left out.

    Somebody who signs ``People`` or ``Vietnamese`` takes no word out of what others write.
    """
    words: set[tuple[str, ...]] = set()
    unspaced: set[str] = set()
    for name in names:
        found = tuple(WORD.findall(name.casefold()))
        if len(name) < SHORTEST or len(found) > MAX_WORDS or all(map(_is_ordinary, found)):
            continue
        words.add(found)
        if _UNSPACED.search(name):
            forms = ("".join(found), " ".join(found))
            unspaced |= {form for form in forms if SHORTEST <= len(form) <= MAX_UNSPACED}
    return Names(
        frozenset(words),
        _lengths((name[0], len(name)) for name in words),
        frozenset(unspaced),
        _lengths((name[:SHORTEST], len(name)) for name in unspaced),
    )


def names_in(text: str, names: Names) -> Iterator[tuple[int, int]]:
    """Yield where names stand that are known, in whatever case."""
    words = list(WORD.finditer(text))
    folded = [word[0].casefold() for word in words]
    joined = [
        bool(_BETWEEN.fullmatch(text, one.end(), other.start())) for one, other in pairwise(words)
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
    """Yield where names stand after a title.

    Words with a capital are of the name; others, as in ``MR SOK DARA`` and ``mr sok dara``, as far
    as they are no ordinary words.
    """
    words = list(WORD.finditer(text))
    for place, title in enumerate(words):
        written = title[0] in _WRITTEN_TITLES
        if not written and title[0].casefold() not in _TITLES:
            continue
        last = place
        for at in range(place + 1, min(place + 1 + MAX_TITLED, len(words))):
            if not _goes_on(text, words, at, first=last == place, written=written):
                break
            last = at
        if last > place:
            yield words[place + 1].start(), words[last].end()


def _goes_on(text: str, words: list[re.Match[str]], at: int, *, first: bool, written: bool) -> bool:
    """Whether a word belongs to the name that ends, or the title that stands, before it."""
    before, word = words[at - 1], words[at][0]
    gap = (before.end(), words[at].start())
    if first:
        between = _AFTER_TITLE.fullmatch(text, *gap)
    elif len(before[0]) == 1:
        between = _ON.fullmatch(text, *gap) or _INITIAL.fullmatch(text, *gap)
    else:
        between = _ON.fullmatch(text, *gap)
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
    for start in range(len(text) - SHORTEST + 1):
        lengths = names.unspaced_lengths.get(folded[start : start + SHORTEST])
        # A name begins and ends with a whole syllable.
        if lengths is None or (start and text[start - 1] == _JOINS):
            continue
        for length in lengths:
            end = start + length
            if folded[start:end] in names.unspaced and not _SIGN.match(text, end):
                yield start, end


def _is_ordinary(word: str) -> bool:
    """Whether a word is no name: an ordinary one, a letter, a number."""
    return len(word) == 1 or word.isdecimal() or word in ordinary()


def _lengths(names: Iterable[tuple[str, int]]) -> Mapping[str, tuple[int, ...]]:
    found: dict[str, set[int]] = {}
    for begins, length in names:
        found.setdefault(begins, set()).add(length)
    return {begins: tuple(sorted(lengths)) for begins, lengths in found.items()}
