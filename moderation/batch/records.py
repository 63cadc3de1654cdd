"""Lines of JSON and rows of tables -> the pages and comments in them."""

from collections.abc import Callable, Iterator, Mapping
from io import BytesIO
from typing import Any, NamedTuple

import pyarrow as pa

from moderation.batch import types as fields
from moderation.batch.archive import BETWEEN, ArchiveRecord, Head
from moderation.batch.http import Undecodable, decoded, media_of, read_response
from moderation.batch.members import records_of
from moderation.batch.shards import longest_line
from moderation.batch.types import (
    Failure,
    FailureReason,
    Media,
    PageRecord,
    Records,
    Shard,
    ShardFormat,
    Skip,
)
from moderation.rows import parse_object
from moderation.text.validate import clean_text

_UNREADABLE = object()


def read_lines(shard: Shard, limit: int) -> Records:
    """Yield the page or the comment of each line; blank lines are passed over.

    Positions are bytes, of compressed files the unpacked ones. Behind a line that is far too long,
    of which the beginning alone was kept, they are too small until the shard's end.
    """
    position = shard.start
    for line in BytesIO(shard.data):
        yield _line(line, shard.source, position, limit)
        position += len(line)


def read_table(shard: Shard, limit: int) -> Records:
    """Yield the page or the comment of each row; positions are the rows' numbers, from 0."""
    with pa.ipc.open_stream(pa.BufferReader(shard.data)) as stream:
        rows = (row for batch in stream for row in _rows(batch))
        for position, (row, unreadable) in enumerate(rows, shard.start):
            if unreadable:
                name = _text(row, fields.NAME) or shard.source
                message = f"Row {position}: what is in the column `{unreadable}` cannot be read."
                yield _malformed(name, position, message)
            else:
                yield _record(row, shard.source, position, limit)


def _rows(batch: pa.RecordBatch) -> Iterator[tuple[dict[str, Any], str | None]]:
    """Yield each row, and the name of a column in which it has what Python has no value for."""
    columns = [_moments(column) for column in batch.columns]
    names = batch.schema.names
    try:
        values = [column.to_pylist() for column in columns]
    except (ValueError, ArithmeticError, pa.ArrowException):
        # Text that is not UTF-8, a date past the year 9999: of a row here and there.
        values = [[_value(cell) for cell in column] for column in columns]
    for number in range(len(batch)):
        row = {name: column[number] for name, column in zip(names, values, strict=True)}
        unreadable = next((name for name, value in row.items() if value is _UNREADABLE), None)
        yield {k: v for k, v in row.items() if v is not _UNREADABLE}, unreadable


def _moments(column: pa.Array) -> pa.Array:
    """Return a column whose moments Python can hold: to the microsecond, in a zone it knows."""
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


def _line(line: bytes, source: str, position: int, limit: int) -> PageRecord | Failure | Skip:
    if not line.strip():
        return Skip.BLANK
    if len(line) > longest_line(limit):
        return _large(source, position, limit)
    try:
        row = parse_object(line)
    except ValueError:
        return _malformed(source, position, "The line is no JSON object in UTF-8.")
    return _record(row, source, position, limit)


