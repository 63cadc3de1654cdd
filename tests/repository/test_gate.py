"""The quality gate: the shipped model holds every floor on the development split."""

import hashlib
import json
from pathlib import Path

import pytest

from moderation.corpora import read_corpora
from moderation.labelling.reading import EXAMPLES, read_examples
from moderation.learning.store import load_model
from moderation.learning.training.figures import figures
from moderation.learning.training.gate import Gate
from moderation.learning.training.measure import Measured, measure
from moderation.settings import Settings
from moderation.taxonomy import ATTRIBUTE_NAMES, FLAGGED
from tests.conftest import ROOT

MODEL = ROOT / "models" / str(Settings.model_fields["model"].default)


@pytest.fixture(scope="module")
def gate() -> Gate:
    return Gate.load(ROOT / "models" / "gate.toml")


@pytest.fixture(scope="module")
def measured(shared: Path) -> Measured:
    """Measure the shipped model as a training run does."""
    corpora = [text for text in read_corpora(shared / "corpora") if text.split == "dev"]
    model = load_model(MODEL, MODEL.parent)
    return measure(model, read_examples(ROOT / "labels"), ROOT / "labels", corpora)


def test_the_shipped_model_passes_the_gate(gate: Gate, measured: Measured) -> None:
    assert gate.failures(measured) == []


def test_the_gate_has_a_floor_for_everything_that_is_measured(
    gate: Gate, measured: Measured
) -> None:
    assert set(gate.auc) == set(gate.average_precision) == set(ATTRIBUTE_NAMES)
    assert set(gate.f1) == set(FLAGGED)
    frequent = {name for name, (_, count) in measured.dev.functions.items() if count >= 12}
    assert set(gate.functions) >= frequent
    assert measured.suite is not None
    assert set(gate.suite) == set(measured.suite["groups"])
    assert set(gate.robustness) == set(measured.robustness["dev"])
    assert set(gate.corpora) == {
        f"{source}/{name}" for source, one in measured.corpora.items() for name in one.auc
    }
    assert gate.suite_balanced
    assert gate.lowest_bpsn


def test_a_model_below_a_floor_or_above_the_ceiling_fails_by_name(
    gate: Gate, measured: Measured
) -> None:
    insult = measured.dev.attributes["insult"]._replace(calibration_error=0.4)
    attributes = measured.dev.attributes | {"insult": insult}
    worse = measured.dev._replace(
        macro_f1=0.1, false_alarms=0.5, functions={}, attributes=attributes
    )
    failures = " ".join(gate.failures(measured._replace(dev=worse)))
    assert "macro_f1 is 0.1000" in failures
    assert "false_alarms is 0.5000, above the ceiling" in failures
    assert "calibration error is 0.4000, above the ceiling" in failures
    assert "accuracy of civil/counter_speech is nan" in failures


def test_what_the_manifest_says_was_measured_can_be_measured_again(measured: Measured) -> None:
    manifest = json.loads((MODEL / "manifest.json").read_text("utf-8"))
    assert manifest["figures"] == figures(measured)


def test_the_shipped_model_was_trained_on_the_labels_as_they_stand() -> None:
    manifest = json.loads((MODEL / "manifest.json").read_text("utf-8"))
    labels = (ROOT / "labels" / EXAMPLES).read_bytes()
    assert manifest["training"]["sha256"] == hashlib.sha256(labels).hexdigest()
