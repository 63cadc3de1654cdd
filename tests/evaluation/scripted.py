"""A model that gives the scores that a test wants."""

from collections.abc import Mapping, Sequence

from moderation.models.base import Judgement
from moderation.taxonomy import ATTRIBUTE_NAMES, FLAGGED, LABELLING


def judgement(score: float) -> Judgement:
    """Return a judgement in which every harm has one score, and news none."""
    return Judgement({name: score * (name != "news") for name in ATTRIBUTE_NAMES}, (), ())


class Scripted:
    """Gives each text the score that was written for it.

    Parameters
    ----------
    scores : mapping of text to score
    hold : float
        From where a text goes to review.
    label : float
        From where it has a flagged label.
    """

    def __init__(self, scores: Mapping[str, float], hold: float, label: float) -> None:
        self._scores = scores
        self.thresholds = {str(name): label for name in LABELLING}
        self.review_thresholds = {str(name): hold for name in FLAGGED}

    def judge(self, texts: Sequence[str]) -> list[Judgement]:
        """Return the judgement of each text, in order."""
        return [judgement(self._scores[text]) for text in texts]
