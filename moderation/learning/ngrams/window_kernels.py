"""The kernel that makes a text's scores of its tokens' sums, window by window."""

import numpy as np

from moderation.learning.ngrams.kernel import inlined, kernel
from moderation.learning.ngrams.sum_kernels import WIDTH
from moderation.learning.ngrams.token_kernels import BEGINS
from moderation.learning.windows import SENTENCE_DISCOUNT, WINDOW_WORDS


@inlined
def _sentences(first, last, flags, sums, sizes, totals, counts, words):  # noqa: PLR0913, PLR0917
    """Add up the tokens of one text; return how many sentences it has.

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
    """Write each text's raw scores; return how many windows were looked at.

    A harm counts as its worst window, or as its worst sentence at a discount; anything else as the
    mean over windows (`moderation.learning.windows`).
    """
    longest = 0
    for text in range(len(bounds) - 1):
        longest = max(longest, bounds[text + 1] - bounds[text])
    totals = np.empty((longest + 1, WIDTH), np.int64)
    counts, words = np.empty(longest + 1, np.int64), np.empty(longest + 1, np.int64)
    worst, mean = np.empty(WIDTH), np.empty(WIDTH)
    looked = 0
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
        looked += windows
    return looked
