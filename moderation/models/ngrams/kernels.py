"""Kernels from spelled texts to scores: tokens and sentences, sums of weights, windows."""

import numpy as np

from moderation.models.ngrams.alphabet import ASCII, DISGUISED, END, LEADS, SIGN, SPACE, STOP, WORD
from moderation.models.ngrams.numba_cache import inlined, kernel
from moderation.taxonomy import ATTRIBUTE_NAMES
from moderation.text.segmentation import WINDOW_WORDS

APOSTROPHE = ord("'")
LINE_END = ord("\n")
MAX_SENTENCE = 60
"""Tokens after which a sentence is ended in any case; no window is longer."""

BEGINS = 1
"""Flag of a sentence's first token."""
DISGUISE = 2
"""Flag of a token that was disguised."""

# The roles of a word in the table.
PEOPLE = 1
"""The word, or pair of words, names a people."""
FIRST = 2
"""The word is the first of such a pair."""

# Instead of a place in the table: the token is not in it, or is not counted.
UNKNOWN = -1
LEFT_OUT = -2

MAX_WORD = 40
"""Bytes of a word that are looked at, so that no word costs more than its share."""
BLANK = ord(" ")
DISGUISE_COLUMN = 0
"""Counted once more for each disguised word: the disguise is a sign by itself."""
WIDTH = len(ATTRIBUTE_NAMES)
SENTENCE_DISCOUNT = 2.5
"""Deducted from the raw score of a sentence alone: without its neighbours there is less to judge it
on, so that only a vile one counts by itself. Chosen by cross-validation over the families of train
and dev, as the least that costs no AUC."""

_SEED = np.uint64(0x9E3779B97F4A7C15)
_PRIME = np.uint64(0x100000001B3)
_MIX = np.uint64(0xFF51AFD7ED558CCD)
_HALF = np.uint64(32)
_SPREAD = np.uint64(0x9E3779B97F4A7C15)


@inlined
def mix(value):
    """Spread a hash over all of its 64 bits."""
    value = (value ^ (value >> _HALF)) * _MIX
    return value ^ (value >> _HALF)


@kernel
def hash_pair(first, second):
    """Return the hash of a pair of words."""
    return mix(first * _SEED + second)


@inlined
def _end(text, at, kinds):
    """Return the end of the token that begins here: a word, apostrophes inside it, or one sign."""
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
    """Return the hash of a token's bytes."""
    value = _SEED
    for index in range(begin, end):
        value = (value ^ np.uint64(text[index])) * _PRIME
    return mix(value)


@kernel
def tokenise(text, kinds, whole, begins, ends, hashes, flags, bounds):  # noqa: PLR0913, PLR0917
    """Cut texts into tokens; return the number of tokens.

    A sentence ends with a line, after full stops and the like before a blank, and after
    `MAX_SENTENCE` tokens; if texts are taken `whole`, each is one sentence. The tokens of text
    ``i`` are those from ``bounds[i]`` to ``bounds[i + 1]``.
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
            if words > MAX_SENTENCE and not whole:
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
def find_place(key, keys):
    """Return the place of a key in a table with open addressing, or the empty one for it."""
    place = np.int64(key & np.uint64(len(keys) - 1))
    while keys[place] != key and keys[place] != 0:
        place = (place + 1) & (len(keys) - 1)
    return place


@kernel
def mask_peoples(hashes, flags, keys, roles, hidden, places):
    """Write the place of each token in the table of words, and mask the names of peoples.

    Of a name, the first word becomes the word `hidden`, and a second word is left out.
    """
    place_of_hidden = find_place(hidden, keys)
    at = 0
    while at < len(hashes):
        place = find_place(hashes[at], keys)
        role = roles[place]
        if role & FIRST and at + 1 < len(hashes) and not flags[at + 1] & BEGINS:
            both = find_place(hash_pair(hashes[at], hashes[at + 1]), keys)
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
def insert_all(wanted, keys):
    """Insert keys into an empty table; return the place of each."""
    places = np.empty(len(wanted), np.int64)
    for index in range(len(wanted)):
        places[index] = find_place(wanted[index], keys)
        keys[places[index]] = wanted[index]
    return places


@inlined
def _own_columns(text, begin, end, value, shape, out):
    """Write the columns of one word and of the runs of bytes within it; return their number."""
    half, low, high, hidden = shape
    out[0] = np.int64(mix(value) & np.uint64(half - 1))
    count = 1
    if value == np.uint64(hidden):
        return count
    length = min(end - begin, MAX_WORD)
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
    """Return the token after this one in its sentence; -1 for none."""
    after = at + 1
    if after < len(places) and places[after] == LEFT_OUT:
        after += 1
    return after if after < len(places) and not flags[after] & BEGINS else -1


@kernel
def columns(text, begins, ends, hashes, flags, places, shape, out, bounds):  # noqa: PLR0913, PLR0917
    """Write the columns of each token; return the number of columns.

    Those of token ``i`` are from ``bounds[i]`` to ``bounds[i + 1]``. The caller sees to it that
    `out` has room for all of them.
    """
    half = shape[0]
    count = 0
    for at in range(len(begins)):
        if places[at] != LEFT_OUT:
            count += _own_columns(text, begins[at], ends[at], hashes[at], shape, out[count:])
            after = _next(at, flags, places)
            if after >= 0:
                both = hash_pair(hashes[at], hashes[after])
                out[count] = np.int64(mix(both) & np.uint64(half - 1))
                count += 1
            if flags[at] & DISGUISE:
                out[count] = DISGUISE_COLUMN
                count += 1
        bounds[at + 1] = count
    return count


@kernel
def sums(text, begins, ends, hashes, flags, places, shape, known, weights, out, sizes):  # noqa: PLR0913, PLR0917
    """Write the sum of the weights of the n-grams that begin with each token, and their number.

    `known` holds, for each place in the table of words, the row of that word's own sums (-1 for
    none); then these sums, and the number of n-grams in each. The last row is of zeros.
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
        columns[at] = mix(hash_pair(hashes[at], hashes[after])) & half if after >= 0 else 0
        sizes[at] = after >= 0
    # This loop has no branch, so that the processor fetches far rows of several tokens at once.
    for at in range(len(begins)):
        row, column, paired = chosen[at], columns[at], sizes[at]
        for attribute in range(WIDTH):
            out[at, attribute] = rows[row, attribute] + weights[column, attribute] * paired
        sizes[at] += row_sizes[row]
    own = np.empty(3 * MAX_WORD + 8, np.int64)
    for at in range(len(begins)):
        count = 0
        if chosen[at] == nothing and places[at] != LEFT_OUT:
            count = _own_columns(text, begins[at], ends[at], hashes[at], shape, own)
        if flags[at] & DISGUISE:
            own[count] = DISGUISE_COLUMN
            count += 1
        for index in range(count):
            column = np.uint32(own[index])  # an unsigned index needs no look at its sign
            for attribute in range(WIDTH):
                out[at, attribute] += weights[column, attribute]
        sizes[at] += count


