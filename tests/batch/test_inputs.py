"""Files of many kinds: each is read as what it holds, refused by name, or counted as skipped."""

import io
import json
import sys
import zipfile
from pathlib import Path
from types import SimpleNamespace

import pytest

from moderation.batch.fields import Columns
from moderation.batch.formats import FileKind, FormatRefusal, kind_of, recognise
from moderation.errors import InvalidInput
from tests.batch.archives import (
    COMPRESSORS,
    gzipped,
    record,
    responses,
    write_comments,
    write_warc,
)
from tests.batch.fakes import HTML, PAGE, write_pages
from tests.batch.rows import failures, passages, run

NAMES = frozenset(("text", "body"))
MHTML = (
    "From: <Saved by Blink>\r\n"
    "Snapshot-Content-Location: https://paper.example/ferry\r\n"
    "Date: Tue, 3 Mar 2026 10:00:00 -0000\r\n"
    "MIME-Version: 1.0\r\n"
    'Content-Type: multipart/related;\r\n\ttype="text/html";\r\n\tboundary="----b"\r\n\r\n'
    "------b\r\nContent-Type: text/html\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n"
    + HTML.replace("=", "=3D")
    + "\r\n------b\r\nContent-Type: image/png\r\nContent-Transfer-Encoding: base64\r\n\r\n"
    "iVBORw0KGgo=\r\n------b--\r\n"
)


def test_html_without_a_suffix_that_tells_is_read_and_the_rest_of_a_folder_is_counted(
    tmp_path: Path,
) -> None:
    folder = write_pages(tmp_path / "in", pages=1)
    for name in ("page.php", "index.html?page=2", "front"):
        (folder / name).write_text(HTML, "utf-8")
    others = {"a.png": b"\x89PNG\r\n", "site.css": b"p {}", "LICENSE": b"Free.", "a.pdf": b"%PDF-"}
    for name, data in {**others, "README.txt": b"A list.", "robots.txt": b"User-agent"}.items():
        (folder / name).write_bytes(data)
    summary = run(folder, out=tmp_path / "out")
    assert (summary.pages, summary.failures) == (4, 0)
    assert summary.to_dict()["records"]["skipped"] == {"file": 6}
    assert summary.to_dict()["skipped_files"] == {".txt": 2, ".png": 1, ".css": 1, "": 1, ".pdf": 1}
    assert all("<" not in row["text"] for row in passages(tmp_path / "out"))


def test_of_tables_in_a_folder_those_without_a_text_are_skipped(tmp_path: Path) -> None:
    folder = write_pages(tmp_path / "in", pages=1)
    (folder / "comments.csv").write_text("text,id\nA boat.,1\n", "utf-8")
    (folder / "ships.csv").write_text("name,length\nAnna,12\n", "utf-8")
    (folder / "comments.json").write_text('[{"text": "A boat."}]', "utf-8")
    (folder / "package.json").write_text('{"name": "site"}', "utf-8")
    (folder / "settings").write_text('{"name": "site"}', "utf-8")
    (folder / "lengths").write_text("name,length\nAnna,12\nBerta,15\n", "utf-8")
    (folder / "more").write_text('{"text": "A boat."}\n', "utf-8")
    summary = run(folder, out=tmp_path / "out")
    assert (summary.pages, summary.comments, summary.failures) == (1, 3, 0)
    assert summary.to_dict()["skipped_files"] == {".csv": 1, ".json": 1, "": 2}


@pytest.mark.parametrize(
    ("name", "data", "remedy"),
    [
        ("table.xlsx", b"PK\x03\x04", "Save a table as CSV in UTF-8"),
        ("table", b"PK\x03\x04...[Content_Types].xml", "Save a table as CSV in UTF-8"),
        ("pages.zip", b"PK\x03\x04", "Unpack it, and give the folder"),
        ("paper", b"%PDF-1.7", "pdftotext"),
        ("table.feather", b"ARROW1", "Convert it to Parquet or CSV"),
        ("comments.db", b"SQLite format 3\0", "Export the table of comments as CSV"),
        ("disqus.xml", b"<?xml version='1.0'?><disqus/>", "Convert it to CSV or JSON Lines"),
        ("table.parquet.gz", b"\x1f\x8b", "Decompress it"),
        ("table.csv", "text\nA".encode("utf-16"), "Save it as CSV in UTF-8"),
    ],
)
def test_what_is_not_read_is_refused_by_name_with_what_to_do(
    tmp_path: Path, name: str, data: bytes, remedy: str
) -> None:
    (tmp_path / name).write_bytes(data)
    summary = run(tmp_path / name, write_pages(tmp_path / "in", 2), out=tmp_path / "out")
    assert (summary.pages, summary.failures) == (2, 1)
    [failure] = failures(tmp_path / "out")
    assert (failure["page"], failure["reason"]) == ((tmp_path / name).as_posix(), "unsupported")
    assert remedy in failure["message"]


