"""The figures are those of scikit-learn, which judging and evaluation do without."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn import metrics as sklearn_metrics

from moderation.evaluation.metrics import (
    attribute_result,
    average_precision,
    class_result,
    confusion_matrix,
    results_by_class,
    roc_auc,
)

CLASSES = ["a", "b", "c"]
# Few different scores, so that many tie.
SCORES = st.lists(st.tuples(st.sampled_from([0.0, 0.1, 0.5, 0.9, 1.0]), st.booleans()), min_size=2)
PAIRS = st.lists(st.tuples(st.sampled_from(CLASSES), st.sampled_from(CLASSES)), min_size=1)


@given(SCORES.filter(lambda rows: len({truth for _, truth in rows}) == 2))
def test_ranking_is_measured_as_scikit_learn_measures_it(rows: list[tuple[float, bool]]) -> None:
    scores = np.array([score for score, _ in rows])
    truth = np.array([label for _, label in rows])
    assert roc_auc(scores, truth) == pytest.approx(sklearn_metrics.roc_auc_score(truth, scores))
    assert average_precision(scores, truth) == pytest.approx(
        sklearn_metrics.average_precision_score(truth, scores)
    )


@given(PAIRS)
def test_classes_are_measured_as_scikit_learn_measures_them(pairs: list[tuple[str, str]]) -> None:
    predicted, truth = [one for one, _ in pairs], [other for _, other in pairs]
    expected = sklearn_metrics.precision_recall_fscore_support(
        truth, predicted, labels=CLASSES, zero_division=0
    )
    results = results_by_class(predicted, truth, CLASSES)
    assert np.array(results) == pytest.approx(np.array(expected).T)
    assert confusion_matrix(predicted, truth, CLASSES) == (
        sklearn_metrics.confusion_matrix(truth, predicted, labels=CLASSES).tolist()
    )


def test_a_class_that_nothing_is_of_has_zeros() -> None:
    nothing = np.zeros(3, bool)
    assert class_result(nothing, nothing) == (0.0, 0.0, 0.0, 0)


def test_ranking_one_kind_alone_has_no_figure() -> None:
    result = attribute_result(np.array([0.2, 0.8]), np.array([True, True]), 0.5)
    assert np.isnan([result.auc, result.average_precision]).all()
    assert result.f1_at_threshold == pytest.approx(2 / 3)
