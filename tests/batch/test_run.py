"""A run: its rows, their agreement with the moderator, and what is left out."""

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from moderation import __version__
from moderation.batch.export import RowFormat
from moderation.batch.output import EXPORTS, OUTPUTS
from moderation.batch.schemas import FAILURES_SCHEMA, PASSAGES_SCHEMA
from moderation.errors import InvalidInput
from moderation.pages import Kind, detect_languages, split_page
from moderation.settings import Settings
from moderation.taxonomy import ATTRIBUTE_NAMES
from tests.batch.archives import write_comments
from tests.batch.fakes import FRENCH, PAGE, FakeSource, verdict_on, write_pages
from tests.batch.rows import contents, failures, passages, run


def test_a_row_holds_a_passage_its_place_and_its_verdict(tmp_path: Path) -> None:
    pages = write_pages(tmp_path / "in")
    run(pages, out=tmp_path / "out")
    rows = passages(tmp_path / "out")
    assert {row["page"] for row in rows} == {path.as_posix() for path in pages.iterdir()}
    for name in {row["page"] for row in rows}:
        page = detect_languages(split_page(Path(name).read_text("utf-8")))
        found = [row for row in rows if row["page"] == name]
        for row, passage in zip(found, page.passages, strict=True):
            judged = passage.kind is not Kind.FURNITURE
            assert row["verdict"] == (verdict_on(passage.text).to_dict() if judged else None)
            assert (row["unjudged"] is None) == judged
            assert row["kind"] == passage.kind.value
            assert row["part"] == passage.part.value
            assert row["title"] == page.title
            for field in ("author", "start", "end", "text", "language", "time", "permalink"):
                assert row[field] == getattr(passage, field)


def test_the_table_has_the_documented_schema(tmp_path: Path) -> None:
    run(write_pages(tmp_path / "in"), "missing", out=tmp_path / "out")
    table = pq.read_table(tmp_path / "out" / "passages.parquet")
    assert table.schema.equals(PASSAGES_SCHEMA, check_metadata=True)
    assert pq.read_table(tmp_path / "out" / "failures.parquet").schema.equals(FAILURES_SCHEMA)
    scores = table.schema.field("verdict").type.field("scores").type
    assert tuple(field.name for field in scores) == ATTRIBUTE_NAMES
    documented = (Path(__file__).parents[2] / "docs" / "batch.md").read_text("utf-8")
    for field in (*PASSAGES_SCHEMA, *FAILURES_SCHEMA):
        assert field.metadata[b"description"]
        assert f"| `{field.name}` |" in documented


def test_lines_are_written_on_request_and_hold_the_same_rows(tmp_path: Path) -> None:
    run(write_pages(tmp_path / "in"), out=tmp_path / "out", shard_pages=1)
    assert not (tmp_path / "out" / "passages.jsonl").exists()
    run(write_pages(tmp_path / "in"), out=tmp_path / "out", shard_pages=1, form=RowFormat.JSONL)
    lines = (tmp_path / "out" / "passages.jsonl").read_text("utf-8").splitlines()
    assert [json.loads(line) for line in lines] == passages(tmp_path / "out")


def test_rows_are_in_the_order_of_the_input(tmp_path: Path) -> None:
    comments = write_comments(tmp_path / "comments.jsonl", 500)
    run(comments, out=tmp_path / "out", shard_pages=1)
    positions = [row["position"] for row in passages(tmp_path / "out")]
    assert len(positions) == 500
    assert positions == sorted(positions)


def test_the_summary_counts_what_the_rows_hold(tmp_path: Path) -> None:
    summary = run(write_pages(tmp_path / "in"), "missing.txt", out=tmp_path / "out")
    rows = passages(tmp_path / "out")
    written = json.loads((tmp_path / "out" / "summary.json").read_text("utf-8"))
    assert written == summary.to_dict()
    assert (written["pages"], written["passages"]) == (3, len(rows))
    assert (written["model"], written["version"]) == ("fake@1", __version__)
    assert (written["failures"], written["failure_reasons"]) == (1, {"missing": 1})
    kinds = Counter(row["kind"] for row in rows)
    for kind in Kind:
        count = written["kinds"][kind.value]
        assert count["passages"] == kinds[kind.value]
        assert count["passages"] == sum(count["labels"].values()) + sum(count["unjudged"].values())
    judged = [row["verdict"] for row in rows if row["verdict"]]
    assert written["labels"] == {
        "news": 0,
        "inflammatory": 0,
        "civil": sum(verdict["label"] == "civil" for verdict in judged),
        "ethnic_hostility": 3,
    }
    assert written["actions"] == {"allow": len(judged) - 3, "review": 3, "block": 0}


def test_two_runs_over_the_same_pages_give_the_same_rows_and_report(tmp_path: Path) -> None:
    pages = write_pages(tmp_path / "in")
    run(pages, out=tmp_path / "one")
    run(pages, out=tmp_path / "two")
    one, two = contents(tmp_path / "one"), contents(tmp_path / "two")
    assert {name for name in one if one[name] != two[name]} <= {"ledger.jsonl"}


