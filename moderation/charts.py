"""Small charts, as numbers that a template draws in SVG: the batch report's and the desk's."""

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol, TypeVar

WIDTH, HEIGHT = 240, 60
"""A chart's size, in the units of its SVG picture."""
GAP = 0.08
"""Share of a bar's place that stays free beside it."""
LEAST = 0.015
"""A bar that stands for something has at least this share of the height, to be seen at all."""
MAX_TARGETS = 10
MAX_MONTHS = 36
UNKNOWN = ""


class Bar(NamedTuple):
    """A bar's place and size, in the units of its picture."""

    x: float
    y: float
    width: float
    height: float


class Column(NamedTuple):
    """A bar and the words for what it stands for."""

    bar: Bar
    meaning: str


@dataclass(frozen=True, slots=True)
class ScoreBar:
    """A bar of a histogram: how many scores are from `low` to `high`."""

    bar: Bar
    low: float
    high: float
    count: int
    chosen: bool


class TargetLine(NamedTuple):
    """A target, how often it is attacked, and when."""

    target: str
    total: int
    columns: list[Column]


class OnCurve(Protocol):
    """A point of a curve of precision and recall."""

    @property
    def threshold(self) -> float:
        """The threshold."""

    @property
    def precision(self) -> float | None:
        """The precision there, None where nothing is held."""

    @property
    def recall(self) -> float | None:
        """The recall there, None where nothing is to be held."""


P = TypeVar("P", bound=OnCurve)


def bars(heights: Sequence[float], highest: float | None = None) -> list[Bar]:
    """Return a bar for each height; the highest fills the picture.

    Parameters
    ----------
    heights : sequence of float
    highest : float, optional
        What fills the picture, where several charts are compared.
    """
    top = highest or max(heights, default=0) or 1
    place = WIDTH / len(heights) if heights else 0
    shares = [max(height / top, LEAST) if height else 0 for height in heights]
    return [
        Bar(
            x=round((at + GAP / 2) * place, 2),
            y=round(HEIGHT - HEIGHT * share, 2),
            width=round((1 - GAP) * place, 2),
            height=round(HEIGHT * share, 2),
        )
        for at, share in enumerate(shares)
    ]


def score_bars(counts: Sequence[int], low: float, high: float) -> list[ScoreBar]:
    """Return a histogram of scores; those that `low` to `high` touches are chosen."""
    number = len(counts)
    return [
        ScoreBar(
            bar=bar,
            low=at / number,
            high=(at + 1) / number,
            count=count,
            chosen=at / number < high and (at + 1) / number > low,
        )
        for at, (bar, count) in enumerate(zip(bars(counts), counts, strict=True))
    ]


def histogram(counts: Sequence[int]) -> list[Column]:
    """Return the columns of a distribution; heights grow with the logarithm of the count.

    Most scores are near 0, so that on an even scale nothing else would be seen.
    """
    step = 1 / len(counts)
    meanings = [
        f"{at * step:.2f} to {(at + 1) * step:.2f}: {count}" for at, count in enumerate(counts)
    ]
    return list(map(Column, bars([math.log1p(count) for count in counts]), meanings))


def target_lines(targets: Mapping[str, Counter[str]]) -> tuple[list[str], list[TargetLine]]:
    """Return the months shown, oldest first, and the targets that are attacked most."""
    totals = Counter({target: counts.total() for target, counts in targets.items()})
    chosen = sorted(totals, key=lambda target: (-totals[target], target))[:MAX_TARGETS]
    months = sorted({m for target in chosen for m in targets[target] if m != UNKNOWN})
    months = months[-MAX_MONTHS:]
    highest = max((targets[t][m] for t in chosen for m in months), default=1)
    lines = []
    for target in chosen:
        counts = [targets[target][month] for month in months]
        meanings = [f"{month}: {count}" for month, count in zip(months, counts, strict=True)]
        columns = list(map(Column, bars(counts, highest), meanings))
        lines.append(TargetLine(target, totals[target], columns))
    return months, lines


def curve_line(points: Sequence[OnCurve], of: str) -> str:
    """Return an SVG polyline's points for ``precision`` or ``recall``, in a square of 100."""
    known = [(point.threshold, getattr(point, of)) for point in points]
    return " ".join(f"{100 * x:.1f},{100 - 100 * y:.1f}" for x, y in known if y is not None)


def thinned(points: Sequence[P], most: int = 21) -> list[P]:
    """Return some of the points, evenly, the first and the last among them."""
    if len(points) <= most:
        return list(points)
    step = (len(points) - 1) / (most - 1)
    return [points[round(place * step)] for place in range(most)]
