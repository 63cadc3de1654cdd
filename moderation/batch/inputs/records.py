"""Records of a WARC file, and where the next one is behind a damage."""

import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from typing import IO, cast

from fastwarc.warc import ArchiveIterator, WarcRecord, WarcRecordType

from moderation.batch.inputs.window import Window

GZIP, ZSTD, PLAIN = b"\x1f\x8b\x08", b"\x28\xb5\x2f\xfd", b"WARC/"
STARTS = (GZIP, ZSTD, PLAIN)
"""What a record begins with."""
BLANK = b"\r\n\r\n"
DAMAGE = (OSError, EOFError, zlib.error)
HEAD = 1 << 16
"""Bytes in which a record's own headers end."""
MOST_TRIES = 1_000
"""Places behind a damage that are tried; a page full of what looks like records has no more."""


@contextmanager
def panics_as_errors() -> Iterator[None]:
    """Raise OSError where compiled code panics.

    A panic is no `Exception`, and would end the run for one damaged record.
    """
    try:
        yield
    except BaseException as error:
        if type(error).__name__ != "PanicException":
            raise
        raise OSError(0, "The reader of archives failed") from None


def records(file: object, kinds: WarcRecordType = WarcRecordType.any_type) -> Iterator[WarcRecord]:
    """Yield the records of a WARC file from where it stands.

    Raises
    ------
    OSError
        If one is damaged.
    """
    with panics_as_errors():
        # It takes whatever reads.
        yield from ArchiveIterator(cast("IO[bytes]", file), record_types=kinds, parse_http=False)


def end_of_record(window: Window, at: int) -> int | None:
    """Return where a record that is kept in the window ends; None where it is damaged."""
    kept = window.peek(at, window.end - at)
    try:
        record = next(records(BytesIO(kept)), None)
        if record is None or len(record.reader.read()) < record.content_length:
            return None
    except DAMAGE:
        return None
    if kept.startswith(PLAIN):
        head = kept.find(BLANK)
        return None if head < 0 else at + head + record.content_length + 2 * len(BLANK)
    return window.find(STARTS, at + 1) or window.end


def next_record(window: Window, start: int) -> int | None:
    """Return where the next record stands from `start` on, and put the window there.

    Raises
    ------
    OSError, EOFError
        If the file cannot be read on.
    """
    for _ in range(MOST_TRIES):
        start = max(start, window.start)
        while (found := window.find(STARTS, start)) is None:
            # A mark may stand across the end of what was read.
            start = max(start, window.end - len(PLAIN))
            if not window.more(1 << 16):
                return None
            window.take(start)
        if _is_record(window, found):
            window.take(found)
            window.rewind(found)
            return found
        start = found + 1
    return None


def _is_record(window: Window, at: int) -> bool:
    try:
        return next(records(BytesIO(window.peek(at, HEAD))), None) is not None
    except DAMAGE:
        return False
