"""Inputs -> shards, in one pass and with no more in memory than a shard."""

from collections.abc import Iterator
from dataclasses import replace
from itertools import count
from typing import NamedTuple

from moderation.batch.inputs.files import FileKind, Source, is_damage
from moderation.batch.inputs.find import Inputs, find_sources
from moderation.batch.inputs.lines import cut_lines
from moderation.batch.inputs.shard import Cut, Failure, FailureReason, PageFile, Shard, ShardFormat
from moderation.batch.inputs.table import cut_table
from moderation.batch.inputs.warc import cut_warc
from moderation.errors import ModerationError

RAISE_LIMIT = "Raise the setting `max_page_bytes`, or leave it out."


class BatchPlan(NamedTuple):
    """What there is to do, and how it is cut."""

    inputs: Inputs
    cut: Cut

    def size(self) -> int:
        """Return the bytes of all inputs, as they are stored."""
        return sum(found.size() for found in find_sources(self.inputs) if isinstance(found, Source))

    def shards(self) -> Iterator[Shard]:
        """Read the inputs and yield them in pieces; the same inputs give the same pieces."""
        number = count()
        for shard in self._cut():
            yield replace(shard, number=next(number))

    def _cut(self) -> Iterator[Shard]:
        group = _ShardBuilder(self.cut)
        for found in find_sources(self.inputs):
            if isinstance(found, Source) and found.kind is FileKind.PAGE:
                yield from group.add(_page(found, self.cut.limit), found.name, found.size())
            elif isinstance(found, Failure):
                yield from group.add(found, found.page, 0)
            else:
                yield from group.flush()
                yield from _cut_source(found, self.cut)
        yield from group.flush()


class _ShardBuilder:
    """Gathers small files until they make a shard."""

    def __init__(self, cut: Cut) -> None:
        self.cut = cut
        self.first = 0
        self._empty()

    def _empty(self) -> None:
        self.source = ""
        self.files: list[PageFile] = []
        self.failures: list[Failure] = []
        self.held = self.size = 0

    def add(self, found: PageFile | Failure, name: str, size: int) -> Iterator[Shard]:
        self.source = self.source or name
        if isinstance(found, Failure):
            self.failures.append(found)
        else:
            self.files.append(found)
            self.held += len(found.data)
        self.size += size
        full = len(self.files) + len(self.failures) >= self.cut.pages
        if full or self.held >= self.cut.bytes:
            yield from self.flush()

    def flush(self) -> Iterator[Shard]:
        if not self.files and not self.failures:
            return
        end = self.first + len(self.files) + len(self.failures)
        yield Shard(
            number=0,
            form=ShardFormat.PAGES,
            source=self.source,
            start=self.first,
            end=end,
            size=self.size,
            records=len(self.files),
            files=tuple(self.files),
            failures=tuple(self.failures),
        )
        self.first = end
        self._empty()


def _page(source: Source, limit: int) -> PageFile | Failure:
    try:
        with source.plain() as file:
            data = file.read(limit + 1)
    except ModerationError:
        raise
    except Exception as error:  # noqa: BLE001  # whatever one file breaks, the others are read
        if is_damage(error):
            return Failure(source.name, FailureReason.DAMAGED, "The compressed file is damaged.")
        return _unreadable(source, error)
    if len(data) > limit:
        message = f"The file is over the limit of {limit} bytes. {RAISE_LIMIT}"
        return Failure(source.name, FailureReason.TOO_LARGE, message)
    return PageFile(source.name, data)


def _cut_source(source: Source, cut: Cut) -> Iterator[Shard]:
    """Cut one archive or table; what cannot be read of it ends it, and no other."""
    cutters = {FileKind.WARC: cut_warc, FileKind.LINES: cut_lines, FileKind.TABLE: cut_table}
    end = 0
    try:
        for shard in cutters[source.kind](source, cut):
            end = shard.end
            yield shard
    except ModerationError:
        raise
    except Exception as error:  # noqa: BLE001  # whatever one file breaks, the others are read
        failure = _unreadable(source, error)
        if is_damage(error):
            message = f"The file is damaged; it was read as far as position {end}."
            failure = Failure(source.name, FailureReason.DAMAGED, message, end)
        yield _lost(source, end, failure)


def _lost(source: Source, position: int, failure: Failure) -> Shard:
    return Shard(
        number=0,
        form=ShardFormat.PAGES,
        source=source.name,
        start=position,
        end=position,
        size=0,
        failures=(failure,),
    )


def _unreadable(source: Source, error: Exception) -> Failure:
    # `strerror` names what the file system says, and unlike the whole error never a text.
    cause = getattr(error, "strerror", None) or type(error).__name__
    message = f"The file cannot be read: {cause}."
    return Failure(source.name, FailureReason.UNREADABLE, message)
