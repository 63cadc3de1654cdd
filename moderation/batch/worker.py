"""A shard in a worker process: its records read, split into passages, judged and packed."""

import atexit
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from threading import local
from typing import NamedTuple

from moderation.batch.fields import NO_COLUMNS, Columns, RowReader
from moderation.batch.formats import bare_name
from moderation.batch.judge import JudgeSource, RunLimits, get_judge, judge_pages, thresholds_of
from moderation.batch.sandbox import PageReader, SplitPage, split_record
from moderation.batch.schemas import (
    FAILURES_SCHEMA,
    Row,
    failure_row,
    passage_row,
    passages_schema,
    to_parquet,
)
from moderation.batch.summary import Tally
from moderation.batch.tables import read_json_shard, read_row_shard, read_table_shard
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


class ShardTask(NamedTuple):
    """The judge, the limits and the columns with which every shard of a run is processed."""

    judge: JudgeSource
    limits: RunLimits
    threads: int
    columns: Columns = NO_COLUMNS
    dedupe: bool = False


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
    thresholds : dict of action to dict of attribute to float
        The judge's.
    """

    number: int
    passages: bytes
    failures: bytes
    tally: Tally
    seconds: dict[str, float] = field(default_factory=dict)
    thresholds: dict[str, dict[str, float]] = field(default_factory=dict)


def process_shard(task: ShardTask, shard: Shard) -> ShardResult:
    """Split and judge the pages of a shard.

    Raises
    ------
    Unaccounted
        If not every record of the shard became a page, was skipped or failed.
    """
    stopwatch = _Stopwatch()
    judge = get_judge(task.judge, task.threads, remembers=task.dedupe)
    if shard.format in {ShardFormat.PAGES, ShardFormat.WARC}:
        _reader(task.limits).start()
    stopwatch.lap("starting")
    pages: list[SplitPage] = []
    failures = list(shard.failures)
    tally = Tally(seen=shard.seen)
    for reason in shard.skipped:
        tally.skip(reason)
    tally.skipped_files.update(shard.suffixes)
    for record in read_records(shard, task.limits.page_bytes, task.columns):
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
        is_comment = page.record.media is Media.COMMENT
        tally.add(passages, page.encoding, is_comment=is_comment)
        source = shard.source_at(page.position)
        rows += (passage_row(page, source, each, task.columns) for each in passages)
    stopwatch.lap("judging")
    for failure in failures:
        tally.fail(failure)
    tally.check(f"{shard.source}, from {shard.start} to {shard.end}")
    failure_rows = [failure_row(failure, shard.source_of(failure)) for failure in failures]
    result = ShardResult(
        number=shard.number,
        passages=to_parquet(rows, passages_schema(task.columns)),
        failures=to_parquet(failure_rows, FAILURES_SCHEMA) if failure_rows else b"",
        tally=tally,
        thresholds=thresholds_of(judge),
    )
    stopwatch.lap("packing")
    result.seconds = stopwatch.seconds
    return result


def read_records(shard: Shard, page_bytes: int, columns: Columns = NO_COLUMNS) -> Records:
    """Yield the pages and comments of a shard.

    Parameters
    ----------
    shard : Shard
    page_bytes : int
        Most bytes of a page; one that has more is a failure.
    columns : Columns
        The columns of tables that a person chose.
    """
    match shard.format:
        case ShardFormat.PAGES:
            return _read_page_files(shard)
        case ShardFormat.WARC:
            return read_warc_shard(shard, page_bytes)
    return _ROW_READERS[shard.format](shard, RowReader(columns, page_bytes))


def _read_page_files(shard: Shard) -> Records:
    for number, file in enumerate(shard.files):
        is_html = bare_name(file.name).suffix in HTML_SUFFIXES
        media = Media.HTML if is_html else Media.UNKNOWN
        url = file.name if "://" in file.name else None
        yield PageRecord(file.name, shard.start + number, media, file.data, url=url)


_ROW_READERS: dict[ShardFormat, Callable[[Shard, RowReader], Records]] = {
    ShardFormat.LINES: read_json_shard,
    ShardFormat.ROWS: read_row_shard,
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
