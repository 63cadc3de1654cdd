"""What a user may rely on of a run: its files, their agreement, and all or nothing."""

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from moderation import __version__
from moderation.batch import Summary, run_batch
from moderation.batch.output import FILES
from moderation.batch.rows import SCHEMA
from moderation.errors import InvalidInput
from moderation.pages import Kind, split_page
from moderation.settings import Settings
from moderation.taxonomy import ATTRIBUTE_NAMES
from tests.batch.fakes import PAGE, FailingJudge, FakeJudge, verdict_on, write_pages

SETTINGS = Settings()


def run(*inputs: str | Path, out: Path, judge: FakeJudge | None = None) -> Summary:
    return run_batch(inputs, out, judge or FakeJudge(), SETTINGS)


def rows_of(out: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (out / "passages.jsonl").read_text("utf-8").splitlines()]


def contents(folder: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


def test_a_row_holds_a_passage_its_place_and_its_verdict(tmp_path: Path) -> None:
    pages = write_pages(tmp_path / "in")
    run(pages, out=tmp_path / "out")
    rows = rows_of(tmp_path / "out")
    for name in sorted({row["page"] for row in rows}):
        text = Path(name).read_text("utf-8")
        expected = [
            {
                "page": name,
                "kind": passage.kind.value,
                "author": passage.author,
                "start": passage.start,
                "end": passage.end,
                "text": passage.text,
                "verdict": (
                    None if passage.kind is Kind.FURNITURE else verdict_on(passage.text).to_dict()
                ),
            }
            for passage in split_page(text).passages
        ]
        assert [row for row in rows if row["page"] == name] == expected
    assert {row["page"] for row in rows} == {path.as_posix() for path in pages.iterdir()}


def test_a_page_s_passages_are_judged_together_and_its_furniture_is_not(tmp_path: Path) -> None:
    judge = FakeJudge()
    run(write_pages(tmp_path / "in", pages=2), out=tmp_path / "out", judge=judge)
    assert len(judge.calls) == 2
    assert all(
        "Anonymous said..." not in texts and "By Chan Dara" not in texts for texts in judge.calls
    )
    assert all("At last a boat that leaves on time." in texts for texts in judge.calls)


def test_the_table_has_the_documented_schema_and_the_same_rows_as_the_lines(tmp_path: Path) -> None:
    run(write_pages(tmp_path / "in"), out=tmp_path / "out")
    table = pq.read_table(tmp_path / "out" / "passages.parquet")
    assert table.schema.equals(SCHEMA, check_metadata=True)
    assert table.to_pylist() == rows_of(tmp_path / "out")
    scores = table.schema.field("verdict").type.field("scores").type
    assert tuple(field.name for field in scores) == ATTRIBUTE_NAMES
    assert all(field.metadata[b"description"] for field in SCHEMA)


def test_a_long_run_writes_every_row_in_order(tmp_path: Path) -> None:
    page = tmp_path / "long.txt"
    comments = "".join(f"Sokha said...\n\nBoat number {n} was late.\n\n" for n in range(3_000))
    page.write_text(PAGE + "\n" + comments, "utf-8")
    run(page, *[str(write_pages(tmp_path / "in", pages=9))], out=tmp_path / "out")
    table = pq.ParquetFile(tmp_path / "out" / "passages.parquet")
    assert table.num_row_groups > 1
    assert table.read().to_pylist() == rows_of(tmp_path / "out")


def test_the_summary_counts_what_the_rows_hold(tmp_path: Path) -> None:
    summary = run(write_pages(tmp_path / "in"), "missing.txt", out=tmp_path / "out")
    rows = rows_of(tmp_path / "out")
    written = json.loads((tmp_path / "out" / "summary.json").read_text("utf-8"))
    assert written == summary.to_dict()
    assert written["pages"] == 3
    assert written["passages"] == len(rows)
    assert written["model"] == "fake@1"
    assert written["version"] == __version__
    assert written["failures"] == [{"page": "missing.txt", "reason": "No such file or folder."}]
    kinds = Counter(row["kind"] for row in rows)
    assert {kind: count["passages"] for kind, count in written["kinds"].items()} == {
        kind.value: kinds[kind.value] for kind in Kind
    }
    judged = [row["verdict"] for row in rows if row["verdict"]]
    assert written["labels"] == {
        "news": 0,
        "inflammatory": 0,
        "civil": sum(verdict["label"] == "civil" for verdict in judged),
        "ethnic_hostility": 3,
    }
    assert written["actions"] == {"allow": len(judged) - 3, "review": 3, "block": 0}


def test_two_runs_over_the_same_pages_give_the_same_bytes(tmp_path: Path) -> None:
    pages = write_pages(tmp_path / "in")
    run(pages, out=tmp_path / "one")
    run(pages, out=tmp_path / "two")
    assert contents(tmp_path / "one") == contents(tmp_path / "two")
    assert sorted(contents(tmp_path / "one")) == sorted(FILES)


def test_a_failed_run_leaves_the_earlier_output_and_no_rubbish(tmp_path: Path) -> None:
    pages = write_pages(tmp_path / "in")
    run(pages / "page0.txt", out=tmp_path / "out")
    before = contents(tmp_path)
    with pytest.raises(MemoryError):
        run(pages, out=tmp_path / "out", judge=FailingJudge())
    assert contents(tmp_path) == before
    assert [path.name for path in tmp_path.iterdir() if path.suffix == ".tmp"] == []


def test_a_failed_first_run_leaves_no_folder(tmp_path: Path) -> None:
    pages = write_pages(tmp_path / "in")
    with pytest.raises(MemoryError):
        run(pages, out=tmp_path / "out", judge=FailingJudge())
    assert [path.name for path in tmp_path.iterdir()] == ["in"]


def test_an_interrupted_run_leaves_the_earlier_output(tmp_path: Path) -> None:
    class Interrupted(FakeJudge):
        def judge(self, texts: list[str]) -> list[Any]:
            raise KeyboardInterrupt(len(texts))

    pages = write_pages(tmp_path / "in")
    run(pages, out=tmp_path / "out")
    before = contents(tmp_path)
    with pytest.raises(KeyboardInterrupt):
        run(pages, out=tmp_path / "out", judge=Interrupted())
    assert contents(tmp_path) == before


def test_a_judge_that_loses_a_text_is_an_error_and_no_output(tmp_path: Path) -> None:
    class Forgetful(FakeJudge):
        def judge(self, texts: list[str]) -> list[Any]:
            return super().judge(texts)[1:]

    with pytest.raises(RuntimeError, match="verdicts for"):
        run(write_pages(tmp_path / "in"), out=tmp_path / "out", judge=Forgetful())
    assert not (tmp_path / "out").exists()


def test_other_files_in_the_output_folder_are_kept(tmp_path: Path) -> None:
    out = tmp_path / "out"
    out.mkdir()
    (out / "notes.md").write_text("mine", "utf-8")
    (out / "report.html").write_text("old", "utf-8")
    run(write_pages(tmp_path / "in"), out=out)
    assert (out / "notes.md").read_text("utf-8") == "mine"
    assert sorted(contents(out)) == sorted([*FILES, "notes.md"])
    assert (out / "report.html").read_text("utf-8") != "old"


def test_folders_above_the_output_are_made(tmp_path: Path) -> None:
    run(write_pages(tmp_path / "in"), out=tmp_path / "a" / "b" / "out")
    assert sorted(contents(tmp_path / "a" / "b" / "out")) == sorted(FILES)


def test_a_new_output_folder_can_be_read_as_any_new_folder_can(tmp_path: Path) -> None:
    (tmp_path / "plain").mkdir()
    run(write_pages(tmp_path / "in"), out=tmp_path / "out")
    assert (tmp_path / "out").stat().st_mode == (tmp_path / "plain").stat().st_mode


def test_an_output_that_is_a_file_is_refused_and_kept(tmp_path: Path) -> None:
    out = tmp_path / "out"
    out.write_text("mine", "utf-8")
    with pytest.raises(InvalidInput, match="is a file"):
        run(write_pages(tmp_path / "in"), out=out)
    assert out.read_text("utf-8") == "mine"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["in", "out"]


def test_a_run_without_a_readable_page_still_tells_why(tmp_path: Path) -> None:
    summary = run(tmp_path / "missing.txt", out=tmp_path / "out")
    assert (summary.pages, summary.model, len(summary.failures)) == (0, None, 1)
    assert sorted(contents(tmp_path / "out")) == sorted(FILES)
    assert pq.read_table(tmp_path / "out" / "passages.parquet").schema.equals(SCHEMA)


def test_a_page_of_furniture_alone_is_not_sent_to_the_judge(tmp_path: Path) -> None:
    judge = FakeJudge()
    page = tmp_path / "menu.txt"
    page.write_text("Home\n\nShare\n\n© 2020 The Paper\n", "utf-8")
    summary = run(page, out=tmp_path / "out", judge=judge)
    assert judge.calls == []
    assert summary.kinds["furniture"].passages == 3
