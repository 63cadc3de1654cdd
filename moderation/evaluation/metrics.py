"""Metrics: of scores and classes, of a model on labelled examples, of its bias against identities.

Those that `sklearn.metrics` has too are compared with it by the tests. That library and SciPy would
double the size of an installation that only judges and evaluates.
"""

from collections import Counter, defaultdict
from collections.abc import Hashable, Sequence
from typing import NamedTuple

import numpy as np

from moderation.labels.records import Example
from moderation.models.base import Flags, Floats, Judge, Judgement, label_of, reaches_any
from moderation.taxonomy import ATTRIBUTE_NAMES, FLAGGED, PRESENT, Label

BINS = 10
"""Bins of the calibration error."""
MIN_TEXTS = 10
"""Texts of each kind that an identity term must have to be measured."""


class AttributeResult(NamedTuple):
    """Figures of one attribute: its ranking of passages, and the truth of its probabilities."""

    auc: float
    average_precision: float
    calibration_error: float
    positives: int
    threshold: float | None = None
    """The probability from which the policy acts on it, if it does."""
    f1_at_threshold: float | None = None


def attribute_result(
    scores: Floats, truth: Flags, threshold: float | None = None
) -> AttributeResult:
    """Measure scores against truth, both of shape ``(n,)``; NaN where one class is missing."""
    has_both = bool(truth.any()) and not truth.all()
    return AttributeResult(
        roc_auc(scores, truth) if has_both else float("nan"),
        average_precision(scores, truth) if has_both else float("nan"),
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


def auc_where_known(scores: Floats, values: Floats) -> float:
    """Return the area under the ROC curve over the known values of one attribute.

    Both are of shape ``(n,)``; an unknown value is NaN.
    """
    known = ~np.isnan(values)
    return attribute_result(scores[known], values[known] >= PRESENT).auc


def roc_auc(scores: Floats, truth: Flags) -> float:
    """Return the area under the ROC curve; both classes must occur."""
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


def character_f1(marked: set[int], predicted: set[int]) -> float:
    """Return the F1 of two sets of character positions (SemEval-2021 Task 5); 1 for none at all."""
    if not marked and not predicted:
        return 1.0
    return 2 * len(marked & predicted) / (len(marked) + len(predicted))


def mean(values: Sequence[float] | Floats | Flags) -> float:
    """Return the mean, NaN of nothing."""
    return float(np.mean(values)) if len(values) else float("nan")


def balanced_accuracy(predicted: Flags, truth: Flags) -> float:
    """Return the mean of the recalls of both classes."""
    return (mean(predicted[truth]) + mean(~predicted[~truth])) / 2


class Evaluation(NamedTuple):
    """All figures of one model on one set of labelled examples."""

    examples: int
    macro_f1: float
    labels: dict[str, ClassResult]
    attributes: dict[str, AttributeResult]
    confusion: list[list[int]]
    """Right label by row, predicted label by column, in the order of :class:`Label`."""
    false_alarms: float
    """Share of civil and news passages at or above a review threshold."""
    review_recall: float
    """Share of inflammatory and ethnically hostile passages at or above a review threshold."""
    evidence_f1: float
    """Mean character F1 of the evidence over flagged passages (as in SemEval-2021 Task 5)."""
    targets: float
    """Share of the hostile passages labelled hostile whose targets are exactly right."""
    functions: dict[str, tuple[float, int]]
    """Share of right labels and number of passages, by the passages' function."""


def evaluate(model: Judge, examples: Sequence[Example]) -> Evaluation:
    """Judge examples that a model has not learned from, and compare with their labels.

    Parameters
    ----------
    model : Judge
    examples : sequence of Example
        Not empty.
    """
    judged = model.judge([example.text for example in examples])
    truth = [example.label for example in examples]
    predicted = [label_of(judgement.scores, model.thresholds) for judgement in judged]
    held = np.array([reaches_any(j.scores, model.review_thresholds) for j in judged])
    bad = np.array([label in FLAGGED for label in truth])
    order = list(Label)
    results = results_by_class(predicted, truth, order)
    return Evaluation(
        examples=len(examples),
        macro_f1=mean([result.f1 for result in results]),
        labels={label.value: result for label, result in zip(order, results, strict=True)},
        attributes=_attributes(judged, examples, model.review_thresholds),
        confusion=confusion_matrix(predicted, truth, order),
        false_alarms=mean(held[~bad]),
        review_recall=mean(held[bad]),
        evidence_f1=mean(
            [_evidence_f1(e, j) for e, j in zip(examples, judged, strict=True) if e.evidence]
        ),
        targets=mean(
            [
                set(example.targets) == set(judgement.targets)
                for example, judgement, label in zip(examples, judged, predicted, strict=True)
                if example.label is label is Label.ETHNIC_HOSTILITY
            ]
        ),
        functions=_functions(examples, predicted),
    )


def _attributes(
    judged: Sequence[Judgement], examples: Sequence[Example], thresholds: dict[str, float]
) -> dict[str, AttributeResult]:
    results: dict[str, AttributeResult] = {}
    for name in ATTRIBUTE_NAMES:
        known = [
            (judgement.scores[name], value >= PRESENT)
            for judgement, example in zip(judged, examples, strict=True)
            if (value := example.attributes[name]) is not None
        ]
        results[name] = attribute_result(
            np.array([score for score, _ in known]),
            np.array([truth for _, truth in known]),
            thresholds.get(name),
        )
    return results


def _evidence_f1(example: Example, judgement: Judgement) -> float:
    """Return the character F1 of the evidence for the example's own label."""
    marked = {i for e in example.evidence for i in range(e.start, e.end)}
    predicted = {
        i
        for span in judgement.spans
        if span.attribute == example.label
        for i in range(span.start, span.end)
    }
    return character_f1(marked, predicted)


def _functions(
    examples: Sequence[Example], predicted: Sequence[Label]
) -> dict[str, tuple[float, int]]:
    by_function: dict[str, list[bool]] = defaultdict(list)
    for example, label in zip(examples, predicted, strict=True):
        by_function[f"{example.label}/{example.function}"].append(example.label is label)
    return {name: (mean(hits), len(hits)) for name, hits in sorted(by_function.items())}


class Bias(NamedTuple):
    """Three AUCs for one identity term (Borkan et al., 2019)."""

    subgroup: float
    """Toxic against harmless texts that name the term."""
    bpsn: float
    """Toxic texts that do not name it against harmless ones that do: low if naming it raises the
    score of a harmless text."""
    bnsp: float
    """Toxic texts that name it against harmless ones that do not."""
    texts: int


def identity_bias(scores: Floats, toxic: Flags, terms: Sequence[str | None]) -> dict[str, Bias]:
    """Measure, by identity term, whether naming it moves a score by itself.

    Parameters
    ----------
    scores : array of shape (n,)
    toxic : bool array of shape (n,)
    terms : sequence of str or None
        The identity that each text names.
    """
    named = np.array([term or "" for term in terms])
    results: dict[str, Bias] = {}
    for term in sorted(set(named.tolist()) - {""}):
        inside = named == term
        if min((inside & toxic).sum(), (inside & ~toxic).sum()) >= MIN_TEXTS:
            results[term] = Bias(
                _auc(scores, inside & toxic, inside & ~toxic),
                _auc(scores, ~inside & toxic, inside & ~toxic),
                _auc(scores, inside & toxic, ~inside & ~toxic),
                int(inside.sum()),
            )
    return results


def _auc(scores: Floats, positive: Flags, negative: Flags) -> float:
    chosen = positive | negative
    return roc_auc(scores[chosen], positive[chosen])
