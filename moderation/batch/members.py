"""Members of a compressed WARC file: gzip members and Zstandard frames, of one record each."""

import zlib
from collections.abc import Callable, Iterator
from contextlib import suppress
from io import BytesIO
from typing import NamedTuple

import pyarrow as pa
from fastwarc.stream_io import GzipReader

from moderation.batch.archive import (
    BREAKS_OFF,
    MAX_HEADER,
    PADDING,
    READ_SIZE,
    UNLIMITED,
    WARC_MAGIC,
    ArchiveRecord,
    ByteWindow,
    Damage,
    Unit,
    is_record_start,
    parse_records,
    read_header,
    read_record,
    skip_padding,
    skip_record,
)
from moderation.batch.sources import panics_as_errors

GZIP_MAGIC, ZSTD_MAGIC = b"\x1f\x8b\x08", b"\x28\xb5\x2f\xfd"
UNIT_MAGICS = (GZIP_MAGIC, ZSTD_MAGIC, WARC_MAGIC)
"""The first bytes of a unit of an archive."""
WRONG_BYTES = "has wrong bytes inside"
TOO_MANY_RECORDS = "holds more records in one compressed member than can be read at once"
_SKIPPABLE = b"\x2a\x4d\x18"
_FIRST_BLOCK = 1 << 18
"""Bytes in which the first block of a Zstandard frame ends, with room to spare."""
_SAMPLED_MEMBERS = 3
_REPEATED, _RESERVED = 1, 3


class MemberContent(NamedTuple):
    """The content of a member, and its end; None where the content goes on."""

    data: bytes
    end: int | None


def read_unit(window: ByteWindow, at: int, max_bytes: int) -> Unit | None:
    """Read the record, or the compressed member, that comes next.

    Parameters
    ----------
    window : ByteWindow
    at : int
        The start of one, or the end of the file.
    max_bytes : int
        Most bytes that it may hold; of one with more only the first header is read.

    Returns
    -------
    Unit or None
        None at the end of the file.

    Raises
    ------
    Damage
    """
    magic = window.peek(at, len(ZSTD_MAGIC))
    if not magic:
        return None
    decompress = _decompressor(magic)
    if decompress is None:
        return read_record(window, at, max_bytes)
    data, end = decompress(window, at, max_bytes)
    if end is None:
        return Unit(at, None, [], read_header(data[:MAX_HEADER]))
    records, damages = parse_records(data)
    return Unit(at, end, records, damages=damages)


def skip_unit(window: ByteWindow, unit: Unit) -> int:
    """Read over a unit that is over the limit, without keeping it; return its end.

    Raises
    ------
    Damage
    """
    if unit.first is not None and window.peek(unit.start, len(WARC_MAGIC)) == WARC_MAGIC:
        return skip_record(window, unit.start, unit.first)
    return skip_member(window, unit.start)


def unit_records(stored: bytes) -> list[ArchiveRecord]:
    """Return the sound records of a unit that `read_unit` has found sound."""
    if stored.startswith(GZIP_MAGIC):
        with panics_as_errors():
            data = GzipReader(BytesIO(stored)).read()  # twice as fast as zlib
    elif stored.startswith(ZSTD_MAGIC):
        data = _zstd_decompress(stored, UNLIMITED)
    else:
        data = stored
    return parse_records(data)[0]


def has_large_members(window: ByteWindow, max_bytes: int) -> bool:
    """Tell whether the members of a compressed file are too large to be units of its shards.

    They are if one member holds all records, or if the first members hold several records each
    and more than `max_bytes` bytes. Damaged members are counted by their readable beginnings.
    """
    at = 0
    for _ in range(_SAMPLED_MEMBERS):
        if _decompressor(window.peek(at, len(ZSTD_MAGIC))) is None:
            return False
        data, end = _read_beginning(window, at, max_bytes)
        try:
            header = read_header(data[:MAX_HEADER])
        except Damage:
            several = False
        else:
            several = data[header.size + header.length :].lstrip(PADDING).startswith(WARC_MAGIC)
        if end is None:
            return several
        at = skip_padding(window, end)
        if several:
            return not window.peek(at, 1)
    return False


def is_unit_start(window: ByteWindow, at: int) -> bool:
    """Tell whether a record, or a member that holds one, begins at `at`."""
    magic = window.peek(at, len(ZSTD_MAGIC))
    try:
        if magic.startswith(GZIP_MAGIC):
            # A damage further on does not matter here: it is found when the member is read.
            stored = window.peek(at, 1 << 10)
            first = zlib.decompressobj(wbits=31).decompress(stored, len(WARC_MAGIC))
        elif magic == ZSTD_MAGIC:
            first = _zstd_decompress(window.peek(at, _FIRST_BLOCK), len(WARC_MAGIC))
        else:
            return is_record_start(window, at)
    except (OSError, zlib.error):
        return False
    return first == WARC_MAGIC


def skip_member(window: ByteWindow, at: int) -> int:
    """Read over a member without keeping it; return its end."""
    if window.peek(at, len(GZIP_MAGIC)) == GZIP_MAGIC:
        return _gzip_decompress(window, at)
    return _end_of_frame(window, at)


