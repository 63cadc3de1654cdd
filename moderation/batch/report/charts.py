"""Counts -> the shapes of small drawings, which the report draws as SVG."""

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import NamedTuple

WIDTH, HEIGHT = 240, 60
MOST_TARGETS = 10
MOST_MONTHS = 36
UNKNOWN = ""


class Column(NamedTuple):
    """A column of a drawing, in its units, and what it stands for."""

    x: float
    y: float
    width: float
    height: float
    meaning: str


class TargetLine(NamedTuple):
    """A target, how often it is attacked, and when."""

    target: str
    total: int
    columns: list[Column]


def histogram(counts: Sequence[int]) -> list[Column]:
    """Return the columns of a distribution; heights grow with the logarithm of the count.

    Most scores are near 0, so that on an even scale nothing else would be seen.
    """
    step = 1 / len(counts)
    meanings = [
        f"{at * step:.2f} to {(at + 1) * step:.2f}: {count}" for at, count in enumerate(counts)
    ]
    return _columns([math.log1p(count) for count in counts], meanings)


def target_lines(targets: Mapping[str, Counter[str]]) -> tuple[list[str], list[TargetLine]]:
    """Return the months shown, oldest first, and the targets that are attacked most."""
    totals = Counter({target: counts.total() for target, counts in targets.items()})
    chosen = sorted(totals, key=lambda target: (-totals[target], target))[:MOST_TARGETS]
    months = sorted({m for target in chosen for m in targets[target] if m != UNKNOWN})
    months = months[-MOST_MONTHS:]
    highest = max((targets[t][m] for t in chosen for m in months), default=1)
    lines = []
    for target in chosen:
        counts = [targets[target][month] for month in months]
        meanings = [f"{month}: {count}" for month, count in zip(months, counts, strict=True)]
        columns = _columns(counts, meanings, highest) if months else []
        lines.append(TargetLine(target, totals[target], columns))
    return months, lines


def _columns(
    heights: Sequence[float], meanings: Sequence[str], highest: float | None = None
) -> list[Column]:
    top = highest or max(heights, default=0) or 1
    wide = WIDTH / len(heights)
    return [
        Column(
            x=round(at * wide + 0.5, 2),
            y=round(HEIGHT - HEIGHT * height / top, 2),
            width=round(wide - 1, 2),
            height=round(HEIGHT * height / top, 2),
            meaning=meaning,
        )
        for at, (height, meaning) in enumerate(zip(heights, meanings, strict=True))
    ]
