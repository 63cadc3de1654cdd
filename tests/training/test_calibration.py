"""Calibrated scores are true as probabilities and keep their order."""

import numpy as np
import pytest

from moderation.evaluation.metrics import calibration_error
from moderation.training.calibration import fit_calibration

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
