"""Windows cover a text once through, and each is short."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from moderation.learning.windows import WINDOW_WORDS, windows


@given(st.lists(st.integers(0, 80), min_size=1, max_size=40))
def test_windows_cover_every_sentence_and_stay_short(lengths: list[int]) -> None:
    found = windows(lengths)
    assert {i for first, last in found for i in range(first, last)} == set(range(len(lengths)))
    assert len(found) <= len(lengths)
    for first, last in found:
        assert last - first == 1 or sum(max(n, 1) for n in lengths[first:last]) <= WINDOW_WORDS
    for (first, last), (then, after) in pairwise(found):
        assert first < then
        assert last < after


def test_a_short_text_is_one_window() -> None:
    assert windows([5, 7, 2]) == [(0, 3)]
