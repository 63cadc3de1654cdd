"""Inputs: what is read, what is skipped, and what the run says about it."""

import os
from pathlib import Path

import pytest

from moderation.batch.export import RowFormat
from moderation.batch.inputs import Inputs, find_sources
from moderation.batch.sources import Source, display_path
from moderation.batch.types import Failure
from moderation.settings import Settings
from tests.batch.archives import write_comments
from tests.batch.fakes import HTML, PAGE, write_pages
from tests.batch.rows import failures, passages, run

LIMIT = 1 << 20


def find(*given: str | Path, out: Path | None = None) -> list[Path]:
    found = list(find_sources(Inputs(given, out)))
    return [Path(source.location) for source in found if isinstance(source, Source)]


def test_a_folder_gives_its_pages_archives_and_tables_by_name(tmp_path: Path) -> None:
    read = ["a.TXT", "b.txt", "c.html", "d.warc.gz", "e.jsonl.zst", "f.parquet", "sub/c.txt"]
    for name in [*read, "README.md", "README.txt", "picture.png", "g.parquet.gz"]:
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(PAGE, "utf-8")
    assert [page.relative_to(tmp_path).as_posix() for page in find(tmp_path)] == read


def test_a_path_is_reported_as_it_was_given(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_pages(tmp_path / "in", pages=1)
    (tmp_path / "work").mkdir()
    monkeypatch.chdir(tmp_path / "work")
    assert [page.as_posix() for page in find("../in")] == ["../in/page0.txt"]


def test_a_glob_takes_what_it_matches_folders_included(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_pages(tmp_path / "one", pages=1)
    write_pages(tmp_path / "two", pages=1)
    monkeypatch.chdir(tmp_path)
    assert [p.as_posix() for p in find("t*", "one/*.txt")] == ["two/page0.txt", "one/page0.txt"]
    assert len(find("**/*.txt")) == 2


def test_a_file_whose_name_looks_like_a_glob_is_taken_as_it_is(tmp_path: Path) -> None:
    page = tmp_path / "page[1].txt"
    page.write_text(PAGE, "utf-8")
    assert find(page) == [page]


def test_a_page_named_twice_is_read_once(tmp_path: Path) -> None:
    folder = write_pages(tmp_path / "in", pages=2)
    found = find(folder / "page1.txt", folder, f"{folder}/*.txt")
    assert [page.name for page in found] == ["page1.txt", "page0.txt"]


def test_a_run_does_not_read_its_own_output(tmp_path: Path) -> None:
    folder = write_pages(tmp_path / "in", pages=2)
    first = run(folder, out=folder / "out", form=RowFormat.JSONL)
    assert run(folder, out=folder / "out", form=RowFormat.JSONL).to_dict() == first.to_dict()


def test_a_url_is_read_where_its_scheme_is_known(tmp_path: Path) -> None:
    folder = write_pages(tmp_path / "in", pages=3)
    run(f"file://{folder}", f"file://{folder}/page0.txt", out=tmp_path / "url")
    run(folder, out=tmp_path / "path")
    one, other = passages(tmp_path / "url"), passages(tmp_path / "path")
    assert [row["text"] for row in one] == [row["text"] for row in other]
    assert one[0]["page"] == f"file://{folder}/page0.txt"
    run(f"file://{folder}/page[12].txt", out=tmp_path / "glob")
    assert len({row["page"] for row in passages(tmp_path / "glob")}) == 2


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ("missing.txt", "No such file or folder"),
        ("nothing*.txt", "matches no file"),
        ("empty", "holds no page"),
    ],
)
def test_an_input_that_gives_no_page_is_a_failure(tmp_path: Path, given: str, message: str) -> None:
    (tmp_path / "empty").mkdir()
    [failure] = find_sources(Inputs([tmp_path / given]))
    assert isinstance(failure, Failure)
    assert failure.page == (tmp_path / given).as_posix()
    assert failure.reason == "missing"
    assert message in failure.message


def test_a_stray_control_in_a_comment_does_not_keep_its_page_from_being_judged(
    tmp_path: Path,
) -> None:
    path = tmp_path / "page.txt"
    path.write_text(PAGE.replace("Go away.", "Go\x07 away."), "utf-8")
    assert run(path, out=tmp_path / "out").failures == 0


@pytest.mark.parametrize(
    ("name", "data", "reason"),
    [
        ("nul.txt", b"word\0word" * 100, "not_text"),
        ("picture.txt", bytes(range(1, 32)) * 9, "not_text"),
        ("empty.txt", b"", "empty"),
        ("blank.html", b" \n\n", "empty"),
        ("large.txt", b"x" * (LIMIT + 1), "too_large"),
        ("cut.txt.gz", b"\x1f\x8b\x08\0\0\0\0\0\0\xff\xcb", "damaged"),
        ("wrong.html.gz", b"<p>Not compressed</p>", "damaged"),
        ("wrong.parquet", b"no table", "unreadable"),
    ],
)
def test_a_file_that_is_no_page_is_a_failure_with_its_reason(
    tmp_path: Path, name: str, data: bytes, reason: str
) -> None:
    folder = write_pages(tmp_path / "in", pages=1)
    (folder / name).write_bytes(data)
    summary = run(folder, out=tmp_path / "out", settings=Settings(max_page_bytes=LIMIT))
    assert (summary.pages, summary.failures) == (1, 1)
    [row] = failures(tmp_path / "out")
    assert (row["page"], row["reason"]) == ((folder / name).as_posix(), reason)


