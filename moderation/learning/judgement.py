"""A model's judgement of one text, before any policy; the scores that it is made of."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol

import numpy as np
import numpy.typing as npt

from moderation.taxonomy import ATTRIBUTE_NAMES, ATTRIBUTES, LABELLING, OTHERWISE, Label
from moderation.verdict import Span

Floats = npt.NDArray[np.floating[Any]]
Flags = npt.NDArray[np.bool_]

HARMFUL = np.array([attribute.harmful for attribute in ATTRIBUTES])
"""Which columns are harms."""

HOSTILITY = ATTRIBUTE_NAMES.index(Label.ETHNIC_HOSTILITY)


@dataclass(frozen=True, slots=True)
class Judgement:
    """Scores of all attributes, the evidence for the high ones, and the targets."""

    scores: dict[str, float]
    spans: tuple[Span, ...]
    targets: tuple[str, ...]


class Judge(Protocol):
    """A model of any tier: it judges texts."""

    @property
    def thresholds(self) -> dict[str, float]:
        """For each labelling attribute, the probability from which its label holds."""

    @property
    def review_thresholds(self) -> dict[str, float]:
        """The probabilities that the word ``"model"`` in a policy stands for."""

    def judge(self, texts: Sequence[str]) -> list[Judgement]:
        """Score texts and find their evidence and targets, in order."""


def label_of(scores: Mapping[str, float], thresholds: Mapping[str, float]) -> Label:
    """Return the first labelling attribute that reaches its threshold, else ``civil``."""
    return next((name for name in LABELLING if scores[name] >= thresholds[name]), OTHERWISE)


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
