"""A shard in a worker process: its records read, split into passages, judged and packed."""

import atexit
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from threading import local
from typing import NamedTuple

from moderation.batch.judge import JudgeSource, RunLimits, get_judge, judge_pages
from moderation.batch.output import (
    FAILURES_SCHEMA,
    PASSAGES_SCHEMA,
    Row,
    failure_row,
    passage_row,
    to_parquet,
)
from moderation.batch.sandbox import PageReader, SplitPage, split_record
from moderation.batch.summary import Tally
from moderation.batch.tables import read_json_shard, read_table_shard
from moderation.batch.types import (
    Failure,
    Media,
    PageRecord,
    Records,
    Shard,
    ShardFormat,
    SkipReason,
)
from moderation.batch.warc import read_warc_shard
from moderation.pages.sandbox import PageLimits

HTML_SUFFIXES = (".html", ".htm", ".xhtml")
COMPRESSED_SUFFIXES = (".gz", ".bz2", ".xz", ".zst")


class ShardTask(NamedTuple):
    """The judge and the limits with which every shard of a run is processed."""

    judge: JudgeSource
    limits: RunLimits
    threads: int


@dataclass
class ShardResult:
    """The results of a shard.

    Parameters
    ----------
    number : int
    passages, failures : bytes
        Parquet; `failures` is empty where there are none.
    tally : Tally
    seconds : dict of str to float
        Time spent starting, reading, splitting, judging and packing.
    """

    number: int
    passages: bytes
    failures: bytes
    tally: Tally
    seconds: dict[str, float] = field(default_factory=dict)


def process_shard(task: ShardTask, shard: Shard) -> ShardResult:
    """Split and judge the pages of a shard.

    Raises
    ------
    Unaccounted
        If not every record of the shard became a page, was skipped or failed.
    """
    stopwatch = _Stopwatch()
    judge = get_judge(task.judge, task.threads)
    if shard.format in {ShardFormat.PAGES, ShardFormat.WARC}:
        _reader(task.limits).start()
    stopwatch.lap("starting")
    pages: list[SplitPage] = []
    failures = list(shard.failures)
    tally = Tally(seen=shard.seen)
    for reason in shard.skipped:
        tally.skip(reason)
    for record in read_records(shard, task.limits.page_bytes):
        stopwatch.lap("reading")
        if isinstance(record, SkipReason):
            tally.skip(record)
            continue
        page = record if isinstance(record, Failure) else _split(record, task.limits)
        stopwatch.lap("splitting")
        if isinstance(page, Failure):
            failures.append(page)
        else:
            pages.append(page)
    rows: list[Row] = []
    for page, passages in judge_pages(pages, judge, task.limits):
        if isinstance(passages, Failure):
            failures.append(passages)
            continue
        tally.add(passages, page.encoding)
        rows += (passage_row(page, shard.source, passage) for passage in passages)
    stopwatch.lap("judging")
    for failure in failures:
        tally.fail(failure)
    tally.check(f"{shard.source}, from {shard.start} to {shard.end}")
    failure_rows = [failure_row(failure, shard.source) for failure in failures]
    result = ShardResult(
        number=shard.number,
        passages=to_parquet(rows, PASSAGES_SCHEMA),
        failures=to_parquet(failure_rows, FAILURES_SCHEMA) if failure_rows else b"",
        tally=tally,
    )
    stopwatch.lap("packing")
    result.seconds = stopwatch.seconds
    return result


def read_records(shard: Shard, page_bytes: int) -> Records:
    """Yield the pages and comments of a shard.

    Parameters
    ----------
    shard : Shard
    page_bytes : int
        Most bytes of a page; one that has more is a failure.
    """
    return _READERS[shard.format](shard, page_bytes)


def _read_page_files(shard: Shard, page_bytes: int) -> Records:  # noqa: ARG001  # the cutter saw to it
    for number, file in enumerate(shard.files):
        name = file.name.lower()
        stem = name.rpartition(".")[0] if name.endswith(COMPRESSED_SUFFIXES) else name
        media = Media.HTML if stem.endswith(HTML_SUFFIXES) else Media.UNKNOWN
        url = file.name if "://" in file.name else None
        yield PageRecord(file.name, shard.start + number, media, file.data, url=url)


_READERS: dict[ShardFormat, Callable[[Shard, int], Records]] = {
    ShardFormat.PAGES: _read_page_files,
    ShardFormat.WARC: read_warc_shard,
    ShardFormat.LINES: read_json_shard,
    ShardFormat.TABLE: read_table_shard,
}


def _split(record: PageRecord, limits: RunLimits) -> SplitPage | Failure:
    """Split a page in this thread's reading process; a comment needs none."""
    if record.media is Media.COMMENT:
        return split_record(record)
    return _reader(limits).split(record)


_readers = local()


def _reader(limits: RunLimits) -> PageReader:
    page_limits = PageLimits(limits.page_seconds, limits.page_memory)
    reader: PageReader | None = getattr(_readers, "reader", None)
    if reader is None or reader.limits != page_limits:
        if reader is not None:
            reader.close()
        reader = _readers.reader = PageReader(page_limits)
        atexit.register(reader.close)
    return reader


class _Stopwatch:
    """Adds up the time spent in each stage of the work."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}
        self._last = time.perf_counter()

    def lap(self, stage: str) -> None:
        """Add the time since the last lap to a stage."""
        now = time.perf_counter()
        self.seconds[stage] = self.seconds.get(stage, 0.0) + now - self._last
        self._last = now
