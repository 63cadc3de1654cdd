"""Archives and tables: every page in them is read, whatever stands beside it."""

import datetime as dt
import gzip
import json
import zlib
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from moderation.batch.sources import Source
from moderation.batch.tables import cut_lines
from moderation.batch.types import Failure, PageRecord, ShardLimits
from moderation.batch.warc import cut_warc
from moderation.batch.worker import read_records
from moderation.settings import Settings
from tests.batch.archives import (
    COMPRESSORS,
    page,
    record,
    response,
    responses,
    write_comments,
    write_table,
    write_warc,
)
from tests.batch.fakes import PAGE
from tests.batch.rows import failures, ledger, passages, run

CUT = ShardLimits(pages=3, bytes=1 << 20, page_bytes=1 << 20)


def pages_of(path: Path, limits: ShardLimits = CUT) -> tuple[list[str], list[str]]:
    """Return the addresses of an archive's pages and the reasons of its failures."""
    found: list[str] = []
    lost: list[str] = []
    for shard in cut_warc(Source(path), limits):
        lost += [failure.reason for failure in shard.failures]
        for each in read_records(shard, limits.page_bytes):
            if isinstance(each, PageRecord):
                assert each.data
                found.append(each.page)
            elif isinstance(each, Failure):
                lost.append(each.reason)
    return found, lost


def addresses(*numbers: int) -> list[str]:
    return [f"https://paper.example/{number}" for number in numbers]


@pytest.mark.parametrize("suffix", ["", ".gz", ".zst"])
@pytest.mark.parametrize("whole", [False, True])
def test_every_page_of_an_archive_is_read_once_however_it_is_compressed(
    tmp_path: Path, suffix: str, whole: bool
) -> None:
    path = tmp_path / f"pages.warc{suffix}"
    records = responses(20)
    write_warc(path, [b"".join(records)] if whole else records)
    assert pages_of(path) == (addresses(*range(20)), [])
    shards = list(cut_warc(Source(path), CUT))
    assert len(shards) >= 6
    assert all(one.end == two.start for one, two in pairwise(shards))


def test_a_page_has_its_address_and_rows_of_its_passages(tmp_path: Path) -> None:
    path = write_warc(tmp_path / "pages.warc.gz", responses(4))
    summary = run(path, out=tmp_path / "out", shard_pages=2)
    assert summary.pages == 4
    rows = passages(tmp_path / "out")
    assert list(dict.fromkeys(row["page"] for row in rows)) == addresses(0, 1, 2, 3)
    assert {row["source"] for row in rows} == {path.as_posix()}
    assert sum(row["verdict"] is not None and "hostileword" in row["text"] for row in rows) == 4
    lines = ledger(tmp_path / "out")
    assert [line["source"] for line in lines] == [path.as_posix()] * len(lines)
    assert lines[0]["start"] == 0
    assert lines[-1]["end"] == path.stat().st_size
    assert all(len(line["digest"]) == 64 for line in lines)


def test_what_is_no_page_is_skipped_and_counted(tmp_path: Path) -> None:
    html = page(1).encode()
    records = [
        response(html, "https://a.example/1"),
        response(b"GIF89a", "https://a.example/2", kind="image/gif"),
        response(html, "https://a.example/3", status="404 Not Found"),
        record(PAGE.encode(), "conversion", "https://a.example/4", "text/plain"),
        record(html, "resource", "https://a.example/5", "text/html"),
        response(PAGE.encode(), "https://a.example/6", kind="text/plain; charset=utf-8"),
    ]
    summary = run(write_warc(tmp_path / "a.warc", records), out=tmp_path / "out")
    assert summary.to_dict()["records"] == {
        "seen": 6,
        "pages": 4,
        "comments": 0,
        "skipped": {"media": 1, "status": 1},
        "failed": {},
    }


def test_a_page_that_was_compressed_on_its_way_is_unpacked(tmp_path: Path) -> None:
    packed = gzip.compress(page(1).encode())
    chunked = b"%x\r\n" % len(packed) + packed + b"\r\n0\r\n\r\n"
    more = "Content-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n"
    path = write_warc(tmp_path / "a.warc", [response(chunked, "https://a.example/", more=more)])
    run(path, out=tmp_path / "out")
    assert any("At last a boat" in row["text"] for row in passages(tmp_path / "out"))


