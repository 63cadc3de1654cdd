"""Retraining with the desk's decisions: a challenger is promoted if it beats the live model.

`retrain` runs the whole: the newest decisions are held out, `trainer` trains the fast tier with the
others and joins it with the encoder, if there is one, and `compare` holds the result against the
live model on the newest decisions.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from itertools import count
from pathlib import Path
from typing import NamedTuple, Protocol

import numpy as np
from rich.console import Console
from sklearn.metrics import roc_auc_score

from moderation.desk.desk import Desk
from moderation.desk.learning.labels import LabelledDecision, LeftOut, summary
from moderation.desk.learning.trainings import TrainingAttempt, TrainingOutcome
from moderation.desk.learning.trusted import trusted_corrections
from moderation.desk.types import LiveModel
from moderation.errors import InvalidInput
from moderation.evaluation import Evaluation
from moderation.evaluation.tables import read_table
from moderation.labels.records import Example
from moderation.models.base import Flags, Floats, Judgement
from moderation.models.cascade import CascadeModel
from moderation.models.fast import FastModel
from moderation.models.store import MANIFEST, Model, load_model
from moderation.settings import shipped_models
from moderation.taxonomy import FLAGGED
from moderation.text.near_duplicates import HasText, drop_leaks
from moderation.training.data import SUITE, Text
from moderation.training.pipeline import (
    Destination,
    Material,
    RunOutcome,
    Tier,
    TrainingPlan,
    train,
    train_cascade,
)

NEWEST_SHARE = 0.2
"""The share of the decisions that is held out for the comparison."""
MIN_COMPARED = 50
"""Fewer decisions to compare on, or fewer than a tenth of them of one kind, prove nothing."""
MIN_OF_A_KIND = 5
CONFIDENCE = 0.95
"""The one-sided confidence that the new model's loss is lower."""
RESAMPLES = 2_000
CERTAIN = 1e-6
"""No probability counts as nearer to 0 or 1: one wrong answer would outweigh all others."""
DECISIONS, LAST = "decisions", "last"
"""Keys of a promoted model's figures under which the last decision known stands."""
ON_THE_GATE = ("macro_f1", "review_recall", "false_alarms", "evidence_f1", "targets")


class JudgeTexts(Protocol):
    """A model that judges texts."""

    def judge(self, texts: Sequence[str], /) -> list[Judgement]:
        """Return a judgement for each text."""


class TimeSplit(NamedTuple):
    """Decisions to learn from, and the newest, which no model has seen."""

    older: list[LabelledDecision]
    newest: list[LabelledDecision]

    @property
    def examples(self) -> list[Example]:
        """The examples to learn from, all of them in the split ``train``.

        The labelled set has its own dev and test splits.
        """
        return [labelled.example.model_copy(update={"split": "train"}) for labelled in self.older]


class Figures(NamedTuple):
    """A model's agreement with people's decisions.

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
    """The outcome of a comparison, its reason, and both models' figures if they were compared."""

    better: bool
    reason: str
    champion: Figures | None = None
    challenger: Figures | None = None


class Trained(NamedTuple):
    """A trained model, and the reasons why it fails its gate, if it does."""

    model: str
    folder: Path
    failures: list[str]
    gate: Mapping[str, object]
    """The figures that it and the champion reach on the gate's examples."""


class Train(Protocol):
    """A function that trains a model."""

    def __call__(self, examples: list[Example], suffix: str, champion: Model) -> Trained:
        """Train with more examples; the suffix becomes part of the model's version."""


