"""The bodies of responses in an archive: each is read as it was meant, or that page alone fails."""

from pathlib import Path

import pytest

from tests.batch.archives import (
    CHUNKED,
    CODED,
    CODINGS,
    FLIPPED,
    chunks,
    encoded_response,
    gzipped,
    page,
    raw_deflate,
    record,
    response,
    write_warc,
)
from tests.batch.outcomes import all_of, among, outcome
from tests.batch.rows import passages, run

HTML = page(777).encode()
PACKED = gzipped(HTML)


@pytest.mark.parametrize("chunked", [True, False])
@pytest.mark.parametrize("coding", list(CODINGS))
def test_every_page_is_read_in_whatever_encoding_it_came(
    tmp_path: Path, coding: str, chunked: bool
) -> None:
    records = [encoded_response(number, coding, chunked) for number in range(100)]
    got = outcome(write_warc(tmp_path / "a.warc.gz", records))
    assert [record.data for record in got.records] == [page(n).encode() for n in range(100)]
    assert got.failed == []


def test_a_hundred_pages_that_came_in_chunks_and_compressed_have_rows(tmp_path: Path) -> None:
    records = [encoded_response(number, "gzip") for number in range(100)]
    summary = run(write_warc(tmp_path / "a.warc.gz", records), out=tmp_path / "out")
    assert summary.pages == 100
    assert len({row["page"] for row in passages(tmp_path / "out")}) == 100


@pytest.mark.parametrize(
    ("body", "more"),
    [
        pytest.param(HTML, CODED.format("gzip"), id="a lie"),
        pytest.param(HTML, CODED.format("br"), id="a lie about Brotli"),
        pytest.param(HTML, CODED.format("deflate"), id="a lie about deflate"),
        pytest.param(HTML, CODED.format("text/html"), id="no encoding"),
        pytest.param(HTML, CODED.format("bzip2"), id="a lie about what is not read"),
        pytest.param(HTML, CHUNKED, id="chunks that were joined"),
        pytest.param(HTML, CODED.format("gzip") + CHUNKED, id="joined and unpacked"),
        pytest.param(raw_deflate(HTML), CODED.format("deflate"), id="deflate without envelope"),
        pytest.param(PACKED, CODED.format("deflate"), id="gzip as deflate"),
        pytest.param(PACKED + b"\n<!-- -->", CODED.format("gzip"), id="more behind"),
        pytest.param(gzipped(HTML[:90]) + gzipped(HTML[90:]), CODED.format("gzip"), id="members"),
        pytest.param(chunks(HTML).replace(b"\r\n", b"\n"), CHUNKED, id="chunks with bare newlines"),
        pytest.param(
            chunks(HTML).replace(b"12c\r\n", b"00012C;name=value\r\n"),
            CHUNKED,
            id="extended chunks",
        ),
        pytest.param(
            chunks(PACKED), CODED.format("gzip") + "Transfer-Encoding : Chunked\r\n", id="spaces"
        ),
        pytest.param(PACKED, CODED.format("gzip") + CODED.format("identity"), id="named twice"),
    ],
)
def test_a_body_that_is_not_what_its_header_says_is_read_where_it_can_be(
    tmp_path: Path, body: bytes, more: str
) -> None:
    got = outcome(write_warc(tmp_path / "a.warc.gz", among(response(body, "odd", more=more))))
    assert set(got.pages) == all_of() | {"odd"}
    assert next(record.data for record in got.records if record.page == "odd") == HTML


@pytest.mark.parametrize(
    ("body", "more"),
    [
        pytest.param(FLIPPED, CODED.format("gzip"), id="a flipped bit"),
        pytest.param(PACKED[:-200], CODED.format("gzip"), id="cut"),
        pytest.param(PACKED[:-3], CODED.format("gzip"), id="cut in the checksum"),
        pytest.param(chunks(HTML)[:400], CHUNKED, id="a cut chunk"),
        pytest.param(chunks(HTML)[:305], CHUNKED, id="chunks without an end"),
        pytest.param(chunks(HTML).replace(b"\r\n12c", b"\r\nxyz", 1), CHUNKED, id="a wrong chunk"),
        pytest.param(chunks(PACKED)[:-100], CODED.format("gzip") + CHUNKED, id="cut in a chunk"),
        pytest.param(b"\x1f\x9d\x90" + PACKED, CODED.format("compress"), id="not read"),
        pytest.param(PACKED, CODED.format("none"), id="compressed, and said not to be"),
        pytest.param(CODINGS["br"](HTML)[:-9], CODED.format("br"), id="cut Brotli"),
        pytest.param(CODINGS["zstd"](HTML)[:-9], CODED.format("zstd"), id="cut Zstandard"),
    ],
)
def test_a_body_that_cannot_be_read_costs_that_page_alone(
    tmp_path: Path, body: bytes, more: str
) -> None:
    path = write_warc(tmp_path / "a.warc.gz", among(response(body, "odd", more=more)))
    got = outcome(path)
    assert set(got.pages) == all_of()
    [failure] = got.failed
    assert (failure.page, failure.reason) == ("odd", "damaged")
    assert failure.position is not None


@pytest.mark.parametrize("coding", ["gzip", "deflate", "br", "zstd"])
def test_a_body_that_unpacks_to_far_too_much_costs_that_page_alone(
    tmp_path: Path, coding: str
) -> None:
    bomb = response(CODINGS[coding](b"a" * 50_000_000), "odd", more=CODED.format(coding))
    got = outcome(write_warc(tmp_path / "a.warc.gz", among(bomb)))
    assert set(got.pages) == all_of()
    assert [(failure.page, failure.reason) for failure in got.failed] == [("odd", "too_large")]


@pytest.mark.parametrize(
    "block",
    [b"", b"\r\n\r\n", b"HTTP/1.1 OK\r\n\r\n", b"<html>", b"\0" * 99, b"HTTP/1.1 2000 \r\n"],
)
def test_a_response_without_a_head_costs_that_page_alone(tmp_path: Path, block: bytes) -> None:
    bad = record(block, "response", "odd", "application/http; msgtype=response")
    got = outcome(write_warc(tmp_path / "a.warc", among(bad)))
    assert set(got.pages) == all_of()
    assert [failure.page for failure in got.failed] == ["odd"]
