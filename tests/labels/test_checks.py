"""`moderation labels check` says exactly what is wrong where."""

import copy
import hashlib
import json
from pathlib import Path
from typing import Any

import pytest

from moderation.labels.checks import check_labels
from moderation.labels.records import SEED, read_examples
from tests.tiny import records, write_labels


def problems(folder: Path, examples: list[dict[str, Any]]) -> list[str]:
    return [str(problem) for problem in check_labels(write_labels(folder, examples))]


def test_a_sound_set_has_no_problems(tiny_labels: Path) -> None:
    assert check_labels(tiny_labels) == []


BREAKS: dict[str, tuple[dict[str, Any], str]] = {
    "unknown label": ({"label": "rude"}, "label: 'rude' is not one of"),
    "empty text": ({"text": " "}, "text: The text is empty"),
    "evidence past the end": (
        {"evidence": [{"start": 5, "end": 999, "attribute": "ethnic_hostility"}]},
        "evidence 5-999 runs past the text",
    ),
    "empty evidence": (
        {"evidence": [{"start": 5, "end": 5, "attribute": "ethnic_hostility"}]},
        "5-5 is empty",
    ),
    "no evidence": ({"evidence": []}, "marks evidence for it"),
    "no target": ({"targets": []}, "names at least one target"),
    "unknown target": ({"targets": ["Martians"]}, "target 'Martians' is not in"),
    "unknown field": ({"colour": "red"}, "colour: Extra inputs are not permitted"),
    "number as text": ({"text": 7}, "text: "),
    "other split than its name's": ({"split": "dev"}, "family 'bridge' belongs to train"),
    "other family than its id's": ({"family": "river"}, "does not begin with its family"),
    "attribute out of range": ({"attributes": {"news": 2}}, "attributes"),
}


@pytest.mark.parametrize("name", BREAKS)
def test_a_broken_record_is_named_by_line_and_reason(tmp_path: Path, name: str) -> None:
    examples = records()
    change, message = BREAKS[name]
    examples[1] |= change
    found = problems(tmp_path, examples)
    assert any(f.startswith("examples.jsonl:2: ") and message in f for f in found), found


def test_a_value_that_contradicts_the_label_is_a_problem(tmp_path: Path) -> None:
    examples = copy.deepcopy(records())
    examples[0]["attributes"]["ethnic_hostility"] = 0.0
    (found,) = problems(tmp_path, examples)
    assert "attribute ethnic_hostility is 0.0, which contradicts the label" in found


def test_every_broken_line_is_told_not_only_the_first(tmp_path: Path) -> None:
    folder = write_labels(tmp_path)
    file = folder / "examples.jsonl"
    lines = file.read_text("utf-8").splitlines()
    lines[3], lines[5] = "{not json", '{"id": 1}'
    file.write_text("\n".join(lines), "utf-8")
    where = {problem.where for problem in check_labels(folder)}
    assert {"examples.jsonl:4", "examples.jsonl:6"} <= where


def test_examples_may_lie_in_several_files_and_each_problem_names_its_own(tmp_path: Path) -> None:
    folder = write_labels(tmp_path)
    lines = (folder / "examples.jsonl").read_text("utf-8").splitlines(keepends=True)
    (folder / "examples.jsonl").write_text("".join(lines[:20]), "utf-8")
    (folder / "examples-more.jsonl").write_text("".join(lines[20:]), "utf-8")
    assert check_labels(folder) == []
    assert len(read_examples(folder)) == len(lines)
    (folder / "examples-more.jsonl").write_text("".join([*lines[20:], lines[3], "{}"]), "utf-8")
    found = [str(problem) for problem in check_labels(folder)]
    line = len(lines) - 19
    assert f"examples-more.jsonl:{line}: the same words already in examples.jsonl:4" in found
    assert any(each.startswith(f"examples-more.jsonl:{line + 1}: ") for each in found)


def test_the_same_words_twice_are_a_problem_whatever_their_case(tmp_path: Path) -> None:
    examples = records()
    examples[3]["text"] = examples[4]["text"].upper()
    examples[3]["evidence"] = examples[4]["evidence"]
    assert any(
        "the same words already in examples.jsonl:4" in found
        for found in problems(tmp_path, examples)
    )


def test_an_id_used_twice_is_a_problem(tmp_path: Path) -> None:
    examples = records()
    examples[3]["id"] = examples[4]["id"]
    found = problems(tmp_path, examples)
    assert any("'bridge.05' already in examples.jsonl:4" in each for each in found)


def test_a_family_without_a_harmless_member_is_a_problem(tmp_path: Path) -> None:
    examples = [e for e in records() if e["family"] != "road" or e["label"] == "ethnic_hostility"]
    (found,) = problems(tmp_path, examples)
    assert "family 'road' has no harmless counterpart" in found


def test_decisions_made_at_work_owe_no_harmless_counterpart(tmp_path: Path) -> None:
    examples = [e for e in records() if e["family"] != "road" or e["label"] == "ethnic_hostility"]
    for example in examples:
        if example["family"] == "road":
            example["function"] = "decision"
    assert problems(tmp_path, examples) == []


def test_a_missing_file_is_a_problem_and_not_a_crash(tmp_path: Path) -> None:
    assert [p.where for p in check_labels(tmp_path)] == ["examples.jsonl", "seed.jsonl"]


def seed_line(page: bytes, **change: Any) -> str:
    fields = {
        "file": "page.txt",
        "sha256": hashlib.sha256(page).hexdigest(),
        "start": 0,
        "end": 5,
        "kind": "article",
        "part": "paragraph",
        "label": "news",
    }
    return json.dumps(fields | change) + "\n"


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"sha256": "0" * 64}, "has SHA-256"),
        ({"end": 99}, "runs past the page"),
        ({"end": 6}, "blanks at its edges"),
        ({"file": "other.txt"}, "is not in the pages' folder"),
        ({"kind": "furniture"}, "furniture has no label"),
        ({"kind": "comment"}, "has the comment's number"),
    ],
)
def test_a_seed_annotation_must_fit_its_page(
    tmp_path: Path, change: dict[str, Any], message: str
) -> None:
    page = b"Hello world"
    (tmp_path / "page.txt").write_bytes(page)
    folder = write_labels(tmp_path / "labels")
    (folder / SEED).write_text(seed_line(page) + seed_line(page, start=6, end=11), "utf-8")
    assert check_labels(folder, tmp_path) == []
    (folder / SEED).write_text(seed_line(page, **change), "utf-8")
    (found,) = check_labels(folder, tmp_path)
    assert found.where == "seed.jsonl:1"
    assert message in found.message


def test_overlapping_seed_passages_are_a_problem(tmp_path: Path) -> None:
    folder = write_labels(tmp_path)
    (folder / SEED).write_text(seed_line(b"x") + seed_line(b"x", start=4), "utf-8")
    (found,) = check_labels(folder)
    assert "4-5 overlaps" in found.message
