"""ARC archives: their records are read as those of WARC, and damages cost themselves alone."""

import io
from pathlib import Path

import pytest

from moderation.batch.arc import arc_as_warc
from tests.batch.archives import address, gzipped, page
from tests.batch.rows import failures, passages, run

_VERSION = b"1 0 InternetArchive\nURL IP-address Archive-date Content-type Archive-length\n"
FIRST = (
    b"filedesc://a.arc 0.0.0.0 20080102030405 text/plain %d\n" % len(_VERSION) + _VERSION + b"\n"
)


def arc(number: int, kind: bytes = b"text/html", status: bytes = b"200 OK") -> bytes:
    """Return an ARC record of an HTTP response."""
    head = b"HTTP/1.1 %b\r\nContent-Type: %b\r\n\r\n" % (status, kind)
    block = head + page(number).encode()
    line = b"%b 192.0.2.1 20080102030405 %b %d\n" % (address(number).encode(), kind, len(block))
    return line + block + b"\n"


@pytest.mark.parametrize("suffix", ["", ".gz"])
def test_every_page_of_an_arc_file_is_read_with_its_address_and_date(
    tmp_path: Path, suffix: str
) -> None:
    records = [FIRST, *map(arc, range(7)), arc(7, status=b"404 Gone"), arc(8, kind=b"image/png")]
    pack = gzipped if suffix else bytes
    path = tmp_path / f"a.arc{suffix}"
    path.write_bytes(b"".join(map(pack, records)))
    summary = run(path, out=tmp_path / "out", shard_pages=2)
    assert (summary.pages, summary.failures) == (7, 0)
    assert summary.to_dict()["records"]["skipped"] == {"warcinfo": 1, "status": 1, "media": 1}
    rows = passages(tmp_path / "out")
    assert list(dict.fromkeys(row["page"] for row in rows)) == [address(n) for n in range(7)]
    assert {row["captured"] for row in rows} == {"2008-01-02T03:04:05Z"}


def test_a_damaged_record_of_arc_costs_that_record_and_what_it_hides(tmp_path: Path) -> None:
    path = tmp_path / "a.arc"
    path.write_bytes(FIRST + arc(0) + b"no record at all\n" + arc(1) + arc(2)[:-40])
    summary = run(path, out=tmp_path / "out")
    assert (summary.pages, summary.failures) == (2, 2)
    assert {failure["reason"] for failure in failures(tmp_path / "out")} == {"damaged"}


@pytest.mark.parametrize("data", [b"", b"\n\n", b"x" * 40_000, b"filedesc://a 1 2 3 4\n"])
def test_bytes_that_are_no_arc_are_passed_on_and_end(data: bytes) -> None:
    assert len(arc_as_warc(io.BytesIO(data)).read()) <= len(data)
