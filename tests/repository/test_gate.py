"""The quality gate: the shipped model holds every floor on the development split."""

import hashlib
import json

import pytest

from moderation import Moderator
from moderation.labelling.reading import EXAMPLES, read_examples
from moderation.learning.evaluation import Evaluation, evaluate
from moderation.learning.training.data import Dataset
from moderation.learning.training.gate import Gate
from moderation.settings import Settings
from moderation.taxonomy import ATTRIBUTE_NAMES
from tests.conftest import ROOT

MODEL = ROOT / "models" / str(Settings.model_fields["model"].default)


@pytest.fixture(scope="module")
def gate() -> Gate:
    return Gate.load(ROOT / "models" / "gate.toml")


@pytest.fixture(scope="module")
def result() -> Evaluation:
    dev = Dataset.of(read_examples(ROOT / "labels"), "dev")
    return evaluate(Moderator.load().model, dev.examples)


def test_the_shipped_model_passes_the_gate(gate: Gate, result: Evaluation) -> None:
    assert gate.failures(result) == []


def test_the_gate_has_a_floor_for_every_attribute_and_every_frequent_function(
    gate: Gate, result: Evaluation
) -> None:
    assert set(gate.auc) == set(ATTRIBUTE_NAMES)
    frequent = {name for name, (_, count) in result.functions.items() if count >= 12}
    assert set(gate.functions) >= frequent


def test_a_model_below_a_floor_or_above_the_ceiling_fails_by_name(
    gate: Gate, result: Evaluation
) -> None:
    worse = result._replace(macro_f1=0.1, false_alarms=0.5, functions={})
    failures = " ".join(gate.failures(worse))
    assert "macro_f1 is 0.1000" in failures
    assert "false_alarms is 0.5000, above the ceiling" in failures
    assert "accuracy of civil/counter_speech is nan" in failures


def test_the_shipped_model_was_trained_on_the_labels_as_they_stand() -> None:
    manifest = json.loads((MODEL / "manifest.json").read_text("utf-8"))
    labels = (ROOT / "labels" / EXAMPLES).read_bytes()
    assert manifest["training"]["sha256"] == hashlib.sha256(labels).hexdigest()