def test_a_device_is_not_waited_for(tmp_path: Path) -> None:
    assert run(Path("/dev/zero"), out=tmp_path / "out").failures == 1
    assert failures(tmp_path / "out")[0]["reason"] == "unreadable"


def test_a_byte_order_mark_is_no_part_of_the_text(tmp_path: Path) -> None:
    path = tmp_path / "page.txt"
    path.write_bytes(b"\xef\xbb\xbf" + PAGE.encode())
    run(path, out=tmp_path / "out")
    assert all("\ufeff" not in row["text"] for row in passages(tmp_path / "out"))


def test_an_old_encoding_is_told_and_counted_in_the_summary(tmp_path: Path) -> None:
    text = "Der Fährmann öffnete die Brücke über den großen Fluss, und alle fuhren hinüber. " * 3
    path = tmp_path / "old.txt"
    path.write_bytes(text.encode("cp1252"))
    summary = run(path, out=tmp_path / "out")
    assert text.strip() in {row["text"] for row in passages(tmp_path / "out")}
    assert list(summary.to_dict()["encodings"].values()) == [1]


def test_a_page_of_html_is_told_by_what_it_holds_where_its_name_does_not_tell(
    tmp_path: Path,
) -> None:
    (tmp_path / "page").write_text(HTML, "utf-8")
    run(tmp_path / "page", out=tmp_path / "out")
    rows = passages(tmp_path / "out")
    assert all("<" not in row["text"] for row in rows)
    assert "At last a boat that leaves on time." in {row["text"] for row in rows}


def test_a_name_that_is_no_text_is_shown_with_escapes(tmp_path: Path) -> None:
    name = os.fsdecode(b"page\xff.txt")
    (tmp_path / name).write_text(PAGE, "utf-8")
    run(tmp_path, out=tmp_path / "out")
    assert passages(tmp_path / "out")[0]["page"] == display_path(tmp_path / name)
    assert "\\xff" in display_path(tmp_path / name)


def test_a_failure_never_quotes_a_page(tmp_path: Path) -> None:
    (tmp_path / "page.txt").write_bytes(b"secretword \0" * 99)
    (tmp_path / "page.jsonl").write_bytes(b'{"secretword": 1}\nsecretword\n')
    assert run(tmp_path, out=tmp_path / "out").failures == 3
    assert "secretword" not in str(failures(tmp_path / "out"))


@pytest.mark.parametrize(
    "given", ["x" * 5_000, "x" * 300 + "/*.txt", "file:///missing\udcff", "file:///missing*\udcff"]
)
def test_an_input_that_no_system_can_have_costs_itself_alone(tmp_path: Path, given: str) -> None:
    summary = run(given, write_pages(tmp_path / "in", pages=3), out=tmp_path / "out")
    assert (summary.pages, summary.failures) == (3, 1)
    assert [row["reason"] for row in failures(tmp_path / "out")] == ["missing"]


def test_a_folder_that_leads_to_itself_does_not_end_the_run(tmp_path: Path) -> None:
    folder = write_pages(tmp_path / "in", pages=3)
    (folder / "loop").symlink_to("loop")
    (folder / "loop.txt").symlink_to("loop.txt")
    (folder / "gone.html").symlink_to("nowhere")
    summary = run(folder, out=tmp_path / "out")
    assert (summary.pages, summary.failures) == (3, 2)
    assert {row["reason"] for row in failures(tmp_path / "out")} == {"unreadable"}


def test_a_file_that_goes_away_between_the_plan_and_the_reading_costs_itself_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = write_pages(tmp_path / "in", pages=3)
    gone = write_comments(folder / "comments.jsonl", 10)
    size = Source.size

    def size_and_go(source: Source) -> int:
        found = size(source)
        gone.unlink(missing_ok=True)
        return found

    monkeypatch.setattr(Source, "size", size_and_go)
    summary = run(folder, gone, out=tmp_path / "out")
    assert (summary.pages, summary.failures) == (3, 1)


def test_a_source_that_fails_in_its_own_way_costs_itself_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class BrokenPipe(Exception):
        """An error of a file system elsewhere."""

    opened = Source.open

    def refuse(source: Source) -> object:
        if source.name.endswith("page1.txt"):
            raise BrokenPipe
        return opened(source)

    monkeypatch.setattr(Source, "open", refuse)
    summary = run(write_pages(tmp_path / "in", pages=3), out=tmp_path / "out")
    assert (summary.pages, summary.failures) == (2, 1)
    assert failures(tmp_path / "out")[0]["message"] == "The file cannot be read: BrokenPipe."
