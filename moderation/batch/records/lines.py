"""Lines of JSON and rows of tables -> the pages and comments in them."""

import json
from collections.abc import Iterator, Mapping
from io import BytesIO
from typing import Any

import pyarrow as pa

from moderation.batch.inputs.lines import longest_line
from moderation.batch.inputs.shard import Failure, Reason, Shard
from moderation.batch.records import fields
from moderation.batch.records.record import Media, Record, Records, clean


def read_lines(shard: Shard, limit: int) -> Records:
    """Yield the page or the comment of each line; blank lines are none.

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
        rows: Iterator[Mapping[str, Any]] = (row for b in stream for row in b.to_pylist())
        for position, row in enumerate(rows, shard.start):
            yield _record(row, shard.source, position, limit)


def _line(line: bytes, source: str, position: int, limit: int) -> Record | Failure | None:
    if not line.strip():
        return None
    if len(line) > longest_line(limit):
        return _large(source, position, limit)
    try:
        row = json.loads(line)
    except (ValueError, RecursionError):
        row = None
    if not isinstance(row, dict):
        return _malformed(source, position, "The line is no JSON object in UTF-8.")
    return _record(row, source, position, limit)


def _record(
    row: Mapping[str, Any], source: str, position: int, limit: int
) -> Record | Failure | None:
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
        return Record(name, position, media, data, charset, url)
    text = next((row[key] for key in fields.COMMENT if isinstance(row.get(key), str)), None)
    if text is None:
        wanted = ", ".join((*fields.HTML, *fields.PAGE_TEXT, *fields.COMMENT))
        return _malformed(name, position, f"It has none of the fields {wanted} with a text.")
    if len(text) > limit:
        return _large(name, position, limit)
    if not text.strip():
        return None
    return Record(
        name,
        position,
        Media.COMMENT,
        text=clean(text),
        author=_text(row, fields.AUTHOR),
        time=_text(row, fields.TIME),
        title=_text(row, fields.TITLE),
        permalink=_text(row, fields.PERMALINK),
    )


def _data(row: Mapping[str, Any], keys: tuple[str, ...]) -> bytes | None:
    for key in keys:
        value = row.get(key)
        if isinstance(value, str):
            return clean(value).encode()
        if isinstance(value, bytes):
            return value
    return None


def _text(row: Mapping[str, Any], keys: tuple[str, ...]) -> str | None:
    """Return the first field that is there, as text; a number or a moment is written out."""
    for key in keys:
        value = row.get(key)
        if isinstance(value, str) and value.strip():
            return clean(value)
        if value is not None and not isinstance(value, (str, bytes, dict, list, bool)):
            return value.isoformat() if hasattr(value, "isoformat") else str(value)
    return None


def _malformed(page: str, position: int, message: str) -> Failure:
    return Failure(page, Reason.MALFORMED, message, position)


def _large(page: str, position: int, limit: int) -> Failure:
    return Failure(page, Reason.TOO_LARGE, f"It is over {limit} bytes.", position)
