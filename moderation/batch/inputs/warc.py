"""WARC -> shards, cut between records: of a compressed file between its members."""

from collections.abc import Iterator
from typing import IO

from fastwarc.warc import WarcRecord, WarcRecordType

from moderation.batch.inputs.files import Source, unpacked
from moderation.batch.inputs.records import (
    DAMAGE,
    GZIP,
    STARTS,
    ZSTD,
    end_of_record,
    next_record,
    records,
)
from moderation.batch.inputs.shard import Cut, Failure, Form, Reason, Shard
from moderation.batch.inputs.window import TAIL, Window

PAGES = WarcRecordType.response | WarcRecordType.resource | WarcRecordType.conversion
ZSTD_DICTIONARY = b"\x5d\x2a\x4d\x18"


def cut_warc(source: Source, cut: Cut) -> Iterator[Shard]:
    """Cut a WARC file, plain or compressed with gzip or Zstandard.

    A damaged record is a failure, and reading goes on behind it where another record is found.

    Raises
    ------
    OSError
        If the file cannot be opened.
    """
    with source.open() as stored:
        packing = _whole(stored)
        stored.seek(0)
        yield from _Cutter(source, stored, unpacked(stored, packing), cut).shards()


def _whole(stored: IO[bytes]) -> str:
    """Return a name for a compression without places to cut: its records are no members of it."""
    head = stored.read(4)
    stored.seek(0)
    if head == ZSTD_DICTIONARY:
        return "whole.zst"
    if not head.startswith((GZIP, ZSTD)):
        return ""
    try:
        positions = (record.stream_pos for record in records(stored))
        first, second = next(positions), next(positions)
    except (StopIteration, *DAMAGE):
        return ""
    stored.seek(second)
    if second != first and stored.read(4).startswith(STARTS):
        return ""
    return "whole.gz" if head.startswith(GZIP) else "whole.zst"


class _Cutter:
    """Reads a file once and keeps the bytes of the shard at hand."""

    def __init__(self, source: Source, stored: IO[bytes], file: IO[bytes], cut: Cut) -> None:
        self.source = source
        self.stored = stored
        self.cut = cut
        self.window = Window(file, 4 * (cut.bytes + cut.limit) + TAIL)
        self.pages = 0
        self.read = 0
        self.skipping = False

    def shards(self) -> Iterator[Shard]:
        """Yield the file's shards, and a failure for each damage."""
        begin: int | None = 0
        while begin is not None:
            last = begin
            try:
                for record in records(self.window):
                    last = record.stream_pos
                    yield from self._before(record, last)
            except DAMAGE:
                # What was read last is whole where the damage is in the head of the next.
                end = None if self.skipping else end_of_record(self.window, last)
                yield from self._flush(last if end is None else end)
                begin = self._next_record(last + 1 if end is None else end)
                at = self.window.end if begin is None else begin
                yield self._shard(at, at, failure=_damaged(self.source, last, begin))
            else:
                yield from self._flush(self.window.end)
                return

    def _before(self, record: WarcRecord, at: int) -> Iterator[Shard]:
        """Cut before a record, if it is time to; a record that is too large is left out."""
        if self.skipping:
            self.window.take(at)
        huge = record.content_length > self.cut.limit
        full = self.pages >= self.cut.pages or at - self.window.start >= self.cut.bytes
        if (huge or full) and self.window.peek(at, 5).startswith(STARTS):
            yield from self._flush(at)
        is_page = bool(record.record_type & PAGES)
        self.skipping = huge and self.window.start == at
        self.window.skip(on=self.skipping)
        if self.skipping and is_page:
            yield self._shard(at, at, failure=_too_large(record, at, self.cut.limit))
        self.pages += is_page

    def _flush(self, end: int) -> Iterator[Shard]:
        start = self.window.start
        data = self.window.take(end)
        if data and not self.skipping:
            yield self._shard(start, end, data=data)
        self.pages = 0

    def _shard(
        self, start: int, end: int, *, data: bytes = b"", failure: Failure | None = None
    ) -> Shard:
        before, self.read = self.read, self.stored.tell()
        return Shard(
            number=0,
            form=Form.WARC,
            source=self.source.name,
            start=start,
            end=end,
            size=self.read - before,
            data=data,
            failures=(failure,) if failure else (),
        )

    def _next_record(self, start: int) -> int | None:
        """Return where the next record stands behind a damage, and put the window there."""
        self.skipping = False
        self.window.skip(on=True)
        try:
            return next_record(self.window, start)
        except DAMAGE:
            return None
        finally:
            self.window.skip(on=False)


def _damaged(source: Source, at: int, onward: int | None) -> Failure:
    rest = "the rest of it is not read" if onward is None else f"reading went on at {onward}"
    message = f"The archive is damaged at byte {at}; {rest}."
    return Failure(source.name, Reason.DAMAGED, message, at)


def _too_large(record: WarcRecord, at: int, limit: int) -> Failure:
    page = record.headers.get("WARC-Target-URI") or "page without an address"
    message = f"The page has {record.content_length} bytes; the limit is {limit}."
    return Failure(page, Reason.TOO_LARGE, message, at)
