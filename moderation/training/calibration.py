"""Calibration on the development split: probabilities of raw scores, and the thresholds on them."""

from collections.abc import Mapping, Sequence
from itertools import product
from typing import Any

import numpy as np
from scipy.optimize import minimize
from scipy.special import expit
from sklearn.metrics import f1_score

from moderation.models.base import Calibration, Floats, label_of
from moderation.taxonomy import ATTRIBUTE_NAMES, FLAGGED, LABELLING, PRESENT, Label
from moderation.training.data import Dataset

MAX_FALSE_ALARMS = 0.03
"""The share of civil and news passages that may go to review on the development split: silencing
decent people is the worst failure, so it is bounded first and recall comes second."""

MIN_PRECISION = 0.85
"""The share of the passages given a flagged label that must deserve one, on dev."""

_GRID = [round(step / 50, 2) for step in range(3, 50)]


def calibrate(raw: Floats, dev: Dataset) -> dict[str, Any]:
    """Return the fields of a tier's state that are fitted to its raw scores of the dev split.

    These are ``slopes``, ``offsets``, ``thresholds`` and ``review_thresholds``.

    Parameters
    ----------
    raw : array of shape (n, n_attributes)
    dev : Dataset
    """
    calibration = fit_calibration(raw, dev.values)
    probabilities = calibration.probabilities(raw)
    return {**calibration._asdict(), **choose_thresholds(probabilities, dev)}


def choose_thresholds(probabilities: Floats, dev: Dataset) -> dict[str, dict[str, float]]:
    """Return ``thresholds`` and ``review_thresholds``, as a tier's state holds them."""
    labels = [example.label for example in dev.examples]
    return {
        "thresholds": choose_label_thresholds(probabilities, labels),
        "review_thresholds": choose_review_thresholds(probabilities, labels),
    }


def fit_calibration(raw: Floats, known: Floats) -> Calibration:
    """Fit Platt scaling, by maximum likelihood on smoothed targets (Platt, 1999).

    Parameters
    ----------
    raw : array of shape (n, n_attributes)
    known : array of shape (n, n_attributes)
        0, 1, or NaN where unknown.
    """
    curves = [_fit_curve(raw[:, column], known[:, column]) for column in range(raw.shape[1])]
    slopes, offsets = np.array(curves).T
    return Calibration(slopes, offsets)


def choose_label_thresholds(probabilities: Floats, labels: Sequence[Label]) -> dict[str, float]:
    """Return the label thresholds with the best macro-F1 among those of the stated precision.

    They are found by moving one at a time until no move improves the result. Where `MIN_PRECISION`
    cannot be reached, those that come nearest to it are chosen.

    Parameters
    ----------
    probabilities : array of shape (n, n_attributes)
    labels : sequence of Label
        The right label of each row.
    """
    rows = [dict(zip(ATTRIBUTE_NAMES, row, strict=True)) for row in probabilities.tolist()]
    bad = np.array([label in FLAGGED for label in labels])

    def merit(thresholds: Mapping[str, float]) -> tuple[float, float]:
        predicted = [label_of(row, thresholds) for row in rows]
        flagged = np.array([label in FLAGGED for label in predicted])
        precision = float(bad[flagged].mean()) if flagged.any() else 0.0
        f1 = f1_score(labels, predicted, labels=list(Label), average="macro", zero_division=0)
        return min(precision, MIN_PRECISION), float(f1)

    chosen = {str(name): 0.5 for name in LABELLING}
    best, improved = merit(chosen), True
    while improved:
        improved = False
        for name, value in product(LABELLING, _GRID):
            candidate = {**chosen, str(name): value}
            if (score := merit(candidate)) > best:
                chosen, best, improved = candidate, score, True
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


def _fit_curve(raw: Floats, known: Floats) -> tuple[float, float]:
    """Return the slope and offset of one attribute."""
    rows = ~np.isnan(known)
    x, positive = raw[rows], known[rows] >= PRESENT
    ups, downs = int(positive.sum()), int((~positive).sum())
    target = np.where(positive, (ups + 1) / (ups + 2), 1 / (downs + 2))

    def loss(curve: Floats) -> float:
        z = curve[0] * x + curve[1]
        return float(np.sum(np.logaddexp(0, z) - target * z))

    def gradient(curve: Floats) -> Floats:
        error = expit(curve[0] * x + curve[1]) - target
        return np.array([np.sum(error * x), np.sum(error)])

    best = minimize(loss, np.array([1.0, 0.0]), jac=gradient, method="L-BFGS-B").x
    # A falling curve would reverse an attribute's meaning; it is made flat instead.
    return max(float(best[0]), 0.0), float(best[1])
