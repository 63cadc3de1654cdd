"""Rows in one file: all of them, or the first of each text, for pandas, DuckDB and pipes."""

import csv
import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

import moderation.batch.counting
from moderation.batch.export import RowFormat
from moderation.batch.fields import Columns
from moderation.batch.judge import RememberingJudge
from moderation.batch.output import EXPORTS
from moderation.text.document import Document
from tests.batch.archives import record, write_comments, write_warc
from tests.batch.fakes import FRENCH, HTML, FakeJudge, verdict_on, write_pages
from tests.batch.rows import passages, run
from tests.conftest import ROOT

DOCUMENTED = (ROOT / "docs" / "batch.md").read_text("utf-8")


def read_csv(path: Path) -> list[dict[str, str]]:
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def repeated(path: Path, times: int = 3) -> Path:
    write_comments(path, 40)
    path.write_text(path.read_text("utf-8") * times, "utf-8")
    return path


def test_csv_has_every_row_with_a_column_for_each_score(tmp_path: Path) -> None:
    comments = write_comments(tmp_path / "a.jsonl", 100)
    columns = Columns.parse((), ("reader=author",))
    run(comments, out=tmp_path / "out", form=RowFormat.CSV, columns=columns)
    rows = passages(tmp_path / "out")
    found = read_csv(tmp_path / "out" / "passages.csv")
    assert [row["text"] for row in found] == [row["text"] for row in rows]
    assert [row["reader"] for row in found] == [row["author"] for row in rows]
    for cells, row in zip(found, rows, strict=True):
        verdict = row["verdict"]
        assert (cells["verdict_label"], cells["verdict_action"]) == (
            verdict["label"],
            verdict["action"],
        )
        assert float(cells["score_ethnic_hostility"]) == verdict["scores"]["ethnic_hostility"]
        assert cells["verdict_targets"] == "|".join(verdict["targets"])
        assert json.loads(cells["verdict_spans"] or "[]") == verdict["spans"]


def test_rows_without_a_verdict_have_empty_cells(tmp_path: Path) -> None:
    run(write_pages(tmp_path / "in", 2), out=tmp_path / "out", form=RowFormat.CSV)
    rows = passages(tmp_path / "out")
    found = read_csv(tmp_path / "out" / "passages.csv")
    assert [row["unjudged"] or None for row in found] == [row["unjudged"] for row in rows]
    assert {row["verdict_label"] for row in found if row["unjudged"]} == {""}


def test_a_comment_that_was_not_judged_has_its_language_and_action_and_no_scores(
    tmp_path: Path,
) -> None:
    (tmp_path / "a.csv").write_text(f"text\n{FRENCH}\nA boat was late.\n", "utf-8")
    run(tmp_path / "a.csv", out=tmp_path / "out", form=RowFormat.CSV)
    french, english = read_csv(tmp_path / "out" / "passages.csv")
    assert (french["verdict_judged"], english["verdict_judged"]) == ("False", "True")
    assert (french["verdict_language"], french["verdict_action"]) == ("fr", "review")
    assert french["verdict_label"] == french["score_insult"] == ""
    assert english["score_insult"]
    assert french.keys() == english.keys()


@pytest.mark.parametrize("form", list(RowFormat))
def test_of_equal_texts_the_first_row_is_written_with_their_number(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, form: RowFormat
) -> None:
    """Also where there are more rows than are compared at once."""
    monkeypatch.setattr(moderation.batch.counting, "GROUP_ROWS", 17)
    comments = repeated(tmp_path / "a.jsonl")
    run(comments, out=tmp_path / "out", shard_pages=1, form=form, dedupe=True)
    path = tmp_path / "out" / f"distinct.{form}"
    rows: list[dict[str, Any]]
    if form is RowFormat.PARQUET:
        rows = pq.read_table(path).to_pylist()
    elif form is RowFormat.CSV:
        rows = [{**row, "copies": int(row["copies"])} for row in read_csv(path)]
    else:
        rows = list(map(json.loads, path.read_text("utf-8").splitlines()))
    every = passages(tmp_path / "out")
    assert len(every) == 120
    assert [row["text"] for row in rows] == [row["text"] for row in every[:40]]
    assert {row["copies"] for row in rows} == {3}


def test_a_text_that_is_repeated_is_judged_once(tmp_path: Path) -> None:
    class Counting(FakeJudge):
        texts = 0

        def judge(self, texts: list[str]) -> list[Any]:
            self.texts += len(texts)
            return super().judge(texts)

    counting = Counting()
    judge = RememberingJudge(counting, most=3)
    texts = ["a", "hostileword", "a", "b"]
    assert judge.judge(texts) == list(map(verdict_on, texts))
    assert judge.judge(["b", "hostileword"]) == list(map(verdict_on, ["b", "hostileword"]))
    assert counting.texts == 3
    judge.judge(["c", "d", "a"])
    assert counting.texts == 5
    judge.judge(["b"])  # forgotten meanwhile
    assert counting.texts == 6


def test_a_text_is_judged_anew_where_it_is_in_another_language() -> None:
    judge = RememberingJudge(FakeJudge())
    texts: list[str] = [Document.in_language("Taxi!", language) for language in ("en", "fr", None)]
    assert [verdict.judged for verdict in judge.judge(texts)] == [True, False, True]
    assert [verdict.judged for verdict in judge.judge(texts[::-1])] == [True, False, True]


