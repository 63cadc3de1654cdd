"""Training with the desk's decisions, and promoting what is better."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from itertools import count
from pathlib import Path
from typing import NamedTuple, Protocol

import numpy as np
from rich.console import Console
from sklearn.metrics import roc_auc_score

from moderation.desk.desk import Desk
from moderation.desk.learning.labels import Learnt, LeftOut, told
from moderation.desk.learning.models import folder_of
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

# FOLDED challenge: A new model against the live one, on the newest decisions.

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


DECISIONS, LAST = "decisions", "last"
"""Where a promoted model's figures say which decision was the last that was known."""


class Trained(NamedTuple):
    """A model that was trained, and what of its gate it did not pass."""

    model: str
    folder: Path
    failures: list[str]
    gate: Mapping[str, object]
    """What it and the champion reach on the gate's examples."""


class Train(Protocol):
    """Trains a model."""

    def __call__(self, examples: list[Example], word: str, champion: Model) -> Trained:
        """Train with more examples; the word becomes part of the model's version."""


def teach(desk: Desk, train: Train, setting: str, console: Console) -> LiveModel | None:
    """Train with the decisions, compare with the live model, and promote the new one if better.

    It must pass its gate, where it is held against the live one too, and be better on the newest
    decisions, which neither model has seen.

    Parameters
    ----------
    desk : Desk
    train : Train
    setting : str
        The model that is live while none was promoted: an id, or a folder.
    console : Console
        Is told what came of it.

    Returns
    -------
    LiveModel or None
        The promoted model; None where the old one stays.

    Raises
    ------
    InvalidInput
        If nobody has decided anything that teaches.
    InvalidModel
        If the live model cannot be loaded.
    """

    def say(words: str) -> None:
        console.print(words, highlight=False, soft_wrap=True, markup=False)

    left_out = LeftOut()
    parted = part(list(desk.labels.learnt(left_out)))
    if left_out:
        say(f"Decisions that teach nothing: {told(left_out)}.")
    if not parted.older:
        raise InvalidInput(
            "There is no decision to learn from.",
            where="--decisions",
            remedy="Decide some comments, one at a time, and give reasons for rejections.",
        )
    gone = desk.models.gone_back_from()
    if gone and _last(parted) <= last_known(gone):
        say(f"{gone.model} learned from all these decisions, and was gone back from: more first.")
        return None
    say(f"{len(parted.older)} decisions to learn from, {len(parted.newest)} to compare on.")
    live = desk.models.live()
    # Loaded before anything is written, so that it is the one that is live.
    named = folder_of(live, [setting]) if live else setting
    champion = load_model(named, shipped_models(), expected=live.manifest if live else None)
    # Named after the last decision that teaches it.
    word = f"d{max(one.decision.id for one in parted.older)}"
    trained = train(parted.examples, word, champion)
    challenger = load_model(trained.folder, trained.folder.parent)
    found = compare(champion, challenger, parted.newest)
    if trained.failures:
        found = found._replace(better=False, reason=f"not used: {'; '.join(trained.failures)}")
    say(f"{trained.model} is {found.reason}.")
    if not found.better:
        return None
    figures = _comparison(champion.id, found, trained, parted)
    return desk.models.promote(None, trained.model, trained.folder, figures)


def last_known(model: LiveModel) -> int:
    """Return the last decision that was known when a model was promoted."""
    known = model.figures.get(DECISIONS)
    return int(known[LAST]) if isinstance(known, Mapping) else 0


def _last(parted: Parted) -> int:
    return max(one.decision.id for one in (*parted.older, *parted.newest))


def _comparison(
    champion: str, found: Comparison, trained: Trained, parted: Parted
) -> dict[str, object]:
    figures: dict[str, object] = {"against": champion, "reason": found.reason}
    if found.champion and found.challenger:
        figures |= {
            "champion": found.champion._asdict(),
            "challenger": found.challenger._asdict(),
        }
    return figures | {
        "gate": trained.gate,
        DECISIONS: {
            "taught": len(parted.older),
            "compared": len(parted.newest),
            LAST: _last(parted),
        },
    }


# FOLDED retraining: Training a challenger: the fast tier with decisions, joined with the encoder
# that is there.

ON_THE_GATE = ("macro_f1", "review_recall", "false_alarms", "evidence_f1", "targets")


def trainer(plan: TrainingPlan, material: Material, console: Console) -> Train:
    """Return what trains a challenger.

    Parameters
    ----------
    plan : TrainingPlan
        For the fast tier; the challenger's place is beside it, under a version of its own.
    material : Material
        What it learns from besides the decisions.
    console : Console
    """
    models = plan.place.folder.parent
    version = plan.place.model_id.partition("@")[2]
    encoder = models / f"encoder@{version}"
    tiers: tuple[Tier, ...] = ("fast", "cascade") if (encoder / MANIFEST).is_file() else ("fast",)

    def train_with(examples: list[Example], word: str, champion: Model) -> Trained:
        taught = material._replace(
            examples=[*material.examples, *drop_leaks(examples, _held_out(material))]
        )
        with _claimed(models, [f"{tier}@{version}-" for tier in tiers], word) as free:

            def place(tier: Tier) -> Destination:
                name = f"{tier}@{version}-{free}"
                gate = plan.place.gate.with_name(f"{tier}.toml")
                report = plan.place.report.with_name(f"{name}.html")
                return Destination(models / name, name, gate, report, _rival(champion, tier, tiers))

            last = place("fast")
            outcome = train(plan._replace(place=last), taught, console)
            failures = outcome.failures
            if "cascade" in tiers:
                fast, last = last.folder, place("cascade")
                outcome = train_cascade(last, fast, encoder, taught, console)
                failures = [f"its fast tier: {why}" for why in failures] + outcome.failures
        return Trained(last.model_id, last.folder, failures, _on_the_gate(outcome))

    return train_with


@contextmanager
def _claimed(models: Path, names: Sequence[str], word: str) -> Iterator[str]:
    """Give the first of `word`, ``word-2``, … that no model has; no model is ever replaced.

    The folder of the first name is made at once, so that two who train do not meet.
    """
    for number in count(1):
        free = word if number == 1 else f"{word}-{number}"
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
            folders[0].rmdir()  # does nothing but where training failed and it is empty


def _held_out(material: Material) -> Iterator[HasText]:
    """Yield all that measures a model, so that no decision repeats it."""
    yield from (example for example in material.examples if example.split != "train")
    yield from material.corpora.held_out
    suite = material.labels / SUITE
    if suite.is_file():
        yield from (Text(row.text) for row in read_table(suite))


def _rival(champion: Model, tier: Tier, tiers: Sequence[Tier]) -> Model | None:
    """Return what a tier is held against: the champion, or the part of it that does the same."""
    if tier == tiers[-1]:
        return champion
    if isinstance(champion, CascadeModel):
        return champion.fast
    return champion if isinstance(champion, FastModel) else None


def _on_the_gate(outcome: RunOutcome) -> dict[str, object]:
    return {
        who: {name: round(getattr(found, name), 4) for name in ON_THE_GATE}
        for who, found in (("champion", outcome.old), ("challenger", outcome.measured.dev))
        if isinstance(found, Evaluation)
    }
