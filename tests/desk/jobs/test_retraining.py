"""A challenger gets a place of its own, and is held against the champion on the gate."""

import io
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from moderation.corpora import CorpusText
from moderation.desk.jobs import retrain as retraining
from moderation.desk.jobs.retrain import trainer
from moderation.labels.records import Example
from moderation.models.base import Judgement
from moderation.models.store import MANIFEST, load_model
from moderation.taxonomy import ATTRIBUTE_NAMES, FLAGGED, LABELLING, Label
from moderation.training.fit import Recipe
from moderation.training.pipeline import Destination, Material, RunOutcome, TrainingPlan
from moderation.training.vectorizer import NgramHasher
from tests.tiny import GATE


def plan_in(folder: Path, gate: str = GATE) -> TrainingPlan:
    """Return a plan for a fast tier of version 1."""
    gates = folder / "gates"
    gates.mkdir(exist_ok=True)
    (gates / "fast.toml").write_text(gate, "utf-8")
    report = folder / "reports" / "fast@1.html"
    place = Destination(folder / "models" / "fast@1", "fast@1", gates / "fast.toml", report)
    return TrainingPlan(place, recipe=Recipe(NgramHasher(n_features=2**14)))


def quiet() -> Console:
    return Console(file=io.StringIO())


def test_no_model_is_ever_overwritten(
    tiny_material: Material, tiny_model: Path, tmp_path: Path
) -> None:
    """Trained again with as many decisions, a model gets another name."""
    train = trainer(plan_in(tmp_path), tiny_material, quiet())
    champion = load_model(tiny_model, tiny_model.parent)
    first = train([], "d7", champion)
    before = {file: file.read_bytes() for file in first.folder.iterdir()}
    second = train([], "d7", champion)
    gate: Any = second.gate
    assert gate["champion"] == gate["challenger"]
    assert second.failures == []
    assert (first.model, second.model) == ("fast@1-d7", "fast@1-d7-2")
    assert {file: file.read_bytes() for file in first.folder.iterdir()} == before
    assert load_model(second.folder, second.folder.parent).id == "fast@1-d7-2"


def test_a_place_is_free_only_if_every_tier_is(tmp_path: Path) -> None:
    (tmp_path / "cascade@1-d7").mkdir()
    names = ["fast@1-", "cascade@1-"]
    with (
        retraining._claimed(tmp_path, names, "d7") as first,
        retraining._claimed(tmp_path, names, "d7") as second,
    ):
        assert (first, second) == ("d7-2", "d7-3")
    assert [one.name for one in tmp_path.iterdir()] == ["cascade@1-d7"]


class Knows:
    """A model that knows the labelled set by heart."""

    def __init__(self, examples: list[Example]) -> None:
        self.examples = {one.text: one for one in examples}
        self.id = "heart@1"
        self.manifest: dict[str, Any] = {}
        self.thresholds = {label.value: 0.5 for label in LABELLING}
        self.review_thresholds = {label.value: 0.5 for label in FLAGGED}

    def judge(self, texts: Sequence[str]) -> list[Judgement]:
        """Judge as the labels say."""
        known = [self.examples[text] for text in texts]
        return [
            Judgement({k: v or 0.0 for k, v in one.attributes.items()}, (), one.targets)
            for one in known
        ]


def test_a_challenger_that_loses_on_the_gate_to_the_champion_fails(
    tiny_material: Material, tiny_model: Path, tmp_path: Path
) -> None:
    plain = dict.fromkeys(ATTRIBUTE_NAMES, 0.0)
    swapped = {
        Label.CIVIL: {"label": Label.NEWS, "attributes": plain | {"news": 1.0}},
        Label.NEWS: {"label": Label.CIVIL, "attributes": plain},
    }
    examples = [
        one.model_copy(update=swapped.get(one.label) if one.split == "dev" else None)
        for one in tiny_material.examples
    ]
    odd = tiny_material._replace(examples=examples)
    trained = trainer(plan_in(tmp_path), odd, quiet())([], "d1", Knows(examples))
    assert any("the model it would replace has 1.0000" in why for why in trained.failures)
    gate: Any = trained.gate
    assert gate["champion"]["macro_f1"] == 1
    assert gate["challenger"]["macro_f1"] < 1


def test_what_the_fast_tier_fails_counts_for_the_cascade(
    tiny_material: Material, tiny_model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    champion = load_model(tiny_model, tiny_model.parent)
    encoder = tmp_path / "models" / "encoder@1"
    encoder.mkdir(parents=True)
    (encoder / MANIFEST).write_text("{}", "utf-8")
    dev = type("Dev", (), {"dev": None})
    rivals: list[object] = []

    def train(plan: TrainingPlan, *_: object) -> RunOutcome:
        rivals.append(plan.place.rival)
        return RunOutcome(True, dev, ["auc is low"], None)  # type: ignore[arg-type]

    def join(place: Destination, *_: object) -> RunOutcome:
        rivals.append(place.rival)
        return RunOutcome(True, dev, ["targets is low"], None)  # type: ignore[arg-type]

    monkeypatch.setattr(retraining, "train", train)
    monkeypatch.setattr(retraining, "train_cascade", join)
    trained = trainer(plan_in(tmp_path), tiny_material, quiet())([], "d2", champion)
    assert trained.model == "cascade@1-d2"
    assert trained.failures == ["its fast tier: auc is low", "targets is low"]
    assert rivals == [champion, champion]


def test_no_decision_that_repeats_what_measures_teaches(
    tiny_material: Material, tiny_model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    champion = load_model(tiny_model, tiny_model.parent)
    held = "A comment of a public corpus that nothing may learn, for it measures the model."
    text = CorpusText(held, (0.0,) * len(ATTRIBUTE_NAMES), "civil", "1", "dev")
    corpora = tiny_material.corpora._replace(held_out=[text])
    taught: list[Example] = []

    def train(plan: TrainingPlan, material: Material, *_: object) -> RunOutcome:
        taught.extend(material.examples)
        return RunOutcome(True, type("Dev", (), {"dev": None}), [], None)  # type: ignore[arg-type]

    monkeypatch.setattr(retraining, "train", train)
    more = [
        tiny_material.examples[0].model_copy(update={"text": words})
        for words in (held, "Another that nobody has seen, about the ferry and its owner.")
    ]
    trainer(plan_in(tmp_path), tiny_material._replace(corpora=corpora), quiet())(
        more, "d3", champion
    )
    assert taught == [*tiny_material.examples, more[1]]
