"""Windows cover a text once through, and each is short."""

from itertools import pairwise

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from moderation.learning.reading import Sentence
from moderation.learning.windows import SENTENCE_DISCOUNT, WINDOW_WORDS, combine, windows
from moderation.text.tokens import Token


def sentence(words: int) -> Sentence:
    return Sentence(0, 0, [Token("w", 0, 1)] * words)


@given(st.lists(st.integers(0, 80), min_size=1, max_size=40))
def test_windows_cover_every_sentence_and_stay_short(lengths: list[int]) -> None:
    found = windows([sentence(length) for length in lengths])
    assert {i for first, last in found for i in range(first, last)} == set(range(len(lengths)))
    assert len(found) <= len(lengths)
    for first, last in found:
        assert last - first == 1 or sum(max(n, 1) for n in lengths[first:last]) <= WINDOW_WORDS
    for (first, last), (then, after) in pairwise(found):
        assert first < then
        assert last < after


def test_a_short_text_is_one_window() -> None:
    assert windows([sentence(5), sentence(7), sentence(2)]) == [(0, 3)]


def test_a_harm_counts_as_its_worst_window_and_news_as_the_mean() -> None:
    raw = np.array([[1.0, 1.0], [5.0, 5.0], [2.0, 2.0]])
    combined = combine(raw, [2, 1], raw, [2, 1], np.array([True, False]))
    np.testing.assert_array_equal(combined, [[5, 3], [2, 2]])


def test_a_vile_sentence_counts_at_a_discount_however_mild_its_windows_are() -> None:
    mild, vile = np.array([[1.0]]), np.array([[0.0], [9.0]])
    assert combine(mild, [1], vile, [2], np.array([True])) == 9 - SENTENCE_DISCOUNT
    assert combine(mild, [1], vile, [2], np.array([False])) == 1