def _decompressor(magic: bytes) -> Callable[[ByteWindow, int, int], MemberContent] | None:
    if magic.startswith(GZIP_MAGIC):
        return _read_gzip
    return _read_zstd if magic == ZSTD_MAGIC or magic[1:] == _SKIPPABLE else None


def _read_gzip(window: ByteWindow, at: int, max_bytes: int) -> MemberContent:
    content = _Content(max_bytes)
    end = _gzip_decompress(window, at, content.add)
    return MemberContent(bytes(content.data), None if end < 0 else end)


def _read_beginning(window: ByteWindow, at: int, max_bytes: int) -> MemberContent:
    """Return the readable content of a member; its end is None where that is not all of it."""
    content = _Content(max_bytes)
    end = -1
    with suppress(Damage, OSError):
        if window.peek(at, len(GZIP_MAGIC)) == GZIP_MAGIC:
            end = _gzip_decompress(window, at, content.add)
        else:
            end = _end_of_frame(window, at, 2 * max_bytes)
    if window.peek(at, len(ZSTD_MAGIC)) == ZSTD_MAGIC:
        with suppress(OSError):
            for piece in _iter_zstd(window.peek(at, 2 * max_bytes if end < 0 else end - at)):
                if not content.add(piece, 0):
                    break
    is_whole = end >= 0 and len(content.data) <= max_bytes
    return MemberContent(bytes(content.data), end if is_whole else None)


class _Content:
    """The decompressed bytes of a member, up to a limit."""

    def __init__(self, max_bytes: int) -> None:
        self.data = bytearray()
        self.max_bytes = max_bytes

    def add(self, data: bytes, read: int) -> bool:
        """Add decompressed bytes; return whether more are wanted, after `read` stored ones."""
        self.data += data
        # A member may have many stored bytes that hold nothing.
        return len(self.data) <= self.max_bytes and read <= 2 * self.max_bytes + READ_SIZE


def _gzip_decompress(
    window: ByteWindow, at: int, add: Callable[[bytes, int], bool] | None = None
) -> int:
    """Decompress a member; return its end, or -1 where `add` wants no more of it."""
    decompressor = zlib.decompressobj(wbits=31)
    start = at
    while not decompressor.eof:
        stored = window.peek(at, READ_SIZE)
        at += len(stored)
        ended = not stored
        while not decompressor.eof:
            try:
                data = decompressor.decompress(stored, 4 * READ_SIZE)
            except zlib.error:
                raise Damage(WRONG_BYTES) from None
            if add is not None and not add(data, at - start):
                return -1
            stored = decompressor.unconsumed_tail
            if not stored and not data:
                break
        if ended and not decompressor.eof:
            raise Damage(BREAKS_OFF)
    return at - len(decompressor.unused_data)


def _read_zstd(window: ByteWindow, at: int, max_bytes: int) -> MemberContent:
    end = _end_of_frame(window, at, 2 * max_bytes + _FIRST_BLOCK)
    if window.peek(at + 1, len(_SKIPPABLE)) == _SKIPPABLE:
        return MemberContent(b"", end)
    size, wanted = (_FIRST_BLOCK, MAX_HEADER) if end < 0 else (end - at, max_bytes + 1)
    try:
        data = _zstd_decompress(window.peek(at, size), wanted)
    except OSError:
        raise Damage(WRONG_BYTES) from None
    return MemberContent(data, None if end < 0 or len(data) > max_bytes else end)


def _zstd_decompress(stored: bytes, size: int) -> bytes:
    """Return the first bytes of a frame's content, at most `size`.

    Raises
    ------
    OSError
        If it is damaged before them.
    """
    data = bytearray()
    for piece in _iter_zstd(stored):
        data += piece
        if len(data) >= size:
            break
    return bytes(data[:size])


def _iter_zstd(stored: bytes) -> Iterator[bytes]:
    with pa.CompressedInputStream(pa.BufferReader(stored), "zstd") as file:
        while piece := file.read(READ_SIZE):
            yield piece


def _end_of_frame(window: ByteWindow, at: int, max_size: int | None = None) -> int:
    """Return the end of a Zstandard frame, or -1 where that is more than `max_size` bytes on.

    No library tells it without decompressing. The format is that of RFC 8878, section 3.1.1.
    """
    start = at
    header = _read_exactly(window, at, 8)
    if header[1:4] == _SKIPPABLE:
        return at + 8 + int.from_bytes(header[4:8], "little")
    flags = header[4]
    single = flags >> 5 & 1
    dictionary = (0, 1, 2, 4)[flags & 3]
    content = (single, 2, 4, 8)[flags >> 6]
    at += 5 + (1 - single) + dictionary + content
    last = False
    while not last:
        block = int.from_bytes(_read_exactly(window, at, 3), "little")
        last, kind = bool(block & 1), block >> 1 & 3
        if kind == _RESERVED:
            raise Damage(WRONG_BYTES)
        at += 3 + (1 if kind == _REPEATED else block >> 3)
        if max_size is not None and at - start > max_size:
            return -1
    at += 4 * (flags >> 2 & 1)
    _read_exactly(window, at - 1, 1)
    return at


def _read_exactly(window: ByteWindow, at: int, size: int) -> bytes:
    data = window.peek(at, size)
    if len(data) < size:
        raise Damage(BREAKS_OFF)
    return data
