"""`moderation evaluate` counts what a user would count by hand, and names a bad line."""

from pathlib import Path

import pytest

from moderation.errors import InvalidInput
from moderation.evaluation.tables import PassageResult, TableRow, evaluate_table, read_table
from moderation.taxonomy import ATTRIBUTE_NAMES, Label


def found(label: Label, *, held: bool) -> PassageResult:
    scores = dict.fromkeys(ATTRIBUTE_NAMES, 0.1) | ({label.value: 0.9} if label != "civil" else {})
    return PassageResult(scores, label, held)


def test_groups_and_decisions_are_counted() -> None:
    rows = [
        TableRow("a", Label.ETHNIC_HOSTILITY, True, "slur"),
        TableRow("b", Label.ETHNIC_HOSTILITY, True, "slur"),
        TableRow("c", Label.CIVIL, False, "soup"),
        TableRow("d", Label.NEWS, False, "soup"),
    ]
    answers = [
        found(Label.ETHNIC_HOSTILITY, held=True),
        found(Label.CIVIL, held=False),
        found(Label.INFLAMMATORY, held=False),
        found(Label.NEWS, held=False),
    ]
    result = evaluate_table(rows, answers, {"ethnic_hostility": 0.5})
    assert result["groups"]["slur"] == {"examples": 2, "accuracy": 0.5, "held_accuracy": 0.5}
    assert result["groups"]["soup"] == {"examples": 2, "accuracy": 0.5, "held_accuracy": 1.0}
    assert result["flagged"]["balanced_accuracy"] == 0.5
    assert result["held"]["precision"] == 1
    assert result["held"]["false_alarms"] == 0
    assert result["labels"]["news"]["f1"] == 1
    assert result["attributes"]["ethnic_hostility"]["f1_at_threshold"] == pytest.approx(2 / 3)
    assert "f1_at_threshold" not in result["attributes"]["news"]


def test_a_set_that_says_only_flagged_is_counted_as_far_as_it_goes() -> None:
    rows = [TableRow("a", None, True, None), TableRow("b", None, False, None)]
    answers = [found(Label.INFLAMMATORY, held=True), found(Label.CIVIL, held=False)]
    result = evaluate_table(rows, answers, {})
    assert result["flagged"]["balanced_accuracy"] == 1
    assert "labels" not in result
    assert result["attributes"] == result["groups"] == {}


def test_a_table_is_read_with_its_groups(tmp_path: Path) -> None:
    file = tmp_path / "t.csv"
    file.write_text('\ufefftext,label,group\n"two\nlines",civil,\nb,flagged,x\n', "utf-8")
    assert read_table(file) == [
        TableRow("two\nlines", Label.CIVIL, False, None),
        TableRow("b", None, True, "x"),
    ]


def test_labels_may_be_numbers(tmp_path: Path) -> None:
    file = tmp_path / "t.tsv"
    file.write_text("text\tlabel\na\t1\nb\t0\n", "utf-8")
    assert read_table(file) == [TableRow("a", None, True, None), TableRow("b", None, False, None)]


def test_a_passage_may_be_as_long_as_a_book(tmp_path: Path) -> None:
    file = tmp_path / "t.csv"
    file.write_text(f"text,label\n{'word ' * 50_000},civil\n", "utf-8")
    (row,) = read_table(file)
    assert len(row.text) == 250_000


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"text,tag\na,civil\n", "t.csv:1: There is no column `label`"),
        (b"text,label\na,civil\nb,rude\n", "t.csv:3: The label is unknown"),
        (b"text,label\n ,civil\n", "t.csv:2: The text is empty"),
        (b"text,label\n", "no rows"),
        (b"text,label\n\xff,civil\n", "t.csv:2: Not UTF-8 at byte 0 of the line"),
        (b"label,text\ncivil\n", "t.csv:2: The row ends before the column `text`"),
        (b"text,label\nfirst, second,civil\n", "t.csv:2: The row has 3 fields, and the header 2"),
        (b'text,label\n\n"a,civil\nb,civil\n', "t.csv:3: Not CSV"),
        (b"", "There is no column `text`"),
    ],
)
def test_a_bad_table_is_refused_by_line(tmp_path: Path, content: bytes, message: str) -> None:
    file = tmp_path / "t.csv"
    file.write_bytes(content)
    with pytest.raises(InvalidInput) as caught:
        read_table(file)
    assert message in str(caught.value)