def retrain(
    desk: Desk, train: Train, setting: str, console: Console, attempt: TrainingAttempt | None = None
) -> LiveModel | None:
    """Train with the decisions, compare with the live model, and promote the new one if better.

    Corrections that keys with the scope ``teach`` have sent are learned from as well, no more of
    them than decisions. The new model must pass its gate, which compares it with the live one too,
    and be better on the newest decisions, which neither model has seen.

    Parameters
    ----------
    desk : Desk
    train : Train
    setting : str
        The model that is live while none was promoted: an id, or a folder.
    console : Console
        For the outcome.
    attempt : TrainingAttempt, optional
        It learns the outcome too.

    Returns
    -------
    LiveModel or None
        The promoted model; None where the old one stays.

    Raises
    ------
    InvalidInput
        If there is no decision to learn from.
    InvalidModel
        If the live model cannot be loaded.
    """
    known = attempt or TrainingAttempt(0)

    def report(words: str) -> None:
        console.print(words, highlight=False, soft_wrap=True, markup=False)

    left_out = LeftOut()
    split = split_by_time(list(desk.labels.labelled_decisions(left_out)))
    if left_out:
        report(f"Decisions that teach nothing: {summary(left_out)}.")
    if not split.older:
        raise InvalidInput(
            "There is no decision to learn from.",
            where="--decisions",
            remedy="Decide some comments, one at a time, and give reasons for rejections.",
        )
    rolled_back = desk.models.rolled_back()
    if rolled_back and _last(split) <= last_known(rolled_back):
        known.reason = (
            f"{rolled_back.model} learned from all these decisions, and was rolled back: "
            "make more decisions first."
        )
        report(known.reason)
        return None
    report(f"{len(split.older)} decisions to learn from, {len(split.newest)} to compare on.")
    left_out = LeftOut()
    decided = [*split.older, *split.newest]
    taught = trusted_corrections(desk.store, decided, len(split.older), left_out)
    if taught or left_out:
        report(f"{len(taught)} corrections of trusted keys to learn from.")
    if left_out:
        report(f"Corrections that teach nothing: {summary(left_out)}.")
    live = desk.models.live()
    # Loaded before anything is written, so that it is the one that is live.
    path = desk.models.folder_of(live, [setting]) if live else setting
    champion = load_model(path, shipped_models(), expected=live.manifest if live else None)
    # Named after the last decision that it learns from.
    suffix = f"d{max(labelled.decision.id for labelled in split.older)}"
    trained = train([*split.examples, *taught], suffix, champion)
    challenger = load_model(trained.folder, trained.folder.parent)
    comparison = compare(champion, challenger, split.newest)
    if trained.failures:
        reason = f"not used: {'; '.join(trained.failures)}"
        comparison = comparison._replace(better=False, reason=reason)
    report(f"{trained.model} is {comparison.reason}.")
    known.model, known.reason = trained.model, comparison.reason
    if not comparison.better:
        return None
    figures = _promotion_figures(champion.id, comparison, trained, split)
    promoted = desk.models.promote(None, trained.model, trained.folder, figures)
    known.outcome = TrainingOutcome.PROMOTED
    return promoted


def split_by_time(labelled: Sequence[LabelledDecision]) -> TimeSplit:
    """Split decisions by time: the newest fifth is held out, whatever split its records name."""
    ordered = sorted(labelled, key=lambda each: (each.decision.time, each.decision.id))
    first_held_out = len(ordered) - round(len(ordered) * NEWEST_SHARE)
    return TimeSplit(ordered[:first_held_out], ordered[first_held_out:])


def compare(
    champion: JudgeTexts, challenger: JudgeTexts, newest: Sequence[LabelledDecision]
) -> Comparison:
    """Compare how well a challenger and the champion predict the newest decisions.

    The challenger is better if it has the lower log loss, which counts order and certainty, by more
    than chance gives, and no lower AUC. Both judge the comments as they came, unmasked: only one of
    them has learned from masked ones.

    Parameters
    ----------
    champion, challenger : JudgeTexts
    newest : sequence of LabelledDecision
    """
    truth = np.array([labelled.example.label in FLAGGED for labelled in newest])
    if len(truth) < MIN_COMPARED or min(truth.sum(), (~truth).sum()) < MIN_OF_A_KIND:
        return Comparison(
            better=False,
            reason=f"not compared: there are {len(truth)} newest decisions, {truth.sum()} of them "
            f"flagged; {MIN_COMPARED} are needed, and {MIN_OF_A_KIND} of each kind",
        )
    texts = [labelled.text for labelled in newest]
    before, after = (_flagged(model, texts) for model in (champion, challenger))
    gains = _losses(before, truth) - _losses(after, truth)
    least = _lowest_mean(gains)
    old, new = (_figures(scores, truth) for scores in (before, after))
    better = least > 0 and new.auc >= old.auc
    verdict = "better" if better else "not better"
    return Comparison(
        better,
        f"{verdict} on the {len(truth)} newest decisions: log loss {new.loss:.4f} against "
        f"{old.loss:.4f} (with {CONFIDENCE:.0%} certainty lower by at least {least:.4f}), "
        f"AUC {new.auc:.4f} against {old.auc:.4f}",
        old,
        new,
    )