def test_a_page_that_unpacks_to_far_too_much_costs_that_page(tmp_path: Path) -> None:
    bomb = gzip.compress(b"a" * 50_000_000)
    records = responses(2)
    more = "Content-Encoding: gzip\r\n"
    records.insert(3, response(bomb, "https://a.example/bomb", more=more))
    found, lost = pages_of(write_warc(tmp_path / "a.warc", records))
    assert found == addresses(0, 1)
    assert lost == ["too_large"]


@pytest.mark.parametrize("suffix", ["", ".gz", ".zst"])
def test_a_record_that_is_far_too_large_costs_that_page(tmp_path: Path, suffix: str) -> None:
    records = responses(6)
    # As long packed as unpacked, and so many times what is read ahead.
    noise = bytes(n * n % 251 for n in range(1 << 16)) * 200
    records.insert(5, response(noise, "https://a.example/large"))
    records.insert(9, record(noise, "metadata", "https://a.example/", "text/plain"))
    path = write_warc(tmp_path / f"a.warc{suffix}", records)
    found, lost = pages_of(path)
    assert found == addresses(*range(6))
    assert lost == ["too_large"]
    assert max(len(shard.data) for shard in cut_warc(Source(path), CUT)) < CUT.bytes * 2


@pytest.mark.parametrize("suffix", ["", ".gz", ".zst"])
def test_a_damaged_record_costs_that_page_alone(tmp_path: Path, suffix: str) -> None:
    packed = [COMPRESSORS[suffix](each) for each in responses(12)]
    middle = packed[11]
    harm = b"\xff" * 30
    packed[11] = (
        middle[:20] + harm + middle[50:] if suffix else harm + middle[30:]
    )  # a plain record is harmed where its header is
    path = tmp_path / f"a.warc{suffix}"
    path.write_bytes(b"".join(packed))
    found, lost = pages_of(path)
    assert lost == ["damaged"]
    assert set(found) >= set(addresses(*range(12))) - {"https://paper.example/5"}
    assert len(found) <= 12


def test_an_archive_that_breaks_off_gives_what_is_there(tmp_path: Path) -> None:
    path = write_warc(tmp_path / "a.warc.gz", [b"".join(responses(60))])
    path.write_bytes(path.read_bytes()[:-700])
    there = zlib.decompressobj(wbits=31).decompress(path.read_bytes()).count(b"</html>")
    summary = run(path, out=tmp_path / "out", shard_pages=2)
    assert there > 5
    assert summary.pages == there
    assert set(summary.to_dict()["failure_reasons"]) == {"damaged"}


@given(st.binary(max_size=300), st.integers(0, 2000), st.sampled_from(["", ".gz", ".zst"]))
def test_no_bytes_in_an_archive_stop_the_reading_of_the_others(
    tmp_path_factory: pytest.TempPathFactory, noise: bytes, at: int, suffix: str
) -> None:
    data = b"".join(map(COMPRESSORS[suffix], responses(3)))
    path = tmp_path_factory.mktemp("fuzz") / f"a.warc{suffix}"
    path.write_bytes(data[:at] + noise + data[at:])
    found, _ = pages_of(path)
    assert set(found) <= set(addresses(0, 1, 2)) or noise


@pytest.mark.parametrize("suffix", list(COMPRESSORS))
def test_lines_of_comments_are_read_compressed_or_not(tmp_path: Path, suffix: str) -> None:
    path = write_comments(tmp_path / f"comments.jsonl{suffix}", 100)
    summary = run(path, out=tmp_path / "out", shard_pages=1)
    assert (summary.pages, summary.comments) == (0, 100)
    assert len(ledger(tmp_path / "out")) == 5
    rows = passages(tmp_path / "out")
    assert [row["text"][:6] for row in rows] == [f"Boat {n}"[:6] for n in range(100)]
    assert rows[3]["author"] == "Reader 3"
    assert rows[3]["time"] == "2026-04-05T10:00:00Z"
    assert {row["kind"] for row in rows} == {"comment"}


