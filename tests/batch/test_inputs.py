"""What a user may rely on of inputs: what is read, what is skipped, and what is said of it."""

from pathlib import Path

import pytest

from moderation.batch import run_batch
from moderation.batch.inputs import find_pages
from moderation.batch.reading import read_page
from moderation.errors import UnreadablePage
from moderation.settings import Settings
from tests.batch.fakes import PAGE, FakeJudge, write_pages

LIMIT = 1 << 20


def test_a_folder_gives_its_text_files_by_name_and_those_of_its_folders(tmp_path: Path) -> None:
    for name in ("b.txt", "a.TXT", "sub/c.txt", "README.md", "README.txt", "picture.png", "d.html"):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(PAGE, "utf-8")
    pages, failures = find_pages([tmp_path])
    assert [page.relative_to(tmp_path).as_posix() for page in pages] == [
        "a.TXT",
        "b.txt",
        "sub/c.txt",
    ]
    assert failures == []


def test_a_path_is_reported_as_it_was_given(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_pages(tmp_path / "in", pages=1)
    (tmp_path / "work").mkdir()
    monkeypatch.chdir(tmp_path / "work")
    assert [page.as_posix() for page in find_pages(["../in"])[0]] == ["../in/page0.txt"]


def test_a_glob_takes_what_it_matches_folders_included(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_pages(tmp_path / "one", pages=1)
    write_pages(tmp_path / "two", pages=1)
    monkeypatch.chdir(tmp_path)
    assert [p.as_posix() for p in find_pages(["t*", "one/*.txt"])[0]] == [
        "two/page0.txt",
        "one/page0.txt",
    ]
    assert len(find_pages(["**/*.txt"])[0]) == 2


def test_a_file_whose_name_looks_like_a_glob_is_taken_as_it_is(tmp_path: Path) -> None:
    page = tmp_path / "page[1].txt"
    page.write_text(PAGE, "utf-8")
    assert find_pages([page]) == ([page], [])


def test_a_page_named_twice_is_read_once(tmp_path: Path) -> None:
    folder = write_pages(tmp_path / "in", pages=2)
    pages, _ = find_pages([folder / "page1.txt", folder, f"{folder}/*.txt"])
    assert [page.name for page in pages] == ["page1.txt", "page0.txt"]


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        ("missing.txt", "No such file or folder"),
        ("nothing*.txt", "matches no file"),
        ("empty", "holds no .txt file"),
    ],
)
def test_an_input_that_gives_no_page_is_a_failure(tmp_path: Path, given: str, reason: str) -> None:
    (tmp_path / "empty").mkdir()
    pages, [failure] = find_pages([tmp_path / given])
    assert pages == []
    assert failure.page == (tmp_path / given).as_posix()
    assert reason in failure.reason


def test_a_stray_control_in_a_comment_does_not_keep_its_page_from_being_judged(
    tmp_path: Path,
) -> None:
    path = tmp_path / "page.txt"
    path.write_text(PAGE.replace("Go away.", "Go\x07 away."), "utf-8")
    assert run_batch([path], tmp_path / "out", FakeJudge(), Settings()).failures == ()


@pytest.mark.parametrize(
    ("name", "data", "reason"),
    [
        ("nul.txt", b"word\0word", "NUL"),
        ("utf16.txt", "a page".encode("utf-16"), "UTF-8"),
        ("picture.txt", bytes(range(1, 32)) * 9, "not text"),
        ("empty.txt", b"", "empty"),
        ("blank.txt", b" \n\n", "empty"),
        ("page.html", b"<p>Hello</p>", "HTML files are not supported yet"),
        ("page.txt", b"\n<!DOCTYPE html>\n<html><body>", "HTML files are not supported yet"),
        ("pages.warc", b"WARC/1.0", "WARC files are not supported yet"),
        ("large.txt", b"x" * (LIMIT + 1), f"over the limit of {LIMIT} bytes"),
    ],
)
def test_a_file_that_is_no_plain_text_page_is_refused_with_the_reason(
    tmp_path: Path, name: str, data: bytes, reason: str
) -> None:
    path = tmp_path / name
    path.write_bytes(data)
    with pytest.raises(UnreadablePage, match=reason) as caught:
        read_page(path, limit=LIMIT)
    assert caught.value.where == path.as_posix()


def test_a_file_of_exactly_the_limit_is_read(tmp_path: Path) -> None:
    path = tmp_path / "page.txt"
    path.write_bytes(b"x" * LIMIT)
    assert len(read_page(path, limit=LIMIT).text) == LIMIT


def test_a_device_is_not_waited_for(tmp_path: Path) -> None:
    with pytest.raises(UnreadablePage, match="Not a regular file"):
        read_page(Path("/dev/zero"), limit=LIMIT)


def test_a_byte_order_mark_is_no_part_of_the_text_and_line_endings_are(tmp_path: Path) -> None:
    path = tmp_path / "page.txt"
    path.write_bytes(b"\xef\xbb\xbfone\r\ntwo\r\n")
    assert read_page(path, limit=LIMIT).text == "one\r\ntwo\r\n"


def test_an_old_encoding_is_told_and_named_in_the_summary(tmp_path: Path) -> None:
    text = "Der Fährmann öffnete die Brücke über den großen Fluss, und alle fuhren hinüber. " * 3
    path = tmp_path / "old.txt"
    path.write_bytes(text.encode("cp1252"))
    summary = run_batch([path], tmp_path / "out", FakeJudge(), Settings())
    assert text.strip() in (tmp_path / "out" / "passages.jsonl").read_text("utf-8")
    assert list(summary.encodings) == [path.as_posix()]
    assert summary.encodings[path.as_posix()] in (tmp_path / "out" / "report.html").read_text(
        "utf-8"
    )


def test_unreadable_files_are_skipped_and_the_others_are_judged(tmp_path: Path) -> None:
    folder = write_pages(tmp_path / "in", pages=2)
    (folder / "page05.txt").write_bytes(b"\0\1\2")
    (folder / "gone.txt").symlink_to(folder / "nowhere")
    summary = run_batch([folder], tmp_path / "out", FakeJudge(), Settings(max_page_bytes=10_000))
    assert summary.pages == 2
    assert {Path(failure.page).name for failure in summary.failures} == {"page05.txt", "gone.txt"}
    report = (tmp_path / "out" / "report.html").read_text("utf-8")
    assert all(failure.reason.split(".")[0] in report for failure in summary.failures)


def test_the_setting_limits_a_page_s_size(tmp_path: Path) -> None:
    folder = write_pages(tmp_path / "in", pages=1)
    summary = run_batch([folder], tmp_path / "out", FakeJudge(), Settings(max_page_bytes=10))
    [failure] = summary.failures
    assert "max_page_bytes" in failure.reason


def test_a_reason_never_quotes_a_page(tmp_path: Path) -> None:
    path = tmp_path / "page.txt"
    path.write_bytes(b"secretword \0" + b"secretword " * 9)
    summary = run_batch([path], tmp_path / "out", FakeJudge(), Settings())
    assert "secretword" not in str(summary.failures)
