"""Judgements of texts in corpora name them, copy nothing, and keep the rules of labels."""

import json
import math
from pathlib import Path
from typing import Any

import pytest

from moderation.errors import InvalidLabels
from moderation.labels.checks import check_labels
from moderation.labels.judged import JUDGED, JUDGED_AGAIN, JudgedText, check_judged, read_judged
from moderation.taxonomy import ATTRIBUTE_NAMES, Label
from tests.conftest import ROOT

SOUND: dict[str, Any] = {
    "corpus": "fox_news",
    "id": "17",
    "sha256": "ab" * 32,
    "label": "inflammatory",
    "present": ["inflammatory", "toxicity", "insult"],
    "undecided": ["profanity"],
    "drawn": "random",
}
CIVIL: dict[str, Any] = {
    "corpus": "fox_news", "id": "18", "sha256": "cd" * 32, "label": "civil", "drawn": "unsure",
}  # fmt: skip


def written(folder: Path, *records: dict[str, Any], name: str = JUDGED) -> Path:
    lines = "".join(json.dumps(record) + "\n" for record in records)
    (folder / name).write_text(lines, "utf-8")
    return folder


def test_an_attribute_is_1_if_named_unknown_if_undecided_and_else_0(tmp_path: Path) -> None:
    insult, civil = read_judged(written(tmp_path, SOUND, CIVIL))
    values = dict(zip(ATTRIBUTE_NAMES, insult.values, strict=True))
    assert values["insult"] == values["toxicity"] == values["inflammatory"] == 1
    assert math.isnan(values["profanity"])
    assert values["threat"] == values["news"] == 0
    assert set(civil.values) == {0}


def test_a_text_that_cannot_be_decided_says_nothing(tmp_path: Path) -> None:
    (judged,) = read_judged(written(tmp_path, CIVIL | {"label": None}))
    assert all(map(math.isnan, judged.values))


def test_a_set_without_judgements_is_a_set_all_the_same(tmp_path: Path) -> None:
    assert read_judged(tmp_path) == []


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"corpus": "nowhere"}, "'nowhere' is not a corpus"),
        ({"sha256": "ab"}, "sha256"),
        ({"label": "hate"}, "'hate' is not one of"),
        ({"label": "civil"}, "attribute inflammatory contradicts the label civil"),
        ({"present": ["inflammatory", "insult"]}, "is toxic"),
        ({"present": ["insult", "inflammatory", "toxicity"]}, "each once and in order"),
        ({"undecided": ["insult"]}, "insult is both present and undecided"),
        ({"label": None}, "without a label has no attributes"),
        ({"text": "copied"}, "text: Extra inputs are not permitted"),
        ({"drawn": "by hand"}, "drawn"),
        (
            {"label": "news", "present": ["news", "insult"]},
            "a news passage has every harm attribute 0",
        ),
    ],
)
def test_a_bad_line_is_named_and_its_neighbours_are_not(
    tmp_path: Path, change: dict[str, Any], message: str
) -> None:
    folder = written(tmp_path, CIVIL, SOUND | change)
    (problem,) = check_judged(folder)
    assert problem.where == f"{JUDGED}:2"
    assert message in problem.message
    with pytest.raises(InvalidLabels, match=f"{JUDGED}:2"):
        read_judged(folder)


def test_a_text_is_judged_once(tmp_path: Path) -> None:
    (problem,) = check_judged(written(tmp_path, SOUND, CIVIL, SOUND))
    assert problem.where == f"{JUDGED}:3"
    assert f"already in {JUDGED}:1" in problem.message


def test_a_second_opinion_is_about_a_text_of_the_first(tmp_path: Path) -> None:
    written(tmp_path, SOUND, CIVIL)
    again = [SOUND, CIVIL | {"sha256": "ef" * 32}]
    (problem,) = check_judged(written(tmp_path, *again, name=JUDGED_AGAIN))
    assert problem.where == f"{JUDGED_AGAIN}:2"


def test_the_check_of_a_labelled_set_knows_its_judgements(
    tiny_labels: Path, tmp_path: Path
) -> None:
    for file in tiny_labels.iterdir():
        (tmp_path / file.name).write_bytes(file.read_bytes())
    assert check_labels(tmp_path) == []
    written(tmp_path, SOUND | {"label": "civil"})
    assert [problem.where for problem in check_labels(tmp_path)] == [f"{JUDGED}:1"]


def test_ours_are_many_drawn_at_random_from_eight_corpora_in_all_labels() -> None:
    judged = read_judged(ROOT / "labels")
    random = [one for one in judged if one.drawn == "random"]
    assert len(random) >= 3_000
    assert len({one.corpus for one in random}) >= 8
    assert {one.label for one in random} >= set(Label)
    assert all(isinstance(one, JudgedText) for one in judged)
