"""ARC, the format of archives before WARC: its records, read as a stream of WARC."""

import io
import re
from collections.abc import Iterator
from typing import IO, Any, cast

ARC_MAGIC = b"filedesc://"
"""The first bytes of an ARC file."""
MAX_LINE = 1 << 14
"""Bytes of the longest line that may begin a record."""
_BLOCK = 1 << 16
_HEADER = re.compile(
    rb"(?P<url>[a-z][a-z0-9+.-]{1,20}:[^\s]{0,8000}) (?P<ip>[0-9a-fA-F.:]{1,45}|-) "
    rb"(?P<date>\d{14}) (?P<media>[^ \n]{1,200}(?: charset=[^ \n]{1,40})?) "
    rb"(?:\S{1,100} ){0,5}(?P<length>\d{1,12})\r?\n\Z",
    re.IGNORECASE,
)
_RECORD = (
    b"WARC/1.0\r\nWARC-Type: %b\r\nWARC-Target-URI: %b\r\nWARC-Date: %b\r\n"
    b"Content-Type: %b\r\nContent-Length: %d\r\n\r\n"
)
_END = b"\r\n\r\n"


def arc_as_warc(stream: IO[bytes]) -> IO[bytes]:
    """Return a file that reads an ARC file, already decompressed, as uncompressed WARC.

    A line where a record should begin, and none does, is passed on as it is, and so becomes a
    damage of the WARC. A record that breaks off gets no end, for the same reason.
    """
    return cast("IO[bytes]", io.BufferedReader(_Converted(stream), _BLOCK))


class _Converted(io.RawIOBase):
    """A file made of the pieces that `_convert` yields."""

    def __init__(self, stream: IO[bytes]) -> None:
        super().__init__()
        self._pieces = _convert(stream)
        self._rest = b""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        while not self._rest:
            piece = next(self._pieces, None)
            if piece is None:
                return 0
            self._rest = piece
        data, self._rest = self._rest[: len(buffer)], self._rest[len(buffer) :]
        buffer[: len(data)] = data
        return len(data)


def _convert(stream: IO[bytes]) -> Iterator[bytes]:
    while line := stream.readline(MAX_LINE):
        if not line.strip():
            continue
        header = _HEADER.match(line)
        if header is None:
            yield line
            continue
        length = int(header["length"])
        first = stream.read(min(length, _BLOCK))
        date = header["date"]
        yield _RECORD % (
            _record_type(header["url"], first),
            header["url"],
            b"%b-%b-%bT%b:%b:%bZ"
            % (date[:4], date[4:6], date[6:8], date[8:10], date[10:12], date[12:]),
            b"application/http; msgtype=response" if _is_http(first) else header["media"],
            length,
        )
        yield first
        left = length - len(first)
        while left and (piece := stream.read(min(left, _BLOCK))):
            yield piece
            left -= len(piece)
        if left or len(first) < min(length, _BLOCK):
            return
        yield _END


def _is_http(block: bytes) -> bool:
    return block.startswith(b"HTTP/")


def _record_type(url: bytes, block: bytes) -> bytes:
    if url.lower().startswith(ARC_MAGIC):
        return b"warcinfo"
    return b"response" if _is_http(block) else b"resource"
