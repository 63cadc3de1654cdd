"""Agreement between two passes, as Krippendorff has it."""

import json
from pathlib import Path

import pytest

from moderation.errors import InvalidLabels
from moderation.labels.agreement import SECOND_PASS, agreement
from moderation.labels.judged import JUDGED, JUDGED_AGAIN
from tests.conftest import ROOT
from tests.tiny import records, write_labels


def second_pass(folder: Path, changes: dict[str, str]) -> Path:
    lines = []
    for example in records():
        label = changes.get(example["id"], example["label"])
        targets = example["targets"] if label == "ethnic_hostility" else []
        line = {"id": example["id"], "label": label, "targets": targets, "annotator": "b"}
        lines.append(json.dumps(line) + "\n")
    write_labels(folder)
    (folder / SECOND_PASS).write_text("".join(lines), "utf-8")
    return folder


def test_two_equal_passes_have_alpha_1(tmp_path: Path) -> None:
    found = agreement(second_pass(tmp_path, {}))
    assert (found.examples, found.alpha, found.targets) == (len(records()), 1, 1)
    assert set(found.by_label.values()) == {1}
    assert found.disagreements == []


def test_disagreements_lower_alpha_and_are_named(tmp_path: Path) -> None:
    changes = {"bridge.04": "civil", "bridge.05": "civil", "river.01": "inflammatory"}
    found = agreement(second_pass(tmp_path, changes))
    assert 0.8 < found.alpha < 1
    assert found.by_label["news"] == 1
    assert found.by_label["civil"] < 1
    assert ("river.01", "ethnic_hostility", "inflammatory") in found.disagreements
    assert [pair[1:] for pair in found.disagreements].count(("inflammatory", "civil")) == 2


def test_passes_that_never_agree_have_an_alpha_below_0(tmp_path: Path) -> None:
    turned = {"news": "civil", "civil": "news", "inflammatory": "ethnic_hostility"}
    changes = {e["id"]: turned.get(e["label"], "inflammatory") for e in records()}
    assert agreement(second_pass(tmp_path, changes)).alpha < 0


def test_an_opinion_on_no_example_and_an_unknown_label_are_told_by_line(tmp_path: Path) -> None:
    folder = second_pass(tmp_path, {})
    file = folder / SECOND_PASS
    good = file.read_text("utf-8")
    file.write_text(good.replace("bridge.01", "bridge.99"), "utf-8")
    with pytest.raises(InvalidLabels, match=r"second_pass.jsonl:1: There is no example"):
        agreement(folder)
    file.write_text(good.replace('"news"', '"rude"'), "utf-8")
    with pytest.raises(InvalidLabels, match=r"second_pass\.jsonl:10"):
        agreement(folder)


def test_the_projects_second_pass_covers_at_least_500_examples_of_every_label() -> None:
    found = agreement(ROOT / "labels")
    assert found.examples >= 500
    assert found.alpha > 0.9


def test_texts_of_corpora_that_were_judged_twice_have_an_alpha_of_their_own(tmp_path: Path) -> None:
    folder = second_pass(tmp_path, {})
    assert agreement(folder).judged == {}
    first: list[dict[str, object]] = [
        {
            "corpus": "davidson",
            "id": str(number),
            "sha256": "ab" * 32,
            "label": "inflammatory" if number % 2 else "civil",
            "present": ["inflammatory", "toxicity"] if number % 2 else [],
            "drawn": "random",
        }
        for number in range(20)
    ]
    again = [dict(one) for one in first]
    again[0] |= {"label": None}
    again[1] |= {"label": "civil", "present": []}
    for name, rows in ((JUDGED, first), (JUDGED_AGAIN, again)):
        lines = "".join(json.dumps(row) + "\n" for row in rows)
        (folder / name).write_text(lines, "utf-8")
    found = agreement(folder).judged
    assert found["texts"] == 20
    assert 0.6 < found["alpha"] < 1
    assert 0.6 < found["inflammatory"] < 1
    assert found["threat"] == 1
