"""The terms that every model shares: its judgement of a text, its protocol, its calibration."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol

import numpy as np
import numpy.typing as npt

from moderation.taxonomy import ATTRIBUTE_NAMES, ATTRIBUTES, LABELLING, OTHERWISE, Label
from moderation.text.language import ENGLISH
from moderation.verdict import Span

Floats = npt.NDArray[np.floating[Any]]
Flags = npt.NDArray[np.bool_]
Ints = npt.NDArray[np.int32]

HARMFUL = np.array([attribute.harmful for attribute in ATTRIBUTES])
"""True for each attribute, by column, that is a harm."""

HOSTILITY = ATTRIBUTE_NAMES.index(Label.ETHNIC_HOSTILITY)
"""The column of ethnic hostility."""


LANGUAGES = (ENGLISH,)
"""The languages (ISO 639 codes) of a model whose manifest names none."""


@dataclass(frozen=True, slots=True)
class Judgement:
    """A model's view of one text, before any policy: scores of all attributes, evidence, targets.

    Evidence is there for high scores only.
    """

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


def languages_of(manifest: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the languages that a model knows, by its manifest."""
    return tuple(manifest.get("languages", LANGUAGES))


def label_of(scores: Mapping[str, float], thresholds: Mapping[str, float]) -> Label:
    """Return the first labelling attribute that reaches its threshold, else ``civil``."""
    for name in LABELLING:
        if scores[name] >= thresholds[name]:
            return name
    return OTHERWISE


def reaches_any(scores: Mapping[str, float], thresholds: Mapping[str, float]) -> bool:
    """Tell whether any attribute reaches its threshold."""
    return any(scores[name] >= limit for name, limit in thresholds.items())


def lowest_limits(
    thresholds: Mapping[str, float], review_thresholds: Mapping[str, float]
) -> dict[str, float]:
    """Return, by flagged attribute, the lower of its two thresholds: below it nothing is shown."""
    return {
        name: min(limit, thresholds.get(name, limit)) for name, limit in review_thresholds.items()
    }


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
