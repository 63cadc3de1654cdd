"""`python train.py`: the same labels give the same model, and a worse one replaces nothing."""

import hashlib
import io
import json
import math
import re
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from moderation.corpora import CorpusText
from moderation.corpora.corpus import values_of
from moderation.errors import InvalidInput, InvalidLabels
from moderation.splits import Split
from moderation.taxonomy import ATTRIBUTE_NAMES, Label
from moderation.training.data import Gathered
from moderation.training.pipeline import Material, TrainingPlan, train
from tests.conftest import ROOT
from tests.tiny import GATE, material_of, records, write_labels

STREAM: dict[str, Split] = {"library": "train", "pool": "train", "museum": "dev", "zoo": "dev"}


def digests(folder: Path) -> dict[str, str]:
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in folder.iterdir()}


def quiet() -> Console:
    return Console(file=io.StringIO())


def placed(plan: TrainingPlan, **changes: Any) -> TrainingPlan:
    return plan._replace(place=plan.place._replace(**changes))


def test_the_same_labels_and_seed_give_the_same_files_bit_for_bit(
    tiny_plan: TrainingPlan, tiny_material: Material, tiny_model: Path, tmp_path: Path
) -> None:
    again = placed(tiny_plan, folder=tmp_path / "again")
    train(again, tiny_material, quiet())
    assert digests(again.place.folder) == digests(tiny_model)
    assert len(digests(tiny_model)) == 4


def test_the_manifest_says_what_the_model_was_made_from(
    tiny_material: Material, tiny_model: Path
) -> None:
    manifest = json.loads((tiny_model / "manifest.json").read_text("utf-8"))
    labels = (tiny_material.labels / "examples.jsonl").read_bytes()
    assert manifest["training"]["sha256"] == hashlib.sha256(labels).hexdigest()
    assert manifest["training"]["examples"] == len(records())
    assert set(manifest["figures"]["test"]["auc"]) == set(ATTRIBUTE_NAMES)
    assert set(manifest["versions"]) >= {"moderation", "numpy", "scikit-learn"}
    assert manifest["languages"] == ["en"]


def test_the_card_gives_the_figures_of_every_label_and_attribute(tiny_model: Path) -> None:
    card = (tiny_model / "README.md").read_text("utf-8")
    assert all(f"| `{name}` |" in card for name in [*ATTRIBUTE_NAMES, *Label])
    assert "macro-F1" in card
    assert not re.search(r"\bnan\b", card)


def test_a_model_that_fails_the_gate_replaces_nothing(
    tiny_plan: TrainingPlan, tiny_material: Material, tiny_model: Path, tmp_path: Path
) -> None:
    before = digests(tiny_model)
    strict = tmp_path / "gate.toml"
    strict.write_text(GATE.replace("evidence_f1 = 0.0", "evidence_f1 = 1.0"), "utf-8")
    outcome = train(placed(tiny_plan, gate=strict), tiny_material, quiet())
    assert not outcome.saved
    assert "evidence_f1 is" in outcome.failures[0]
    assert digests(tiny_model) == before


def test_where_there_is_no_model_to_keep_a_weak_one_is_put_in_place_and_its_failures_told(
    tiny_plan: TrainingPlan, tiny_material: Material, tmp_path: Path
) -> None:
    strict = tmp_path / "gate.toml"
    strict.write_text(GATE.replace("evidence_f1 = 0.0", "evidence_f1 = 1.0"), "utf-8")
    console = Console(file=io.StringIO(), width=200)
    plan = placed(tiny_plan, gate=strict, folder=tmp_path / "first@1")
    outcome = train(plan, tiny_material, console)
    assert outcome.saved
    assert "evidence_f1 is" in outcome.failures[0]
    assert (plan.place.folder / "manifest.json").is_file()
    assert isinstance(console.file, io.StringIO)
    assert "gate: evidence_f1 is" in console.file.getvalue()


