"""Real streams: comments of strangers that were judged, and what a model would do with them.

Our own examples are half hostile by design. On a real stream nearly all comments are decent, so the
share of these that is held decides whether a newsroom can live with a model.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from moderation.evaluation.metrics import mean, roc_auc
from moderation.models.base import Judge, label_of, reaches_any
from moderation.taxonomy import FLAGGED, Label

HELD = 0.03
"""The share of decent comments that may be held where `StreamResult.found` is measured."""


class StreamResult(NamedTuple):
    """A model's figures on a stream of comments."""

    comments: int
    flagged: int
    """Comments that are inflammatory or hostile."""
    auc: float
    """Of toxicity, for these against the others; NaN without both."""
    found: float
    """The share of them with a toxicity that `HELD` of the others reach at most."""
    held_decent: float
    """The share of the others that goes to review."""
    held_flagged: float
    labelled_decent: float
    """The share of the others that is labelled inflammatory or hostile."""


def stream_result(model: Judge, texts: Sequence[str], labels: Sequence[Label]) -> StreamResult:
    """Judge a stream of comments and compare with their right labels."""
    judged = model.judge(texts)
    bad = np.array([label in FLAGGED for label in labels], bool)
    toxicity = np.array([judgement.scores["toxicity"] for judgement in judged])
    held = np.array([reaches_any(j.scores, model.review_thresholds) for j in judged], bool)
    labelled = np.array([label_of(j.scores, model.thresholds) in FLAGGED for j in judged], bool)
    both = bool(bad.any()) and not bad.all()
    return StreamResult(
        len(texts),
        int(bad.sum()),
        roc_auc(toxicity, bad) if both else float("nan"),
        mean(toxicity[bad] > np.quantile(toxicity[~bad], 1 - HELD)) if both else float("nan"),
        mean(held[~bad]),
        mean(held[bad]),
        mean(labelled[~bad]),
    )
