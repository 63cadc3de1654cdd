"""JSON Lines, JSON arrays, CSV and Parquet: cut into shards, and read into pages and comments."""

import errno
import json
from collections.abc import Iterator
from io import BytesIO
from typing import IO, Any

import pyarrow as pa
import pyarrow.parquet as pq

from moderation.batch.fields import Columns, RowReader, malformed
from moderation.batch.formats import BEGINNING, decoded_start, is_utf16
from moderation.batch.sources import Source, decompressed
from moderation.batch.types import (
    Failure,
    FailureReason,
    PageRecord,
    Records,
    Shard,
    ShardFormat,
    ShardLimits,
    SkipReason,
)
from moderation.csv_rows import CSVFormat, delimiter_of, iter_csv, split_header
from moderation.json_values import read_json_values
from moderation.rows import InvalidRow, parse_object, read_lines

LINE_OVERHEAD = 1 << 16
"""Bytes that a line may have besides its page."""

_UNREADABLE = object()


def max_line_bytes(page_bytes: int) -> int:
    """Return the most bytes of a line whose page is within the limit: escapes may double it."""
    return 2 * page_bytes + LINE_OVERHEAD


def cut_lines(source: Source, limits: ShardLimits) -> Iterator[Shard]:
    """Cut a file of lines at the ends of lines.

    Of a line that is too long to be a page only the beginning is kept, so that one line cannot fill
    the memory; `read_json_shard` recognises it by its length.

    Raises
    ------
    Exception
        Whatever stops the reading of the file before its end; the lines before are yielded first.
    """
    with source.open() as stored, decompressed(stored, source.packed_name) as file:
        lines: list[bytes] = []
        start = position = size = read = 0
        try:
            for line in read_lines(file, max_line_bytes(limits.page_bytes)):
                lines.append(line.data if line.data.endswith(b"\n") else line.data + b"\n")
                position += line.length
                size += len(lines[-1])
                if len(lines) >= limits.rows or size >= limits.bytes:
                    yield _shard_of_lines(source, lines, start, position, stored.tell() - read)
                    start, read, lines, size = position, stored.tell(), [], 0
        except Exception:
            # The lines before the damage are sound.
            if lines:
                yield _shard_of_lines(source, lines, start, position, 0)
            raise
        if lines:
            yield _shard_of_lines(source, lines, start, position, stored.tell() - read)
        if not position and file is not stored and not source.size():
            # The gzip reader takes an empty file for an empty text, and raises nothing.
            raise EOFError


def _shard_of_lines(source: Source, lines: list[bytes], start: int, end: int, size: int) -> Shard:
    return Shard(
        number=0,
        format=ShardFormat.LINES,
        source=source.name,
        start=start,
        end=end,
        size=size,
        records=len(lines),
        data=b"".join(lines),
    )


def cut_csv(source: Source, limits: ShardLimits, columns: Columns) -> Iterator[Shard]:
    """Cut a CSV file with a header into runs of rows; only the columns that are needed are kept.

    A row that cannot be read is a failure. So is the whole file if it lacks a column.

    Raises
    ------
    Exception
        Whatever stops the reading of the file before its end; the rows before are yielded first.
    """
    with source.open_decompressed() as file:
        beginning = file.read(BEGINNING)
    if is_utf16(beginning):
        message = "It is UTF-16, and not UTF-8. Save it as CSV in UTF-8."
        yield Shard.of_failure(source.name, 0, FailureReason.UNSUPPORTED, message)
        return
    start = decoded_start(beginning)
    delimiter = delimiter_of(start, [*columns.required, *columns.text_names])
    names = split_header(start, delimiter)
    renamed = columns.rename(names)
    complaint = columns.complaint(renamed)
    if complaint is not None:
        message = f"{complaint} A CSV file begins with a line that names its columns."
        yield Shard.of_failure(source.name, 1, FailureReason.MALFORMED, message)
        return
    wanted = {names[number]: renamed[number] for number in columns.wanted(renamed)}
    with source.open() as stored, decompressed(stored, source.packed_name) as file:
        builder = _RowShards(source, stored, limits)
        try:
            form = CSVFormat(delimiter)
            for row in iter_csv(file, form=form, max_bytes=max_line_bytes(limits.page_bytes)):
                if isinstance(row, InvalidRow):
                    message = f"Line {row.line}: {row.message} {row.remedy}".strip()
                    yield from builder.fail(malformed(source.name, row.line, message))
                else:
                    values = {new: row.values[old] for old, new in wanted.items()}
                    yield from builder.add(row.line, json.dumps(values).encode())
        except InvalidRow as error:
            yield from builder.fail(malformed(source.name, 1, f"{error.message} {error.remedy}"))
        except Exception:
            yield from builder.flush()
            raise
        yield from builder.flush()