def test_texts_of_which_nothing_is_known_are_a_stream_that_no_step_of_a_run_trips_over(
    tiny_plan: TrainingPlan, tiny_material: Material, tmp_path: Path
) -> None:
    stream = [
        CorpusText(f"The {place} opens at noon.", values_of(), "goemotions", place, split)
        for place, split in STREAM.items()
    ]
    train_texts, dev = ([one for one in stream if one.split == name] for name in ("train", "dev"))
    corpora = Gathered(train_texts, train_texts, [], dev, {}, 0)
    plan = placed(tiny_plan, folder=tmp_path / "with-a-stream@1")
    outcome = train(plan, tiny_material._replace(corpora=corpora), quiet())
    assert outcome.saved
    result = outcome.measured.corpora["goemotions"]
    assert (result.texts, result.auc) == (len(dev), {})
    assert math.isnan(result.held_harmless)
    manifest = json.loads((plan.place.folder / "manifest.json").read_text("utf-8"))
    assert "goemotions" not in manifest["training"]["corpora"]


def test_a_model_worse_than_the_old_one_replaces_nothing(
    tiny_plan: TrainingPlan, tiny_model: Path, tmp_path: Path
) -> None:
    examples = records()
    for number, example in enumerate(examples):
        if example["split"] == "train":
            example["text"] = f"nothing{number}a nothing{number}b nothing{number}c"
            for evidence in example["evidence"]:
                evidence |= {"start": 0, "end": 7}
    labels = write_labels(tmp_path / "labels", examples)
    before = digests(tiny_model)
    outcome = train(tiny_plan, material_of(labels), quiet())
    assert not outcome.saved
    assert "the model it would replace has" in outcome.failures[-1]
    assert digests(tiny_model) == before


def test_bad_labels_are_refused_with_the_line_before_anything_is_trained(tmp_path: Path) -> None:
    examples = records()
    examples[4]["label"] = "rude"
    labels = write_labels(tmp_path / "labels", examples)
    with pytest.raises(InvalidLabels, match=r"examples\.jsonl:5"):
        material_of(labels)


def test_labels_that_never_show_an_attribute_are_refused_by_its_name(
    tiny_plan: TrainingPlan, tmp_path: Path
) -> None:
    examples = records()
    for example in examples:
        example["attributes"]["profanity"] = 0.0
    labels = write_labels(tmp_path / "labels", examples)
    with pytest.raises(InvalidLabels, match="profanity"):
        train(placed(tiny_plan, folder=tmp_path / "new"), material_of(labels), quiet())
    assert not (tmp_path / "new").exists()


def test_a_model_id_without_a_version_is_refused(
    tiny_plan: TrainingPlan, tiny_material: Material
) -> None:
    with pytest.raises(InvalidInput, match="an @ and a version"):
        train(placed(tiny_plan, model_id="fast"), tiny_material, quiet())


def test_the_report_needs_nothing_from_outside(tiny_plan: TrainingPlan, tiny_model: Path) -> None:
    html = tiny_plan.place.report.read_text("utf-8")
    seen: list[tuple[str, dict[str, str | None]]] = []

    class Reader(HTMLParser):
        def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
            seen.append((tag, dict(attrs)))

    Reader().feed(html)
    tags = [tag for tag, _ in seen]
    assert tags.count("svg") == 3
    assert not {"script", "link", "img", "iframe"} & set(tags)
    links = [value for _, attrs in seen for name, value in attrs.items() if "href" in name]
    assert all(str(link).startswith(("#", "data:")) for link in links)
    assert all(title in html for title in ("Reliability", "Precision and recall", "Worst mistakes"))


def test_train_py_ends_with_status_1_and_a_plain_message_on_bad_labels(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "train.py", "--labels", str(tmp_path), "--models", str(tmp_path / "m")],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert "examples.jsonl: cannot be read" in done.stderr
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "m").exists()
