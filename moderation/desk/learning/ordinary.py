"""Ordinary words, which stay though somebody signs with one.

Whoever comments chooses the name to sign with: signed ``People``, a comment must not take that word
out of everybody's comments. The words are those that the labelled set writes small, and the proper
names that it often names: days, countries, peoples.

    python -m moderation.desk.learning.ordinary labels/examples.jsonl

writes the list anew.
"""

import sys
from collections import Counter
from collections.abc import Iterable
from functools import cache
from pathlib import Path

from moderation.files import write_text
from moderation.rows import read_json_lines
from moderation.text.peoples import PEOPLES
from moderation.text.words import WORD

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
