"""Coordinates of the small SVG charts in the batch report and on the desk's pages."""

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol, TypeVar

WIDTH, HEIGHT = 240, 60
"""The size of a chart, in the units of its SVG picture."""
GAP = 0.08
"""Share of a bar's place that stays free beside it."""
MIN_SHARE = 0.015
"""Share of the height that a bar above 0 has at least, so that it can be seen."""
MAX_TARGETS = 10
MAX_MONTHS = 36
UNKNOWN_MONTH = ""


class Bar(NamedTuple):
    """The position and size of a bar, in the units of its picture."""

    x: float
    y: float
    width: float
    height: float


class Column(NamedTuple):
    """A bar and a text that says what it stands for."""

    bar: Bar
    meaning: str


@dataclass(frozen=True, slots=True)
class ScoreBar:
    """A bar of a histogram: the number of scores from `low` to `high`."""

    bar: Bar
    low: float
    high: float
    count: int
    chosen: bool


class TargetLine(NamedTuple):
    """A target, the number of passages that attack it, and a bar for each month."""

    target: str
    total: int
    columns: list[Column]


class CurvePoint(Protocol):
    """A point of a curve of precision and recall."""

    @property
    def threshold(self) -> float:
        """The threshold."""

    @property
    def precision(self) -> float | None:
        """The precision at the threshold, None if nothing is held."""

    @property
    def recall(self) -> float | None:
        """The recall at the threshold, None if nothing should be held."""


P = TypeVar("P", bound=CurvePoint)


def bars(heights: Sequence[float], highest: float | None = None) -> list[Bar]:
    """Return a bar for each height; the highest fills the picture.

    Parameters
    ----------
    heights : sequence of float
    highest : float, optional
        The height that fills the picture, where several charts share a scale.
    """
    top = highest or max(heights, default=0) or 1
    width = WIDTH / len(heights) if heights else 0
    shares = [max(height / top, MIN_SHARE) if height else 0 for height in heights]
    return [
        Bar(
            x=round((number + GAP / 2) * width, 2),
            y=round(HEIGHT - HEIGHT * share, 2),
            width=round((1 - GAP) * width, 2),
            height=round(HEIGHT * share, 2),
        )
        for number, share in enumerate(shares)
    ]


def score_bars(counts: Sequence[int], low: float, high: float) -> list[ScoreBar]:
    """Return a histogram of scores; the bars that overlap `low` to `high` are chosen."""
    bins = len(counts)
    return [
        ScoreBar(
            bar=bar,
            low=number / bins,
            high=(number + 1) / bins,
            count=count,
            chosen=number / bins < high and (number + 1) / bins > low,
        )
        for number, (bar, count) in enumerate(zip(bars(counts), counts, strict=True))
    ]


def histogram(counts: Sequence[int]) -> list[Column]:
    """Return the columns of a distribution; heights grow with the logarithm of the count.

    Most scores are near 0; on a linear scale no other bar could be seen.
    """
    step = 1 / len(counts)
    meanings = [
        f"{number * step:.2f} to {(number + 1) * step:.2f}: {count}"
        for number, count in enumerate(counts)
    ]
    return list(map(Column, bars([math.log1p(count) for count in counts]), meanings))


def target_lines(targets: Mapping[str, Counter[str]]) -> tuple[list[str], list[TargetLine]]:
    """Return the months shown, oldest first, and a line for each of the most attacked targets."""
    totals = Counter({target: counts.total() for target, counts in targets.items()})
    chosen = sorted(totals, key=lambda target: (-totals[target], target))[:MAX_TARGETS]
    months = sorted({m for target in chosen for m in targets[target] if m != UNKNOWN_MONTH})
    months = months[-MAX_MONTHS:]
    highest = max((targets[t][m] for t in chosen for m in months), default=1)
    lines = []
    for target in chosen:
        counts = [targets[target][month] for month in months]
        meanings = [f"{month}: {count}" for month, count in zip(months, counts, strict=True)]
        columns = list(map(Column, bars(counts, highest), meanings))
        lines.append(TargetLine(target, totals[target], columns))
    return months, lines


def curve_line(points: Sequence[CurvePoint], measure: str) -> str:
    """Return the points of an SVG polyline of ``precision`` or ``recall``, in a square of 100."""
    known = [(point.threshold, getattr(point, measure)) for point in points]
    return " ".join(f"{100 * x:.1f},{100 - 100 * y:.1f}" for x, y in known if y is not None)


def thinned(points: Sequence[P], max_points: int = 21) -> list[P]:
    """Return evenly spaced points, at most `max_points`, with the first and the last."""
    if len(points) <= max_points:
        return list(points)
    step = (len(points) - 1) / (max_points - 1)
    return [points[round(number * step)] for number in range(max_points)]
