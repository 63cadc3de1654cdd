"""The inputs of a run cut into shards, in one pass and with one shard in memory at a time."""

from collections.abc import Iterator
from dataclasses import replace
from itertools import count
from typing import NamedTuple

from moderation.batch.sources import FileKind, Inputs, Source, find_sources, is_damage
from moderation.batch.tables import cut_lines, cut_table
from moderation.batch.types import (
    Failure,
    FailureReason,
    PageFile,
    Shard,
    ShardFormat,
    ShardLimits,
)
from moderation.batch.warc import cut_warc
from moderation.errors import ModerationError

RAISE_LIMIT = "Raise the setting `max_page_bytes`, or leave it out."


class BatchPlan(NamedTuple):
    """The inputs of a run, and the size of the shards into which they are cut."""

    inputs: Inputs
    limits: ShardLimits

    def size(self) -> int:
        """Return the bytes of all inputs, as they are stored."""
        return sum(item.size() for item in find_sources(self.inputs) if isinstance(item, Source))

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
            elif item.kind is FileKind.PAGE:
                page = _read_page(item, self.limits.page_bytes)
                yield from builder.add(page, item.name, item.size())
            else:
                yield from builder.flush()
                yield from _cut_source(item, self.limits)
        yield from builder.flush()


class _ShardBuilder:
    """Gathers files of one page each until they fill a shard."""

    def __init__(self, limits: ShardLimits) -> None:
        self.limits = limits
        self.first = 0
        self._clear()

    def _clear(self) -> None:
        self.source = ""
        self.files: list[PageFile] = []
        self.failures: list[Failure] = []
        self.bytes = self.size = 0

    def add(self, page: PageFile | Failure, name: str, size: int) -> Iterator[Shard]:
        self.source = self.source or name
        if isinstance(page, Failure):
            self.failures.append(page)
        else:
            self.files.append(page)
            self.bytes += len(page.data)
        self.size += size
        full = len(self.files) + len(self.failures) >= self.limits.pages
        if full or self.bytes >= self.limits.bytes:
            yield from self.flush()

    def flush(self) -> Iterator[Shard]:
        if not self.files and not self.failures:
            return
        end = self.first + len(self.files) + len(self.failures)
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


def _cut_source(source: Source, limits: ShardLimits) -> Iterator[Shard]:
    """Cut one archive or table; an error ends the reading of this file, and of no other."""
    cutters = {FileKind.WARC: cut_warc, FileKind.LINES: cut_lines, FileKind.TABLE: cut_table}
    end = 0
    try:
        for shard in cutters[source.kind](source, limits):
            end = shard.end
            yield shard
    except ModerationError:
        raise
    except Exception as error:  # noqa: BLE001  # an error in one file must not stop the others
        failure = _unreadable(source, error)
        if is_damage(error):
            message = f"The file is damaged; it was read as far as position {end}."
            failure = Failure(source.name, FailureReason.DAMAGED, message, end)
        yield _shard_of_failure(source, end, failure)


def _shard_of_failure(source: Source, position: int, failure: Failure) -> Shard:
    return Shard(
        number=0,
        format=ShardFormat.PAGES,
        source=source.name,
        start=position,
        end=position,
        size=0,
        failures=(failure,),
    )


def _unreadable(source: Source, error: Exception) -> Failure:
    # `strerror` is the file system's own message, and unlike the whole error never quotes a text.
    cause = getattr(error, "strerror", None) or type(error).__name__
    message = f"The file cannot be read: {cause}."
    return Failure(source.name, FailureReason.UNREADABLE, message)
