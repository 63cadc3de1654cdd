"""The quality gate: the shipped models hold every floor on the development split."""

import hashlib
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from moderation.corpora import CorpusText, read_corpora
from moderation.labels.judged import read_judged
from moderation.labels.records import Example, examples_digest, read_records
from moderation.models.base import Judge, Judgement
from moderation.models.store import load_model
from moderation.settings import Settings
from moderation.taxonomy import ATTRIBUTE_NAMES, FLAGGED
from moderation.training.data import TEMPLATES, held_out_texts, names_of
from moderation.training.gate import Gate, Measured, measure
from moderation.training.judged import Judged, join
from moderation.training.report import figures
from tests.conftest import ROOT

pytestmark = pytest.mark.slow

MODELS = ROOT / "models"
DEFAULT = str(Settings.model_fields["model"].default)
VERSION = DEFAULT.partition("@")[2]


def manifest_of(tier: str) -> dict[str, Any]:
    """Return the manifest of a shipped model."""
    text = (MODELS / f"{tier}@{VERSION}" / "manifest.json").read_text("utf-8")
    return dict(json.loads(text))


def label_files(manifest: dict[str, Any]) -> list[Path]:
    """Return the files of the labelled set that a model learned from: later ones may lie beside."""
    training = manifest["training"]
    return [ROOT / "labels" / name for name in training.get("files") or [training["file"]]]


def drawn(name: str, one_in: int) -> bool:
    """Tell whether a name's hash is one of every so many."""
    return hashlib.sha256(name.encode()).digest()[0] % one_in == 0


class Remembering:
    """Judges as a model does, each text once: several measures have the same texts.

    Parameters
    ----------
    model : Judge
    """

    def __init__(self, model: Judge) -> None:
        self._model = model
        self._judgements: dict[str, Judgement] = {}

    @property
    def thresholds(self) -> dict[str, float]:
        """From where a label is given."""
        return self._model.thresholds

    @property
    def review_thresholds(self) -> dict[str, float]:
        """From where a text goes to review."""
        return self._model.review_thresholds

    def judge(self, texts: Sequence[str]) -> list[Judgement]:
        """Return the judgement of each text, in order."""
        new = [text for text in dict.fromkeys(texts) if text not in self._judgements]
        self._judgements.update(zip(new, self._model.judge(new), strict=True))
        return [self._judgements[text] for text in texts]


@pytest.fixture(scope="module", params=["fast", "encoder"])
def tier(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def gate(tier: str) -> Gate:
    return Gate.load(MODELS / "gates" / f"{tier}.toml")


@pytest.fixture(scope="module")
def manifest(tier: str) -> dict[str, Any]:
    return manifest_of(tier)


@pytest.fixture(scope="module")
def texts(real_corpora: Path) -> list[CorpusText]:
    """Return texts of the corpora that nothing was trained on."""
    english = names_of(["en"])
    return [text for text in read_corpora(real_corpora, english) if text.split != "train"]


@pytest.fixture(scope="module")
def corpora(texts: list[CorpusText]) -> list[CorpusText]:
    """Return those of dev on which models are measured; of the templates, which are many, a few."""
    return [
        text
        for text in held_out_texts(text for text in texts if text.split == "dev")
        if text.source != TEMPLATES or drawn(text.id, 4)
    ]


@pytest.fixture(scope="module")
def judged(texts: list[CorpusText]) -> list[Judged]:
    """Return the real comments of dev that were judged."""
    dev = [text for text in texts if text.split == "dev"]
    return [one for one in join(read_judged(ROOT / "labels"), dev) if one.random]


@pytest.fixture(scope="module")
def measured(
    manifest: dict[str, Any], tier: str, corpora: list[CorpusText], judged: list[Judged]
) -> Measured:
    """Measure a shipped model as a training run does, but with a part of the test split only."""
    # One thread, for two take more of the processor's time together, and the cores are busy with
    # other tests; it changes no score.
    model = load_model(f"{tier}@{VERSION}", MODELS, threads=1)
    examples = [
        example
        for example in read_records(label_files(manifest), Example).records.values()
        if example.split != "test" or drawn(example.id, 8)
    ]
    return measure(Remembering(model), examples, ROOT / "labels", corpora, judged)


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
    assert gate.real
    assert gate.most_lost_by_padding < 1
    assert gate.most_held_together < 1


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


def test_what_the_manifest_says_was_measured_can_be_measured_again(
    manifest: dict[str, Any], measured: Measured
) -> None:
    stated, again = manifest["figures"], figures(measured)
    assert stated["dev"] == again["dev"]
    assert stated["suite"] == again["suite"]
    assert stated["robustness"]["dev"] == again["robustness"]["dev"]
    assert stated["corpora"] == again["corpora"]
    assert stated["real"]["dev"] == again["real"]["dev"]
    assert stated["padding"] == again["padding"]


def test_the_shipped_models_were_trained_on_their_labels_as_they_stand() -> None:
    for tier in ("fast", "encoder"):
        manifest = manifest_of(tier)
        assert manifest["training"]["sha256"] == examples_digest(label_files(manifest))


def test_rounding_to_8_bits_cost_no_attribute_more_than_half_a_point() -> None:
    lost = manifest_of("encoder")["rounding"]
    assert set(lost) == set(ATTRIBUTE_NAMES)
    assert max(lost.values()) <= 0.005


def test_the_models_stay_small_enough_to_ship() -> None:
    files = [path for path in MODELS.glob(f"*@{VERSION}/*") if path.is_file()]
    assert sum(path.stat().st_size for path in files) <= 26e6
