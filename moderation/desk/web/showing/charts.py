"""Charts as numbers that a template draws: shares of the picture's width and height, in percent."""

from collections.abc import Sequence
from dataclasses import dataclass

from moderation.desk.words import Point


@dataclass(frozen=True, slots=True)
class Bar:
    """A bar of a histogram: scores from `low` to `high`, where it stands and how high it is."""

    low: float
    high: float
    count: int
    x: float
    width: float
    height: float
    chosen: bool


def bars(counts: Sequence[int], low: float, high: float) -> list[Bar]:
    """Return a histogram's bars; those that `low` to `high` touches are chosen."""
    top, number = max([*counts, 1]), len(counts)
    return [
        Bar(
            low=place / number,
            high=(place + 1) / number,
            count=count,
            x=100 * place / number,
            width=92 / number,
            # A comment or two must be seen beside thousands.
            height=max(100 * count / top, 1.5) if count else 0,
            chosen=place / number < high and (place + 1) / number > low,
        )
        for place, count in enumerate(counts)
    ]


def line(points: Sequence[Point], of: str) -> str:
    """Return an SVG polyline's points for ``precision`` or ``recall``, in a square of 100."""
    known = [(point.threshold, getattr(point, of)) for point in points]
    return " ".join(f"{100 * x:.1f},{100 - 100 * y:.1f}" for x, y in known if y is not None)


def thinned(points: Sequence[Point], most: int = 21) -> list[Point]:
    """Return some of the points, evenly, the first and the last among them."""
    if len(points) <= most:
        return list(points)
    step = (len(points) - 1) / (most - 1)
    return [points[round(place * step)] for place in range(most)]
