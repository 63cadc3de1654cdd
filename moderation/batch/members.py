"""Members of a compressed WARC file: gzip's members and Zstandard's frames, of a record each."""

import zlib
from collections.abc import Callable, Iterator
from contextlib import suppress
from io import BytesIO
from typing import NamedTuple

import pyarrow as pa
from fastwarc.stream_io import GzipReader

from moderation.batch.archive import (
    ANY_SIZE,
    BETWEEN,
    BLOCK,
    BREAKS_OFF,
    HEAD,
    PLAIN,
    ArchiveRecord,
    ByteWindow,
    Damage,
    Unit,
    is_plain_start,
    read_head,
    read_record,
    records_in,
    skip_between,
    skip_record,
)
from moderation.batch.sources import panics_as_errors

GZIP, ZSTD = b"\x1f\x8b\x08", b"\x28\xb5\x2f\xfd"
STARTS = (GZIP, ZSTD, PLAIN)
"""The first bytes of a unit of an archive."""
WRONG_BYTES = "has wrong bytes inside"
TOO_MUCH = "holds more records in one compressed member than can be read at once"
_SKIPPABLE = b"\x2a\x4d\x18"
_FIRST_BLOCK = 1 << 18
"""Bytes in which the first block of a Zstandard frame ends, with room to spare."""
_LOOKED_AT = 3
_REPEATED, _RESERVED = 1, 3


class Unpacked(NamedTuple):
    """The content of a member and its end; None where it holds more than was asked for."""

    data: bytes
    end: int | None


def read_unit(window: ByteWindow, at: int, most: int) -> Unit | None:
    """Read the record, or the compressed member, that comes next.

    Parameters
    ----------
    window : ByteWindow
    at : int
        Where one begins, or the file ends.
    most : int
        Most bytes that it may hold; of one with more nothing but the first header is read.

    Returns
    -------
    Unit or None
        None at the end of the file.

    Raises
    ------
    Damage
    """
    mark = window.ahead(at, len(ZSTD))
    if not mark:
        return None
    unpack = _unpacker(mark)
    if unpack is None:
        return read_record(window, at, most)
    data, end = unpack(window, at, most)
    if end is None:
        return Unit(at, None, [], read_head(data[:HEAD]))
    found, damages = records_in(data)
    return Unit(at, end, found, damages=damages)


def skip_unit(window: ByteWindow, unit: Unit) -> int:
    """Read over a unit that is over the limit, without keeping it; return where it ends.

    Raises
    ------
    Damage
    """
    if unit.first is not None and window.ahead(unit.start, len(PLAIN)) == PLAIN:
        return skip_record(window, unit.start, unit.first)
    return skip_member(window, unit.start)


def records_of(stored: bytes) -> list[ArchiveRecord]:
    """Return the sound records of a unit that was read before, and is sound itself."""
    if stored.startswith(GZIP):
        with panics_as_errors():
            data = GzipReader(BytesIO(stored)).read()  # twice as quick as zlib
    elif stored.startswith(ZSTD):
        data = _unzstd(stored, ANY_SIZE)
    else:
        data = stored
    return records_in(data)[0]


def holds_many(window: ByteWindow, most: int) -> bool:
    """Tell whether a compressed file's members hold too many records to be cut between.

    So it is where a single member holds all of them, or the first ones hold more than `most`
    bytes. Damages are taken as they come.
    """
    at = 0
    for _ in range(_LOOKED_AT):
        if _unpacker(window.ahead(at, len(ZSTD))) is None:
            return False
        data, end = _beginning(window, at, most)
        try:
            head = read_head(data[:HEAD])
        except Damage:
            several = False
        else:
            several = data[head.size + head.length :].lstrip(BETWEEN).startswith(PLAIN)
        if end is None:
            return several
        at = skip_between(window, end)
        if several:
            return not window.ahead(at, 1)
    return False


def is_start(window: ByteWindow, at: int) -> bool:
    """Tell whether a record, or a member with one, begins there."""
    mark = window.ahead(at, len(ZSTD))
    try:
        if mark.startswith(GZIP):
            # A damage further on is no reason to take the member for none.
            first = zlib.decompressobj(wbits=31).decompress(window.ahead(at, 1 << 10), len(PLAIN))
        elif mark == ZSTD:
            first = _unzstd(window.ahead(at, _FIRST_BLOCK), len(PLAIN))
        else:
            return is_plain_start(window, at)
    except (OSError, zlib.error):
        return False
    return first == PLAIN


def skip_member(window: ByteWindow, at: int) -> int:
    """Read over a member without keeping it; return where it ends."""
    if window.ahead(at, len(GZIP)) == GZIP:
        return _gunzip(window, at)
    return _end_of_frame(window, at)


