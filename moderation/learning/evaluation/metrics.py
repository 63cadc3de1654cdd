"""The figures themselves, from arrays."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from sklearn.metrics import average_precision_score, f1_score, roc_auc_score

from moderation.learning.judgement import Flags, Floats

BINS = 10


class AttributeResult(NamedTuple):
    """How well one attribute's probability ranks and how true it is."""

    auc: float
    average_precision: float
    calibration_error: float
    positives: int
    threshold: float | None = None
    """From where the policy acts on it, if it does."""
    f1_at_threshold: float | None = None


def attribute_result(
    scores: Floats, truth: Flags, threshold: float | None = None
) -> AttributeResult:
    """Measure scores against truth, both of shape ``(n,)``; NaN where only one kind is there."""
    both = bool(truth.any()) and not truth.all()
    return AttributeResult(
        float(roc_auc_score(truth, scores)) if both else float("nan"),
        float(average_precision_score(truth, scores)) if both else float("nan"),
        calibration_error(scores, truth),
        int(truth.sum()),
        threshold,
        None if threshold is None else float(f1_score(truth, scores >= threshold, zero_division=0)),
    )


def calibration_error(scores: Floats, truth: Floats | Flags) -> float:
    """Return the mean gap between score and truth over ten bins of equally many passages.

    Known as expected calibration error with equal-mass bins (Nixon et al., 2019).
    """
    order = np.argsort(scores, kind="stable")
    return float(
        sum(
            len(part) / len(order) * abs(scores[part].mean() - truth[part].mean())
            for part in np.array_split(order, min(BINS, len(order)))
        )
    )


def character_f1(marked: set[int], found: set[int]) -> float:
    """Return the F1 of two sets of character positions (SemEval-2021 Task 5); 1 for none at all."""
    if not marked and not found:
        return 1.0
    return 2 * len(marked & found) / (len(marked) + len(found))


def mean(values: Sequence[float] | Floats | Flags) -> float:
    """Return the mean, NaN of nothing."""
    return float(np.mean(values)) if len(values) else float("nan")


def balanced_accuracy(found: Flags, right: Flags) -> float:
    """Return the mean of the shares of both kinds that were told right."""
    return (mean(found[right]) + mean(~found[~right])) / 2
