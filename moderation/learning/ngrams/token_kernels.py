"""Kernels that cut spelled texts into tokens and sentences, and find the words that are known."""

import numpy as np

from moderation.learning.ngrams.alphabet import (
    ASCII,
    DISGUISED,
    END,
    LEADS,
    SIGN,
    SPACE,
    STOP,
    WORD,
)
from moderation.learning.ngrams.kernel import inlined, kernel

APOSTROPHE = ord("'")
LINE_END = ord("\n")
LONGEST_SENTENCE = 60
"""Tokens after which a sentence ends all the same; no window is longer."""

BEGINS = 1
"""Flag of a token with which a sentence begins."""
DISGUISE = 2
"""Flag of a token that was spelt so as to hide it."""

# What a word in the table is.
PEOPLE = 1
"""It names a people, or it is a pair of words that does."""
FIRST = 2
"""It is the first of such a pair."""

# What stands for the place of a token that is not in the table.
UNKNOWN = -1
LEFT_OUT = -2

_SEED = np.uint64(0x9E3779B97F4A7C15)
_PRIME = np.uint64(0x100000001B3)
_MIX = np.uint64(0xFF51AFD7ED558CCD)
_HALF = np.uint64(32)


@inlined
def mix(value):
    """Spread a hash over all of its 64 bits."""
    value = (value ^ (value >> _HALF)) * _MIX
    return value ^ (value >> _HALF)


@kernel
def pair(first, second):
    """Return the hash of a pair of words."""
    return mix(first * _SEED + second)


@inlined
def _end(text, at, kinds):
    """Return where the token that begins here ends: a word, its inner apostrophes, or one sign."""
    if not kinds[text[at]] & WORD:
        return at + 1
    while True:
        at += 1
        if text[at] == APOSTROPHE and kinds[text[at + 1]] & WORD:
            at += 1
        elif not kinds[text[at]] & WORD:
            return at


@inlined
def _hash(text, begin, end):
    value = _SEED
    for index in range(begin, end):
        value = (value ^ np.uint64(text[index])) * _PRIME
    return mix(value)


@kernel
def cut(text, kinds, whole, begins, ends, hashes, flags, bounds):  # noqa: PLR0913, PLR0917
    """Cut texts into tokens; return how many there are.

    A sentence ends with a line, after full stops and the like before a blank, and after
    `LONGEST_SENTENCE` tokens; not if each text is `whole`, and has to be one sentence. The tokens
    of text ``i`` are those from ``bounds[i]`` to ``bounds[i + 1]``.
    """
    count = number = at = words = 0
    fresh, stopped, mark = True, False, 0
    while at < len(text):
        byte = text[at]
        if byte == END:
            number += 1
            bounds[number] = count
            fresh, mark = True, 0
        elif kinds[byte] & SPACE:
            fresh |= not whole and (stopped or byte == LINE_END)
        elif byte == DISGUISED:
            mark = DISGUISE
        else:
            begin = at
            if byte == SIGN:
                begin = at + 1
                at += 2
                while text[at] >= ASCII and text[at] < LEADS:
                    at += 1
            else:
                at = _end(text, at, kinds)
            words = 1 if fresh else words + 1
            if words > LONGEST_SENTENCE and not whole:
                fresh, words = True, 1
            begins[count], ends[count], hashes[count] = begin, at, _hash(text, begin, at)
            flags[count] = mark | (BEGINS if fresh else 0)
            stopped = kinds[byte] & STOP != 0
            count += 1
            fresh, mark = False, 0
            continue
        at += 1
    return count


@inlined
def find(key, keys):
    """Return where a key stands in a table of open addressing, or the empty place where it may."""
    place = np.int64(key & np.uint64(len(keys) - 1))
    while keys[place] != key and keys[place] != 0:
        place = (place + 1) & (len(keys) - 1)
    return place


@kernel
def name(hashes, flags, keys, roles, hidden, places):
    """Find where each token stands in the table of words, and hide the names of peoples.

    Of a name the first word becomes the word `hidden`, and a second word is left out.
    """
    place_of_hidden = find(hidden, keys)
    at = 0
    while at < len(hashes):
        place = find(hashes[at], keys)
        role = roles[place]
        if role & FIRST and at + 1 < len(hashes) and not flags[at + 1] & BEGINS:
            both = find(pair(hashes[at], hashes[at + 1]), keys)
            if roles[both] & PEOPLE:
                hashes[at], places[at] = hidden, place_of_hidden
                places[at + 1] = LEFT_OUT
                at += 2
                continue
        if role & PEOPLE:
            hashes[at], place = hidden, place_of_hidden
        places[at] = place if keys[place] else UNKNOWN
        at += 1


@kernel
def place_all(wanted, keys):
    """Put keys into an empty table; return the place of each."""
    places = np.empty(len(wanted), np.int64)
    for index in range(len(wanted)):
        places[index] = find(wanted[index], keys)
        keys[places[index]] = wanted[index]
    return places
