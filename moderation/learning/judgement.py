"""What a model says of one text, before any policy, and what says it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from moderation.taxonomy import LABELLING, OTHERWISE, Label
from moderation.verdict import Span


@dataclass(frozen=True, slots=True)
class Judgement:
    """Scores of all attributes, the evidence for the high ones, and the targets."""

    scores: dict[str, float]
    spans: tuple[Span, ...]
    targets: tuple[str, ...]


class Judge(Protocol):
    """What judges texts: a model of any tier."""

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
