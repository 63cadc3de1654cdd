"""What the judge says of one passage."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from moderation.taxonomy import Label


class Action(StrEnum):
    """What a policy makes of a verdict, mildest first."""

    ALLOW = "allow"
    REVIEW = "review"
    BLOCK = "block"


@dataclass(frozen=True, slots=True)
class Span:
    """Evidence: the run of characters that made an attribute high.

    Parameters
    ----------
    start, end : int
        Python ``str`` offsets into the text as received; `end` is exclusive.
    attribute : str
        The attribute that the run is evidence for.
    score : float
        That attribute's calibrated probability for the run's sentence alone.
    """

    start: int
    end: int
    attribute: str
    score: float

    def to_dict(self) -> dict[str, Any]:
        """Return the span as built-in values, ready for JSON."""
        return {
            "start": self.start,
            "end": self.end,
            "attribute": self.attribute,
            "score": round(self.score, 6),
        }


@dataclass(frozen=True, slots=True)
class Verdict:
    """One passage's scores, label, evidence, targets and action, and the model that says so."""

    label: Label
    action: Action
    scores: Mapping[str, float]
    model: str
    spans: tuple[Span, ...] = ()
    targets: tuple[str, ...] = ()
    reasons: tuple[str, ...] = field(default=())
    """Why the policy acted: an attribute's name, or ``word list`` for a listed word."""

    def to_dict(self) -> dict[str, Any]:
        """Return the verdict as built-in values, ready for JSON."""
        return {
            "label": self.label.value,
            "action": self.action.value,
            "scores": {name: round(score, 6) for name, score in self.scores.items()},
            "spans": [span.to_dict() for span in self.spans],
            "targets": list(self.targets),
            "reasons": list(self.reasons),
            "model": self.model,
        }
