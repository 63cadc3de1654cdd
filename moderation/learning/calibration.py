"""Platt scaling: raw scores to probabilities, one curve an attribute."""

from typing import NamedTuple

import numpy as np

from moderation.learning.arrays import Floats


def sigmoid(odds: Floats) -> Floats:
    """Return the probabilities of log-odds of any size, without overflow."""
    return np.asarray(0.5 * (1 + np.tanh(odds / 2)))


class Calibration(NamedTuple):
    """``probability = 1 / (1 + exp(-(slope * raw + offset)))``, by attribute."""

    slopes: Floats
    offsets: Floats

    def probabilities(self, raw: Floats) -> Floats:
        """Map raw scores of shape ``(n, n_attributes)`` to probabilities."""
        return sigmoid(raw * self.slopes + self.offsets)
