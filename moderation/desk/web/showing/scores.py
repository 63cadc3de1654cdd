"""A verdict's scores, explained."""

from collections.abc import Mapping
from dataclasses import dataclass

from moderation.taxonomy import ATTRIBUTES, Attribute

LEVELS = ((0.8, "high"), (0.5, "likely"), (0.2, "unsure"), (0.0, "low"))
"""How a score is put in words, from which score on."""
WORTH_SHOWING = 0.2


@dataclass(frozen=True, slots=True)
class ExplainedScore:
    """A score as a person reads it.

    Parameters
    ----------
    attribute : Attribute
    value : float
    level : str
        The key of the words for it.
    threshold : float or None
        From where on the policy in use acts, if it looks at the attribute.
    shown : bool
        Whether it is shown at once; the others are folded away.
    """

    attribute: Attribute
    value: float
    level: str
    threshold: float | None
    shown: bool

    @property
    def over(self) -> bool:
        """Whether the policy in use acts on it."""
        return self.threshold is not None and self.value >= self.threshold


def explain(scores: Mapping[str, float], thresholds: Mapping[str, float]) -> list[ExplainedScore]:
    """Return all scores, those that speak against a comment first, highest first."""
    told = []
    for attribute in ATTRIBUTES:
        value = scores.get(attribute.name, 0.0)
        limit = thresholds.get(attribute.name)
        level = next(words for least, words in LEVELS if value >= least)
        shown = value >= min(WORTH_SHOWING, 1.0 if limit is None else limit)
        told.append(ExplainedScore(attribute, value, level, limit, shown))
    return sorted(told, key=lambda each: (not each.attribute.harmful, -each.value))
