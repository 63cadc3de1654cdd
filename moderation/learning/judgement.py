"""What a model says of one text, before any policy."""

from collections.abc import Mapping
from dataclasses import dataclass

from moderation.taxonomy import LABELLING, OTHERWISE, Label
from moderation.verdict import Span


@dataclass(frozen=True, slots=True)
class Judgement:
    """Scores of all attributes, the evidence for the high ones, and the targets."""

    scores: dict[str, float]
    spans: tuple[Span, ...]
    targets: tuple[str, ...]


def label_of(scores: Mapping[str, float], thresholds: Mapping[str, float]) -> Label:
    """Return the first labelling attribute that reaches its threshold, else ``civil``."""
    return next((name for name in LABELLING if scores[name] >= thresholds[name]), OTHERWISE)
