"""JSON Lines and Parquet: files cut into shards, and shards read into pages and comments."""

import errno
from collections.abc import Iterator, Mapping
from io import BytesIO
from typing import IO, Any

import pyarrow as pa
import pyarrow.parquet as pq

from moderation.batch.sources import Source, decompressed
from moderation.batch.types import (
    Failure,
    FailureReason,
    Media,
    PageRecord,
    Records,
    Shard,
    ShardFormat,
    ShardLimits,
    SkipReason,
)
from moderation.rows import parse_object, read_lines
from moderation.text.validate import clean_text

HTML_FIELDS = ("html",)
"""A page's HTML."""
TEXT_FIELDS = ("page_text",)
"""A page as plain text."""
COMMENT_FIELDS = ("text", "comment", "comment_text", "body", "content")
"""One passage, taken whole as a reader's comment."""
NAME_FIELDS = ("url", "page", "id")
"""The name, in the outputs, of the page or of the comment's page."""
AUTHOR_FIELDS = ("author", "user", "username")
TIME_FIELDS = ("time", "created_at", "date", "timestamp")
CHARSET_FIELDS = ("charset",)
TITLE_FIELDS = ("title",)
PERMALINK_FIELDS = ("permalink",)

KNOWN_FIELDS = frozenset(
    (
        *(*HTML_FIELDS, *TEXT_FIELDS, *COMMENT_FIELDS, *NAME_FIELDS, *AUTHOR_FIELDS),
        *(*TIME_FIELDS, *CHARSET_FIELDS, *TITLE_FIELDS, *PERMALINK_FIELDS),
    )
)
"""The fields of a line of JSON, or the columns of a table, that are read."""

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
    with source.open() as stored, decompressed(stored, source.name) as file:
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


def cut_table(source: Source, limits: ShardLimits) -> Iterator[Shard]:
    """Cut a Parquet file into runs of rows; only the columns in `KNOWN_FIELDS` are read.

    Raises
    ------
    OSError
        If the file cannot be read to its end; the shards before are yielded first.
    """
    with source.open() as file:
        try:
            yield from _cut_rows(source, file, limits)
        except Exception as error:
            if isinstance(error, OSError) and error.errno:
                raise
            # Of a damaged file the reader raises almost anything, with bytes of it in the message.
            raise OSError(errno.EINVAL, "It is no Parquet file, or a damaged one") from None


def _cut_rows(source: Source, file: IO[bytes], limits: ShardLimits) -> Iterator[Shard]:
    table = pq.ParquetFile(file, memory_map=False, pre_buffer=False)
    columns = [name for name in table.schema_arrow.names if name in KNOWN_FIELDS]
    rows = table.metadata.num_rows
    total_bytes = sum(
        table.metadata.row_group(group).total_byte_size for group in range(table.num_row_groups)
    )
    row_bytes = max(1, total_bytes // max(1, rows))
    batch_rows = max(1, min(limits.rows, limits.bytes // row_bytes))
    size = source.size()
    start = 0
    for batch in table.iter_batches(batch_rows, columns=columns):
        end = start + len(batch)
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


def read_json_shard(shard: Shard, page_bytes: int) -> Records:
    """Yield the page or the comment of each line; blank lines are skipped.

    Positions are bytes, of compressed files the decompressed ones. Behind a line that is far too
    long, of which only the beginning was kept, they are too small until the shard's end.
    """
    position = shard.start
    for line in BytesIO(shard.data):
        yield _read_line(line, shard.source, position, page_bytes)
        position += len(line)


def _read_line(
    line: bytes, source: str, position: int, page_bytes: int
) -> PageRecord | Failure | SkipReason:
    if not line.strip():
        return SkipReason.BLANK
    if len(line) > max_line_bytes(page_bytes):
        return _too_large(source, position, page_bytes)
    try:
        row = parse_object(line)
    except ValueError:
        return _malformed(source, position, "The line is no JSON object in UTF-8.")
    return _read_row(row, source, position, page_bytes)


def read_table_shard(shard: Shard, page_bytes: int) -> Records:
    """Yield the page or the comment of each row; positions are the rows' numbers, from 0."""
    with pa.ipc.open_stream(pa.BufferReader(shard.data)) as stream:
        rows = (row for batch in stream for row in _iter_rows(batch))
        for position, (row, unreadable) in enumerate(rows, shard.start):
            if unreadable:
                name = _text(row, NAME_FIELDS) or shard.source
                message = f"Row {position}: what is in the column `{unreadable}` cannot be read."
                yield _malformed(name, position, message)
            else:
                yield _read_row(row, shard.source, position, page_bytes)


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


def _read_row(
    row: Mapping[str, Any], source: str, position: int, page_bytes: int
) -> PageRecord | Failure | SkipReason:
    url = _text(row, ("url",))
    name = _text(row, NAME_FIELDS) or source
    html = _data(row, HTML_FIELDS)
    page = _data(row, TEXT_FIELDS) if html is None else None
    data = page if html is None else html
    if data is not None:
        if len(data) > page_bytes:
            return _too_large(name, position, page_bytes)
        media = Media.TEXT if html is None else Media.HTML
        # A string was decoded by the program that wrote it, and is UTF-8 whatever the page
        # declares.
        value = row[HTML_FIELDS[0] if html is not None else TEXT_FIELDS[0]]
        charset = "utf-8" if isinstance(value, str) else _text(row, CHARSET_FIELDS)
        return PageRecord(name, position, media, data, charset, url)
    text = next((row[key] for key in COMMENT_FIELDS if isinstance(row.get(key), str)), None)
    if text is None:
        wanted = ", ".join((*HTML_FIELDS, *TEXT_FIELDS, *COMMENT_FIELDS))
        return _malformed(name, position, f"It has none of the fields {wanted} with a text.")
    if len(text) > page_bytes:
        return _too_large(name, position, page_bytes)
    if not text.strip():
        return SkipReason.BLANK
    return PageRecord(
        name,
        position,
        Media.COMMENT,
        text=clean_text(text),
        author=_text(row, AUTHOR_FIELDS),
        time=_text(row, TIME_FIELDS),
        title=_text(row, TITLE_FIELDS),
        permalink=_text(row, PERMALINK_FIELDS),
    )


def _data(row: Mapping[str, Any], keys: tuple[str, ...]) -> bytes | None:
    for key in keys:
        value = row.get(key)
        if isinstance(value, str):
            return clean_text(value).encode()
        if isinstance(value, bytes):
            return value
    return None


def _text(row: Mapping[str, Any], keys: tuple[str, ...]) -> str | None:
    """Return the first field that has a value, as text; numbers and timestamps are written out."""
    for key in keys:
        value = row.get(key)
        if isinstance(value, str) and value.strip():
            return clean_text(value)
        if value is not None and not isinstance(value, (str, bytes, dict, list, bool)):
            return value.isoformat() if hasattr(value, "isoformat") else str(value)
    return None


def _malformed(page: str, position: int, message: str) -> Failure:
    return Failure(page, FailureReason.MALFORMED, message, position)


def _too_large(page: str, position: int, page_bytes: int) -> Failure:
    return Failure(page, FailureReason.TOO_LARGE, f"It is over {page_bytes} bytes.", position)