@pytest.mark.parametrize(
    ("text", "why", "settings"),
    [
        ("Le conseil devrait publier ses comptes.", None, {"languages": ("en", "fr")}),
        ("A boat was late. " * 10, "length", {"max_text_chars": 100}),
        ("A boat was late again this morning.", None, {}),
    ],
)
def test_what_the_model_cannot_judge_is_marked_and_not_scored_as_clean(
    tmp_path: Path, text: str, why: str | None, settings: dict[str, Any]
) -> None:
    (tmp_path / "a.jsonl").write_text(json.dumps({"text": text}) + "\n", "utf-8")
    summary = run(tmp_path / "a.jsonl", out=tmp_path / "out", settings=Settings(**settings))
    [row] = passages(tmp_path / "out")
    assert row["unjudged"] == why
    assert (row["verdict"] is None) == (why is not None)
    assert summary.kinds["comment"].unjudged == ({why: 1} if why else {})


def test_a_comment_in_a_language_that_the_model_does_not_know_has_an_action_and_no_scores(
    tmp_path: Path,
) -> None:
    english = "The council should publish its accounts before Monday."
    (tmp_path / "a.jsonl").write_text(
        "".join(json.dumps({"text": text}) + "\n" for text in (FRENCH, english)), "utf-8"
    )
    summary = run(tmp_path / "a.jsonl", out=tmp_path / "out", form=RowFormat.JSONL)
    [row, sound] = passages(tmp_path / "out")
    assert (row["unjudged"], row["verdict"]["judged"]) == ("language", False)
    assert (row["verdict"]["label"], row["verdict"]["scores"]) == (None, None)
    assert (row["verdict"]["action"], row["verdict"]["reasons"]) == ("review", ["language"])
    assert (row["language"], row["verdict"]["language"]) == ("fr", "fr")
    assert (sound["unjudged"], sound["verdict"]["label"]) == (None, "civil")
    assert summary.kinds["comment"].unjudged == {"language": 1}
    assert dict(summary.kinds["comment"].labels) == {"civil": 1}
    assert dict(summary.kinds["comment"].actions) == {"review": 1, "allow": 1}
    lines = (tmp_path / "out" / "passages.jsonl").read_text("utf-8").splitlines()
    assert [json.loads(line) for line in lines] == [row, sound]


def test_a_page_that_breaks_the_model_costs_that_page(tmp_path: Path) -> None:
    folder = write_pages(tmp_path / "in", pages=3)
    (folder / "page1.txt").write_text(PAGE.replace("At last", "breakword"), "utf-8")
    summary = run(folder, out=tmp_path / "out")
    assert (summary.pages, summary.failures) == (2, 1)
    [row] = failures(tmp_path / "out")
    assert (row["page"], row["reason"]) == ((folder / "page1.txt").as_posix(), "judge")
    assert "breakword" not in row["message"]


def test_a_model_that_breaks_on_everything_ends_the_run(tmp_path: Path) -> None:
    folder = write_pages(tmp_path / "in", pages=3)
    for page in folder.iterdir():
        page.write_text(PAGE.replace("At last", "breakword"), "utf-8")
    with pytest.raises(ValueError, match="breakword"):
        run(folder, out=tmp_path / "out")


def test_a_judge_that_loses_a_text_ends_the_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Forgetful:
        def judge(self, texts: list[str]) -> list[Any]:
            return [verdict_on(text) for text in texts[1:]]

    source = FakeSource("forgetful@1")
    monkeypatch.setattr(FakeSource, "load", lambda *_: Forgetful())
    with pytest.raises(RuntimeError, match="verdicts for"):
        run(write_pages(tmp_path / "in"), out=tmp_path / "out", source=source)


def test_other_files_in_the_output_folder_are_kept(tmp_path: Path) -> None:
    out = tmp_path / "out"
    out.mkdir()
    (out / "notes.md").write_text("mine", "utf-8")
    run(write_pages(tmp_path / "in"), out=out)
    run(write_pages(tmp_path / "in"), out=out, afresh=True, form=RowFormat.JSONL)
    assert (out / "notes.md").read_text("utf-8") == "mine"
    others = {*EXPORTS} - {"passages.jsonl"}
    assert {path.name for path in out.iterdir()} == {*OUTPUTS, "notes.md", ".lock"} - others


def test_folders_above_the_output_are_made(tmp_path: Path) -> None:
    run(write_pages(tmp_path / "in"), out=tmp_path / "a" / "b" / "out")
    assert (tmp_path / "a" / "b" / "out" / "report.html").is_file()


def test_an_output_that_is_a_file_is_refused_and_kept(tmp_path: Path) -> None:
    out = tmp_path / "out"
    out.write_text("mine", "utf-8")
    with pytest.raises(InvalidInput, match="is a file"):
        run(write_pages(tmp_path / "in"), out=out)
    assert out.read_text("utf-8") == "mine"


def test_a_run_without_a_readable_page_still_tells_why(tmp_path: Path) -> None:
    summary = run(tmp_path / "missing.txt", out=tmp_path / "out")
    assert (summary.pages, summary.failures) == (0, 1)
    assert (tmp_path / "out" / "report.html").is_file()
    assert pq.read_table(tmp_path / "out" / "passages.parquet").schema.equals(PASSAGES_SCHEMA)
