"""Inputs -> shards, in one pass and with no more in memory than a shard."""

import errno
from collections.abc import Iterator
from dataclasses import replace
from itertools import count
from typing import IO, NamedTuple

import pyarrow as pa
import pyarrow.parquet as pq

from moderation.batch.sources import FileKind, Inputs, Source, find_sources, is_damage, unpacked
from moderation.batch.types import (
    KNOWN_FIELDS,
    Cut,
    Failure,
    FailureReason,
    PageFile,
    Shard,
    ShardFormat,
)
from moderation.batch.warc import cut_warc
from moderation.errors import ModerationError
from moderation.rows import read_lines

# FOLDED lines: JSON Lines -> shards, cut at the ends of lines.

OVERHEAD = 1 << 16
"""Bytes that a line may have besides its page."""


def longest_line(limit: int) -> int:
    """Return the most bytes of a line whose page is within the limit: escapes may double it."""
    return 2 * limit + OVERHEAD


def cut_lines(source: Source, cut: Cut) -> Iterator[Shard]:
    """Cut a file of lines.

    Of a line that is too long to be a page the beginning alone is kept, so that one line cannot
    fill the memory; whoever reads the shard sees that it is too long.

    Raises
    ------
    Exception
        Whatever ends the reading of the file before its end; the lines before are yielded first.
    """
    with source.open() as stored, unpacked(stored, source.name) as file:
        kept: list[bytes] = []
        start = position = held = read = 0
        try:
            for line in read_lines(file, longest_line(cut.limit)):
                kept.append(line.data if line.data.endswith(b"\n") else line.data + b"\n")
                position += line.length
                held += len(kept[-1])
                if len(kept) >= cut.rows or held >= cut.bytes:
                    yield _shard(source, kept, start, position, stored.tell() - read)
                    start, read, kept, held = position, stored.tell(), [], 0
        except Exception:
            # The lines before the damage are sound.
            if kept:
                yield _shard(source, kept, start, position, 0)
            raise
        if kept:
            yield _shard(source, kept, start, position, stored.tell() - read)
        if not position and file is not stored and not source.size():
            # Of nothing at all gzip's reader makes nothing, without a word.
            raise EOFError


def _shard(source: Source, kept: list[bytes], start: int, end: int, size: int) -> Shard:
    return Shard(
        number=0,
        form=ShardFormat.LINES,
        source=source.name,
        start=start,
        end=end,
        size=size,
        records=len(kept),
        data=b"".join(kept),
    )


# FOLDED table: Parquet -> shards of rows, as Arrow streams.


def cut_table(source: Source, cut: Cut) -> Iterator[Shard]:
    """Cut a Parquet file into runs of rows; of its columns those are read that are known.

    Raises
    ------
    OSError
        If the file cannot be read to its end; the shards before are yielded first.
    """
    with source.open() as file:
        try:
            yield from _cut(source, file, cut)
        except Exception as error:
            if isinstance(error, OSError) and error.errno:
                raise
            # Of a damaged file the reader raises almost anything, with bytes of it in the message.
            raise OSError(errno.EINVAL, "It is no Parquet file, or a damaged one") from None


