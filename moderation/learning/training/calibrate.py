"""Fitting Platt scaling: which probability a raw score stands for."""

import numpy as np
from scipy.optimize import minimize
from scipy.special import expit

from moderation.learning.judgement import Calibration, Floats
from moderation.taxonomy import PRESENT


def fit_calibration(raw: Floats, known: Floats) -> Calibration:
    """Fit the curves by maximum likelihood on smoothed targets (Platt, 1999).

    Parameters
    ----------
    raw : array of shape (n, n_attributes)
    known : array of shape (n, n_attributes)
        0, 1, or NaN where unknown.
    """
    curves = [_fit_one(raw[:, column], known[:, column]) for column in range(raw.shape[1])]
    slopes, offsets = np.array(curves).T
    return Calibration(slopes, offsets)


def _fit_one(raw: Floats, known: Floats) -> tuple[float, float]:
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
    # A falling curve would turn an attribute's meaning round; a useless one is made flat instead.
    return max(float(best[0]), 0.0), float(best[1])