def _record(
    row: Mapping[str, Any], source: str, position: int, limit: int
) -> PageRecord | Failure | Skip:
    url = _text(row, ("url",))
    name = _text(row, fields.NAME) or source
    html = _data(row, fields.HTML)
    page = _data(row, fields.PAGE_TEXT) if html is None else None
    data = page if html is None else html
    if data is not None:
        if len(data) > limit:
            return _large(name, position, limit)
        media = Media.TEXT if html is None else Media.HTML
        # A string was decoded by whoever wrote it, and is UTF-8 whatever the page says.
        given = row[fields.HTML[0] if html is not None else fields.PAGE_TEXT[0]]
        charset = "utf-8" if isinstance(given, str) else _text(row, fields.CHARSET)
        return PageRecord(name, position, media, data, charset, url)
    text = next((row[key] for key in fields.COMMENT if isinstance(row.get(key), str)), None)
    if text is None:
        wanted = ", ".join((*fields.HTML, *fields.PAGE_TEXT, *fields.COMMENT))
        return _malformed(name, position, f"It has none of the fields {wanted} with a text.")
    if len(text) > limit:
        return _large(name, position, limit)
    if not text.strip():
        return Skip.BLANK
    return PageRecord(
        name,
        position,
        Media.COMMENT,
        text=clean_text(text),
        author=_text(row, fields.AUTHOR),
        time=_text(row, fields.TIME),
        title=_text(row, fields.TITLE),
        permalink=_text(row, fields.PERMALINK),
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
    """Return the first field that is there, as text; a number or a moment is written out."""
    for key in keys:
        value = row.get(key)
        if isinstance(value, str) and value.strip():
            return clean_text(value)
        if value is not None and not isinstance(value, (str, bytes, dict, list, bool)):
            return value.isoformat() if hasattr(value, "isoformat") else str(value)
    return None


def _malformed(page: str, position: int, message: str) -> Failure:
    return Failure(page, FailureReason.MALFORMED, message, position)


def _large(page: str, position: int, limit: int) -> Failure:
    return Failure(page, FailureReason.TOO_LARGE, f"It is over {limit} bytes.", position)


# FOLDED warc: WARC records -> the pages in them.

MEDIA = {
    "text/html": Media.HTML,
    "application/xhtml+xml": Media.HTML,
    "text/plain": Media.TEXT,
    "": Media.UNTOLD,
}
OK = 200


def read_warc(shard: Shard, limit: int) -> Records:
    """Yield what each record of WARC is; redirects, errors, pictures and the like are no pages.

    Damaged records were counted by whoever cut the shard, and are passed over.
    """
    start = 0
    for end in shard.ends:
        stored = shard.data[start:end].lstrip(BETWEEN)
        for found in records_of(stored):
            yield _read(found, shard.start + end - len(stored), limit)
        start = end


def _read(found: ArchiveRecord, position: int, limit: int) -> PageRecord | Failure | Skip:
    head = found.head
    if not head.is_page:
        return Skip.of(head.type)
    url = clean_text(head.page) if head.page else None
    name = url or f"record at {position}"
    try:
        page = _page(found, limit)
    except Undecodable as error:
        return Failure(name, FailureReason.DAMAGED, f"The page's body {error}.", position)
    if isinstance(page, Skip):
        return page
    if len(page.data) > limit:
        return Failure(name, FailureReason.TOO_LARGE, f"The page is over {limit} bytes.", position)
    return PageRecord(name, position, page.media, page.data, page.charset, url)


class _Page(NamedTuple):
    media: Media
    data: bytes
    charset: str | None = None


def _page(found: ArchiveRecord, limit: int) -> _Page | Skip:
    head, block = found
    if head.type == "conversion":
        return _Page(Media.TEXT, block)
    if not _is_http(head):
        media = MEDIA.get(media_of(head.fields))
        return Skip.MEDIA if media is None else _Page(media, block)
    response = read_response(block)
    if response.status != OK:
        return Skip.STATUS
    media = MEDIA.get(response.media)
    if media is None:
        return Skip.MEDIA
    return _Page(media, decoded(response, limit), response.charset)


def _is_http(head: Head) -> bool:
    return media_of(head.fields) in {"application/http", ""} and head.type == "response"


# FOLDED read: A shard -> its records, by its form.

HTML_SUFFIXES = (".html", ".htm", ".xhtml")


def read_records(shard: Shard, limit: int) -> Records:
    """Yield what a shard holds.

    Parameters
    ----------
    shard : Shard
    limit : int
        Most bytes of a page; one that has more is a failure.
    """
    return _READERS[shard.form](shard, limit)


def _read_pages(shard: Shard, limit: int) -> Records:  # noqa: ARG001  # the file was cut to it
    for number, file in enumerate(shard.files):
        name = file.name.lower()
        stem = name.rpartition(".")[0] if name.endswith((".gz", ".bz2", ".xz", ".zst")) else name
        media = Media.HTML if stem.endswith(HTML_SUFFIXES) else Media.UNTOLD
        url = file.name if "://" in file.name else None
        yield PageRecord(file.name, shard.start + number, media, file.data, url=url)


_READERS: dict[ShardFormat, Callable[[Shard, int], Records]] = {
    ShardFormat.PAGES: _read_pages,
    ShardFormat.WARC: read_warc,
    ShardFormat.LINES: read_lines,
    ShardFormat.TABLE: read_table,
}