@pytest.mark.parametrize("suffix", list(COMPRESSORS))
def test_a_named_file_is_known_by_its_content_compressed_or_not(
    tmp_path: Path, suffix: str
) -> None:
    """An archive, a table and a page, none of which has a suffix."""
    (tmp_path / "archive").write_bytes(b"".join(map(COMPRESSORS[suffix], responses(3))))
    (tmp_path / "table").write_bytes(COMPRESSORS[suffix](b"id\ttext\n1\tA boat.\n"))
    (tmp_path / "page").write_bytes(COMPRESSORS[suffix](HTML.encode()))
    inputs = [tmp_path / "table", tmp_path / "page"]
    if suffix in {"", ".gz", ".zst"}:
        inputs.append(tmp_path / "archive")
    summary = run(*inputs, out=tmp_path / "out")
    assert (summary.pages, summary.comments) == (1 if len(inputs) == 2 else 4, 1)
    assert summary.failures == 0


@pytest.mark.parametrize(
    ("beginning", "kind"),
    [
        (b"WARC/1.0\r\n", FileKind.WARC),
        (b"filedesc://a.arc 0.0.0.0 ", FileKind.ARC),
        (b"PAR1", FileKind.TABLE),
        (b"PK\x03\x04..archive/a.warc.gz..datapackage.json", FileKind.WACZ),
        (MHTML.encode(), FileKind.PAGE),
        (HTML.encode(), FileKind.PAGE),
        (b'\xef\xbb\xbf [{"text": "a"}]', FileKind.JSON),
        (b'[\n  {\n    "name": "a"', FileKind.JSON),
        (b'{\n  "body": "a"\n}\n', FileKind.JSON),
        (b'{"body": "a"}\n{"body": "b"}\n', FileKind.LINES),
        (b'{"body": "a"}{"body": "b"}\n', FileKind.JSON),
        (b'\xef\xbb\xbf"id";"Text"\n', FileKind.CSV),
        (b"text\nA boat.\n", FileKind.CSV),
        (b'id;words\n1;A boat.\n2;"A; \nship."\n', FileKind.CSV),
        ("id\ttext\n1\tA boat.\n".encode("utf-16"), FileKind.CSV),
        ("A boat.\n".encode("utf-16"), FileKind.OTHER),
        (b"A boat, a ship\nA river, a lake\nA port, a town\n", FileKind.OTHER),
        (
            b"Boats,ships\n\nA river, a lake, a port.\n\nA town, a road.",
            FileKind.OTHER,
        ),
        (b"A boat.\nA ship.\nA lake.\n", FileKind.OTHER),
        (b"[Advertisement]\nA boat.", FileKind.OTHER),
        (b"{citation needed}", FileKind.OTHER),
        (PAGE.encode(), FileKind.OTHER),
        (b"Dear text,\nA boat.", FileKind.OTHER),
        (b"", FileKind.OTHER),
    ],
)
def test_a_file_is_known_by_its_beginning(beginning: bytes, kind: FileKind) -> None:
    assert recognise(beginning, NAMES) is kind


def test_a_name_tells_the_kind_and_parquet_is_not_compressed_once_more() -> None:
    kinds = {"a.CSV.gz": FileKind.CSV, "a.tsv": FileKind.CSV, "a.arc.gz": FileKind.ARC}
    assert {name: kind_of(name) for name in kinds} == kinds
    assert kind_of("a.parquet.gz") is kind_of("a.wacz.gz") is kind_of("a.gz") is FileKind.OTHER
    assert isinstance(recognise(b"Rar!", NAMES), FormatRefusal)