def cut_json(source: Source, limits: ShardLimits) -> Iterator[Shard]:
    """Cut a JSON file into runs of the elements of its array, or of the values in it.

    Raises
    ------
    Exception
        Whatever stops the reading of the file before its end; the values before are yielded first.
    """
    with source.open() as stored, decompressed(stored, source.packed_name) as file:
        builder = _RowShards(source, stored, limits)
        try:
            for value in read_json_values(file, max_line_bytes(limits.page_bytes)):
                # Between the tokens of JSON a line end means no more than a blank.
                data = value.data.replace(b"\n", b" ").replace(b"\r", b" ")
                yield from builder.add(value.number - 1, data)
        except Exception:
            yield from builder.flush()
            raise
        yield from builder.flush()


class _RowShards:
    """Gathers rows, each behind its position, until they fill a shard."""

    def __init__(self, source: Source, stored: IO[bytes], limits: ShardLimits) -> None:
        self.source = source
        self.stored = stored
        self.limits = limits
        self.read = self.start = self.end = 0
        self._clear()

    def _clear(self) -> None:
        self.rows: list[bytes] = []
        self.failures: list[Failure] = []
        self.bytes = 0

    def add(self, position: int, data: bytes) -> Iterator[Shard]:
        self.rows.append(b"%d %b\n" % (position, data))
        self.bytes += len(self.rows[-1])
        yield from self._flush_if_full(position)

    def fail(self, failure: Failure) -> Iterator[Shard]:
        self.failures.append(failure)
        yield from self._flush_if_full(failure.position or 0)

    def _flush_if_full(self, position: int) -> Iterator[Shard]:
        self.end = position + 1
        full = len(self.rows) + len(self.failures) >= self.limits.rows
        if full or self.bytes >= self.limits.bytes:
            yield from self.flush()

    def flush(self) -> Iterator[Shard]:
        if not self.rows and not self.failures:
            return
        before, self.read = self.read, self.stored.tell()
        yield Shard(
            number=0,
            format=ShardFormat.ROWS,
            source=self.source.name,
            start=self.start,
            end=self.end,
            size=self.read - before,
            records=len(self.rows),
            data=b"".join(self.rows),
            failures=tuple(self.failures),
        )
        self.start = self.end
        self._clear()


def cut_table(source: Source, limits: ShardLimits, columns: Columns) -> Iterator[Shard]:
    """Cut a Parquet file into runs of rows; only the columns that are needed are read.

    A file that lacks a column is a failure.

    Raises
    ------
    OSError
        If the file cannot be read to its end; the shards before are yielded first.
    """
    with source.open() as file:
        try:
            yield from _cut_rows(source, file, limits, columns)
        except Exception as error:
            if isinstance(error, OSError) and error.errno:
                raise
            # Of a damaged file the reader raises almost anything, with bytes of it in the message.
            raise OSError(errno.EINVAL, "It is no Parquet file, or a damaged one") from None


