"""Tables and JSON Lines: a value that cannot be read costs its row and no other."""

import datetime as dt
import json
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.batch.archives import write_comments
from tests.batch.rows import failures, passages, run

ROWS, BAD = 100, 40


def table(path: Path, name: str = "time", column: pa.Array | None = None) -> Path:
    """Write a table of comments and a further column."""
    columns = {"text": pa.array([f"Boat {n} was late." for n in range(ROWS)])}
    if column is not None:
        columns[name] = column
    pq.write_table(pa.table(columns), path, row_group_size=30)
    return path


def numbers(bad: int) -> pa.Array:
    return pa.array([bad if n == BAD else n for n in range(ROWS)], pa.int64())


def not_utf8() -> pa.Array:
    data = [b"\xff\xfe" if n == BAD else f"Reader {n}".encode() for n in range(ROWS)]
    return pa.array(data, pa.binary()).view(pa.string())


@pytest.mark.parametrize(
    ("name", "column"),
    [
        pytest.param("author", not_utf8(), id="no UTF-8"),
        pytest.param("text", not_utf8(), id="a text that is no UTF-8"),
        pytest.param("user", not_utf8().cast(pa.large_string()), id="a large one"),
        pytest.param("username", not_utf8().dictionary_encode(), id="a dictionary"),
        pytest.param("date", numbers(5_000_000).cast(pa.int32()).view(pa.date32()), id="a date"),
        pytest.param("time", numbers(1 << 61).view(pa.timestamp("us")), id="a moment"),
        pytest.param("time", numbers(-(1 << 61)).view(pa.timestamp("us", "UTC")), id="in a zone"),
        pytest.param("time", numbers(1 << 50).view(pa.timestamp("ms")), id="milliseconds"),
        pytest.param("id", numbers(1 << 61).view(pa.time64("us")), id="a time of day"),
    ],
)
def test_a_value_that_cannot_be_read_costs_its_row(
    tmp_path: Path, name: str, column: pa.Array
) -> None:
    summary = run(table(tmp_path / "a.parquet", name, column), out=tmp_path / "out", shard_pages=1)
    assert (summary.comments, summary.failures) == (ROWS - 1, 1)
    rows = passages(tmp_path / "out")
    assert [row["position"] for row in rows] == [n for n in range(ROWS) if n != BAD]
    [failure] = failures(tmp_path / "out")
    assert (failure["reason"], failure["position"]) == ("malformed", BAD)
    assert f"Row {BAD}: what is in the column `{name}` cannot be read" in failure["message"]
    assert summary.to_dict()["records"] == {
        "seen": ROWS,
        "pages": 0,
        "comments": ROWS - 1,
        "skipped": {},
        "failed": {"malformed": 1},
    }


def test_moments_to_the_nanosecond_are_read_to_the_microsecond(tmp_path: Path) -> None:
    path = table(tmp_path / "a.parquet", "time", numbers(1_001).view(pa.timestamp("ns")))
    run(path, out=tmp_path / "out")
    rows = passages(tmp_path / "out")
    assert len(rows) == ROWS
    assert rows[BAD]["time"] == dt.datetime(1970, 1, 1, 0, 0, 0, 1).isoformat()  # noqa: DTZ001  # as the table says it


def test_a_zone_that_is_not_known_is_told_as_universal_time(tmp_path: Path) -> None:
    path = table(tmp_path / "a.parquet", "time", numbers(1).view(pa.timestamp("s", "Mars/Olympus")))
    run(path, out=tmp_path / "out")
    assert passages(tmp_path / "out")[BAD]["time"] == "1970-01-01T00:00:01+00:00"


def test_a_table_without_a_known_column_costs_that_table(tmp_path: Path) -> None:
    pq.write_table(pa.table({"other": [1, 2, 3]}), tmp_path / "a.parquet")
    summary = run(tmp_path / "a.parquet", table(tmp_path / "b.parquet"), out=tmp_path / "out")
    assert (summary.comments, summary.failures) == (ROWS, 1)


@pytest.mark.parametrize("at", [4, 20, 100, 500, 900, -300, -60, -9, -5])
def test_a_damaged_table_costs_that_table(tmp_path: Path, at: int) -> None:
    path = table(tmp_path / "a.parquet")
    data = bytearray(path.read_bytes())
    data[at : at + 3] = b"\xff\xee\xdd"
    path.write_bytes(data)
    comments = write_comments(tmp_path / "b.jsonl", ROWS)
    summary = run(path, comments, out=tmp_path / "out")
    pages = [row["source"] for row in passages(tmp_path / "out")]
    assert pages.count(comments.as_posix()) == ROWS
    assert summary.failures or pages.count(path.as_posix()) == ROWS


def test_odd_lines_cost_themselves_alone(tmp_path: Path) -> None:
    odd = {
        "deep": "[" * 100_000,
        "deep object": '{"text": ' * 50_000,
        "huge number": '{"text": ' + "9" * 5_000 + "}",
        "no UTF-8": b'{"text": "\xff"}'.decode("latin-1"),
        "nul": "\0" * 9,
        "no text": '{"text": {"a": 1}}',
    }
    fine = [
        json.dumps({"text": "A boat.", "id": "\ud800", "author": "\udfff"}),
        '{"text": "A boat.", "id": ' + "9" * 4_000 + "}",
        '{"text": "A boat.", "id": 1e400, "time": NaN}',
        '{"text": "A boat.", "user": ' + "[" * 200 + "]" * 200 + "}",
    ]
    sound = [json.dumps({"text": f"Boat {n} was late."}) for n in range(ROWS)]
    lines = [*sound[:50], *odd.values(), *fine, *sound[50:]]
    path = tmp_path / "a.jsonl"
    path.write_bytes("\n".join(lines).encode("latin-1"))
    summary = run(path, out=tmp_path / "out")
    assert (summary.comments, summary.failures) == (ROWS + len(fine), len(odd))


@pytest.mark.parametrize("suffix", [".gz", ".bz2", ".xz", ".zst"])
def test_of_lines_that_break_off_those_before_are_read(tmp_path: Path, suffix: str) -> None:
    path = write_comments(tmp_path / f"a.jsonl{suffix}", 3_000)
    data = path.read_bytes()
    path.write_bytes(data[:-9] if suffix == ".bz2" else data[: len(data) * 3 // 4])
    sound = write_comments(tmp_path / "b.jsonl", ROWS)
    run(path, sound, out=tmp_path / "out")
    rows = passages(tmp_path / "out")
    assert sum(row["source"] == sound.as_posix() for row in rows) == ROWS
    read = [row["text"] for row in rows if row["source"] == path.as_posix()]
    assert len(read) > 1_000 or suffix == ".xz"
    assert [text.split()[1] for text in read] == [str(n) for n in range(len(read))]
    assert [row["reason"] for row in failures(tmp_path / "out")] == ["damaged"]


def test_an_empty_file_that_says_it_is_compressed_is_a_failure(tmp_path: Path) -> None:
    for suffix in (".gz", ".bz2", ".xz", ".zst"):
        (tmp_path / f"a.jsonl{suffix}").write_bytes(b"")
    summary = run(tmp_path, write_comments(tmp_path / "b.jsonl", ROWS), out=tmp_path / "out")
    assert (summary.comments, summary.failures) == (ROWS, 4)
    assert {row["reason"] for row in failures(tmp_path / "out")} == {"damaged"}
