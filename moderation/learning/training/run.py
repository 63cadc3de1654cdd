"""One training run, from the labelled set to a model in place."""

import hashlib
import re
from collections import Counter
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any, NamedTuple

from rich.console import Console
from rich.table import Table

from moderation.errors import InvalidInput, InvalidModel
from moderation.labelling.checking import check_labels
from moderation.labelling.reading import EXAMPLES, raise_problems, read_examples
from moderation.labelling.record import Example
from moderation.learning.evaluation import Evaluation, evaluate
from moderation.learning.fast import FastModel
from moderation.learning.features import NgramHasher
from moderation.learning.store import MANIFEST, load_model, plain, replace_text, save_model
from moderation.learning.training.card import write_card
from moderation.learning.training.data import Dataset
from moderation.learning.training.fit import fit_fast
from moderation.learning.training.gate import Gate
from moderation.learning.training.report import write_report

C = 10.0
"""Chosen by cross-validation over the families of train and dev; 3 and 30 did as well."""


class Plan(NamedTuple):
    """What to train from, and where to."""

    labels: Path
    folder: Path
    model_id: str
    gate: Path
    report: Path
    seed: int
    hasher: NgramHasher = NgramHasher()


class Outcome(NamedTuple):
    """How a run ended."""

    passed: bool
    dev: Evaluation
    test: Evaluation
    failures: list[str]


def train(plan: Plan, console: Console) -> Outcome:
    """Train a model and put it in place if it passes the gate.

    Raises
    ------
    InvalidLabels, InvalidGate, InvalidInput
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
        state = fit_fast(examples, hasher=plan.hasher, C=C, seed=plan.seed, step=step)
        manifest = _manifest(plan, examples)
        # Evaluated with the rounding it is stored with.
        model = FastModel(type(state)(**plain(state._asdict())), manifest)
        step("evaluating on dev and test")
        dev_set, test_set = Dataset.of(examples, "dev"), Dataset.of(examples, "test")
        dev, test = evaluate(model, dev_set.examples), evaluate(model, test_set.examples)
        manifest["dev"], manifest["test"] = _figures(dev), _figures(test)
        step("writing the report")
        plan.report.parent.mkdir(parents=True, exist_ok=True)
        replace_text(plan.report, write_report(model, manifest, test_set, test))
        failures = gate.failures(dev, _old_evaluation(plan, dev_set.examples))
        if not failures:
            save_model(plan.folder, model.state, manifest, write_card(manifest, dev, test))
    console.print(_table(dev, test))
    for failure in failures:
        console.print(f"gate: {failure}", style="yellow", highlight=False)
    kept = "The old model was kept" if failures else f"{plan.model_id} is in {plan.folder}"
    console.print(f"{kept}; the report is {plan.report}.", highlight=False, soft_wrap=True)
    return Outcome(not failures, dev, test, failures)


def _old_evaluation(plan: Plan, examples: Sequence[Example]) -> Evaluation | None:
    """Judge today's dev split with the model that would be replaced, if there is a sound one."""
    if not (plan.folder / MANIFEST).is_file():
        return None
    try:
        return evaluate(load_model(plan.folder, plan.folder.parent), examples)
    except InvalidModel:
        return None


def _manifest(plan: Plan, examples: Sequence[Example]) -> dict[str, Any]:
    content = (plan.labels / EXAMPLES).read_bytes()
    return {
        "id": plan.model_id,
        "tier": "fast",
        "seed": plan.seed,
        "training": {
            "file": EXAMPLES,
            "sha256": hashlib.sha256(content).hexdigest(),
            "examples": len(examples),
            "splits": dict(sorted(Counter(example.split for example in examples).items())),
        },
        "versions": {
            name: version(name) for name in ("moderation", "nltk", "numpy", "scikit-learn", "scipy")
        },
    }


def _figures(result: Evaluation) -> dict[str, Any]:
    return {
        "examples": result.examples,
        "macro_f1": round(result.macro_f1, 4),
        "false_alarms": round(result.false_alarms, 4),
        "review_recall": round(result.review_recall, 4),
        "evidence_f1": round(result.evidence_f1, 4),
        "targets": round(result.targets, 4),
        "auc": {name: round(one.auc, 4) for name, one in result.attributes.items()},
        "calibration_error": {
            name: round(one.calibration_error, 4) for name, one in result.attributes.items()
        },
    }


def _table(dev: Evaluation, test: Evaluation) -> Table:
    table = Table(title="dev and test")
    for heading in ("", "dev", "test"):
        table.add_column(heading, justify="left" if not heading else "right")
    rows: list[tuple[str, float, float]] = [
        ("macro-F1", dev.macro_f1, test.macro_f1),
        ("false alarms", dev.false_alarms, test.false_alarms),
        ("review recall", dev.review_recall, test.review_recall),
        ("evidence F1", dev.evidence_f1, test.evidence_f1),
        ("targets", dev.targets, test.targets),
        *((f"F1 {name}", one.f1, test.labels[name].f1) for name, one in dev.labels.items()),
        *(
            (f"AUC {name}", one.auc, test.attributes[name].auc)
            for name, one in dev.attributes.items()
        ),
        *(
            (f"ECE {name}", one.calibration_error, test.attributes[name].calibration_error)
            for name, one in dev.attributes.items()
        ),
    ]
    for name, on_dev, on_test in rows:
        table.add_row(name, f"{on_dev:.3f}", f"{on_test:.3f}")
    return table
