"""CSV and JSON files: every row comes back, under the columns that a person names."""

import json
from pathlib import Path
from typing import Any

import pytest

from moderation.batch.fields import Columns
from moderation.batch.sources import Source
from moderation.batch.tables import cut_csv, cut_json
from moderation.batch.types import ShardLimits
from moderation.errors import InvalidInput
from tests.batch.archives import COMPRESSORS, write_table
from tests.batch.rows import failures, ledger, passages, run


def csv_run(tmp_path: Path, text: str, *chosen: str, keep: tuple[str, ...] = ()) -> Any:
    (tmp_path / "a.csv").write_text(text, "utf-8")
    return run(tmp_path / "a.csv", out=tmp_path / "out", columns=Columns.parse(chosen, keep))


def texts(tmp_path: Path) -> list[str]:
    return [row["text"] for row in passages(tmp_path / "out")]


def test_a_csv_file_gives_a_comment_for_each_row(tmp_path: Path) -> None:
    text = '\ufeffID,Comment Text,User,Created-At\n7,"A boat,\nlate.",Ann,2026-03-01\n8,Fine.,,\n'
    summary = csv_run(tmp_path, text)
    assert (summary.comments, summary.failures) == (2, 0)
    one, two = passages(tmp_path / "out")
    assert (one["text"], one["author"], one["time"]) == ("A boat,\nlate.", "Ann", "2026-03-01")
    assert (one["id"], one["position"]) == ("7", 2)
    assert (two["author"], two["time"], two["position"]) == (None, None, 4)


def test_columns_are_chosen_by_option_and_no_other_text_is_taken(tmp_path: Path) -> None:
    text = "text;Reader's words;who\nA headline;A boat.;Ann\n"
    csv_run(tmp_path, text, "text=Reader's words", "author=who")
    [row] = passages(tmp_path / "out")
    assert (row["text"], row["author"]) == ("A boat.", "Ann")


@pytest.mark.parametrize(
    ("text", "chosen", "keep", "message"),
    [
        ("a,b\n1,2\n", (), (), "Name it with --column text=COLUMN"),
        ("text,b\n1,2\n", ("text=body",), (), "There is no column `body`"),
        ("text,b\n1,2\n", (), ("stars",), "There is no column `stars`"),
        ("", (), (), "Name it with --column text=COLUMN"),
    ],
)
def test_a_table_without_a_column_is_a_failure_that_names_it(
    tmp_path: Path, text: str, chosen: tuple[str, ...], keep: tuple[str, ...], message: str
) -> None:
    summary = csv_run(tmp_path, text, *chosen, keep=keep)
    assert (summary.comments, summary.failures) == (0, 1)
    assert message in failures(tmp_path / "out")[0]["message"]


def test_a_broken_row_of_csv_costs_that_row(tmp_path: Path) -> None:
    """One that is closed too early, one with too many fields, and one that nothing closes."""
    lines = ["id,text", "1,One.", '2,"Two" x', "3,Three.", "4,a,b,c", "5,Five.", '6,"Six.', "7,Sev"]
    summary = csv_run(tmp_path, "\n".join(lines) + "\n")
    assert texts(tmp_path) == ["One.", "Three.", "Five.", "Sev"]
    assert (summary.comments, summary.failures) == (4, 3)
    found = failures(tmp_path / "out")
    assert [row["position"] for row in found] == [3, 5, 7]
    assert {row["reason"] for row in found} == {"malformed"}
    assert all(row["message"].startswith(f"Line {row['position']}: ") for row in found)
    assert "Six" not in str(found)


