"""Putting a new model in place: measured, reported, and held against the gate and the old one."""

import hashlib
from collections import Counter
from collections.abc import Callable, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any, Literal, NamedTuple

from rich.console import Console

from moderation.corpora import CORPORA, CorpusState, CorpusText
from moderation.errors import InvalidModel
from moderation.files import storing, write_text
from moderation.labelling.checking import check_labels
from moderation.labelling.reading import EXAMPLES, raise_problems, read_examples
from moderation.labelling.record import Example
from moderation.learning.cascade import CascadeModel
from moderation.learning.encoder.model import EncoderModel
from moderation.learning.evaluation import Evaluation, evaluate
from moderation.learning.fast import FastModel
from moderation.learning.judgement import Judge
from moderation.learning.store import MANIFEST, load_model, save_model
from moderation.learning.training.card import write_card
from moderation.learning.training.data import Dataset
from moderation.learning.training.figures import figures, summary_table
from moderation.learning.training.gate import Gate
from moderation.learning.training.gather import Gathered, gather
from moderation.learning.training.measure import Measured, measure
from moderation.learning.training.report import write_report

Tier = Literal["fast", "encoder", "cascade"]
Step = Callable[[str], None]


class Destination(NamedTuple):
    """Where a model goes, and what it must reach to get there."""

    folder: Path
    model_id: str
    gate: Path
    report: Path
    rival: Judge | None = None
    """A model that it is held against though it is somewhere else; the one that it would replace,
    if there is one, where not given."""


class Material(NamedTuple):
    """What models learn from and are measured on."""

    labels: Path
    examples: list[Example]
    corpora: Gathered

    @property
    def dev(self) -> Dataset:
        """Return the split on which everything is chosen."""
        return Dataset.of(self.examples, "dev")


class Candidate(NamedTuple):
    """A model that was just made."""

    model: FastModel | EncoderModel | CascadeModel
    """Its manifest lacks the figures."""
    network: bytes | None = None


class RunOutcome(NamedTuple):
    """How a run ended."""

    saved: bool
    """Whether the new model is in place."""
    measured: Measured
    failures: list[str]
    """What of the gate it did not pass."""
    old: Evaluation | None
    """What the model that it was held against reaches on the same dev split."""


def read_material(labels: Path, corpora: Path, console: Console, step: Step) -> Material:
    """Check and read the labelled set, and read the corpora that are there.

    Raises
    ------
    InvalidLabels, CorpusError
    """
    raise_problems(check_labels(labels), labels)
    examples = read_examples(labels)
    step("reading the corpora")
    gathered = gather(corpora, examples, labels)
    console.print(gathered.told(), highlight=False, soft_wrap=True)
    return Material(labels, examples, gathered)


def put_in_place(
    candidate: Candidate, place: Destination, material: Material, console: Console, step: Step
) -> RunOutcome:
    """Measure a model and put it in place, unless it would replace one and fails the gate."""
    model = candidate.model
    gate = Gate.load(place.gate)
    step("measuring")
    measured = measure(model, material.examples, material.labels, material.corpora.held_out)
    manifest = model.manifest
    manifest["figures"] = figures(measured)
    step("writing the report")
    with storing(place.report):
        place.report.parent.mkdir(parents=True, exist_ok=True)
    test = Dataset.of(material.examples, "test")
    write_text(place.report, write_report(model, manifest, test, measured))
    old = _old_evaluation(place, material.dev.examples)
    failures = gate.failures(measured, old)
    saved = not failures or not (place.folder / MANIFEST).is_file()
    if saved:
        card = write_card(manifest, measured)
        save_model(place.folder, model.state, manifest, card, candidate.network)
    console.print(summary_table(measured))
    for failure in failures:
        console.print(f"gate: {failure}", style="yellow", highlight=False)
    states = material.corpora.states.values()
    if failures and not all(state is CorpusState.PRESENT for state in states):
        console.print("Corpora were absent; `moderation corpora fetch` brings them.")
    where = f"{model.id} is in {place.folder}" if saved else "The old model was kept"
    console.print(f"{where}; the report is {place.report}.", highlight=False, soft_wrap=True)
    return RunOutcome(saved, measured, failures, old)


def _old_evaluation(place: Destination, examples: Sequence[Example]) -> Evaluation | None:
    """Judge today's dev split with the rival, or with the model to be replaced if it is sound."""
    if place.rival is not None:
        return evaluate(place.rival, examples)
    if not (place.folder / MANIFEST).is_file():
        return None
    try:
        return evaluate(load_model(place.folder, place.folder.parent), examples)
    except InvalidModel:
        return None


def describe(
    tier: Tier,
    place: Destination,
    material: Material,
    learned: Sequence[CorpusText],
    packages: Sequence[str],
) -> dict[str, Any]:
    """Return what a manifest says of how a model was made.

    Parameters
    ----------
    tier : str
    place : Destination
    material : Material
    learned : sequence of CorpusText
        The texts of corpora that it learned from.
    packages : sequence of str
        Whose versions matter.
    """
    content = (material.labels / EXAMPLES).read_bytes()
    sources = Counter(text.source for text in learned)
    return {
        "id": place.model_id,
        "tier": tier,
        "training": {
            "file": EXAMPLES,
            "sha256": hashlib.sha256(content).hexdigest(),
            "examples": len(material.examples),
            "splits": dict(sorted(Counter(e.split for e in material.examples).items())),
            "corpora": {
                corpus.name: {
                    "texts": sources[corpus.name],
                    "licence": corpus.licence,
                    "sha256": {file.name: file.sha256 for file in corpus.files},
                }
                for corpus in CORPORA
                if sources[corpus.name]
            },
        },
        "versions": {name: version(name) for name in ("moderation", *packages)},
    }
