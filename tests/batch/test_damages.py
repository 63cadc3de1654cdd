"""Damaged archives: the run says what is lost, and nothing else is lost."""

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from moderation.batch.summary import Tally, Unaccounted
from moderation.settings import Settings
from tests.batch.archives import (
    CHUNKED,
    CODED,
    CODINGS,
    COMPRESSORS,
    FLIPPED,
    address,
    encoded_response,
    gzipped,
    page,
    record,
    response,
    responses,
    write_warc,
)
from tests.batch.outcomes import all_of, among, outcome
from tests.batch.rows import failures, passages, run


@pytest.mark.parametrize("suffix", ["", ".gz", ".zst"])
@pytest.mark.parametrize(
    ("was", "becomes"),
    [
        (b"Content-Length: ", b"Content-Length: 1"),
        (b"Content-Length: ", b"Content-Length: 99999999"),
        (b"Content-Length: ", b"Content-Length: 999999999999999999999"),
        (b"Content-Length: 6", b"Content-Length: "),
        (b"Content-Length: ", b"Content-Length: -"),
        (b"Content-Length: ", b"Content-Length: 5\r\nContent-Length: "),
        (b"Content-Length", b"Content-Width"),
        (b"WARC/1.0", b"WARX/1.0"),
        (b"\r\n\r\nHTTP", b"\r\n"),
    ],
)
def test_a_record_whose_own_header_is_wrong_costs_that_record_alone(
    tmp_path: Path, suffix: str, was: bytes, becomes: bytes
) -> None:
    bad = response(page(777).encode(), "odd").replace(was, becomes, 1)
    got = outcome(write_warc(tmp_path / f"a.warc{suffix}", among(bad)))
    assert set(got.pages) == all_of()
    assert [failure.reason for failure in got.failed] == ["damaged"]


@pytest.mark.parametrize("suffix", [".gz", ".zst"])
@pytest.mark.parametrize("whole", [False, True])
@pytest.mark.parametrize("missing", [1, 9, 200])
def test_an_archive_that_was_cut_is_a_failure(
    tmp_path: Path, suffix: str, whole: bool, missing: int
) -> None:
    records = [response(page(n).encode(), address(n)) for n in range(100)]
    path = write_warc(tmp_path / f"a.warc{suffix}", [b"".join(records)] if whole else records)
    path.write_bytes(path.read_bytes()[:-missing])
    got = outcome(path)
    assert [failure.reason for failure in got.failed] == ["damaged"]
    assert "the rest of it is not read" in got.failed[0].message
    assert set(got.pages) <= all_of()
    assert whole or set(got.pages) == all_of(99)


def test_a_plain_archive_that_was_cut_is_a_failure(tmp_path: Path) -> None:
    path = write_warc(tmp_path / "a.warc", responses(50))
    path.write_bytes(path.read_bytes()[:-50])
    got = outcome(path)
    assert set(got.pages) == all_of(49)
    assert [(failure.page, failure.reason) for failure in got.failed] == [(address(49), "damaged")]


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("a.warc", b""),
        ("a.warc.gz", b""),
        ("a.warc.zst", b""),
        ("a.warc", b"\r\n\r\n"),
        ("a.warc.gz", gzipped(b"")),
        ("a.warc.zst", COMPRESSORS[".zst"](b"")),
    ],
)
def test_an_archive_without_a_record_is_a_failure(tmp_path: Path, name: str, data: bytes) -> None:
    sound = write_warc(tmp_path / "sound.warc.gz", responses(3))
    (tmp_path / name).write_bytes(data)
    summary = run(sound, tmp_path / name, out=tmp_path / "out")
    assert (summary.pages, summary.failures) == (3, 1)
    [row] = failures(tmp_path / "out")
    assert (row["page"], row["reason"]) == ((tmp_path / name).as_posix(), "empty")


def test_an_archive_of_members_with_many_records_each_is_read_behind_a_damage(
    tmp_path: Path,
) -> None:
    records = [response(page(n).encode(), address(n)) for n in range(100)]
    members = [gzipped(b"".join(records[at : at + 10])) for at in range(0, 100, 10)]
    members[4] = members[4][:100] + b"\xff" * 50 + members[4][150:]
    (tmp_path / "a.warc.gz").write_bytes(b"".join(members))
    got = outcome(tmp_path / "a.warc.gz")
    assert got.pages == [address(n) for n in range(100) if n // 10 != 4]
    assert [failure.reason for failure in got.failed] == ["damaged"]


@pytest.mark.parametrize("suffix", [".gz", ".zst"])
def test_one_member_with_far_too_much_in_it_is_told_and_the_others_are_read(
    tmp_path: Path, suffix: str
) -> None:
    records = [response(page(n).encode(), address(n)) for n in range(100)]
    crowd = [response(page(n).encode() * 20, address(n)) for n in range(100, 300)]
    parts = [*records[:50], b"".join(crowd), *records[50:]]
    got = outcome(write_warc(tmp_path / f"a.warc{suffix}", parts))
    assert set(got.pages) == all_of()
    assert ["more records" in failure.message for failure in got.failed] == [True]


def test_what_became_of_every_record_is_in_the_summary_and_in_the_report(tmp_path: Path) -> None:
    records = responses(10)
    records.insert(5, response(FLIPPED, "odd", more=CODED.format("gzip")))
    records.insert(7, response(b"", "moved", status="301 Moved"))
    records.insert(9, response(b"GIF89a", "picture", kind="image/gif"))
    records.insert(9, record(b"x" * 3_000_000, "metadata", "large", "text/plain"))
    records.insert(9, record(b"", "revisit", "same", "application/http"))
    path = write_warc(tmp_path / "a.warc.gz", records)
    summary = run(path, out=tmp_path / "out", settings=Settings(max_page_bytes=1 << 20))
    assert summary.to_dict()["records"] == {
        "seen": 26,
        "pages": 10,
        "comments": 0,
        "skipped": {
            "request": 10,
            "warcinfo": 1,
            "metadata": 1,
            "revisit": 1,
            "status": 1,
            "media": 1,
        },
        "failed": {"damaged": 1},
    }
    report = (tmp_path / "out" / "report.html").read_text("utf-8")
    shown = " ".join(report.split())
    assert "Of 26 records seen, 15 are not pages: requests (10), " in shown


def test_a_record_that_is_not_accounted_for_ends_the_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Tally, "skip", lambda *_: None)
    path = write_warc(tmp_path / "a.warc.gz", responses(3))
    with pytest.raises(Unaccounted, match="7 records were seen, and 3 are accounted for"):
        run(path, out=tmp_path / "out")


