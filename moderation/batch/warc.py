"""WARC files: cut into shards between records, or compressed members, and read into pages."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import IO, NamedTuple

from moderation.batch.arc import arc_as_warc
from moderation.batch.archive import (
    BREAKS_OFF,
    MAX_HEADER,
    PADDING,
    WARC_MAGIC,
    ArchiveRecord,
    ByteWindow,
    Damage,
    RecordHeader,
    Unit,
    find_start,
    skip_padding,
)
from moderation.batch.http import Undecodable, decode_body, media_type_of, read_response
from moderation.batch.members import (
    GZIP_MAGIC,
    TOO_MANY_RECORDS,
    UNIT_MAGICS,
    ZSTD_MAGIC,
    has_large_members,
    is_unit_start,
    read_unit,
    skip_unit,
    unit_records,
)
from moderation.batch.sources import Source, decompressed, is_damage
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
from moderation.text.validate import clean_text

ZSTD_DICTIONARY_MAGIC = b"\x5d\x2a\x4d\x18"
PAGE_MEDIA = {
    "text/html": Media.HTML,
    "application/xhtml+xml": Media.HTML,
    # Some servers send HTML as plain text, as some programs do that write archives.
    "text/plain": Media.UNKNOWN,
    "": Media.UNKNOWN,
}
"""The media types of pages; all others are skipped."""
STATUS_OK = 200
WEB = frozenset(("http", "https", "ftp", "ftps", "file", "gopher", "gemini"))
"""The schemes of addresses of pages. Crawlers store their logs and their settings, pictures of
pages and extracted texts as resources too, under schemes of their own."""
_SCHEME = re.compile(r"([a-z][a-z0-9+.-]*):", re.IGNORECASE)


def cut_warc(source: Source, limits: ShardLimits) -> Iterator[Shard]:
    """Cut a WARC file, plain or compressed with gzip or Zstandard.

    A damaged record is a failure, and reading goes on at the next record behind it. An archive
    without a record is a failure too.

    Raises
    ------
    OSError
        If the file cannot be opened, or not be read to its end; the shards before are yielded
        first.
    """
    with source.open() as stored:
        compressed_name, magics = _layout(stored, _max_unit_bytes(limits))
        stored.seek(0)
        is_local = isinstance(source.location, Path) and source.member is None
        seekable = not compressed_name and magics == (WARC_MAGIC,) and is_local
        window = ByteWindow(decompressed(stored, compressed_name), seekable=seekable)
        yield from _Cutter(source, stored, window, magics, limits).shards()


def cut_arc(source: Source, limits: ShardLimits) -> Iterator[Shard]:
    """Cut an ARC file, plain or compressed, whose records are read as those of WARC.

    Positions are bytes of the WARC that it would be. Behind a damage of the compression nothing is
    read.

    Raises
    ------
    OSError
        As for `cut_warc`.
    """
    with source.open() as stored, decompressed(stored, source.packed_name) as file:
        window = ByteWindow(arc_as_warc(file))
        yield from _Cutter(source, stored, window, (WARC_MAGIC,), limits).shards()


def read_warc_shard(shard: Shard, page_bytes: int) -> Records:
    """Yield the page of each WARC record; redirects, errors, pictures and the like are skipped.

    Damaged records are skipped without a trace: `cut_warc` has counted them.
    """
    start = 0
    for end in shard.ends:
        stored = shard.data[start:end].lstrip(PADDING)
        for record in unit_records(stored):
            yield _read_record(record, shard.start + end - len(stored), page_bytes)
        start = end


def _max_unit_bytes(limits: ShardLimits) -> int:
    """Return the most bytes of a record, or of a member, that is kept in memory."""
    return max(limits.page_bytes, limits.bytes) + MAX_HEADER


def _layout(stored: IO[bytes], max_bytes: int) -> tuple[str, tuple[bytes, ...]]:
    """Return the compression to undo before the file is cut, and the first bytes of its units.

    The compression is given as a file name with its suffix; the name is empty where the members of
    the file are units themselves.
    """
    beginning = stored.read(len(ZSTD_MAGIC))
    stored.seek(0)
    if beginning == ZSTD_DICTIONARY_MAGIC:
        return "whole.zst", (WARC_MAGIC,)
    magic = next((magic for magic in UNIT_MAGICS if beginning.startswith(magic)), None)
    if magic in {GZIP_MAGIC, ZSTD_MAGIC} and has_large_members(ByteWindow(stored), max_bytes):
        return "whole.gz" if magic == GZIP_MAGIC else "whole.zst", (WARC_MAGIC,)
    return "", UNIT_MAGICS if magic is None else (magic,)


class _Cutter:
    """Reads a file once and keeps only the bytes of the current shard."""

    def __init__(
        self,
        source: Source,
        stored: IO[bytes],
        window: ByteWindow,
        magics: tuple[bytes, ...],
        limits: ShardLimits,
    ) -> None:
        self.source = source
        self.stored = stored
        self.limits = limits
        self.max_bytes = _max_unit_bytes(limits)
        self.window = window
        self.magics = magics
        self.read = self.seen = 0
        self._clear()

    def _clear(self) -> None:
        self.records = self.pages = 0
        self.ends: list[int] = []
        self.failures: list[Failure] = []
        self.skipped: list[SkipReason] = []

    def shards(self) -> Iterator[Shard]:
        """Yield the file's shards, and in them a failure for each damage."""
        at: int | None = 0
        while at is not None:
            try:
                at = skip_padding(self.window, at)
                unit = read_unit(self.window, at, self.max_bytes)
                if unit is None:
                    break
                yield from self._add(unit)
                at = self._skip(unit) if unit.end is None else unit.end
            except Damage as damage:
                yield from self._flush(at)
                at = self._recover(damage, at)
        if at is None:
            # There is no record behind the last damage.
            self.window.take(self.window.end)
        elif self.window.error is not None and is_damage(self.window.error):
            self._fail(Damage(BREAKS_OFF), at, None)
        elif not self.seen and self.window.error is None:
            failure = Failure(
                self.source.name, FailureReason.EMPTY, "The archive holds no record.", 0
            )
            self.failures.append(failure)
        yield from self._flush(self.window.end)
        if self.window.error is not None and not is_damage(self.window.error):
            raise self.window.error

    def _add(self, unit: Unit) -> Iterator[Shard]:
        """Add a unit to the shard, and yield the shard before it where that is full."""
        shard_bytes = unit.start - self.window.start
        full = self.pages >= self.limits.pages or shard_bytes >= self.limits.bytes
        if unit.end is None or full or len(self.failures) >= self.limits.pages:
            yield from self._flush(unit.start)
        if unit.end is not None:
            self.ends.append(unit.end - self.window.start)
        self.records += len(unit.records)
        self.seen += len(unit.records)
        self.pages += sum(record.header.is_page for record in unit.records)
        for damage in unit.damages:
            self._fail(damage, unit.start, unit.end)

    def _skip(self, unit: Unit) -> int:
        """Read over a unit that is too large, and note it; return its end."""
        self.window.discard(on=True)
        try:
            end = skip_unit(self.window, unit)
        finally:
            self.window.discard(on=False)
        self.window.take(end)
        header = unit.first
        if header is None or header.length <= self.max_bytes - MAX_HEADER:
            self._fail(Damage(TOO_MANY_RECORDS), unit.start, end)
            return end
        self.seen += 1
        if header.is_page:
            message = f"The page has {header.length} bytes; the limit is {self.limits.page_bytes}."
            name = clean_text(header.page or f"record at {unit.start}")
            failure = Failure(name, FailureReason.TOO_LARGE, message, unit.start)
            self.failures.append(failure)
        else:
            self.skipped.append(SkipReason.of(header.type))
        return end

    def _recover(self, damage: Damage, at: int) -> int | None:
        """Note a damage, and return the start of the next record behind it, None at the end."""
        self.window.discard(on=True)
        resumed = find_start(self.window, at + 1, self.magics, is_unit_start)
        self.window.discard(on=False)
        if resumed is not None:
            self.window.take(resumed)
        if resumed is not None or self.window.error is None or is_damage(self.window.error):
            self._fail(damage, at, resumed)
        return resumed

    def _fail(self, damage: Damage, at: int, resumed: int | None) -> None:
        self.seen += 1
        rest = "the rest of it is not read" if resumed is None else f"reading went on at {resumed}"
        message = f"The archive's record at byte {at} {damage}; {rest}."
        name = self.source.name if damage.page is None else clean_text(damage.page)
        self.failures.append(Failure(name, FailureReason.DAMAGED, message, at))

    def _flush(self, end: int) -> Iterator[Shard]:
        start = self.window.start
        data = self.window.take(end)
        if not (self.records or self.failures or self.skipped):
            self._clear()
            return
        before, self.read = self.read, self.stored.tell()
        yield Shard(
            number=0,
            format=ShardFormat.WARC,
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
        self._clear()


def _read_record(
    record: ArchiveRecord, position: int, page_bytes: int
) -> PageRecord | Failure | SkipReason:
    header = record.header
    if not header.is_page:
        return SkipReason.of(header.type)
    url = clean_text(header.page) if header.page else None
    scheme = _SCHEME.match(url or "")
    if scheme is not None and scheme[1].lower() not in WEB:
        return SkipReason.METADATA
    name = url or f"record at {position}"
    try:
        page = _extract_page(record, page_bytes)
    except Undecodable as error:
        return Failure(name, FailureReason.DAMAGED, f"The page's body {error}.", position)
    if isinstance(page, SkipReason):
        return page
    if len(page.data) > page_bytes:
        message = f"The page is over {page_bytes} bytes."
        return Failure(name, FailureReason.TOO_LARGE, message, position)
    return PageRecord(
        name,
        position,
        page.media,
        page.data,
        page.charset,
        url,
        id=_value(header, "warc-record-id"),
        captured=_value(header, "warc-date"),
    )


def _value(header: RecordHeader, name: str) -> str | None:
    return clean_text(next(iter(header.fields.get(name, ())), "")) or None


class _ArchivedPage(NamedTuple):
    media: Media
    data: bytes
    charset: str | None = None


def _extract_page(record: ArchiveRecord, page_bytes: int) -> _ArchivedPage | SkipReason:
    header, block = record
    if header.type == "conversion":
        return _ArchivedPage(Media.TEXT, block)
    if not _is_http(header):
        media = PAGE_MEDIA.get(media_type_of(header.fields))
        return SkipReason.MEDIA if media is None else _ArchivedPage(media, block)
    response = read_response(block)
    if response.status != STATUS_OK:
        return SkipReason.STATUS
    media = PAGE_MEDIA.get(response.media_type)
    if media is None:
        return SkipReason.MEDIA
    return _ArchivedPage(media, decode_body(response, page_bytes), response.charset)


def _is_http(header: RecordHeader) -> bool:
    return media_type_of(header.fields) in {"application/http", ""} and header.type == "response"
