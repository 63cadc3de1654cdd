"""The figures themselves, from arrays.

They are those of `sklearn.metrics`, which the tests compare them with. That library and SciPy would
double what an installation that only judges and evaluates has to hold.
"""

from collections import Counter
from collections.abc import Hashable, Sequence
from typing import NamedTuple

import numpy as np

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
        roc_auc(scores, truth) if both else float("nan"),
        average_precision(scores, truth) if both else float("nan"),
        calibration_error(scores, truth),
        int(truth.sum()),
        threshold,
        None if threshold is None else class_result(scores >= threshold, truth).f1,
    )


class ClassResult(NamedTuple):
    """Precision, recall and F1 of one class among several; 0 where a share is of nothing."""

    precision: float
    recall: float
    f1: float
    support: int
    """Number of passages that belong to the class."""


def class_result(predicted: Flags, truth: Flags) -> ClassResult:
    """Measure predictions of one class against the truth, both of shape ``(n,)``."""
    hits, positives, support = (int(flags.sum()) for flags in (predicted & truth, predicted, truth))
    return ClassResult(
        hits / positives if positives else 0.0,
        hits / support if support else 0.0,
        2 * hits / (positives + support) if positives + support else 0.0,
        support,
    )


def results_by_class(
    predicted: Sequence[Hashable], truth: Sequence[Hashable], classes: Sequence[Hashable]
) -> list[ClassResult]:
    """Return a result for each class, in the order of `classes`."""
    return [
        class_result(
            np.array([label == name for label in predicted], bool),
            np.array([label == name for label in truth], bool),
        )
        for name in classes
    ]


def confusion_matrix(
    predicted: Sequence[Hashable], truth: Sequence[Hashable], classes: Sequence[Hashable]
) -> list[list[int]]:
    """Return the number of passages by true class (row) and predicted class (column)."""
    counts = Counter(zip(truth, predicted, strict=True))
    return [[counts[row, column] for column in classes] for row in classes]


def roc_auc(scores: Floats, truth: Flags) -> float:
    """Return the area under the ROC curve; both kinds must be there."""
    hits, positives = _by_threshold(scores, truth)
    false_rate = np.append(0, (positives - hits) / (len(truth) - hits[-1]))
    recall = np.append(0, hits / hits[-1])
    return float(np.trapezoid(recall, false_rate))


def average_precision(scores: Floats, truth: Flags) -> float:
    """Return the precision at each threshold, weighted by the recall that it adds."""
    hits, positives = _by_threshold(scores, truth)
    return float(np.sum(np.diff(hits / hits[-1], prepend=0) * (hits / positives)))


def _by_threshold(scores: Floats, truth: Flags) -> tuple[Floats, Floats]:
    """Return the true positives and all positives at each score as threshold, highest first."""
    order = np.argsort(-scores, kind="stable")
    last = np.append(np.flatnonzero(np.diff(scores[order])), len(order) - 1)
    return np.cumsum(truth[order])[last], last + 1


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
