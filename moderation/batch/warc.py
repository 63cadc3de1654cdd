"""WARC -> shards, cut between records: of a compressed file between its members."""

from collections.abc import Iterator
from pathlib import Path
from typing import IO

from moderation.batch.archive import (
    BREAKS_OFF,
    HEAD,
    PLAIN,
    ByteWindow,
    Damage,
    Unit,
    next_start,
    skip_between,
)
from moderation.batch.members import (
    GZIP,
    STARTS,
    TOO_MUCH,
    ZSTD,
    holds_many,
    is_start,
    read_unit,
    skip_unit,
)
from moderation.batch.sources import Source, is_damage, unpacked
from moderation.batch.types import Cut, Failure, FailureReason, Shard, ShardFormat, Skip
from moderation.text.validate import clean_text

ZSTD_DICTIONARY = b"\x5d\x2a\x4d\x18"


def cut_warc(source: Source, cut: Cut) -> Iterator[Shard]:
    """Cut a WARC file, plain or compressed with gzip or Zstandard.

    A damaged record is a failure, and reading goes on behind it where another record is found. An
    archive without a record is a failure too.

    Raises
    ------
    OSError
        If the file cannot be opened, or not be read to its end; the shards before are yielded
        first.
    """
    with source.open() as stored:
        packing, marks = _packing(stored, _most(cut))
        stored.seek(0)
        plain = not packing and marks == (PLAIN,) and isinstance(source.place, Path)
        window = ByteWindow(unpacked(stored, packing), seekable=plain)
        yield from _Cutter(source, stored, window, marks, cut).shards()


def _most(cut: Cut) -> int:
    """Return the bytes that a record or a member may hold to be kept in memory."""
    return max(cut.limit, cut.bytes) + HEAD


def _packing(stored: IO[bytes], most: int) -> tuple[str, tuple[bytes, ...]]:
    """Return the compression to undo before the file is cut, and the first bytes of its units.

    It is a file's name whose suffix tells the compression; an empty one says that the members of
    the file are units themselves.
    """
    head = stored.read(len(ZSTD))
    stored.seek(0)
    if head == ZSTD_DICTIONARY:
        return "whole.zst", (PLAIN,)
    mark = next((mark for mark in STARTS if head.startswith(mark)), None)
    if mark in {GZIP, ZSTD} and holds_many(ByteWindow(stored), most):
        return "whole.gz" if mark == GZIP else "whole.zst", (PLAIN,)
    return "", STARTS if mark is None else (mark,)


class _Cutter:
    """Reads a file once and keeps the bytes of the shard at hand."""

    def __init__(
        self,
        source: Source,
        stored: IO[bytes],
        window: ByteWindow,
        marks: tuple[bytes, ...],
        cut: Cut,
    ) -> None:
        self.source = source
        self.stored = stored
        self.cut = cut
        self.most = _most(cut)
        self.window = window
        self.marks = marks
        self.read = self.seen = 0
        self._empty()

    def _empty(self) -> None:
        self.records = self.pages = 0
        self.ends: list[int] = []
        self.failures: list[Failure] = []
        self.skipped: list[Skip] = []

    def shards(self) -> Iterator[Shard]:
        """Yield the file's shards, and in them a failure for each damage."""
        at: int | None = 0
        while at is not None:
            try:
                at = skip_between(self.window, at)
                unit = read_unit(self.window, at, self.most)
                if unit is None:
                    break
                yield from self._before(unit)
                at = self._skip(unit) if unit.end is None else unit.end
            except Damage as damage:
                yield from self._flush(at)
                at = self._damaged(damage, at)
        if at is None:
            # Nothing behind the last damage is a record.
            self.window.take(self.window.end)
        elif self.window.broken is not None and is_damage(self.window.broken):
            self._fail(Damage(BREAKS_OFF), at, None)
        elif not self.seen and self.window.broken is None:
            failure = Failure(
                self.source.name, FailureReason.EMPTY, "The archive holds no record.", 0
            )
            self.failures.append(failure)
        yield from self._flush(self.window.end)
        if self.window.broken is not None and not is_damage(self.window.broken):
            raise self.window.broken

    def _before(self, unit: Unit) -> Iterator[Shard]:
        """Cut before a unit, if it is time to."""
        full = self.pages >= self.cut.pages or unit.start - self.window.start >= self.cut.bytes
        if unit.end is None or full or len(self.failures) >= self.cut.pages:
            yield from self._flush(unit.start)
        if unit.end is not None:
            self.ends.append(unit.end - self.window.start)
        self.records += len(unit.records)
        self.seen += len(unit.records)
        self.pages += sum(found.head.is_page for found in unit.records)
        for damage in unit.damages:
            self._fail(damage, unit.start, unit.end)

    def _skip(self, unit: Unit) -> int:
        """Read over a unit that is too large, and say so; return where it ends."""
        self.window.skip(on=True)
        try:
            end = skip_unit(self.window, unit)
        finally:
            self.window.skip(on=False)
        self.window.take(end)
        head = unit.first
        if head is None or head.length <= self.most - HEAD:
            self._fail(Damage(TOO_MUCH), unit.start, end)
            return end
        self.seen += 1
        if head.is_page:
            message = f"The page has {head.length} bytes; the limit is {self.cut.limit}."
            name = clean_text(head.page or f"record at {unit.start}")
            failure = Failure(name, FailureReason.TOO_LARGE, message, unit.start)
            self.failures.append(failure)
        else:
            self.skipped.append(Skip.of(head.type))
        return end

    def _damaged(self, damage: Damage, at: int) -> int | None:
        """Note a damage, and put the window behind it; return where that is, or None at the end."""
        self.window.skip(on=True)
        onward = next_start(self.window, at + 1, self.marks, is_start)
        self.window.skip(on=False)
        if onward is not None:
            self.window.take(onward)
        if onward is not None or self.window.broken is None or is_damage(self.window.broken):
            self._fail(damage, at, onward)
        return onward

    def _fail(self, damage: Damage, at: int, onward: int | None) -> None:
        self.seen += 1
        rest = "the rest of it is not read" if onward is None else f"reading went on at {onward}"
        message = f"The archive's record at byte {at} {damage}; {rest}."
        name = self.source.name if damage.page is None else clean_text(damage.page)
        self.failures.append(Failure(name, FailureReason.DAMAGED, message, at))

    def _flush(self, end: int) -> Iterator[Shard]:
        start = self.window.start
        data = self.window.take(end)
        if not (self.records or self.failures or self.skipped):
            self._empty()
            return
        before, self.read = self.read, self.stored.tell()
        yield Shard(
            number=0,
            form=ShardFormat.WARC,
            source=self.source.name,
            start=start,
            end=end,
            size=self.read - before,
            records=self.records,
            data=data if self.records else b"",
            ends=tuple(self.ends) if self.records else (),
            failures=tuple(self.failures),
            skipped=tuple(self.skipped),
        )
        self._empty()
