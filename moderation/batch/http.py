"""An HTTP response as a crawler stored it -> the page that it carried."""

import re
import zlib
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import pyarrow as pa

from moderation.batch.archive import end_of_head, read_fields
from moderation.pages.encoding import header_charset

PIECE = 1 << 16
ENOUGH = 1 << 12
"""Bytes by which text is told from what is compressed."""
MAX_CONTROLS = 0.05
BREAKS_OFF = "breaks off"
_STATUS = re.compile(rb"HTTP/\d(?:\.\d)?[ \t]+(\d{3})(?!\d)")
_CHUNK = re.compile(rb"[ \t]*([0-9A-Fa-f]{1,8})[ \t]*(?:;[^\r\n]*)?\r?\n")
_CONTROLS = bytes(sorted({*range(32), 127} - {*b"\t\n\f\r\x1b"}))
_READ = frozenset(("gzip", "x-gzip", "deflate", "x-deflate", "br", "zstd"))
"""Encodings that are unpacked."""


class Undecodable(ValueError):
    """A response's body cannot be had whole. The message is the rest of a sentence about it."""


class Response(NamedTuple):
    """The head of an HTTP response.

    Parameters
    ----------
    status : int
    fields : mapping of str to sequence of str
        Values by their names in small letters.
    body : bytes
        As it was sent: in chunks, compressed.
    """

    status: int
    fields: Mapping[str, Sequence[str]]
    body: bytes

    @property
    def media(self) -> str:
        """The type of what it carries, such as ``text/html``; empty where it is not told."""
        return media_of(self.fields)

    @property
    def charset(self) -> str | None:
        """The encoding that it is said to be in."""
        for value in self.fields.get("content-type", ()):
            if charset := header_charset(value):
                return charset
        return None


def media_of(fields: Mapping[str, Sequence[str]]) -> str:
    """Return the type that a header tells, without its parameters."""
    told = next(iter(fields.get("content-type", ())), "")
    return re.split("[;,]", told, maxsplit=1)[0].strip().lower()


def read_response(block: bytes) -> Response:
    """Read the block of a record.

    Raises
    ------
    Undecodable
        If it does not begin as a response does.
    """
    status = _STATUS.match(block)
    if status is None:
        raise Undecodable("is no HTTP response")
    end = end_of_head(block)
    head = block if end is None else block[:end]
    body = b"" if end is None else block[end:]
    return Response(int(status[1]), read_fields(head), body)


def decoded(response: Response, limit: int) -> bytes:
    """Return the content of a response, out of its chunks and unpacked.

    Many archives hold the body unpacked below the header of the packed one: a body that is not
    what its header says, and is text, is taken as it is.

    Parameters
    ----------
    response : Response
    limit : int
        Of a body that has more bytes, one more than these is returned.

    Raises
    ------
    Undecodable
        If it breaks off, has wrong bytes inside, or is in an encoding that is not read.
    """
    data = response.body
    if "chunked" in _names(response.fields, "transfer-encoding"):
        data = _unchunked(data)
    encodings = _names(response.fields, "content-encoding")
    encodings += [
        name for name in _names(response.fields, "transfer-encoding") if name != "chunked"
    ]
    for name in reversed(encodings):
        data = _unpacked(data, name, limit)
    if encodings and _READ.isdisjoint(encodings) and not _is_text(data):
        raise Undecodable("is in an encoding that is not read")
    return data[: limit + 1]


def _names(fields: Mapping[str, Sequence[str]], field: str) -> list[str]:
    names = ",".join(fields.get(field, ())).lower().split(",")
    return [name.strip(" \t\"'") for name in names if name.strip()]


def _unchunked(data: bytes) -> bytes:
    """Join chunks; what does not begin with a whole one, and is not cut short, is none."""
    parts: list[bytes] = []
    at = 0
    while True:
        head = _CHUNK.match(data, at)
        if head is None:
            if not parts:
                return data
            raise Undecodable(BREAKS_OFF if at >= len(data) else "has damaged chunks")
        size = int(head[1], 16)
        if not size:
            return b"".join(parts)
        end = head.end() + size
        if end > len(data):
            raise Undecodable(BREAKS_OFF)
        behind = data[end : end + 2]
        if not (behind == b"\r\n" or behind[:1] == b"\n" or not behind.strip(b"\r")):
            if not parts:
                return data
            raise Undecodable("has damaged chunks")
        parts.append(data[head.end() : end])
        at = end + (2 if behind == b"\r\n" else 1)


def _unpacked(data: bytes, name: str, limit: int) -> bytes:
    if not data:
        return data
    if name in {"gzip", "x-gzip"}:
        return _inflated(data, (31, 15), limit)
    if name in {"deflate", "x-deflate"}:
        # Some servers leave the envelope out that the standard wants.
        return _inflated(data, (15, 31, -15), limit)
    if name in {"br", "zstd"}:
        return _by_arrow(data, {"br": "brotli", "zstd": "zstd"}[name], limit)
    # `none`, `identity`, `utf-8` and the like, the names of no compression.
    return data


def _inflated(data: bytes, envelopes: Sequence[int], limit: int) -> bytes:
    """Unpack with the first envelope that fits; text that none fits is taken as it is."""
    for bits in envelopes:
        if bits < 0 and _is_text(data):
            break
        try:
            first = zlib.decompressobj(wbits=bits).decompress(data[:PIECE], 1)
        except zlib.error:
            continue
        if first or bits > 0:
            return _inflate(data, bits, limit)
    if _is_text(data):
        return data
    raise Undecodable("is not compressed as its header says, nor text")


def _inflate(data: bytes, bits: int, limit: int) -> bytes:
    kept = bytearray()
    while data:
        unpack = zlib.decompressobj(wbits=bits)
        while not unpack.eof:
            try:
                piece = unpack.decompress(data, min(limit + 1 - len(kept), 1 << 20))
            except zlib.error:
                raise Undecodable("has wrong bytes inside") from None
            data = unpack.unconsumed_tail
            kept += piece
            if len(kept) > limit:
                return bytes(kept)
            if not piece and not data and not unpack.eof:
                raise Undecodable(BREAKS_OFF)
        # A member of gzip may follow; whatever else does is not part of the body.
        data = unpack.unused_data if unpack.unused_data.startswith(b"\x1f\x8b\x08") else b""
    return bytes(kept)


def _by_arrow(data: bytes, codec: str, limit: int) -> bytes:
    kept = bytearray()
    try:
        with pa.CompressedInputStream(pa.BufferReader(data), codec) as file:
            while len(kept) <= limit and (piece := file.read(min(limit + 1 - len(kept), 1 << 20))):
                kept += piece
    except (OSError, pa.ArrowException):
        if not kept and _is_text(data):
            return data
        raise Undecodable("has wrong bytes inside, or breaks off") from None
    return bytes(kept)


def _is_text(data: bytes) -> bool:
    """Tell whether bytes may be text: hardly a control, but for UTF-16 with its mark."""
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return True
    first = data[:ENOUGH]
    controls = len(first) - len(first.translate(None, _CONTROLS))
    return controls <= MAX_CONTROLS * len(first)
