"""Kernels that normalise bytes; they mark each text that they cannot do, and never guess."""

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
"""The first bytes that begin a character of three bytes, and of four (UTF-8)."""
MIXED = LETTER | DIGIT | SWAP
APOSTROPHE = ord("'")
DRAWN_OUT = 3
"""Repetitions in a row from which a letter counts as one."""
SET_APART = 3
"""Single letters, with the same sign between them, that may together be one word."""
BETWEEN = 2
"""Digits or signs in a row, at most, that may stand for letters."""


@inlined
def _length(lead):
    """Return the number of bytes of a character that begins with this one (UTF-8)."""
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
    """Fold case, accents, blanks and emoji; return the number of bytes written."""
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

    Return True if the word is done: no letter is repeated `DRAWN_OUT` times in it.
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
    """Undo disguises; return the number of bytes written.

    A text is hard if single letters are set apart in it, or if two disguises meet in one word.
    """
    size = text = 0
    start = -1  # start in `out` of the run of letters, digits and their look-alikes
    same = 1  # repetitions of the last byte
    gap = 0  # digits and signs since the last letter; above `BETWEEN` once it is too far
    swapped = shortened = False
    single = -9  # position of the last single letter, length of the chain, sign between them
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
            # Most of a word is plain letters: a narrow loop goes through them.
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
                # An inner apostrophe joins it to a longer word, whose mark stands elsewhere.
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