def _unpacker(mark: bytes) -> Callable[[ByteWindow, int, int], Unpacked] | None:
    if mark.startswith(GZIP):
        return _read_gzip
    return _read_zstd if mark == ZSTD or mark[1:] == _SKIPPABLE else None


def _read_gzip(window: ByteWindow, at: int, most: int) -> Unpacked:
    kept = bytearray()

    def keep(data: bytes, read: int) -> bool:
        nonlocal kept
        kept += data
        # A member may take many bytes to hold none.
        return len(kept) <= most and read <= 2 * most + BLOCK

    end = _gunzip(window, at, keep)
    return Unpacked(bytes(kept), None if end < 0 else end)


def _beginning(window: ByteWindow, at: int, most: int) -> Unpacked:
    """Return the readable content of a member; no end where that is not all."""
    kept = bytearray()

    def keep(data: bytes, read: int) -> bool:
        nonlocal kept
        kept += data
        return len(kept) <= most and read <= 2 * most + BLOCK

    end = -1
    with suppress(Damage, OSError):
        if window.ahead(at, len(GZIP)) == GZIP:
            end = _gunzip(window, at, keep)
        else:
            end = _end_of_frame(window, at, 2 * most)
    if window.ahead(at, len(ZSTD)) == ZSTD:
        with suppress(OSError):
            for piece in _pieces(window.ahead(at, 2 * most if end < 0 else end - at)):
                if not keep(piece, 0):
                    break
    return Unpacked(bytes(kept), end if end >= 0 and len(kept) <= most else None)


def _gunzip(window: ByteWindow, at: int, keep: Callable[[bytes, int], bool] | None = None) -> int:
    """Unpack a member; return where it ends, or -1 where `keep` wants no more of it."""
    unpack = zlib.decompressobj(wbits=31)
    start = at
    while not unpack.eof:
        stored = window.ahead(at, BLOCK)
        at += len(stored)
        ended = not stored
        while not unpack.eof:
            try:
                data = unpack.decompress(stored, 4 * BLOCK)
            except zlib.error:
                raise Damage(WRONG_BYTES) from None
            if keep is not None and not keep(data, at - start):
                return -1
            stored = unpack.unconsumed_tail
            if not stored and not data:
                break
        if ended and not unpack.eof:
            raise Damage(BREAKS_OFF)
    return at - len(unpack.unused_data)


def _read_zstd(window: ByteWindow, at: int, most: int) -> Unpacked:
    longest = 2 * most + _FIRST_BLOCK
    end = _end_of_frame(window, at, longest)
    if window.ahead(at + 1, len(_SKIPPABLE)) == _SKIPPABLE:
        return Unpacked(b"", end)
    size, wanted = (_FIRST_BLOCK, HEAD) if end < 0 else (end - at, most + 1)
    try:
        data = _unzstd(window.ahead(at, size), wanted)
    except OSError:
        raise Damage(WRONG_BYTES) from None
    return Unpacked(data, None if end < 0 or len(data) > most else end)


def _unzstd(stored: bytes, size: int) -> bytes:
    """Return the first bytes that a frame holds, at most `size`.

    Raises
    ------
    OSError
        If it is damaged before them.
    """
    data = bytearray()
    for piece in _pieces(stored):
        data += piece
        if len(data) >= size:
            break
    return bytes(data[:size])


def _pieces(stored: bytes) -> Iterator[bytes]:
    with pa.CompressedInputStream(pa.BufferReader(stored), "zstd") as file:
        while piece := file.read(BLOCK):
            yield piece


def _end_of_frame(window: ByteWindow, at: int, longest: int | None = None) -> int:
    """Return the end of a Zstandard frame, or -1 where that is more than `longest` bytes on.

    No reader tells it without unpacking. The format is that of RFC 8878, section 3.1.1.
    """
    start = at
    head = _exactly(window, at, 8)
    if head[1:4] == _SKIPPABLE:
        return at + 8 + int.from_bytes(head[4:8], "little")
    flags = head[4]
    single = flags >> 5 & 1
    dictionary = (0, 1, 2, 4)[flags & 3]
    content = (single, 2, 4, 8)[flags >> 6]
    at += 5 + (1 - single) + dictionary + content
    last = False
    while not last:
        block = int.from_bytes(_exactly(window, at, 3), "little")
        last, kind = bool(block & 1), block >> 1 & 3
        if kind == _RESERVED:
            raise Damage(WRONG_BYTES)
        at += 3 + (1 if kind == _REPEATED else block >> 3)
        if longest is not None and at - start > longest:
            return -1
    at += 4 * (flags >> 2 & 1)
    _exactly(window, at - 1, 1)
    return at


def _exactly(window: ByteWindow, at: int, size: int) -> bytes:
    data = window.ahead(at, size)
    if len(data) < size:
        raise Damage(BREAKS_OFF)
    return data
