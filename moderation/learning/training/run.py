"""One training run, from the labelled set and the corpora to a model in place."""

import hashlib
import re
from collections import Counter
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any, Literal, NamedTuple

from rich.console import Console

from moderation.corpora import CORPORA, CorpusText, State
from moderation.errors import InvalidInput, InvalidModel
from moderation.labelling.checking import check_labels
from moderation.labelling.reading import EXAMPLES, raise_problems, read_examples
from moderation.labelling.record import Example
from moderation.learning.evaluation import Evaluation, evaluate
from moderation.learning.fast import FastModel
from moderation.learning.store import MANIFEST, load_model, plain, replace_text, save_model
from moderation.learning.training.card import write_card
from moderation.learning.training.data import Dataset
from moderation.learning.training.figures import figures, summary_table
from moderation.learning.training.fit import Recipe, fit_fast
from moderation.learning.training.gate import Gate
from moderation.learning.training.gather import gather
from moderation.learning.training.measure import Measured, measure
from moderation.learning.training.report import write_report

Sources = Literal["both", "labels", "corpora"]


class Plan(NamedTuple):
    """What to train from, and where to."""

    labels: Path
    corpora: Path
    folder: Path
    model_id: str
    gate: Path
    report: Path
    sources: Sources = "both"
    recipe: Recipe = Recipe()


class Outcome(NamedTuple):
    """How a run ended."""

    saved: bool
    """Whether the new model is in place."""
    measured: Measured
    failures: list[str]
    """What of the gate it did not pass."""


def train(plan: Plan, console: Console) -> Outcome:
    """Train a model and put it in place, unless it would replace one and fails the gate.

    Raises
    ------
    InvalidLabels, InvalidGate, InvalidInput, CorpusError
    """
    if not re.fullmatch(r"[a-z][a-z0-9-]*@[A-Za-z0-9.-]+", plan.model_id):
        raise InvalidInput(
            "A model id is a name, an @ and a version.", where=plan.model_id, remedy="fast@2026.11"
        )
    gate = Gate.load(plan.gate)
    with console.status("checking the labelled set") as status:

        def step(message: str) -> None:
            status.update(message)
            if not console.is_terminal:
                console.print(message, highlight=False)

        raise_problems(check_labels(plan.labels), plan.labels)
        examples = read_examples(plan.labels)
        step("reading the corpora")
        corpora = gather(plan.corpora, examples, plan.labels)
        console.print(corpora.told(), highlight=False, soft_wrap=True)
        learned = [] if plan.sources == "labels" else corpora.train
        recipe = plan.recipe._replace(own=plan.sources != "corpora")
        state = fit_fast(examples, learned, recipe, step)
        manifest = _manifest(plan, examples, learned)
        # Measured with the rounding it is stored with.
        model = FastModel(type(state)(**plain(state._asdict())), manifest)
        step("measuring")
        measured = measure(model, examples, plan.labels, corpora.held_out)
        manifest["figures"] = figures(measured)
        step("writing the report")
        plan.report.parent.mkdir(parents=True, exist_ok=True)
        test = Dataset.of(examples, "test")
        replace_text(plan.report, write_report(model, manifest, test, measured))
        old = _old_evaluation(plan, Dataset.of(examples, "dev").examples)
        failures = gate.failures(measured, old)
        saved = not failures or not (plan.folder / MANIFEST).is_file()
        if saved:
            save_model(plan.folder, model.state, manifest, write_card(manifest, measured))
    console.print(summary_table(measured))
    for failure in failures:
        console.print(f"gate: {failure}", style="yellow", highlight=False)
    if failures and not all(state is State.PRESENT for state in corpora.states.values()):
        console.print("Corpora were absent; `moderation corpora fetch` brings them.")
    where = f"{plan.model_id} is in {plan.folder}" if saved else "The old model was kept"
    console.print(f"{where}; the report is {plan.report}.", highlight=False, soft_wrap=True)
    return Outcome(saved, measured, failures)


def _old_evaluation(plan: Plan, examples: Sequence[Example]) -> Evaluation | None:
    """Judge today's dev split with the model that would be replaced, if there is a sound one."""
    if not (plan.folder / MANIFEST).is_file():
        return None
    try:
        return evaluate(load_model(plan.folder, plan.folder.parent), examples)
    except InvalidModel:
        return None


def _manifest(
    plan: Plan, examples: Sequence[Example], learned: Sequence[CorpusText]
) -> dict[str, Any]:
    content = (plan.labels / EXAMPLES).read_bytes()
    sources = Counter(text.source for text in learned)
    return {
        "id": plan.model_id,
        "tier": "fast",
        "seed": plan.recipe.seed,
        "training": {
            "file": EXAMPLES,
            "sha256": hashlib.sha256(content).hexdigest(),
            "examples": len(examples),
            "splits": dict(sorted(Counter(example.split for example in examples).items())),
            "own": plan.sources != "corpora",
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
        "versions": {
            name: version(name) for name in ("moderation", "nltk", "numpy", "scikit-learn", "scipy")
        },
    }
