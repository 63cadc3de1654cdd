"""Evidence is made of whole words of the text, and there always is some."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from moderation.learning.arrays import Floats
from moderation.learning.encoder.reading import Ints, Window
from moderation.learning.encoder.session import Scored
from moderation.learning.encoder.words import Words, evidence, runs, sentence_heat, words_of

TEXT = "they are vermin and thieves , my friend"


def ints(*values: int) -> Ints:
    return np.array(values, dtype=np.int32)


def words(heat: list[float]) -> Words:
    starts, at = [], 0
    for word in TEXT.split():
        starts.append(at)
        at += len(word) + 1
    ends = [start + len(word) for start, word in zip(starts, TEXT.split(), strict=True)]
    count = len(heat)
    return Words(ints(*starts[:count]), ints(*ends[:count]), np.array([heat]).T)


def shown(heat: list[float], threshold: float) -> list[str]:
    return [TEXT[s.start : s.end] for s in evidence(words(heat), 0, threshold, "insult")]


@pytest.mark.parametrize(
    ("evident", "gap", "found"),
    [
        ([], 1, []),
        ([0, 0], 1, []),
        ([1, 1, 0, 0, 1], 1, [(0, 1), (4, 4)]),
        ([1, 0, 1, 0, 0, 1], 1, [(0, 2), (5, 5)]),
        ([1, 0, 1], 0, [(0, 0), (2, 2)]),
    ],
)
def test_runs_are_joined_over_small_gaps_only(
    evident: list[int], gap: int, found: list[tuple[int, int]]
) -> None:
    assert list(runs(np.array(evident, dtype=bool), gap)) == found


def test_words_over_the_threshold_are_evidence() -> None:
    assert shown([0, 0, 0.9, 0, 0.8, 0, 0, 0], 0.5) == ["vermin and thieves"]
    assert shown([0.9, 0, 0, 0, 0.8, 0, 0, 0], 0.5) == ["they", "thieves"]


def test_the_hottest_word_is_evidence_where_none_reaches_the_threshold() -> None:
    assert shown([0, 0, 0.2, 0, 0.05, 0, 0, 0], 0.5) == ["vermin"]
    assert shown([0.2, 0, 0, 0, 0.19, 0, 0, 0], 0.5) == ["they", "thieves"]


def test_a_span_is_as_likely_as_its_hottest_word() -> None:
    (span,) = evidence(words([0, 0, 0.6, 0.7, 0.9, 0, 0, 0]), 0, 0.5, "insult")
    assert (span.attribute, span.score) == ("insult", 0.9)


@given(st.lists(st.floats(0, 1), max_size=8), st.floats(0, 1))
def test_evidence_is_there_wherever_there_is_a_word_and_stays_inside_the_text(
    heat: list[float], threshold: float
) -> None:
    spans = list(evidence(words(heat), 0, threshold, "insult"))
    assert bool(spans) == bool(heat)
    assert all(0 <= span.start < span.end <= len(TEXT) for span in spans)
    assert all(one.end < other.start for one, other in pairwise(spans))


def test_a_word_is_as_hot_as_its_hottest_piece_in_any_window() -> None:
    def column(*values: float) -> Floats:
        return np.array([values]).T

    first = Window(ints(1, 2), ints(0, 4), ints(4, 6), ints(0, 0))
    then = Window(ints(2, 3), ints(4, 7), ints(6, 9), ints(0, 1))
    none = np.zeros(1)
    found = words_of(
        [first, then], [Scored(none, column(-9, 0)), Scored(none, column(-9, np.log(3)))]
    )
    assert (found.starts.tolist(), found.ends.tolist()) == ([0, 7], [6, 9])
    np.testing.assert_allclose(found.heat[:, 0], [0.5, 0.75])


def test_a_sentence_is_as_hot_as_its_hottest_word_and_cold_without_any() -> None:
    heat = sentence_heat(words([0.1, 0.2, 0.9, 0.3]), [(0, 8), (9, 19), (20, 30)], 0)
    assert heat == [0.2, 0.9, 0.0]
