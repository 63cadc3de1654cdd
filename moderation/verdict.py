"""The verdict on one passage, with its evidence and its action."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from moderation.taxonomy import Label

_SHOWN = 1e6
"""Scores are shown in millionths."""


def rounded(score: float) -> float:
    """Return a score with the six decimals that are shown.

    It is ``round(score, 6)`` by way of a whole number, in a third of the time.
    """
    return round(score * _SHOWN) / _SHOWN


class Action(StrEnum):
    """The actions that a policy can take, mildest first."""

    ALLOW = "allow"
    REVIEW = "review"
    BLOCK = "block"


@dataclass(frozen=True, slots=True)
class Span:
    """Evidence: a run of characters that gave an attribute a high score.

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
            "score": rounded(self.score),
        }


@dataclass(frozen=True, slots=True)
class Verdict:
    """The scores, label, evidence, targets and action of one passage, and the id of the model.

    A passage in a language that the model does not know is not judged: it has no label, no scores,
    no evidence and no targets, and its action is the policy's for such passages.
    """

    label: Label | None
    """None where the passage was not judged."""
    action: Action
    scores: Mapping[str, float]
    model: str
    spans: tuple[Span, ...] = ()
    targets: tuple[str, ...] = ()
    reasons: tuple[str, ...] = field(default=())
    """The policy's reasons for the action: attributes' names, ``word list`` for a listed word,
    ``language`` for a language that the model does not know."""
    language: str | None = None
    """The ISO 639 code of the passage's language, None where it is not certain."""

    @property
    def judged(self) -> bool:
        """True if a model judged the passage."""
        return self.label is not None

    def to_dict(self) -> dict[str, Any]:
        """Return the verdict as built-in values, ready for JSON."""
        return {
            "label": None if self.label is None else self.label.value,
            "action": self.action.value,
            "judged": self.judged,
            "language": self.language,
            "scores": {name: rounded(score) for name, score in self.scores.items()},
            "spans": [span.to_dict() for span in self.spans],
            "targets": list(self.targets),
            "reasons": list(self.reasons),
            "model": self.model,
        }
