"""Kernels that normalise bytes. They tell which texts they cannot do, and never guess."""

import numpy as np

from moderation.models.ngrams.alphabet import (
    APART,
    ASCII,
    DIGIT,
    DISGUISED,
    END,
    HARD,
    ITSELF,
    LETTER,
    PRIVATE_PLANES,
    RARE,
    SIGN,
    SWAP,
    WORD,
)
from moderation.models.ngrams.numba_cache import inlined, kernel

THREE_BYTES, FOUR_BYTES = 0xE0, 0xF0
"""From here on, a byte begins a character of so many."""
MIXED = LETTER | DIGIT | SWAP
APOSTROPHE = ord("'")
DRAWN_OUT = 3
"""A letter that stands so often in a row is meant once."""
SET_APART = 3
"""So many single letters, each set apart from the next by the same sign, may be one word."""
BETWEEN = 2
"""Digits or signs that may stand for letters in a row."""


@inlined
def _length(lead):
    """Return how many bytes a character has that begins with this one (UTF-8)."""
    if lead < ASCII:
        return 1
    return 2 if lead < THREE_BYTES else 3 if lead < FOUR_BYTES else 4


@inlined
def _slot(source, at, slots):
    """Return the slot of the character that is not ASCII and begins here."""
    lead = source[at]
    length = _length(lead)
    point = np.int64(lead) & (0x7F >> length)
    for index in range(at + 1, at + length):
        point = point << 6 | np.int64(source[index]) & 0x3F
    if point < len(slots):
        return slots[point]
    return np.int32(ITSELF if point >= PRIVATE_PLANES else RARE)


@kernel
def fold(source, folded, slots, pieces, ends, out, hard):  # noqa: PLR0913, PLR0917
    """Fold case, accents, blanks and emoji; return how many bytes were written."""
    size = text = at = 0
    while at < len(source):
        lead = source[at]
        if lead < ASCII:
            byte = folded[lead]
            out[size] = byte
            size += 1
            at += 1
            if byte == HARD:
                hard[text] = True
            elif byte == END:
                text += 1
            continue
        slot = _slot(source, at, slots)
        length = _length(lead)
        at += length
        if slot < 0:
            hard[text] |= slot == RARE
            out[size] = SIGN
            out[size + 1 : size + 1 + length] = source[at - length : at]
            size += 1 + length
            continue
        for index in range(ends[slot - 1], ends[slot]):
            out[size] = pieces[index]
            size += 1
    return size


@inlined
def _unswap(out, start, end, letters):
    """Put a mark before ``out[start:end]`` and letters for its digits and signs.

    Returns whether that is all there is to do: no letter stands `DRAWN_OUT` times then.
    """
    for index in range(end, start, -1):
        out[index] = letters[out[index - 1]]
    out[start] = DISGUISED
    for index in range(start + 1, end - 1):
        if out[index] == out[index + 1] == out[index + 2]:
            return False
    return True


@kernel
def reveal(plain, kinds, letters, out, hard):  # noqa: C901, PLR0912, PLR0915  # one state machine
    """Undo disguises; return how many bytes were written.

    A text is hard if single letters are set apart in it, or if two disguises meet in one word.
    """
    size = text = 0
    start = -1  # where the run of letters, digits and their look-alikes began, in `out`
    same = 1  # how often the last byte stood in a row
    gap = 0  # digits and signs since the last letter, more than may stand for letters if too far
    swapped = shortened = False
    single = -9  # where the last single letter stood, the chain of them, and what set them apart
    chain, sign = 0, np.uint8(0)
    byte = np.uint8(END)
    at = -1
    while at + 1 < len(plain):
        at += 1
        previous, byte = byte, plain[at]
        kind = kinds[byte]
        if kind & LETTER:
            if start < 0:
                start, swapped, shortened = size, False, False
            elif byte == previous:
                same += 1
                if same >= DRAWN_OUT:
                    size -= same == DRAWN_OUT  # the second one goes as well
                    shortened = True
                    continue
            elif gap:
                swapped |= gap <= BETWEEN
            if byte != previous:
                same = 1
            gap = 0
            out[size] = byte
            size += 1
            # Nothing of note is in the rest of most words: it is gone through in a narrow loop.
            following = plain[at + 1]
            while kinds[following] & LETTER and following != byte:
                at += 1
                byte = following
                out[size] = byte
                size += 1
                following = plain[at + 1]
                same = 1
            continue
        if kind & MIXED:
            if start < 0:
                start, swapped, shortened, gap = size, False, False, BETWEEN
            gap = gap + 1 if kind & SWAP else BETWEEN + 1
        elif start >= 0:
            if swapped:
                # An inner apostrophe makes a longer word of it, whose mark stands elsewhere.
                joined = byte == APOSTROPHE or (start > 0 and out[start - 1] == APOSTROPHE)
                done = _unswap(out, start, size, letters)
                size += 1
                hard[text] |= shortened or joined or not done
            start, gap = -1, 0
        if not kind & WORD:
            alone = at > 1 and kinds[previous] & WORD and not kinds[plain[at - 2]] & WORD
            if alone or at == 1:
                between = plain[at - 2]
                if single == at - 3 and chain > 0 and kinds[between] & APART:
                    chain = chain + 1 if chain == 1 or between == sign else 2
                    sign = between
                else:
                    chain = 1 if kinds[previous] & LETTER else 0
                single = at - 1
                hard[text] |= chain >= SET_APART
            text += byte == END
        out[size] = byte
        size += 1
    return size
