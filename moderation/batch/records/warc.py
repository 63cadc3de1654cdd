"""WARC records -> the pages in them."""

from io import BytesIO

from fastwarc.warc import WarcRecord, WarcRecordType

from moderation.batch.inputs.records import panics_as_errors, records
from moderation.batch.inputs.shard import Failure, Reason, Shard
from moderation.batch.inputs.warc import PAGES
from moderation.batch.records.record import Media, Record, Records, clean

MEDIA = {
    "text/html": Media.HTML,
    "application/xhtml+xml": Media.HTML,
    "text/plain": Media.TEXT,
    "": Media.UNTOLD,
}
OK = 200


def read_warc(shard: Shard, limit: int) -> Records:
    """Yield the pages of WARC records; redirects, errors, pictures and the like are none."""
    try:
        for record in records(BytesIO(shard.data), PAGES):
            yield _read(record, shard.start + record.stream_pos, limit)
    except OSError:
        message = "A record of the archive is damaged; what follows it in its shard is not read."
        yield Failure(shard.source, Reason.DAMAGED, message, shard.start)


def _read(record: WarcRecord, position: int, limit: int) -> Record | Failure | None:
    url = record.headers.get("WARC-Target-URI")
    url = clean(url.strip("<>")) if url else None
    name = url or f"record at {position}"
    try:
        with panics_as_errors():
            media = _media(record)
            if media is None:
                return None
            data = record.reader.read(limit + 1)
            charset = record.http_charset if record.is_http_parsed else None
    except (OSError, ValueError):
        message = "The record's HTTP header, or its compression, is damaged."
        return Failure(name, Reason.DAMAGED, message, position)
    if len(data) > limit:
        return Failure(name, Reason.TOO_LARGE, f"The page is over {limit} bytes.", position)
    return Record(name, position, media, data, charset, url)


def _media(record: WarcRecord) -> Media | None:
    if record.is_http:
        record.parse_http(auto_decode="all")
        if record.http_headers.status_code != OK:
            return None
    if record.record_type == WarcRecordType.conversion:
        return Media.TEXT
    headers = record.http_headers if record.is_http_parsed else record.headers
    told = headers.get("Content-Type") or ""
    return MEDIA.get(told.partition(";")[0].strip().lower())
