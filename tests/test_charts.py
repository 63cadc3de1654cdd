"""Charts of the batch report and of the desk, drawn by the same rules."""

from collections import Counter
from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from moderation.charts import (
    HEIGHT,
    WIDTH,
    Bar,
    bars,
    curve_line,
    histogram,
    score_bars,
    target_lines,
    thinned,
)

counts = st.lists(st.integers(0, 10**7), min_size=1, max_size=36)


@dataclass
class Point:
    """A point of a curve."""

    threshold: float
    precision: float | None = None
    recall: float | None = None


@given(counts)
def test_bars_stay_in_their_picture_beside_one_another_and_grow_with_their_count(
    counts: list[int],
) -> None:
    for drawn in (
        bars(counts),
        [column.bar for column in histogram(counts)],
        [each.bar for each in score_bars(counts, 0, 1)],
    ):
        assert all(bar.y >= 0 and bar.y + bar.height <= HEIGHT + 0.02 for bar in drawn)
        assert all(bar.x >= 0 and bar.x + bar.width <= WIDTH + 0.02 for bar in drawn)
        ends = [bar.x + bar.width for bar in drawn]
        assert all(end <= bar.x for end, bar in zip(ends, drawn[1:], strict=False))
        pairs = list(zip(counts, drawn, strict=True))
        assert all(one.height <= other.height for n, one in pairs for m, other in pairs if n <= m)


def heights(drawn: list[Bar]) -> list[float]:
    return [bar.height for bar in drawn]


def test_one_comment_is_seen_beside_thousands_and_none_is_nothing() -> None:
    """In the report's months too, where it was thinner than a line."""
    counts = [100_000, 1, 0]
    _, (line,) = target_lines({"Vietnamese": Counter({"2026-01": 100_000, "2026-02": 1})})
    drawn = heights([each.bar for each in score_bars(counts, 0, 1)])
    assert drawn == [HEIGHT, pytest.approx(0.9), 0]
    assert heights([column.bar for column in line.columns]) == drawn[:2]


def test_nothing_to_draw_is_no_bar() -> None:
    assert bars([]) == []
    assert heights(bars([0, 0])) == [0, 0]


def test_the_scores_that_are_asked_for_are_chosen() -> None:
    drawn = score_bars([1, 2, 3, 4], 0.3, 0.5)
    assert [each.chosen for each in drawn] == [False, True, False, False]
    assert [(each.low, each.high, each.count) for each in drawn[:2]] == [
        (0, 0.25, 1),
        (0.25, 0.5, 2),
    ]


def test_a_curve_leaves_out_what_is_not_known() -> None:
    points = [Point(0.25, 0.5, 1), Point(0.5), Point(1, 1, 0)]
    assert curve_line(points, "precision") == "25.0,50.0 100.0,0.0"
    assert curve_line(points, "recall") == "25.0,0.0 100.0,100.0"


@pytest.mark.parametrize("number", [1, 20, 21, 22, 99])
def test_few_points_are_left_the_first_and_the_last_among_them(number: int) -> None:
    points = [Point(place) for place in range(number)]
    few = thinned(points)
    assert len(few) == min(number, 21)
    assert (few[0], few[-1]) == (points[0], points[-1])