def test_a_row_that_is_not_utf_8_costs_that_row(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_bytes(b'text\nOne.\nCaf\xe9.\nTwo.\n"Th\nr\xe9e"\nFour.\n')
    summary = run(tmp_path / "a.csv", out=tmp_path / "out")
    assert (texts(tmp_path)[:2], texts(tmp_path)[-1]) == (["One.", "Two."], "Four.")
    assert summary.to_dict()["failure_reasons"]["malformed"] >= 2
    assert "Convert the file to UTF-8" in failures(tmp_path / "out")[0]["message"]


def test_empty_cells_are_skipped_and_counted(tmp_path: Path) -> None:
    summary = csv_run(tmp_path, "id,text\n1,\n2,A boat.\n3\n")
    assert summary.to_dict()["records"] == {
        "seen": 3,
        "pages": 0,
        "comments": 1,
        "skipped": {"blank": 2},
        "failed": {},
    }


@pytest.mark.parametrize("name", ["a.csv", "a.jsonl", "a.json", "a.parquet"])
def test_a_row_keeps_its_id_and_the_columns_that_are_asked_for(tmp_path: Path, name: str) -> None:
    rows: list[dict[str, object]] = [
        {"id": f"c{n}", "text": f"Boat {n}.", "stars": str(n), "label": "x" if n else None}
        for n in range(3)
    ]
    path = tmp_path / name
    if name == "a.parquet":
        write_table(path, rows)
    elif name == "a.csv":
        cells = ["id,text,stars,label", *(",".join(str(v or "") for v in r.values()) for r in rows)]
        path.write_text("\n".join(cells), "utf-8")
    else:
        lines = list(map(json.dumps, rows))
        path.write_text(f"[{', '.join(lines)}]" if name == "a.json" else "\n".join(lines), "utf-8")
    columns = Columns.parse((), ("stars", "gold=label", "input_text=text"))
    run(path, out=tmp_path / "out", columns=columns)
    found = passages(tmp_path / "out")
    assert [row["id"] for row in found] == ["c0", "c1", "c2"]
    assert [row["stars"] for row in found] == ["0", "1", "2"]
    assert [row["gold"] or None for row in found] == [None, "x", "x"]
    assert [row["input_text"] for row in found] == texts(tmp_path)


@pytest.mark.parametrize(
    ("chosen", "keep"),
    [
        (("words=a",), ()),
        (("text",), ()),
        (("text=a", "text=b"), ()),
        ((), ("a", "a")),
        ((), ("",)),
    ],
)
def test_columns_that_cannot_be_are_refused(chosen: tuple[str, ...], keep: tuple[str, ...]) -> None:
    with pytest.raises(InvalidInput):
        Columns.parse(chosen, keep)


def test_a_column_that_would_hide_one_of_the_rows_is_refused_with_another_name(
    tmp_path: Path,
) -> None:
    with pytest.raises(InvalidInput, match="--keep input_author=author"):
        csv_run(tmp_path, "text,author\na,b\n", keep=("author",))
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("indent", [None, 2])
@pytest.mark.parametrize("suffix", ["", ".gz"])
def test_a_json_array_gives_a_comment_for_each_element(
    tmp_path: Path, indent: int | None, suffix: str
) -> None:
    rows: list[dict[str, Any]] = [
        {"text": 'He said "boats", [all] {of} them\\', "id": 1},
        {"text": "Two\nlines, è.", "tags": ["a", {"b": [1]}]},
        {"text": "Three."},
    ]
    path = tmp_path / f"a.json{suffix}"
    path.write_bytes(COMPRESSORS[suffix](json.dumps(rows, indent=indent).encode()))
    summary = run(path, out=tmp_path / "out")
    assert (summary.comments, summary.failures) == (3, 0)
    assert texts(tmp_path) == [row["text"] for row in rows]
    assert [row["position"] for row in passages(tmp_path / "out")] == [0, 1, 2]


def test_an_object_around_the_rows_is_refused_with_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text('{"comments": [{"text": "A boat."}]}', "utf-8")
    assert run(tmp_path / "a.json", out=tmp_path / "out").failures == 1
    assert "jq -c '.NAME[]'" in failures(tmp_path / "out")[0]["message"]


def test_of_a_json_array_that_breaks_off_the_elements_before_are_read(tmp_path: Path) -> None:
    rows = json.dumps([{"text": f"Boat {n}."} for n in range(50)])
    (tmp_path / "a.json").write_text(rows[:-30], "utf-8")
    summary = run(tmp_path / "a.json", out=tmp_path / "out")
    assert summary.comments >= 48
    assert summary.to_dict()["failure_reasons"] == {"damaged": 1}


def test_tables_are_cut_into_shards_that_fit_in_memory(tmp_path: Path) -> None:
    limits = ShardLimits(pages=10, bytes=2_000, page_bytes=1 << 20)
    (tmp_path / "a.csv").write_text("text\n" + "A boat was late.\n" * 5_000, "utf-8")
    (tmp_path / "a.json").write_text(json.dumps([{"text": "A boat."}] * 5_000), "utf-8")
    for cut in (
        cut_csv(Source(tmp_path / "a.csv"), limits, Columns()),
        cut_json(Source(tmp_path / "a.json"), limits),
    ):
        shards = list(cut)
        assert sum(shard.records for shard in shards) == 5_000
        assert max(len(shard.data) for shard in shards) < 2_100
        assert len({(shard.start, shard.end, shard.digest()) for shard in shards}) == len(shards)


def test_a_csv_run_that_was_stopped_goes_on_where_it_was(tmp_path: Path) -> None:
    rows = "".join(f"{n},Boat {n} was late.\n" for n in range(200))
    (tmp_path / "a.csv").write_text(f"id,text\n{rows}", "utf-8")
    run(tmp_path / "a.csv", out=tmp_path / "out", shard_pages=1)
    whole = passages(tmp_path / "out")
    path = tmp_path / "out" / "ledger.jsonl"
    path.write_bytes(b"".join(path.read_bytes().splitlines(keepends=True)[:4]))
    run(tmp_path / "a.csv", out=tmp_path / "out", shard_pages=1)
    assert passages(tmp_path / "out") == whole
    assert len(ledger(tmp_path / "out")) == 10