def trainer(plan: TrainingPlan, material: Material, console: Console) -> Train:
    """Return the function that trains a challenger.

    Parameters
    ----------
    plan : TrainingPlan
        For the fast tier; the challenger is written beside it, under a version of its own.
    material : Material
        The examples and corpora to learn from besides the decisions.
    console : Console
    """
    models = plan.place.folder.parent
    version = plan.place.model_id.partition("@")[2]
    encoder = models / f"encoder@{version}"
    tiers: tuple[Tier, ...] = ("fast", "cascade") if (encoder / MANIFEST).is_file() else ("fast",)

    def train_with(examples: list[Example], suffix: str, champion: Model) -> Trained:
        extended = material._replace(
            examples=[*material.examples, *drop_leaks(examples, _held_out(material))]
        )
        with _claimed(models, [f"{tier}@{version}-" for tier in tiers], suffix) as free:

            def place(tier: Tier) -> Destination:
                name = f"{tier}@{version}-{free}"
                gate = plan.place.gate.with_name(f"{tier}.toml")
                report = plan.place.report.with_name(f"{name}.html")
                return Destination(models / name, name, gate, report, _rival(champion, tier, tiers))

            last = place("fast")
            outcome = train(plan._replace(place=last), extended, console)
            failures = outcome.failures
            if "cascade" in tiers:
                fast, last = last.folder, place("cascade")
                outcome = train_cascade(last, fast, encoder, extended, console)
                failures = [f"its fast tier: {failure}" for failure in failures] + outcome.failures
        return Trained(last.model_id, last.folder, failures, _on_the_gate(outcome))

    return train_with


def last_known(model: LiveModel) -> int:
    """Return the last decision that was known when a model was promoted."""
    known = model.figures.get(DECISIONS)
    return int(known[LAST]) if isinstance(known, Mapping) else 0


def _last(split: TimeSplit) -> int:
    return max(labelled.decision.id for labelled in (*split.older, *split.newest))


def _promotion_figures(
    champion: str, comparison: Comparison, trained: Trained, split: TimeSplit
) -> dict[str, object]:
    """Return the figures that are kept with a promoted model, for JSON."""
    figures: dict[str, object] = {"against": champion, "reason": comparison.reason}
    if comparison.champion and comparison.challenger:
        figures |= {
            "champion": comparison.champion._asdict(),
            "challenger": comparison.challenger._asdict(),
        }
    return figures | {
        "gate": trained.gate,
        DECISIONS: {
            "taught": len(split.older),
            "compared": len(split.newest),
            LAST: _last(split),
        },
    }


def _flagged(model: JudgeTexts, texts: list[str]) -> Floats:
    """Return the probability that each text is flagged."""
    judgements = model.judge(texts)
    return np.array(
        [max(judgement.scores[label.value] for label in FLAGGED) for judgement in judgements]
    )


def _losses(flagged: Floats, truth: Flags) -> Floats:
    """Return the log loss of each text."""
    right = np.where(truth, flagged, 1 - flagged)
    losses: Floats = -np.log(np.clip(right, CERTAIN, 1 - CERTAIN))
    return losses


def _lowest_mean(gains: Floats) -> float:
    """Return the lower bound of the mean gain at `CONFIDENCE`, by a paired bootstrap."""
    rng = np.random.default_rng(0)
    means = [gains[rng.integers(len(gains), size=len(gains))].mean() for _ in range(RESAMPLES)]
    return float(np.quantile(means, 1 - CONFIDENCE))


def _figures(flagged: Floats, truth: Flags) -> Figures:
    return Figures(float(roc_auc_score(truth, flagged)), float(_losses(flagged, truth).mean()))


@contextmanager
def _claimed(models: Path, names: Sequence[str], suffix: str) -> Iterator[str]:
    """Claim the first of `suffix`, ``suffix-2``, … that no model has; no model is ever replaced.

    The folder of the first name is made at once, so that two trainings at once do not collide.
    """
    for number in count(1):
        free = suffix if number == 1 else f"{suffix}-{number}"
        folders = [models / f"{name}{free}" for name in names]
        if any(folder.exists() for folder in folders):
            continue
        with suppress(FileExistsError):
            folders[0].mkdir(parents=True)
            break
    try:
        yield free
    finally:
        with suppress(OSError):
            folders[0].rmdir()  # succeeds only where training failed and left it empty


def _held_out(material: Material) -> Iterator[HasText]:
    """Yield the texts that a model is measured on, which no decision may repeat."""
    yield from (example for example in material.examples if example.split != "train")
    yield from material.corpora.held_out
    suite = material.labels / SUITE
    if suite.is_file():
        yield from (Text(row.text) for row in read_table(suite))


def _rival(champion: Model, tier: Tier, tiers: Sequence[Tier]) -> Model | None:
    """Return the model that a tier is compared with: the champion, or its part of the same tier."""
    if tier == tiers[-1]:
        return champion
    if isinstance(champion, CascadeModel):
        return champion.fast
    return champion if isinstance(champion, FastModel) else None


def _on_the_gate(outcome: RunOutcome) -> dict[str, object]:
    return {
        role: {name: round(getattr(evaluation, name), 4) for name in ON_THE_GATE}
        for role, evaluation in (("champion", outcome.old), ("challenger", outcome.measured.dev))
        if isinstance(evaluation, Evaluation)
    }