def _cut_rows(
    source: Source, file: IO[bytes], limits: ShardLimits, columns: Columns
) -> Iterator[Shard]:
    table = pq.ParquetFile(file, memory_map=False, pre_buffer=False)
    names = table.schema_arrow.names
    renamed = columns.rename(names)
    complaint = columns.complaint(renamed)
    if complaint is not None:
        yield Shard.of_failure(source.name, 0, FailureReason.MALFORMED, complaint)
        return
    wanted = [names[number] for number in columns.wanted(renamed)]
    new_names = dict(zip(names, renamed, strict=True))
    rows = table.metadata.num_rows
    total_bytes = sum(
        table.metadata.row_group(group).total_byte_size for group in range(table.num_row_groups)
    )
    row_bytes = max(1, total_bytes // max(1, rows))
    batch_rows = max(1, min(limits.rows, limits.bytes // row_bytes))
    size = source.size()
    start = 0
    for batch in table.iter_batches(batch_rows, columns=wanted):
        end = start + len(batch)
        batch = batch.rename_columns([new_names[name] for name in batch.schema.names])  # noqa: PLW2901
        yield Shard(
            number=0,
            format=ShardFormat.TABLE,
            source=source.name,
            start=start,
            end=end,
            size=size * end // rows - size * start // rows,
            records=len(batch),
            data=_arrow_stream(batch),
        )
        start = end
    if start < rows:
        raise EOFError


def _arrow_stream(batch: pa.RecordBatch) -> bytes:
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, batch.schema) as writer:
        writer.write_batch(batch)
    data: bytes = sink.getvalue().to_pybytes()
    return data


def read_json_shard(shard: Shard, reader: RowReader) -> Records:
    """Yield the page or the comment of each line; blank lines are skipped.

    Positions are bytes, of compressed files the decompressed ones. Behind a line that is far too
    long, of which only the beginning was kept, they are too small until the shard's end.
    """
    position = shard.start
    for line in BytesIO(shard.data):
        yield _read_line(line, shard.source, position, reader)
        position += len(line)


def read_row_shard(shard: Shard, reader: RowReader) -> Records:
    """Yield the page or the comment of each row of CSV, or of each element of a JSON array.

    Positions are lines of CSV, from 1, and numbers of elements, from 0.
    """
    for line in BytesIO(shard.data):
        position, _, data = line.partition(b" ")
        yield _read_line(data, shard.source, int(position), reader)


def _read_line(
    line: bytes, source: str, position: int, reader: RowReader
) -> PageRecord | Failure | SkipReason:
    if not line.strip():
        return SkipReason.BLANK
    if len(line) > max_line_bytes(reader.page_bytes):
        return reader.too_large(source, position)
    try:
        row = parse_object(line)
    except ValueError:
        return malformed(source, position, "It is no JSON object in UTF-8.")
    return reader.read(row, source, position)


def read_table_shard(shard: Shard, reader: RowReader) -> Records:
    """Yield the page or the comment of each row; positions are the rows' numbers, from 0."""
    with pa.ipc.open_stream(pa.BufferReader(shard.data)) as stream:
        rows = (row for batch in stream for row in _iter_rows(batch))
        for position, (row, unreadable) in enumerate(rows, shard.start):
            if unreadable:
                name = reader.name(row, shard.source)
                message = f"Row {position}: what is in the column `{unreadable}` cannot be read."
                yield malformed(name, position, message)
            else:
                yield reader.read(row, shard.source, position)


def _iter_rows(batch: pa.RecordBatch) -> Iterator[tuple[dict[str, Any], str | None]]:
    """Yield each row, with the name of a column whose value there Python cannot represent."""
    columns = [_readable_timestamps(column) for column in batch.columns]
    names = batch.schema.names
    try:
        values = [column.to_pylist() for column in columns]
    except (ValueError, ArithmeticError, pa.ArrowException):
        # Some rows hold text that is not UTF-8, or a date past the year 9999.
        values = [[_value(cell) for cell in column] for column in columns]
    for number in range(len(batch)):
        row = {name: column[number] for name, column in zip(names, values, strict=True)}
        unreadable = next((name for name, value in row.items() if value is _UNREADABLE), None)
        yield {k: v for k, v in row.items() if v is not _UNREADABLE}, unreadable


def _readable_timestamps(column: pa.Array) -> pa.Array:
    """Return a column with timestamps that Python can hold: microseconds, in a known time zone."""
    kind = column.type
    if not pa.types.is_timestamp(kind):
        return column
    zone = kind.tz
    if zone is not None:
        try:
            pa.lib.string_to_tzinfo(zone)
        except (ValueError, KeyError, pa.ArrowException):
            zone = "UTC"
    # Seconds and milliseconds of a far future overflow as microseconds; they are unreadable then.
    unit = "us" if kind.unit == "ns" else kind.unit
    return column.cast(pa.timestamp(unit, tz=zone), safe=False)


def _value(cell: pa.Scalar) -> Any:
    try:
        return cell.as_py()
    except (ValueError, ArithmeticError, pa.ArrowException):
        return _UNREADABLE
