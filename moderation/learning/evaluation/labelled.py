"""What a model is worth on labelled examples it has not learned from."""

from collections import defaultdict
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from moderation.labelling.record import Example
from moderation.learning.evaluation.metrics import (
    AttributeResult,
    ClassResult,
    attribute_result,
    character_f1,
    confusion_matrix,
    mean,
    results_by_class,
)
from moderation.learning.judgement import Judge, Judgement, label_of
from moderation.taxonomy import ATTRIBUTE_NAMES, FLAGGED, PRESENT, Label


class Evaluation(NamedTuple):
    """All figures of one model on one split."""

    examples: int
    macro_f1: float
    labels: dict[str, ClassResult]
    attributes: dict[str, AttributeResult]
    confusion: list[list[int]]
    """Right label by row, found label by column, in the order of :class:`Label`."""
    false_alarms: float
    """Share of civil and news passages at or above a review threshold."""
    review_recall: float
    """Share of inflammatory and ethnically hostile passages at or above a review threshold."""
    evidence_f1: float
    """Mean character F1 of the evidence over flagged passages (as SemEval-2021 Task 5 has it)."""
    targets: float
    """Share of the hostile passages found hostile whose targets are exactly right."""
    functions: dict[str, tuple[float, int]]
    """Share of right labels and number of passages, by what the passages do."""


def evaluate(model: Judge, examples: Sequence[Example]) -> Evaluation:
    """Judge examples and compare with their labels.

    Parameters
    ----------
    model : Judge
    examples : sequence of Example
        Not empty.
    """
    judged = model.judge([example.text for example in examples])
    right = [example.label for example in examples]
    found = [label_of(judgement.scores, model.thresholds) for judgement in judged]
    held = np.array(
        [
            any(j.scores[name] >= limit for name, limit in model.review_thresholds.items())
            for j in judged
        ]
    )
    bad = np.array([label in FLAGGED for label in right])
    order = list(Label)
    each = results_by_class(found, right, order)
    return Evaluation(
        examples=len(examples),
        macro_f1=mean([result.f1 for result in each]),
        labels={label.value: result for label, result in zip(order, each, strict=True)},
        attributes=_attributes(judged, examples, model.review_thresholds),
        confusion=confusion_matrix(found, right, order),
        false_alarms=mean(held[~bad]),
        review_recall=mean(held[bad]),
        evidence_f1=mean(
            [_evidence_f1(e, j) for e, j in zip(examples, judged, strict=True) if e.evidence]
        ),
        targets=mean(
            [
                set(example.targets) == set(judgement.targets)
                for example, judgement, label in zip(examples, judged, found, strict=True)
                if example.label is label is Label.ETHNIC_HOSTILITY
            ]
        ),
        functions=_functions(examples, found),
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
    found = {
        i
        for span in judgement.spans
        if span.attribute == example.label
        for i in range(span.start, span.end)
    }
    return character_f1(marked, found)


def _functions(examples: Sequence[Example], found: Sequence[Label]) -> dict[str, tuple[float, int]]:
    by_function: dict[str, list[bool]] = defaultdict(list)
    for example, label in zip(examples, found, strict=True):
        by_function[f"{example.label}/{example.function}"].append(example.label is label)
    return {name: (mean(hits), len(hits)) for name, hits in sorted(by_function.items())}
