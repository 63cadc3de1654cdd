"""Evidence: the words of a text that made one of its scores high."""

from collections.abc import Sequence

import numpy as np

from moderation.learning.arrays import Floats
from moderation.learning.reading import Sentence
from moderation.text.peoples import mentions

NEAR_HOTTEST = 3.0
"""Log-odds by which a sentence may fall short of the hottest one and still be evidence beside it;
chosen on dev for the character F1 of the evidence. A plainly hostile sentence shows how little a
lukewarm one says."""


def evident_sentences(heat: Floats, threshold: float) -> list[int]:
    """Return the sentences that reach the threshold alone, near the hottest; else the hottest one.

    Parameters
    ----------
    heat : array of shape (n_sentences,)
        Each sentence's probability, alone.
    threshold : float
    """
    likely = np.clip(heat, 1e-9, 1 - 1e-9)
    odds = np.log(likely / (1 - likely))
    reached = np.flatnonzero((heat >= threshold) & (odds >= odds.max() - NEAR_HOTTEST))
    return [int(index) for index in reached] or [int(np.argmax(heat))]


def about_targets(
    evident: list[int], sentences: Sequence[Sentence], targets: Sequence[str]
) -> list[int]:
    """Leave out sentences that name peoples none of whom is attacked, unless no other is left.

    The people a writer defends is named in the hottest of company.
    """
    named = [{mention.people for mention in mentions(sentences[i].tokens)} for i in evident]
    kept = [
        index
        for index, peoples in zip(evident, named, strict=True)
        if not peoples or peoples & set(targets)
    ]
    return kept or evident


def trim(sentence: Sentence, shares: Floats, slack: float) -> tuple[int, int]:
    """Return the offsets of the run of words that speaks most strongly.

    Parameters
    ----------
    sentence : Sentence
    shares : array of shape (n_tokens,)
        What each token adds to the sentence's raw score.
    slack : float
        How much a token may take away, in mean absolute shares, before the run is cut there: 0
        keeps only the tokens that speak for it, a large one the whole sentence.
    """
    if not sentence.tokens:
        return sentence.start, sentence.end
    first, last = _best_run(shares + slack * np.abs(shares).mean())
    start, end = sentence.tokens[first].start, sentence.tokens[last].end
    whole = last == len(sentence.tokens) - 1
    return start, sentence.end if whole else end


def _best_run(values: Sequence[float] | Floats) -> tuple[int, int]:
    """Return the first and last index of the run with the greatest sum (Kadane's algorithm)."""
    best, best_run = -np.inf, (0, 0)
    total, start = 0.0, 0
    for index, value in enumerate(values):
        if total <= 0:
            total, start = 0.0, index
        total += float(value)
        if total > best:
            best, best_run = total, (start, index)
    return best_run
