"""One shard: its pages split, judged and packed."""

import atexit
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from threading import local
from typing import Any, NamedTuple

import pyarrow as pa
import pyarrow.parquet as pq

from moderation.batch.judge import JudgedPassage, JudgeSource, Limits, judge_of, judge_pages
from moderation.batch.records import read_records
from moderation.batch.sandbox import PageReader, SplitPage, split_record
from moderation.batch.summary import Tally
from moderation.batch.types import Failure, Media, PageRecord, Shard, ShardFormat, Skip
from moderation.pages.sandbox import PageLimits
from moderation.taxonomy import ATTRIBUTES

# FOLDED rows: One row a passage, as JSON Lines and Parquet hold it.

Row = Mapping[str, Any]


def _field(name: str, kind: pa.DataType, meaning: str, *, nullable: bool = False) -> pa.Field:
    return pa.field(name, kind, nullable=nullable, metadata={"description": meaning})


def _list(item: pa.DataType) -> pa.DataType:
    return pa.list_(pa.field("element", item, nullable=False))


SPAN = pa.struct(
    [
        _field("start", pa.int64(), "First character, counted in the passage's text."),
        _field("end", pa.int64(), "Behind the last character."),
        _field("attribute", pa.string(), "The attribute it is evidence for."),
        _field("score", pa.float64(), "That attribute's probability for the run's sentence."),
    ]
)

VERDICT = pa.struct(
    [
        _field("label", pa.string(), "news, civil, inflammatory or ethnic_hostility."),
        _field("action", pa.string(), "allow, review or block."),
        _field(
            "scores",
            pa.struct([_field(a.name, pa.float64(), a.meaning) for a in ATTRIBUTES]),
            "A probability for each attribute.",
        ),
        _field("spans", _list(SPAN), "Evidence, in the passage's own offsets."),
        _field("targets", _list(pa.string()), "The people attacked."),
        _field("reasons", _list(pa.string()), "Why the policy acted."),
        _field("model", pa.string(), "The id of the model that judged."),
    ]
)

SCHEMA = pa.schema(
    [
        _field("page", pa.string(), "The page's address where it is known, else its path."),
        _field("kind", pa.string(), "article, comment, note or furniture."),
        _field("author", pa.string(), "A comment's author, where it names one.", nullable=True),
        _field(
            "start", pa.int64(), "First character in the page's text; null for HTML.", nullable=True
        ),
        _field("end", pa.int64(), "Behind the last character; null for HTML.", nullable=True),
        _field("text", pa.string(), "The passage."),
        _field(
            "verdict", VERDICT, "What the judge says; null where `unjudged` is not.", nullable=True
        ),
        _field("unjudged", pa.string(), "Why not: furniture, language or length.", nullable=True),
        _field("part", pa.string(), "What the passage is on the page: paragraph, headline, ..."),
        _field("language", pa.string(), "The passage's language, where certain.", nullable=True),
        _field(
            "time",
            pa.string(),
            "When a comment was written: ISO 8601, or as the page says it.",
            nullable=True,
        ),
        _field("permalink", pa.string(), "A comment's own address.", nullable=True),
        _field("number", pa.int64(), "A comment's number on its page, from 1.", nullable=True),
        _field(
            "parent", pa.int64(), "The number of the comment that this one answers.", nullable=True
        ),
        _field("title", pa.string(), "The page's headline.", nullable=True),
        _field("page_language", pa.string(), "The page's language.", nullable=True),
        _field("page_date", pa.string(), "When the article appeared.", nullable=True),
        _field("page_author", pa.string(), "Who wrote the article.", nullable=True),
        _field("source", pa.string(), "The input the page was in, a path or a URL."),
        _field("position", pa.int64(), "Where in it: byte, row, or the number of the file."),
    ]
)
"""The schema of ``passages.parquet``; ``passages.jsonl`` has the same fields. Offsets are Python
``str`` offsets (code points)."""

FAILURES = pa.schema(
    [
        _field("page", pa.string(), "The page, or the whole input."),
        _field("reason", pa.string(), "One of the kinds of failure."),
        _field("message", pa.string(), "What is wrong; it quotes no page."),
        _field("source", pa.string(), "The input the page was in."),
        _field("position", pa.int64(), "Where in it, where that is known.", nullable=True),
    ]
)
"""The schema of ``failures.parquet``."""


def passage_row(split: SplitPage, source: str, judged: JudgedPassage) -> Row:
    """Return a passage as built-in values in the order of `SCHEMA`."""
    passage, verdict, unjudged = judged
    return {
        "page": split.name,
        "kind": passage.kind.value,
        "author": passage.author,
        "start": passage.start,
        "end": passage.end,
        "text": passage.text,
        "verdict": None if verdict is None else verdict.to_dict(),
        "unjudged": unjudged and unjudged.value,
        "part": passage.part.value,
        "language": passage.language,
        "time": passage.time,
        "permalink": passage.permalink,
        "number": passage.position,
        "parent": passage.parent,
        "title": split.page.title,
        "page_language": split.page.language,
        "page_date": split.page.date,
        "page_author": split.page.author,
        "source": source,
        "position": split.position,
    }


def failure_row(failure: Failure, source: str) -> Row:
    """Return a failure as built-in values in the order of `FAILURES`."""
    return {
        "page": failure.page,
        "reason": failure.reason.value,
        "message": failure.message,
        "source": source,
        "position": failure.position,
    }


def packed(rows: Sequence[Row], schema: pa.Schema) -> bytes:
    """Return rows as a Parquet file."""
    sink = pa.BufferOutputStream()
    pq.write_table(pa.Table.from_pylist(rows, schema=schema), sink, compression="zstd")
    data: bytes = sink.getvalue().to_pybytes()
    return data


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
