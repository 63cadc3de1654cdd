"""WARC records -> the pages in them."""

from typing import NamedTuple

from moderation.batch.inputs.members import records_of
from moderation.batch.inputs.records import BETWEEN, ArchiveRecord, Head
from moderation.batch.inputs.shard import Failure, FailureReason, Shard, Skip
from moderation.batch.records.http import Undecodable, decoded, media_of, read_response
from moderation.batch.records.record import Media, PageRecord, Records
from moderation.text.check import clean_text

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