DAMAGES = st.one_of(
    st.tuples(st.just("flip"), st.integers(0, 1 << 16), st.integers(1, 255)),
    st.tuples(st.just("cut"), st.integers(0, 1 << 16), st.integers(1, 2)),
    st.tuples(st.just("lose"), st.integers(0, 1 << 16), st.integers(1, 900)),
    st.tuples(st.just("insert"), st.integers(0, 1 << 16), st.integers(1, 60)),
)


BODIES = st.one_of(
    st.sampled_from(sorted(CODINGS)),
    st.tuples(st.binary(max_size=80), st.sampled_from([*CODINGS, "compress", "", "gzip,gzip,br"])),
)


def harmed(data: bytes, how: str, at: int, size: int) -> tuple[bytes, int, int]:
    """Harm bytes; return what they are then, and the first and the last place that changed."""
    at %= len(data)
    if how == "flip":
        return data[:at] + bytes([data[at] ^ size]) + data[at + 1 :], at, at + 1
    if how == "cut":
        return data[:at], at, len(data)
    if how == "lose":
        return data[:at] + data[at + size :], at, min(at + size, len(data))
    return data[:at] + bytes(n * 37 % 256 for n in range(at, at + size)) + data[at:], at, at


@given(
    bodies=st.lists(BODIES, min_size=2, max_size=7),
    damage=DAMAGES,
    suffix=st.sampled_from(["", ".gz", ".zst"]),
    whole=st.booleans(),
    chunked=st.booleans(),
)
@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_in_any_damaged_archive_every_sound_record_is_found_and_every_other_accounted_for(
    tmp_path: Path,
    bodies: list[str | tuple[bytes, str]],
    damage: tuple[str, int, int],
    suffix: str,
    whole: bool,
    chunked: bool,
) -> None:
    records = [
        encoded_response(number, body, chunked)
        if isinstance(body, str)
        else response(body[0], address(number), more=CODED.format(body[1]) + CHUNKED * chunked)
        for number, body in enumerate(bodies)
    ]
    parts = [COMPRESSORS[suffix](each) for each in ([b"".join(records)] if whole else records)]
    data, first, last = harmed(b"".join(parts), *damage)
    path = tmp_path / f"a.warc{suffix}"
    path.write_bytes(data)
    got = outcome(path)
    if not suffix or whole:
        return
    begin = 0
    for number, (body, part) in enumerate(zip(bodies, parts, strict=True)):
        end = begin + len(part)
        if isinstance(body, str) and (end <= first or begin >= last):
            assert address(number) in got.pages
        begin = end


@given(
    noise=st.binary(max_size=400),
    name=st.sampled_from(
        [
            *("a.html", "a.txt", "a", "a.warc", "a.warc.gz", "a.warc.zst", "a.jsonl", "a.parquet"),
            *("a.txt.gz", "a.html.bz2", "a.jsonl.xz", "a.jsonl.zst", "a.jsonl.gz", "a.wet.gz"),
        ]
    ),
    begins=st.booleans(),
)
@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_no_bytes_in_a_file_keep_the_file_beside_it_from_being_read(
    tmp_path: Path, noise: bytes, name: str, begins: bool
) -> None:
    magic = {".gz": b"\x1f\x8b\x08\0", ".zst": b"\x28\xb5\x2f\xfd", ".warc": b"WARC/1.0\r\n"}
    magic |= {".parquet": b"PAR1", ".bz2": b"BZh9", ".xz": b"\xfd7zXZ\0", ".jsonl": b'{"text": "'}
    path = tmp_path / name
    end = b"PAR1" if path.suffix == ".parquet" else b""
    path.write_bytes((magic.get(path.suffix, b"") if begins else b"") + noise + end * begins)
    sound = write_warc(tmp_path / "sound.warc", responses(2))
    summary = run(path, sound, out=tmp_path / "out", afresh=True)
    records = summary.to_dict()["records"]
    assert {address(0), address(1)} <= {row["page"] for row in passages(tmp_path / "out")}
    assert records["seen"] == records["pages"] + sum(
        n for what in ("skipped", "failed") for n in records[what].values()
    )
    path.unlink()
