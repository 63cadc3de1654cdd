"""Choosing, on the development split, the probabilities from which labels and reviews hold."""

from collections.abc import Mapping, Sequence
from itertools import product

import numpy as np
from sklearn.metrics import f1_score

from moderation.learning.judgement import Floats, label_of
from moderation.taxonomy import ATTRIBUTE_NAMES, FLAGGED, LABELLING, Label

MAX_FALSE_ALARMS = 0.03
"""The share of civil and news passages that may go to review on the development split: silencing
decent people is the worst failure, so it is bounded first and recall comes second."""

LEAST_PRECISION = 0.85
"""The share of the passages labelled with a flagged label that shall rightly be so, on dev."""

_GRID = [round(step / 50, 2) for step in range(3, 50)]


def choose_label_thresholds(probabilities: Floats, labels: Sequence[Label]) -> dict[str, float]:
    """Return the label thresholds with the best macro-F1 among those of the stated precision.

    They are found by moving one at a time until no move betters the result. Where `LEAST_PRECISION`
    cannot be had, those that come nearest to it are chosen.

    Parameters
    ----------
    probabilities : array of shape (n, n_attributes)
    labels : sequence of Label
        The right label of each row.
    """
    rows = [dict(zip(ATTRIBUTE_NAMES, row, strict=True)) for row in probabilities.tolist()]

    bad = np.array([label in FLAGGED for label in labels])

    def merit(thresholds: Mapping[str, float]) -> tuple[float, float]:
        found = [label_of(row, thresholds) for row in rows]
        flagged = np.array([label in FLAGGED for label in found])
        precision = float(bad[flagged].mean()) if flagged.any() else 0.0
        f1 = f1_score(labels, found, labels=list(Label), average="macro", zero_division=0)
        return min(precision, LEAST_PRECISION), float(f1)

    chosen = {str(name): 0.5 for name in LABELLING}
    best, improved = merit(chosen), True
    while improved:
        improved = False
        for name, value in product(LABELLING, _GRID):
            tried = {**chosen, str(name): value}
            if (score := merit(tried)) > best:
                chosen, best, improved = tried, score, True
    return chosen


def choose_review_thresholds(probabilities: Floats, labels: Sequence[Label]) -> dict[str, float]:
    """Return the review thresholds with the best balanced accuracy within the false alarms allowed.

    Parameters and result are those of :func:`choose_label_thresholds`, for the flagged labels.
    """
    bad = np.array([label in FLAGGED for label in labels])
    columns = [probabilities[:, ATTRIBUTE_NAMES.index(name)] for name in FLAGGED]
    best, chosen = -1.0, (1.0,) * len(FLAGGED)
    for limits in product(_GRID, repeat=len(FLAGGED)):
        held = np.any([c >= limit for c, limit in zip(columns, limits, strict=True)], axis=0)
        alarms = held[~bad].mean()
        balanced = (held[bad].mean() + 1 - alarms) / 2
        if alarms <= MAX_FALSE_ALARMS and balanced > best:
            best, chosen = balanced, limits
    return {str(name): limit for name, limit in zip(FLAGGED, chosen, strict=True)}