def test_lines_and_rows_hold_pages_too(tmp_path: Path) -> None:
    rows: list[dict[str, object]] = [
        {"html": page(1), "page_text": None, "url": "https://a.example/1"},
        {"html": None, "page_text": PAGE, "url": "https://a.example/2"},
    ]
    (tmp_path / "a.jsonl").write_text("".join(json.dumps(r) + "\n" for r in rows), "utf-8")
    write_table(tmp_path / "a.parquet", rows)
    for name in ("a.jsonl", "a.parquet"):
        summary = run(tmp_path / name, out=tmp_path / f"out {name}")
        assert (summary.pages, summary.failures) == (2, 0)
        assert summary.kinds["comment"].passages == 4
    one, other = (passages(tmp_path / f"out {name}") for name in ("a.jsonl", "a.parquet"))
    place = {"source": None, "position": None}
    assert [row | place for row in one] == [row | place for row in other]


def test_a_table_gives_moments_numbers_and_bytes_as_text(tmp_path: Path) -> None:
    moment = dt.datetime(2026, 3, 1, 12, tzinfo=dt.UTC)
    row: dict[str, object] = {"text": "A boat.", "id": 7, "created_at": moment, "other": [1]}
    run(write_table(tmp_path / "a.parquet", [row]), out=tmp_path / "out")
    [found] = passages(tmp_path / "out")
    assert (found["page"], found["time"]) == ("7", "2026-03-01T12:00:00+00:00")


def test_a_table_is_cut_inside_its_groups_of_rows(tmp_path: Path) -> None:
    rows: list[dict[str, object]] = [{"text": f"Boat {n}."} for n in range(90)]
    summary = run(write_table(tmp_path / "a.parquet", rows), out=tmp_path / "out", shard_pages=1)
    assert summary.comments == 90
    assert [(line["start"], line["end"]) for line in ledger(tmp_path / "out")] == [
        *((0, 20), (20, 40), (40, 60), (60, 80), (80, 90)),
    ]
    assert [row["position"] for row in passages(tmp_path / "out")] == list(range(90))


def test_a_line_that_is_no_page_costs_that_line(tmp_path: Path) -> None:
    lines = ['{"text": "One."}', "{", "[1]", '{"text": 5}', "", "\ud800", '{"text": "Two."}']
    path = tmp_path / "a.jsonl"
    path.write_bytes("\n".join(lines).encode("utf-8", "surrogatepass"))
    summary = run(path, out=tmp_path / "out")
    assert (summary.comments, summary.failures) == (2, 4)
    found = failures(tmp_path / "out")
    assert {row["reason"] for row in found} == {"malformed"}
    assert [row["position"] for row in found] == [17, 19, 23, 36]


def test_what_no_text_has_is_replaced_in_a_comment(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_text('{"text": "a\\u0000b\\ud800c"}\n', "utf-8")
    run(tmp_path / "a.jsonl", out=tmp_path / "out")
    assert passages(tmp_path / "out")[0]["text"] == "a\ufffdb\ufffdc"


def test_an_endless_line_costs_that_line_and_little_memory(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_bytes(b'{"text": "One."}\n{"text": "' + b"x" * 9_000_000 + b'"}\n{"text": "Two."}')
    limits = ShardLimits(pages=1, bytes=1 << 20, page_bytes=1 << 20)
    shards = list(cut_lines(Source(path), limits))
    assert max(len(shard.data) for shard in shards) < 3 << 20
    assert shards[-1].end == path.stat().st_size
    summary = run(path, out=tmp_path / "out", settings=Settings(max_page_bytes=1 << 20))
    assert (summary.comments, summary.to_dict()["failure_reasons"]) == (2, {"too_large": 1})


@given(st.lists(st.binary(max_size=40).filter(lambda b: b"\n" not in b)), st.integers(1, 60))
def test_lines_are_cut_at_their_ends_and_none_is_lost(
    tmp_path_factory: pytest.TempPathFactory, lines: list[bytes], most: int
) -> None:
    path = tmp_path_factory.mktemp("fuzz") / "a.jsonl"
    data = b"".join(line + b"\n" for line in lines)
    path.write_bytes(data)
    shards = list(cut_lines(Source(path), ShardLimits(pages=1, bytes=most, page_bytes=1000)))
    assert b"".join(shard.data for shard in shards) == data
    assert [shard.start for shard in shards[1:]] == [shard.end for shard in shards[:-1]]
