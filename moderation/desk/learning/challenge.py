"""A new model against the live one, on the newest decisions."""

from collections.abc import Sequence
from typing import Any, NamedTuple, Protocol

import numpy as np
from sklearn.metrics import log_loss, roc_auc_score

from moderation.desk.learning.labels import Learnt
from moderation.labelling.record import Example
from moderation.learning.judgement import Judgement
from moderation.taxonomy import FLAGGED

NEWEST_SHARE = 0.2
FEWEST = 50
"""Fewer decisions to compare on, or fewer than a tenth of them of one kind, prove nothing."""
FEWEST_OF_A_KIND = 5


Truth = np.ndarray[Any, np.dtype[np.bool_]]


class Judging(Protocol):
    """What is asked of a model here."""

    def judge(self, texts: Sequence[str], /) -> list[Judgement]:
        """Return a judgement for each text."""


class Parted(NamedTuple):
    """Decisions to learn from, and the newest, which no model has seen."""

    older: list[Example]
    newest: list[Example]


class Figures(NamedTuple):
    """How well a model says what people decided.

    Parameters
    ----------
    auc : float
        Chance that a flagged text scores higher than one that is not.
    loss : float
        Mean log loss of the probability that a text is flagged.
    """

    auc: float
    loss: float


class Verdict(NamedTuple):
    """What came of the comparison, and why."""

    better: bool
    reason: str
    champion: Figures | None = None
    challenger: Figures | None = None


def part(learnt: Sequence[Learnt]) -> Parted:
    """Part decisions by time: the newest fifth is held out, whatever its split says.

    The older ones all teach: the labelled set has its own dev and test splits.
    """
    ordered = sorted(learnt, key=lambda one: (one.decision.time, one.decision.id))
    first_held_out = len(ordered) - round(len(ordered) * NEWEST_SHARE)
    older = [one.example.model_copy(update={"split": "train"}) for one in ordered[:first_held_out]]
    return Parted(older, [one.example for one in ordered[first_held_out:]])


def compare(champion: Judging, challenger: Judging, newest: Sequence[Example]) -> Verdict:
    """Say whether a challenger tells the newest decisions better than the champion.

    It must be better by log loss, which counts order and certainty, and no worse by AUC.

    Parameters
    ----------
    champion, challenger : Judging
    newest : sequence of Example
    """
    truth = np.array([example.label in FLAGGED for example in newest])
    if len(truth) < FEWEST or min(truth.sum(), (~truth).sum()) < FEWEST_OF_A_KIND:
        return Verdict(
            better=False,
            reason=f"there are {len(truth)} newest decisions, {truth.sum()} of them flagged; "
            f"{FEWEST} are needed, and {FEWEST_OF_A_KIND} of each kind",
        )
    texts = [example.text for example in newest]
    old, new = (_figures(model, texts, truth) for model in (champion, challenger))
    better = new.loss < old.loss and new.auc >= old.auc
    told = "better" if better else "not better"
    return Verdict(
        better,
        f"{told} on the {len(truth)} newest decisions: log loss {new.loss:.4f} against "
        f"{old.loss:.4f}, AUC {new.auc:.4f} against {old.auc:.4f}",
        old,
        new,
    )


def _figures(
    model: Judging, texts: list[str], truth: np.ndarray[tuple[int], np.dtype[np.bool_]]
) -> Figures:
    judged = model.judge(texts)
    flagged = np.array([max(one.scores[label.value] for label in FLAGGED) for one in judged])
    return Figures(float(roc_auc_score(truth, flagged)), float(log_loss(truth, flagged)))
