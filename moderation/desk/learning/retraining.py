"""Training a challenger: the fast tier with decisions, joined with the encoder that is there."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from itertools import count
from pathlib import Path

from rich.console import Console

from moderation.desk.learning.teaching import Train, Trained
from moderation.labelling.record import Example
from moderation.learning.cascade import CascadeModel
from moderation.learning.evaluation import Evaluation
from moderation.learning.evaluation.table import read_table
from moderation.learning.fast import FastModel
from moderation.learning.store import MANIFEST, Model
from moderation.learning.training.gather import SUITE, Text
from moderation.learning.training.place import Destination, Material, RunOutcome, Tier
from moderation.learning.training.run import TrainingPlan, train, train_cascade
from moderation.text.near_duplicates import HasText, drop_leaks

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