def _cut(source: Source, file: IO[bytes], cut: Cut) -> Iterator[Shard]:
    table = pq.ParquetFile(file, memory_map=False, pre_buffer=False)
    columns = [name for name in table.schema_arrow.names if name in KNOWN_FIELDS]
    rows = table.metadata.num_rows
    unpacked = sum(
        table.metadata.row_group(group).total_byte_size for group in range(table.num_row_groups)
    )
    a_row = max(1, unpacked // max(1, rows))
    size = source.size()
    start = 0
    for batch in table.iter_batches(max(1, min(cut.rows, cut.bytes // a_row)), columns=columns):
        end = start + len(batch)
        yield Shard(
            number=0,
            form=ShardFormat.TABLE,
            source=source.name,
            start=start,
            end=end,
            size=size * end // rows - size * start // rows,
            records=len(batch),
            data=_stream(batch),
        )
        start = end
    if start < rows:
        raise EOFError


def _stream(batch: pa.RecordBatch) -> bytes:
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, batch.schema) as writer:
        writer.write_batch(batch)
    data: bytes = sink.getvalue().to_pybytes()
    return data


RAISE_LIMIT = "Raise the setting `max_page_bytes`, or leave it out."


class BatchPlan(NamedTuple):
    """What there is to do, and how it is cut."""

    inputs: Inputs
    cut: Cut

    def size(self) -> int:
        """Return the bytes of all inputs, as they are stored."""
        return sum(found.size() for found in find_sources(self.inputs) if isinstance(found, Source))

    def shards(self) -> Iterator[Shard]:
        """Read the inputs and yield them in pieces; the same inputs give the same pieces."""
        number = count()
        for shard in self._cut():
            yield replace(shard, number=next(number))

    def _cut(self) -> Iterator[Shard]:
        group = _ShardBuilder(self.cut)
        for found in find_sources(self.inputs):
            if isinstance(found, Source) and found.kind is FileKind.PAGE:
                yield from group.add(_page(found, self.cut.limit), found.name, found.size())
            elif isinstance(found, Failure):
                yield from group.add(found, found.page, 0)
            else:
                yield from group.flush()
                yield from _cut_source(found, self.cut)
        yield from group.flush()


class _ShardBuilder:
    """Gathers small files until they make a shard."""

    def __init__(self, cut: Cut) -> None:
        self.cut = cut
        self.first = 0
        self._empty()

    def _empty(self) -> None:
        self.source = ""
        self.files: list[PageFile] = []
        self.failures: list[Failure] = []
        self.held = self.size = 0

    def add(self, found: PageFile | Failure, name: str, size: int) -> Iterator[Shard]:
        self.source = self.source or name
        if isinstance(found, Failure):
            self.failures.append(found)
        else:
            self.files.append(found)
            self.held += len(found.data)
        self.size += size
        full = len(self.files) + len(self.failures) >= self.cut.pages
        if full or self.held >= self.cut.bytes:
            yield from self.flush()

    def flush(self) -> Iterator[Shard]:
        if not self.files and not self.failures:
            return
        end = self.first + len(self.files) + len(self.failures)
        yield Shard(
            number=0,
            form=ShardFormat.PAGES,
            source=self.source,
            start=self.first,
            end=end,
            size=self.size,
            records=len(self.files),
            files=tuple(self.files),
            failures=tuple(self.failures),
        )
        self.first = end
        self._empty()


def _page(source: Source, limit: int) -> PageFile | Failure:
    try:
        with source.plain() as file:
            data = file.read(limit + 1)
    except ModerationError:
        raise
    except Exception as error:  # noqa: BLE001  # whatever one file breaks, the others are read
        if is_damage(error):
            return Failure(source.name, FailureReason.DAMAGED, "The compressed file is damaged.")
        return _unreadable(source, error)
    if len(data) > limit:
        message = f"The file is over the limit of {limit} bytes. {RAISE_LIMIT}"
        return Failure(source.name, FailureReason.TOO_LARGE, message)
    return PageFile(source.name, data)


def _cut_source(source: Source, cut: Cut) -> Iterator[Shard]:
    """Cut one archive or table; what cannot be read of it ends it, and no other."""
    cutters = {FileKind.WARC: cut_warc, FileKind.LINES: cut_lines, FileKind.TABLE: cut_table}
    end = 0
    try:
        for shard in cutters[source.kind](source, cut):
            end = shard.end
            yield shard
    except ModerationError:
        raise
    except Exception as error:  # noqa: BLE001  # whatever one file breaks, the others are read
        failure = _unreadable(source, error)
        if is_damage(error):
            message = f"The file is damaged; it was read as far as position {end}."
            failure = Failure(source.name, FailureReason.DAMAGED, message, end)
        yield _lost(source, end, failure)


def _lost(source: Source, position: int, failure: Failure) -> Shard:
    return Shard(
        number=0,
        form=ShardFormat.PAGES,
        source=source.name,
        start=position,
        end=position,
        size=0,
        failures=(failure,),
    )


def _unreadable(source: Source, error: Exception) -> Failure:
    # `strerror` names what the file system says, and unlike the whole error never a text.
    cause = getattr(error, "strerror", None) or type(error).__name__
    message = f"The file cannot be read: {cause}."
    return Failure(source.name, FailureReason.UNREADABLE, message)
