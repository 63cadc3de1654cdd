"""WARC records -> the pages in them."""

from collections.abc import Iterator
from io import BytesIO
from typing import NamedTuple

from moderation.batch.inputs.members import read_unit
from moderation.batch.inputs.records import ANY_SIZE, Found, Head, skip_between
from moderation.batch.inputs.shard import Failure, Reason, Shard, Skip
from moderation.batch.inputs.window import Window
from moderation.batch.records.http import Undecodable, decoded, media_of, read_response
from moderation.batch.records.record import Media, Record, Records, clean

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
    for start, found in _records(shard.data):
        yield _read(found, shard.start + start, limit)


def _records(data: bytes) -> Iterator[tuple[int, Found]]:
    # The shard was cut to the limit.
    window = Window(BytesIO(data))
    at: int | None = 0
    while at is not None:
        at = skip_between(window, at)
        unit = read_unit(window, at, ANY_SIZE)
        if unit is None:
            return
        for found in unit.records:
            yield unit.start, found
        at = unit.end
        window.take(at or 0)


def _read(found: Found, position: int, limit: int) -> Record | Failure | Skip:
    head = found.head
    if not head.is_page:
        return Skip.of(head.type)
    url = clean(head.page) if head.page else None
    name = url or f"record at {position}"
    try:
        page = _page(found, limit)
    except Undecodable as error:
        return Failure(name, Reason.DAMAGED, f"The page's body {error}.", position)
    if isinstance(page, Skip):
        return page
    if len(page.data) > limit:
        return Failure(name, Reason.TOO_LARGE, f"The page is over {limit} bytes.", position)
    return Record(name, position, page.media, page.data, page.charset, url)


class _Page(NamedTuple):
    media: Media
    data: bytes
    charset: str | None = None


def _page(found: Found, limit: int) -> _Page | Skip:
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