def test_rows_are_the_same_whether_repeats_are_judged_once_or_not(tmp_path: Path) -> None:
    comments = repeated(tmp_path / "a.jsonl")
    run(comments, out=tmp_path / "one", shard_pages=1, dedupe=True)
    run(comments, out=tmp_path / "two", shard_pages=1)
    assert passages(tmp_path / "one") == passages(tmp_path / "two")


def test_an_export_of_an_earlier_run_does_not_stay_beside_other_rows(tmp_path: Path) -> None:
    pages = write_pages(tmp_path / "in", 2)
    run(pages, out=tmp_path / "out", form=RowFormat.CSV)
    write_pages(pages, 3)
    run(pages, out=tmp_path / "out", form=RowFormat.JSONL)
    assert [name for name in EXPORTS if (tmp_path / "out" / name).exists()] == ["passages.jsonl"]


def test_a_row_of_an_archive_has_its_record_its_capture_and_the_moment_of_its_comment(
    tmp_path: Path,
) -> None:
    html = HTML.replace("Sokha</b>", 'Sokha</b><span class="date">2 months ago</span>')
    page = record(html.encode(), "resource", "https://paper.example/1", "text/html")
    run(write_warc(tmp_path / "a.warc", [page]), out=tmp_path / "out")
    rows = passages(tmp_path / "out")
    assert {row["captured"] for row in rows} == {"2026-03-01T00:00:00Z"}
    assert {row["url"] for row in rows} == {"https://paper.example/1"}
    assert {row["id"] for row in rows} == {"<urn:uuid:https://paper.example/1>"}
    assert {(row["time"], row["written"]) for row in rows if row["author"] == "Sokha"} == {
        ("2 months ago", "2026-01")
    }


def command(*arguments: str | Path, given: bytes = b"") -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        [sys.executable, "-m", "moderation", "batch", *map(str, arguments)],
        cwd=ROOT,
        input=given,
        capture_output=True,
        check=False,
    )


FAST = ("--model", "fast@2027.01", "--jobs", "1")


def test_a_pipe_takes_rows_and_gives_them_back(tmp_path: Path) -> None:
    given = b'nr,body\n1,A boat was late.\n2,broken",x\n3,The boat was early again.\n4,"a" b\n'
    options = ("--column", "text=body", "--keep", "nr", "--format", "csv", *FAST)
    done = command("-", "--out", "-", *options, given=given)
    rows = list(csv.DictReader(done.stdout.decode().splitlines()))
    assert [row["nr"] for row in rows] == ["1", "3"]
    assert all(row["verdict_action"] for row in rows)
    assert done.returncode == 1
    assert b"2 comments, 2 passages." in done.stderr
    assert b"standard input: Line 3: The row has 3 fields" in done.stderr
    assert b"boat" not in done.stderr


def test_a_standard_output_without_room_is_told_in_one_sentence(tmp_path: Path) -> None:
    if not Path("/dev/full").exists():
        pytest.skip("this system has no full device")
    comments = write_comments(tmp_path / "a.jsonl", 20)
    with Path("/dev/full").open("wb") as full:
        done = subprocess.run(
            [sys.executable, "-m", "moderation", "batch", str(comments), "--out", "-", *FAST],
            cwd=ROOT,
            stdout=full,
            stderr=subprocess.PIPE,
            check=False,
        )
    assert done.returncode == 1
    assert b"error: standard output: The disk is full." in done.stderr
    assert b"Traceback" not in done.stderr


def test_a_format_that_is_none_is_refused() -> None:
    done = command("a.txt", "--out", "out", "--format", "xlsx")
    assert done.returncode == 1
    assert b"parquet, csv or jsonl" in done.stderr


def example(language: str) -> str:
    """Return the example in the documentation, in Python or SQL."""
    match = re.search(rf"```{language}\n(.*?)```", DOCUMENTED, re.DOTALL)
    assert match is not None
    return match[1]


@pytest.fixture
def documented(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Run what the examples in the documentation are about, in the folder where they are run."""
    rows = [
        {
            "id": f"c{n}",
            "text": f"Boat {n}, hostileword." if n % 5 == 0 else f"Boat {n}.",
            "stars": n,
        }
        for n in range(30)
    ]
    path = tmp_path / "comments.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")
    run(path, out=tmp_path / "result", columns=Columns.parse((), ("stars",)))
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_the_example_for_duckdb_gives_the_held_rows(documented: Path) -> None:
    duckdb: Any = pytest.importorskip("duckdb", reason="duckdb is not installed")
    rows = duckdb.sql(example("sql")).fetchall()
    assert [row[0] for row in rows] == [f"c{n}" for n in range(0, 30, 5)]


def test_the_example_for_pandas_joins_the_verdicts_to_the_rows(documented: Path) -> None:
    pytest.importorskip("pandas", reason="pandas is not installed")
    names: dict[str, Any] = {}
    exec(example("python"), names)  # noqa: S102  # an example of our own
    held = names["held"]
    assert list(held["id"]) == [f"c{n}" for n in range(0, 30, 5)]
