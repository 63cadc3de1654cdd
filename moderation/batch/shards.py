"""The inputs of a run cut into shards, in one pass and with one shard in memory at a time."""

from collections.abc import Iterator
from dataclasses import replace
from itertools import count
from typing import NamedTuple

from moderation.batch.formats import FileKind
from moderation.batch.inputs import Inputs, find_sources
from moderation.batch.sources import Source, is_damage
from moderation.batch.tables import cut_csv, cut_json, cut_lines, cut_table
from moderation.batch.types import (
    Failure,
    FailureReason,
    PageFile,
    Shard,
    ShardFormat,
    ShardLimits,
    SkippedFile,
    SkipReason,
)
from moderation.batch.warc import cut_arc, cut_warc
from moderation.errors import ModerationError

RAISE_LIMIT = "Raise the setting `max_page_bytes`, or leave it out."


class BatchPlan(NamedTuple):
    """The inputs of a run, and the size of the shards into which they are cut."""

    inputs: Inputs
    limits: ShardLimits

    def size(self) -> int:
        """Return the bytes of all inputs, as they are stored."""
        found = find_sources(self.inputs, look=False)
        return sum(item.size() for item in found if isinstance(item, Source))

    def shards(self) -> Iterator[Shard]:
        """Read the inputs and yield them in shards; the same inputs give the same shards."""
        number = count()
        for shard in self._cut():
            yield replace(shard, number=next(number))

    def _cut(self) -> Iterator[Shard]:
        builder = _ShardBuilder(self.limits)
        for item in find_sources(self.inputs):
            if isinstance(item, Failure):
                yield from builder.add(item, item.page, 0)
            elif isinstance(item, SkippedFile):
                yield from builder.add(item, item.name, 0)
            elif item.kind is FileKind.PAGE:
                page = _read_page(item, self.limits.page_bytes)
                yield from builder.add(page, item.name, item.size())
            else:
                yield from builder.flush()
                yield from self._cut_source(item)
        yield from builder.flush()

    def _cut_source(self, source: Source) -> Iterator[Shard]:
        """Cut one archive or table; an error ends the reading of this file, and of no other."""
        end = 0
        try:
            for shard in self._shards_of(source):
                end = shard.end
                yield shard
        except ModerationError:
            raise
        except Exception as error:  # noqa: BLE001  # an error in one file must not stop the others
            if is_damage(error):
                message = f"The file is damaged; it was read as far as position {end}."
                yield Shard.of_failure(source.name, end, FailureReason.DAMAGED, message)
            else:
                failure = _unreadable(source, error)
                yield Shard.of_failure(source.name, end, failure.reason, failure.message)

    def _shards_of(self, source: Source) -> Iterator[Shard]:
        match source.kind:
            case FileKind.WARC:
                yield from cut_warc(source, self.limits)
            case FileKind.ARC:
                yield from cut_arc(source, self.limits)
            case FileKind.WACZ:
                yield from self._members_of(source)
            case FileKind.LINES:
                yield from cut_lines(source, self.limits)
            case FileKind.JSON:
                yield from cut_json(source, self.limits)
            case FileKind.CSV:
                yield from cut_csv(source, self.limits, self.inputs.columns)
            case _:
                yield from cut_table(source, self.limits, self.inputs.columns)

    def _members_of(self, source: Source) -> Iterator[Shard]:
        """Cut the archives inside a WACZ file; its indexes and its list of pages are not read."""
        is_empty = True
        for member in source.members():
            if member.kind is FileKind.WARC:
                is_empty = False
                yield from self._cut_source(member)
        if is_empty:
            message = "The WACZ file holds no WARC file."
            yield Shard.of_failure(source.name, 0, FailureReason.EMPTY, message)


class _ShardBuilder:
    """Gathers files of one page each, and those that are skipped, until they fill a shard."""

    def __init__(self, limits: ShardLimits) -> None:
        self.limits = limits
        self.first = 0
        self._clear()

    def _clear(self) -> None:
        self.source = ""
        self.files: list[PageFile] = []
        self.failures: list[Failure] = []
        self.skipped: list[str] = []
        self.bytes = self.size = 0

    def add(self, page: PageFile | SkippedFile | Failure, name: str, size: int) -> Iterator[Shard]:
        self.source = self.source or name
        if isinstance(page, Failure):
            self.failures.append(page)
        elif isinstance(page, SkippedFile):
            self.skipped.append(page.suffix)
        else:
            self.files.append(page)
            self.bytes += len(page.data)
        self.size += size
        full = len(self.files) + len(self.failures) >= self.limits.pages
        if full or self.bytes >= self.limits.bytes or len(self.skipped) >= self.limits.rows:
            yield from self.flush()

    def flush(self) -> Iterator[Shard]:
        number = len(self.files) + len(self.failures) + len(self.skipped)
        if not number:
            return
        end = self.first + number
        yield Shard(
            number=0,
            format=ShardFormat.PAGES,
            source=self.source,
            start=self.first,
            end=end,
            size=self.size,
            records=len(self.files),
            files=tuple(self.files),
            failures=tuple(self.failures),
            skipped=(SkipReason.FILE,) * len(self.skipped),
            suffixes=tuple(self.skipped),
        )
        self.first = end
        self._clear()


def _read_page(source: Source, page_bytes: int) -> PageFile | Failure:
    try:
        with source.open_decompressed() as file:
            data = file.read(page_bytes + 1)
    except ModerationError:
        raise
    except Exception as error:  # noqa: BLE001  # an error in one file must not stop the others
        if is_damage(error):
            return Failure(source.name, FailureReason.DAMAGED, "The compressed file is damaged.")
        return _unreadable(source, error)
    if len(data) > page_bytes:
        message = f"The file is over the limit of {page_bytes} bytes. {RAISE_LIMIT}"
        return Failure(source.name, FailureReason.TOO_LARGE, message)
    return PageFile(source.name, data)


def _unreadable(source: Source, error: Exception) -> Failure:
    # `strerror` is the file system's own message, and unlike the whole error never quotes a text.
    cause = getattr(error, "strerror", None) or type(error).__name__
    message = f"The file cannot be read: {cause}."
    return Failure(source.name, FailureReason.UNREADABLE, message)
