"""HTTP responses as a crawler stored them, and the decoding of their bodies."""

import re
import zlib
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import pyarrow as pa

from moderation.batch.archive import BREAKS_OFF, end_of_header, read_fields
from moderation.pages.encoding import header_charset

SNIFF_SIZE = 1 << 16
"""Compressed bytes that are tried to find the envelope."""
SAMPLE = 1 << 12
"""Bytes by which text is distinguished from compressed data."""
MAX_CONTROLS = 0.05
"""Share of control characters that a text may have."""
_STATUS = re.compile(rb"HTTP/\d(?:\.\d)?[ \t]+(\d{3})(?!\d)")
_CHUNK = re.compile(rb"[ \t]*([0-9A-Fa-f]{1,8})[ \t]*(?:;[^\r\n]*)?\r?\n")
_CONTROLS = bytes(sorted({*range(32), 127} - {*b"\t\n\f\r\x1b"}))
_SUPPORTED = frozenset(("gzip", "x-gzip", "deflate", "x-deflate", "br", "zstd"))
"""Content encodings that are decompressed."""


class Undecodable(ValueError):
    """A response's body cannot be decoded. The message is the rest of a sentence about it."""


class HTTPResponse(NamedTuple):
    """An HTTP response: its status, its header, and its body as it was sent.

    Parameters
    ----------
    status : int
    fields : mapping of str to sequence of str
        Values by their names in lower case.
    body : bytes
        With its transfer and content encodings.
    """

    status: int
    fields: Mapping[str, Sequence[str]]
    body: bytes

    @property
    def media_type(self) -> str:
        """The media type of the body, such as ``text/html``; empty where it is not declared."""
        return media_type_of(self.fields)

    @property
    def charset(self) -> str | None:
        """The character encoding that the header declares."""
        for value in self.fields.get("content-type", ()):
            if charset := header_charset(value):
                return charset
        return None


def media_type_of(fields: Mapping[str, Sequence[str]]) -> str:
    """Return the media type that a header declares, without its parameters."""
    value = next(iter(fields.get("content-type", ())), "")
    return re.split("[;,]", value, maxsplit=1)[0].strip().lower()


def read_response(block: bytes) -> HTTPResponse:
    """Read the block of a record.

    Raises
    ------
    Undecodable
        If it does not begin with a status line.
    """
    status = _STATUS.match(block)
    if status is None:
        raise Undecodable("is no HTTP response")
    end = end_of_header(block)
    header = block if end is None else block[:end]
    body = b"" if end is None else block[end:]
    return HTTPResponse(int(status[1]), read_fields(header), body)


def decode_body(response: HTTPResponse, max_bytes: int) -> bytes:
    """Return the content of a response, joined from its chunks and decompressed.

    Many archives store the decompressed body with the header of the compressed one: a body that is
    not encoded as its header says, and is text, is returned as it is.

    Parameters
    ----------
    response : Response
    max_bytes : int
        Of a longer body, its first ``max_bytes + 1`` bytes are returned.

    Raises
    ------
    Undecodable
        If it breaks off, has wrong bytes inside, or is in an unsupported encoding.
    """
    data = response.body
    if "chunked" in _names(response.fields, "transfer-encoding"):
        data = _dechunked(data)
    encodings = _names(response.fields, "content-encoding")
    encodings += [
        name for name in _names(response.fields, "transfer-encoding") if name != "chunked"
    ]
    for name in reversed(encodings):
        data = _decompressed(data, name, max_bytes)
    if encodings and _SUPPORTED.isdisjoint(encodings) and not _is_text(data):
        raise Undecodable("is in an encoding that is not read")
    return data[: max_bytes + 1]


def _names(fields: Mapping[str, Sequence[str]], field: str) -> list[str]:
    names = ",".join(fields.get(field, ())).lower().split(",")
    return [name.strip(" \t\"'") for name in names if name.strip()]


def _dechunked(data: bytes) -> bytes:
    """Join chunks; a body that does not begin with a whole chunk is returned as it is."""
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


def _decompressed(data: bytes, name: str, max_bytes: int) -> bytes:
    if not data:
        return data
    if name in {"gzip", "x-gzip"}:
        return _inflated(data, (31, 15), max_bytes)
    if name in {"deflate", "x-deflate"}:
        # Some servers leave out the envelope that the standard requires.
        return _inflated(data, (15, 31, -15), max_bytes)
    if name in {"br", "zstd"}:
        return _by_arrow(data, {"br": "brotli", "zstd": "zstd"}[name], max_bytes)
    # `none`, `identity`, `utf-8` and the like name no compression.
    return data


def _inflated(data: bytes, envelopes: Sequence[int], max_bytes: int) -> bytes:
    """Decompress with the first envelope that fits; text is returned as it is where none fits."""
    for bits in envelopes:
        if bits < 0 and _is_text(data):
            break
        try:
            first = zlib.decompressobj(wbits=bits).decompress(data[:SNIFF_SIZE], 1)
        except zlib.error:
            continue
        if first or bits > 0:
            return _inflate(data, bits, max_bytes)
    if _is_text(data):
        return data
    raise Undecodable("is not compressed as its header says, nor text")


def _inflate(data: bytes, bits: int, max_bytes: int) -> bytes:
    kept = bytearray()
    while data:
        decompressor = zlib.decompressobj(wbits=bits)
        while not decompressor.eof:
            try:
                piece = decompressor.decompress(data, min(max_bytes + 1 - len(kept), 1 << 20))
            except zlib.error:
                raise Undecodable("has wrong bytes inside") from None
            data = decompressor.unconsumed_tail
            kept += piece
            if len(kept) > max_bytes:
                return bytes(kept)
            if not piece and not data and not decompressor.eof:
                raise Undecodable(BREAKS_OFF)
        # Another gzip member may follow; anything else is not part of the body.
        rest = decompressor.unused_data
        data = rest if rest.startswith(b"\x1f\x8b\x08") else b""
    return bytes(kept)


def _by_arrow(data: bytes, codec: str, max_bytes: int) -> bytes:
    kept = bytearray()
    try:
        with pa.CompressedInputStream(pa.BufferReader(data), codec) as file:
            while len(kept) <= max_bytes:
                piece = file.read(min(max_bytes + 1 - len(kept), 1 << 20))
                if not piece:
                    break
                kept += piece
    except (OSError, pa.ArrowException):
        if not kept and _is_text(data):
            return data
        raise Undecodable("has wrong bytes inside, or breaks off") from None
    return bytes(kept)


def _is_text(data: bytes) -> bool:
    """Tell whether bytes may be text: hardly a control character, or UTF-16 with its mark."""
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return True
    sample = data[:SAMPLE]
    controls = len(sample) - len(sample.translate(None, _CONTROLS))
    return controls <= MAX_CONTROLS * len(sample)
