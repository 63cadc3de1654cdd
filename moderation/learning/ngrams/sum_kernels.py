"""Kernels that turn tokens into columns, for learning, and into sums of weights, for judging."""

import numpy as np

from moderation.learning.ngrams.kernel import inlined, kernel
from moderation.learning.ngrams.token_kernels import BEGINS, DISGUISE, LEFT_OUT, mix, pair
from moderation.taxonomy import ATTRIBUTE_NAMES

LONGEST_WORD = 40
"""Bytes of a word that are looked at, so that no word costs more than its share."""
BLANK = ord(" ")
DISGUISE_COLUMN = 0
"""Counted once more for a word that was spelt so as to hide it: that is a sign by itself."""
WIDTH = len(ATTRIBUTE_NAMES)

_SPREAD = np.uint64(0x9E3779B97F4A7C15)


@inlined
def _own_columns(text, begin, end, value, shape, out):
    """Write the columns of one word, and of the runs of bytes within it; return how many."""
    half, low, high, hidden = shape
    out[0] = np.int64(mix(value) & np.uint64(half - 1))
    count = 1
    if value == np.uint64(hidden):
        return count
    length = min(end - begin, LONGEST_WORD)
    for start in range(-1, length):
        packed = np.uint64(1)  # a leading bit tells runs of different lengths apart
        for index in range(start, min(start + high, length + 1)):
            inside = 0 <= index < length
            byte = text[begin + index] if inside else np.uint8(BLANK)
            packed = packed << np.uint64(8) | np.uint64(byte)
            if index - start + 1 >= low:
                out[count] = half + np.int64(mix(packed * _SPREAD) & np.uint64(half - 1))
                count += 1
    return count


@inlined
def _next(at, flags, places):
    """Return the token after this one in its sentence, -1 for none."""
    after = at + 1
    if after < len(places) and places[after] == LEFT_OUT:
        after += 1
    return after if after < len(places) and not flags[after] & BEGINS else -1


@kernel
def columns(text, begins, ends, hashes, flags, places, shape, out, bounds):  # noqa: PLR0913, PLR0917
    """Write the columns of each token; return how many there are.

    Those of token ``i`` are from ``bounds[i]`` to ``bounds[i + 1]``. `out` has room for
    `most_columns` of them.
    """
    half = shape[0]
    count = 0
    for at in range(len(begins)):
        if places[at] != LEFT_OUT:
            count += _own_columns(text, begins[at], ends[at], hashes[at], shape, out[count:])
            after = _next(at, flags, places)
            if after >= 0:
                both = pair(hashes[at], hashes[after])
                out[count] = np.int64(mix(both) & np.uint64(half - 1))
                count += 1
            if flags[at] & DISGUISE:
                out[count] = DISGUISE_COLUMN
                count += 1
        bounds[at + 1] = count
    return count


@kernel
def sums(text, begins, ends, hashes, flags, places, shape, known, weights, out, sizes):  # noqa: PLR0913, PLR0917
    """Write what the n-grams that begin with each token add up to, and how many these are.

    `known` holds, for each place in the table of words, the row of that word's own sums (-1 for
    none), these sums, and how many n-grams each is of; the last row is of zeros.
    """
    row_of, rows, row_sizes = known
    half = np.uint64(shape[0] - 1)
    nothing = len(rows) - 1
    columns = np.empty(len(begins), np.uint32)
    chosen = np.empty(len(begins), np.uint32)
    for at in range(len(begins)):
        place = places[at]
        row = row_of[place] if place >= 0 else np.int16(-1)
        chosen[at] = row if row >= 0 else nothing
        after = _next(at, flags, places) if place != LEFT_OUT else -1
        columns[at] = mix(pair(hashes[at], hashes[after])) & half if after >= 0 else 0
        sizes[at] = after >= 0
    # No branch is in this loop, so that the processor fetches far rows of several tokens at once.
    for at in range(len(begins)):
        row, column, paired = chosen[at], columns[at], sizes[at]
        for attribute in range(WIDTH):
            out[at, attribute] = rows[row, attribute] + weights[column, attribute] * paired
        sizes[at] += row_sizes[row]
    found = np.empty(3 * LONGEST_WORD + 8, np.int64)
    for at in range(len(begins)):
        count = 0
        if chosen[at] == nothing and places[at] != LEFT_OUT:
            count = _own_columns(text, begins[at], ends[at], hashes[at], shape, found)
        if flags[at] & DISGUISE:
            found[count] = DISGUISE_COLUMN
            count += 1
        for index in range(count):
            column = np.uint32(found[index])  # an unsigned index needs no look at its sign
            for attribute in range(WIDTH):
                out[at, attribute] += weights[column, attribute]
        sizes[at] += count