@inlined
def _sentences(first, last, flags, sums, sizes, totals, counts, words):  # noqa: PLR0913, PLR0917
    """Add up the tokens of one text by sentence; return the number of sentences.

    Row ``i`` of `totals`, `counts` (of n-grams) and `words` is of all sentences before the `i`-th,
    so that any run of sentences is the difference of two rows. They hold whole numbers: no sum
    depends on its order.
    """
    number = 0
    totals[0] = 0
    counts[0] = words[0] = 0
    for token in range(first, last):
        if flags[token] & BEGINS:
            number += 1
            totals[number] = totals[number - 1]
            counts[number], words[number] = counts[number - 1], words[number - 1]
        for attribute in range(WIDTH):
            totals[number, attribute] += sums[token, attribute]
        counts[number] += sizes[token]
        words[number] += 1
    return number


@kernel
def scores(bounds, flags, sums, sizes, scales, biases, harmful, out):  # noqa: PLR0913, PLR0917
    """Write each text's raw scores; return the number of windows.

    A harm counts as its worst window, or as its worst sentence at a discount; anything else as the
    mean over windows (`moderation.text.segmentation.windows`).
    """
    longest = 0
    for text in range(len(bounds) - 1):
        longest = max(longest, bounds[text + 1] - bounds[text])
    totals = np.empty((longest + 1, WIDTH), np.int64)
    counts, words = np.empty(longest + 1, np.int64), np.empty(longest + 1, np.int64)
    worst, mean = np.empty(WIDTH), np.empty(WIDTH)
    n_windows = 0
    for text in range(len(bounds) - 1):
        number = _sentences(
            bounds[text], bounds[text + 1], flags, sums, sizes, totals, counts, words
        )
        if number == 0:
            out[text] = biases
            continue
        worst[:] = -np.inf
        mean[:] = 0
        last = windows = 0
        for first in range(number):
            reached = last
            while last < number and (
                last <= first or words[last + 1] - words[first] <= WINDOW_WORDS
            ):
                last += 1
            alone = 1 / np.sqrt(counts[first + 1] - counts[first])
            for attribute in range(WIDTH):
                total = totals[first + 1, attribute] - totals[first, attribute]
                raw = total * alone * scales[attribute] - SENTENCE_DISCOUNT
                worst[attribute] = max(worst[attribute], raw)
            if last > reached:
                windows += 1
                whole = 1 / np.sqrt(counts[last] - counts[first])
                for attribute in range(WIDTH):
                    total = totals[last, attribute] - totals[first, attribute]
                    raw = total * whole * scales[attribute]
                    worst[attribute] = max(worst[attribute], raw)
                    mean[attribute] += raw
        for attribute in range(WIDTH):
            raw = worst[attribute] if harmful[attribute] else mean[attribute] / windows
            out[text, attribute] = raw + biases[attribute]
        n_windows += windows
    return n_windows
