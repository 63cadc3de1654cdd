"""Archives and tables of small pages, made for a test."""

import bz2
import gzip
import json
import lzma
import zlib
from collections.abc import Callable, Iterable
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from tests.batch.fakes import HTML


def page(number: int) -> str:
    """Return a page that differs from the others."""
    return HTML.replace("Ferry line opens after", f"Ferry line {number} opens after")


def response(
    body: bytes, url: str, kind: str = "text/html", status: str = "200 OK", more: str = ""
) -> bytes:
    """Return a WARC record of an HTTP response."""
    head = f"HTTP/1.1 {status}\r\nContent-Type: {kind}\r\n{more}\r\n".encode()
    return record(head + body, "response", url, "application/http; msgtype=response")


def record(block: bytes, form: str, url: str, kind: str) -> bytes:
    """Return a WARC record."""
    return (
        (
            f"WARC/1.0\r\nWARC-Type: {form}\r\nWARC-Record-ID: <urn:uuid:{url}>\r\n"
            f"WARC-Date: 2026-03-01T00:00:00Z\r\nWARC-Target-URI: {url}\r\nContent-Type: {kind}\r\n"
            f"Content-Length: {len(block)}\r\n\r\n"
        ).encode()
        + block
        + b"\r\n\r\n"
    )


def responses(pages: int) -> list[bytes]:
    """Return records of pages, between those that a crawler writes too."""
    first = record(b"software: test\r\n", "warcinfo", "", "application/warc-fields")
    records = [first]
    for number in range(pages):
        url = f"https://paper.example/{number}"
        asked = b"GET / HTTP/1.1\r\n\r\n"
        records.append(record(asked, "request", url, "application/http; msgtype=request"))
        records.append(response(page(number).encode(), url))
    return records


def zstd(data: bytes) -> bytes:
    """Compress with Zstandard."""
    sink = pa.BufferOutputStream()
    with pa.CompressedOutputStream(sink, "zstd") as stream:
        stream.write(data)
    return bytes(sink.getvalue())


def gzipped(data: bytes) -> bytes:
    """Compress with gzip, without the time of day."""
    return gzip.compress(data, mtime=0)


COMPRESSORS: dict[str, Callable[[bytes], bytes]] = {
    "": bytes,
    ".gz": gzipped,
    ".bz2": bz2.compress,
    ".xz": lzma.compress,
    ".zst": zstd,
}


def write_warc(path: Path, records: Iterable[bytes]) -> Path:
    """Write records, each compressed by itself as the path's suffix says."""
    compress = COMPRESSORS.get(path.suffix, bytes)
    path.write_bytes(b"".join(map(compress, records)))
    return path


def write_comments(path: Path, number: int, hostile: int = 7) -> Path:
    """Write lines with a comment each, every so many a hostile one."""
    lines = [
        json.dumps(
            {
                "text": f"Boat {n} was late"
                + (", hostileword people." if n % hostile == 0 else "."),
                "author": f"Reader {n % 5}",
                "url": f"https://paper.example/{n % 11}",
                "time": f"2026-{n % 12 + 1:02}-05T10:00:00Z",
            }
        )
        for n in range(number)
    ]
    compress = COMPRESSORS.get(path.suffix, bytes)
    path.write_bytes(compress("".join(line + "\n" for line in lines).encode()))
    return path


def write_table(path: Path, rows: list[dict[str, object]], group: int = 1 << 20) -> Path:
    """Write a Parquet file."""
    pq.write_table(pa.Table.from_pylist(rows), path, row_group_size=group)
    return path


def chunks(body: bytes, size: int = 300) -> bytes:
    """Cut a body into chunks as HTTP does."""
    parts = [body[at : at + size] for at in range(0, len(body), size)]
    return b"".join(b"%x\r\n%b\r\n" % (len(part), part) for part in [*parts, b""])


def raw_deflate(data: bytes) -> bytes:
    """Compress without an envelope, as some servers do."""
    packer = zlib.compressobj(wbits=-15)
    return packer.compress(data) + packer.flush()


def brotli(data: bytes) -> bytes:
    """Compress with Brotli."""
    return bytes(pa.compress(data, codec="brotli", asbytes=True))


CODINGS: dict[str, Callable[[bytes], bytes]] = {
    "gzip": gzipped,
    "x-gzip": gzipped,
    "GZip": gzipped,
    "deflate": zlib.compress,
    "br": brotli,
    "zstd": zstd,
    "none": bytes,
    "identity": bytes,
    "utf-8": bytes,
    "gzip, identity": gzipped,
    "deflate, gzip": lambda data: gzipped(zlib.compress(data)),
}
"""What servers name as the encoding of a body, and what they mean."""


def encoded_response(number: int, coding: str, chunked: bool = True) -> bytes:
    """Return the record of a page that came in an encoding, and perhaps in chunks."""
    body = CODINGS[coding](page(number).encode())
    more = f"Content-Encoding: {coding}\r\n"
    if chunked:
        body, more = chunks(body), more + "Transfer-Encoding: chunked\r\n"
    return response(body, address(number), more=more)


def address(number: int) -> str:
    """Return the address of a page."""
    return f"https://paper.example/{number}"


CODED = "Content-Encoding: {}\r\n"
CHUNKED = "Transfer-Encoding: chunked\r\n"
_PACKED = gzipped(page(777).encode())
FLIPPED = _PACKED[:90] + bytes([_PACKED[90] ^ 4]) + _PACKED[91:]
"""A compressed page with one bit that is another."""