def test_a_page_that_a_browser_saved_as_mhtml_is_read_with_its_address_and_date(
    tmp_path: Path,
) -> None:
    (tmp_path / "ferry.mhtml").write_bytes(MHTML.encode())
    summary = run(tmp_path / "ferry.mhtml", out=tmp_path / "out")
    assert (summary.pages, summary.failures, summary.kinds["comment"].passages) == (1, 0, 2)
    row = passages(tmp_path / "out")[0]
    assert row["page"] == row["url"] == "https://paper.example/ferry"
    assert row["captured"] == "2026-03-03T10:00:00+00:00"
    assert row["source"] == (tmp_path / "ferry.mhtml").as_posix()


def test_each_row_and_failure_names_the_file_that_held_its_page(tmp_path: Path) -> None:
    """Also where many files are judged at once, some of them in vain."""
    folder = write_pages(tmp_path / "in", 3)
    (folder / "a.mhtml").write_bytes(MHTML.encode())
    (folder / "b.html").write_bytes(b"\0\1\2" * 100)
    (folder / "c.txt.gz").write_bytes(b"\x1f\x8b damaged")
    (folder / "a.png").write_bytes(b"\x89PNG")
    run(folder, folder / "none", out=tmp_path / "out")
    sound = {path.as_posix() for path in folder.glob("page*")} | {f"{folder.as_posix()}/a.mhtml"}
    assert {row["source"] for row in passages(tmp_path / "out")} == sound
    broken = {f"{folder.as_posix()}/{name}" for name in ("b.html", "c.txt.gz", "none")}
    assert {row["source"] for row in failures(tmp_path / "out")} == broken


def test_plain_text_in_an_archive_that_holds_html_is_read_as_html(tmp_path: Path) -> None:
    page = record(HTML.encode(), "resource", "https://paper.example/1", "text/plain")
    run(write_warc(tmp_path / "a.warc", [page]), out=tmp_path / "out")
    rows = passages(tmp_path / "out")
    assert sum(row["kind"] == "comment" for row in rows) == 2
    assert all("<" not in row["text"] for row in rows)


def test_what_a_crawler_wrote_about_itself_is_no_page(tmp_path: Path) -> None:
    """As wget and Browsertrix do, beside sound pages and a resource with an address of its own."""
    log = "metadata://gnu.org/software/wget/warc/"
    records = [
        *responses(2),
        record(b'"-r" "https://paper.example/"', "resource", f"<{log}args.txt>", "text/plain"),
        record(b"", "resource", f"<{log}wget.log>", "text/plain"),
        record(b"Boats.", "resource", "urn:text:https://paper.example/0", "text/plain"),
        record(HTML.encode(), "resource", "file:///saved.html", "text/html"),
    ]
    summary = run(write_warc(tmp_path / "a.warc.gz", records), out=tmp_path / "out")
    assert (summary.pages, summary.failures) == (3, 0)
    assert summary.to_dict()["records"]["skipped"] == {"metadata": 3, "request": 2, "warcinfo": 1}


def test_the_archives_in_a_wacz_file_are_read(tmp_path: Path) -> None:
    path = tmp_path / "crawl.wacz"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("archive/data.warc.gz", b"".join(map(gzipped, responses(5))))
        archive.writestr("archive/more.warc", b"".join(responses(2)))
        archive.writestr("pages/pages.jsonl", '{"format": "json-pages-1.0"}\n')
        archive.writestr("datapackage.json", "{}")
    summary = run(path, out=tmp_path / "out", shard_pages=2)
    assert (summary.pages, summary.failures) == (7, 0)
    sources = {row["source"] for row in passages(tmp_path / "out")}
    assert sources == {f"{path.as_posix()}!/archive/{n}" for n in ("data.warc.gz", "more.warc")}


