"""Calibrated scores are true as probabilities and keep their order."""

import numpy as np
import pytest

from moderation.evaluation.metrics import calibration_error
from moderation.models.base import Floats
from moderation.taxonomy import ATTRIBUTE_NAMES, FLAGGED, OTHERWISE, Label
from moderation.training.calibration import (
    MAX_FLAGGED,
    choose_label_thresholds,
    fit_calibration,
)
from moderation.training.data import OWN, REAL, Labelled

RNG = np.random.default_rng(0)


def test_a_score_of_p_holds_in_about_p_of_the_cases() -> None:
    raw = RNG.normal(size=(5000, 1)) * 3
    truth = (RNG.random((5000, 1)) < 1 / (1 + np.exp(-(0.5 * raw - 1)))).astype(float)
    scores = fit_calibration(raw, truth).probabilities(raw)[:, 0]
    assert calibration_error(scores, truth[:, 0]) < 0.03
    assert (np.diff(scores[np.argsort(raw[:, 0])]) >= 0).all()


def test_unknown_values_are_left_out() -> None:
    raw = np.linspace(-2, 2, 40)[:, None]
    truth = (raw > 0.3).astype(float)
    more = np.concatenate([raw, raw - 9]), np.concatenate([truth, np.full((40, 1), np.nan)])
    assert fit_calibration(raw, truth) == fit_calibration(*more)


def test_a_score_that_says_the_opposite_is_made_flat_and_not_turned_round() -> None:
    raw = np.linspace(-2, 2, 40)[:, None]
    scores = fit_calibration(raw, (raw < 0).astype(float)).probabilities(raw)
    assert np.ptp(scores) == 0


def test_calibration_error_is_the_mean_gap_over_bins() -> None:
    # Ten scores of 0.2 of which one holds, then ten of 0.8 of which all hold, in bins of two.
    scores = np.repeat([0.2, 0.8], 10)
    truth = np.array([1.0] + [0.0] * 9 + [1.0] * 10)
    gaps = [0.3, 0.2, 0.2, 0.2, 0.2, 0.2, 0.2, 0.2, 0.2, 0.2]
    assert calibration_error(scores, truth) == pytest.approx(np.mean(gaps))
    assert calibration_error(np.ones(50), np.zeros(50)) == pytest.approx(1)


def hostile_and_rude() -> tuple[Floats, Labelled]:
    """Return scores and dev texts in which only one of two kinds of decent ones may be flagged.

    Whoever gives up the hostile texts first, and then finds as many inflammatory ones as may be,
    comes out of that by no change of one threshold.
    """
    groups = (
        (Label.ETHNIC_HOSTILITY, 40, 0.55, 0.1),
        (Label.INFLAMMATORY, 10, 0.1, 0.65),
        (Label.INFLAMMATORY, 30, 0.1, 0.9),
        (Label.CIVIL, 4, 0.55, 0.1),
        (Label.CIVIL, 4, 0.1, 0.65),
        (Label.CIVIL, 92, 0.1, 0.1),
    )
    labels = [label for label, count, *_ in groups for _ in range(count)]
    scores = np.zeros((len(labels), len(ATTRIBUTE_NAMES)))
    for column, place in ((Label.ETHNIC_HOSTILITY, 2), (Label.INFLAMMATORY, 3)):
        of_texts = [group[place] for group in groups for _ in range(group[1])]
        scores[:, ATTRIBUTE_NAMES.index(column)] = of_texts
    unknown = np.full(scores.shape, np.nan)
    return scores, Labelled([""] * len(labels), unknown, labels, [REAL] * len(labels))


def test_two_label_thresholds_that_are_only_better_together_are_found() -> None:
    scores, dev = hostile_and_rude()
    chosen = choose_label_thresholds(scores, dev)
    assert 0.1 < chosen["ethnic_hostility"] <= 0.55
    assert 0.65 < chosen["inflammatory"] <= 0.9


@pytest.mark.parametrize("stream", [REAL, OWN])
def test_no_more_decent_texts_are_flagged_than_may_be(stream: str) -> None:
    chance = np.random.default_rng(1)
    labels = [*FLAGGED, OTHERWISE] * 200
    bad = np.array([label in FLAGGED for label in labels])
    scores = np.clip(chance.normal(0.4 + 0.2 * bad[:, None], 0.2, (600, 9)), 0, 1)
    dev = Labelled([""] * 600, np.full(scores.shape, np.nan), labels, [stream] * 600)
    chosen = choose_label_thresholds(scores, dev)
    held = np.any(
        [scores[:, ATTRIBUTE_NAMES.index(name)] >= chosen[name] for name in FLAGGED], axis=0
    )
    assert held[~bad].mean() <= MAX_FLAGGED[stream]
    assert held[bad].mean() > 0.05
