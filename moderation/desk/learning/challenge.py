"""A new model against the live one, on the newest decisions."""

from collections.abc import Sequence
from typing import NamedTuple, Protocol

import numpy as np
from sklearn.metrics import roc_auc_score

from moderation.desk.learning.labels import Learnt
from moderation.labelling.record import Example
from moderation.learning.judgement import Flags, Floats, Judgement
from moderation.taxonomy import FLAGGED

NEWEST_SHARE = 0.2
FEWEST = 50
"""Fewer decisions to compare on, or fewer than a tenth of them of one kind, prove nothing."""
MIN_OF_A_KIND = 5
SURE = 0.95
"""How sure the comparison must be, one-sided, that the new model loses less."""
RESAMPLES = 2_000
CERTAIN = 1e-6
"""No probability counts as nearer to 0 or 1: one wrong answer would outweigh all others."""


class Judging(Protocol):
    """What is asked of a model here."""

    def judge(self, texts: Sequence[str], /) -> list[Judgement]:
        """Return a judgement for each text."""


class Parted(NamedTuple):
    """Decisions to learn from, and the newest, which no model has seen."""

    older: list[Learnt]
    newest: list[Learnt]

    @property
    def examples(self) -> list[Example]:
        """Return what teaches; all of it: the labelled set has its own dev and test splits."""
        return [one.example.model_copy(update={"split": "train"}) for one in self.older]


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


class Comparison(NamedTuple):
    """What came of the comparison, and why."""

    better: bool
    reason: str
    champion: Figures | None = None
    challenger: Figures | None = None


def part(learnt: Sequence[Learnt]) -> Parted:
    """Part decisions by time: the newest fifth is held out, whatever its split says."""
    ordered = sorted(learnt, key=lambda one: (one.decision.time, one.decision.id))
    first_held_out = len(ordered) - round(len(ordered) * NEWEST_SHARE)
    return Parted(ordered[:first_held_out], ordered[first_held_out:])


def compare(champion: Judging, challenger: Judging, newest: Sequence[Learnt]) -> Comparison:
    """Say whether a challenger tells the newest decisions better than the champion.

    It must have the lower log loss, which counts order and certainty, by more than chance gives,
    and no lower AUC. Both judge the comments as they came, unmasked: only one of them has learned
    from masked ones.

    Parameters
    ----------
    champion, challenger : Judging
    newest : sequence of Learnt
    """
    truth = np.array([one.example.label in FLAGGED for one in newest])
    if len(truth) < FEWEST or min(truth.sum(), (~truth).sum()) < MIN_OF_A_KIND:
        return Comparison(
            better=False,
            reason=f"not compared: there are {len(truth)} newest decisions, {truth.sum()} of them "
            f"flagged; {FEWEST} are needed, and {MIN_OF_A_KIND} of each kind",
        )
    texts = [one.text for one in newest]
    before, after = (_flagged(model, texts) for model in (champion, challenger))
    won = _losses(before, truth) - _losses(after, truth)
    least = _lowest_mean(won)
    old, new = (_figures(scores, truth) for scores in (before, after))
    better = least > 0 and new.auc >= old.auc
    told = "better" if better else "not better"
    return Comparison(
        better,
        f"{told} on the {len(truth)} newest decisions: log loss {new.loss:.4f} against "
        f"{old.loss:.4f} (with {SURE:.0%} certainty lower by at least {least:.4f}), "
        f"AUC {new.auc:.4f} against {old.auc:.4f}",
        old,
        new,
    )


def _flagged(model: Judging, texts: list[str]) -> Floats:
    judged = model.judge(texts)
    return np.array([max(one.scores[label.value] for label in FLAGGED) for one in judged])


def _losses(flagged: Floats, truth: Flags) -> Floats:
    """Return the log loss of each text."""
    right = np.where(truth, flagged, 1 - flagged)
    losses: Floats = -np.log(np.clip(right, CERTAIN, 1 - CERTAIN))
    return losses


def _lowest_mean(won: Floats) -> float:
    """Return what the mean is above with the certainty asked for, by a paired bootstrap."""
    rng = np.random.default_rng(0)
    means = [won[rng.integers(len(won), size=len(won))].mean() for _ in range(RESAMPLES)]
    return float(np.quantile(means, 1 - SURE))


def _figures(flagged: Floats, truth: Flags) -> Figures:
    return Figures(float(roc_auc_score(truth, flagged)), float(_losses(flagged, truth).mean()))
