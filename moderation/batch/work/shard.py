"""One shard: its pages split, judged and packed."""

import atexit
import time
from dataclasses import dataclass, field
from threading import local
from typing import NamedTuple

from moderation.batch.inputs.shard import Failure, Shard, ShardFormat, Skip
from moderation.batch.output.tally import Tally
from moderation.batch.records.read import read_records
from moderation.batch.records.record import Media, PageRecord
from moderation.batch.work.apart import PageReader
from moderation.batch.work.judging import JudgeSource, judge_of
from moderation.batch.work.limits import Limits
from moderation.batch.work.passages import judge_pages
from moderation.batch.work.rows import (
    FAILURES,
    SCHEMA,
    Row,
    failure_row,
    packed,
    passage_row,
)
from moderation.batch.work.split import SplitPage, split_record
from moderation.pages.sandbox import PageLimits


class ShardTask(NamedTuple):
    """What every shard of a run is worked on with."""

    judge: JudgeSource
    limits: Limits
    threads: int


@dataclass
class Done:
    """What came of a shard.

    Parameters
    ----------
    passages, failures : bytes
        Parquet; `failures` is empty where there are none.
    tally : Tally
    seconds : dict of str to float
        Time spent reading, splitting, judging and packing.
    """

    number: int
    passages: bytes
    failures: bytes
    tally: Tally
    seconds: dict[str, float] = field(default_factory=dict)


def do_shard(work: ShardTask, shard: Shard) -> Done:
    """Split and judge the pages of a shard.

    Raises
    ------
    Unaccounted
        If not every record of the shard became a page, was passed over or failed.
    """
    clock = _Clock()
    judge = judge_of(work.judge, work.threads)
    if shard.form in {ShardFormat.PAGES, ShardFormat.WARC}:
        _reader(work.limits).start()
    clock.told("starting")
    pages: list[SplitPage] = []
    failures = list(shard.failures)
    tally = Tally(seen=shard.seen)
    for skipped in shard.skipped:
        tally.skip(skipped)
    for record in read_records(shard, work.limits.page_bytes):
        clock.told("reading")
        if isinstance(record, Skip):
            tally.skip(record)
            continue
        split = record if isinstance(record, Failure) else _split(record, work.limits)
        clock.told("splitting")
        if isinstance(split, Failure):
            failures.append(split)
        else:
            pages.append(split)
    rows: list[Row] = []
    for page, judged in judge_pages(pages, judge, work.limits):
        if isinstance(judged, Failure):
            failures.append(judged)
            continue
        tally.add(judged, page.encoding)
        rows += (passage_row(page, shard.source, each) for each in judged)
    clock.told("judging")
    for failure in failures:
        tally.fail(failure)
    tally.check(f"{shard.source}, from {shard.start} to {shard.end}")
    lost = [failure_row(failure, shard.source) for failure in failures]
    done = Done(shard.number, packed(rows, SCHEMA), packed(lost, FAILURES) if lost else b"", tally)
    clock.told("packing")
    done.seconds = clock.seconds
    return done


class _Clock:
    """Adds up the time between two calls under a name."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}
        self._last = time.perf_counter()

    def told(self, what: str) -> None:
        now = time.perf_counter()
        self.seconds[what] = self.seconds.get(what, 0.0) + now - self._last
        self._last = now


_readers = local()


def _split(record: PageRecord, limits: Limits) -> SplitPage | Failure:
    """Split a page in this thread's reading process; a comment needs none."""
    if record.media is Media.COMMENT:
        return split_record(record)
    return _reader(limits).split(record)


def _reader(limits: Limits) -> PageReader:
    allowance = PageLimits(limits.page_seconds, limits.page_memory)
    reader: PageReader | None = getattr(_readers, "reader", None)
    if reader is None or reader.allowance != allowance:
        if reader is not None:
            reader.close()
        reader = _readers.reader = PageReader(allowance)
        atexit.register(reader.close)
    return reader