@pytest.mark.parametrize(("data", "reason"), [(b"PK\x03\x04", "damaged"), (None, "empty")])
def test_a_damaged_wacz_file_costs_itself_alone(
    tmp_path: Path, data: bytes | None, reason: str
) -> None:
    path = tmp_path / "a.wacz"
    if data is None:
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr("datapackage.json", "{}")
    else:
        path.write_bytes(data)
    summary = run(path, write_pages(tmp_path / "in", 2), out=tmp_path / "out")
    assert (summary.pages, summary.failures) == (2, 1)
    assert failures(tmp_path / "out")[0]["reason"] == reason


def give(monkeypatch: pytest.MonkeyPatch, data: bytes) -> None:
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=io.BytesIO(data)))


LINES = "".join(json.dumps({"text": f"Boat {n}."}) + "\n" for n in range(50)).encode()


@pytest.mark.parametrize(
    ("data", "suffix", "kind"),
    [
        (LINES, ".jsonl", "comment"),
        (b"\xef\xbb\xbf" + LINES, ".jsonl", "comment"),
        (COMPRESSORS[".gz"](LINES), ".jsonl.gz", "comment"),
        (b'[\n {"text": "A boat."}\n]', ".json", "comment"),
        (COMPRESSORS[".bz2"](b"id;text\n1;A boat.\n"), ".csv.bz2", "comment"),
        (b"".join(map(gzipped, responses(3))), ".warc.gz", "article"),
        (HTML.encode(), "", "article"),
        (PAGE.encode(), "", "article"),
    ],
)
def test_standard_input_is_read_as_what_it_holds_and_kept_under_a_name_that_tells_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, data: bytes, suffix: str, kind: str
) -> None:
    give(monkeypatch, data)
    summary = run("-", out=tmp_path / "out")
    assert summary.failures == 0
    rows = passages(tmp_path / "out")
    assert kind in {row["kind"] for row in rows}
    assert {row["source"] for row in rows} == {"standard input"}
    assert (tmp_path / "out" / f"stdin{suffix}").read_bytes() == data
    assert not list((tmp_path / "out").glob(".moderation-*"))


def test_another_standard_input_takes_the_place_of_the_first(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for data in (b"text\nA boat.\nA ship.\n", LINES, LINES):
        give(monkeypatch, data)
        run("-", out=tmp_path / "out")
    assert [row["text"] for row in passages(tmp_path / "out")] == [f"Boat {n}." for n in range(50)]
    assert [path.name for path in (tmp_path / "out").glob("stdin*")] == ["stdin.jsonl"]


@pytest.mark.parametrize("suffix", [".gz", ".zst"])
def test_damaged_standard_input_is_a_failure_and_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, suffix: str
) -> None:
    give(monkeypatch, COMPRESSORS[suffix](LINES * 9)[:100])
    summary = run("-", write_pages(tmp_path / "in", 2), out=tmp_path / "out")
    assert (summary.pages, summary.failures) == (2, 1)
    assert failures(tmp_path / "out")[0]["page"] == "standard input"
    assert len(list((tmp_path / "out").glob("stdin*"))) == 1


def test_standard_input_whose_columns_are_named_is_no_page(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    give(monkeypatch, b"id,words\n1,A boat.\n")
    run("-", out=tmp_path / "out", columns=Columns.parse(("text=body",)))
    assert "no column `body`" in failures(tmp_path / "out")[0]["message"]
    assert passages(tmp_path / "out") == []


def test_standard_input_that_is_closed_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "stdin", None)
    with pytest.raises(InvalidInput, match="Standard input is closed"):
        run("-", out=tmp_path / "out")


def test_a_table_whose_text_has_another_name_is_told_and_not_judged_as_a_page(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    give(monkeypatch, b"id,words\n1,A boat.\n2,A ship.\n")
    run("-", write_comments(tmp_path / "a.jsonl", 3), out=tmp_path / "out")
    assert "--column text=COLUMN" in failures(tmp_path / "out")[0]["message"]
    assert len(passages(tmp_path / "out")) == 3


def test_json_without_a_text_is_told_and_not_judged_as_a_page(tmp_path: Path) -> None:
    path = tmp_path / "export"
    path.write_text('[{"message": "A boat."}, {"text": "A boat."}]', "utf-8")
    summary = run(path, out=tmp_path / "out")
    assert (summary.pages, summary.comments, summary.failures) == (0, 1, 1)
    assert "none of the fields" in failures(tmp_path / "out")[0]["message"]
