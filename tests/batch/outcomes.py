"""Reads archives made for a test, and says what became of each record."""

from collections import Counter
from pathlib import Path
from typing import NamedTuple

from moderation.batch.sources import Source
from moderation.batch.types import Failure, PageRecord, ShardLimits
from moderation.batch.warc import cut_warc
from moderation.batch.worker import read_records
from tests.batch.archives import (
    address,
    page,
    response,
)

CUT = ShardLimits(pages=3, bytes=1 << 20, page_bytes=1 << 20)


class Outcome(NamedTuple):
    """The fate of an archive's records."""

    records: list[PageRecord]
    skipped: Counter[str]
    failed: list[Failure]

    @property
    def pages(self) -> list[str]:
        """The addresses of the pages."""
        return [record.page for record in self.records]


def outcome(path: Path, limits: ShardLimits = CUT) -> Outcome:
    """Cut an archive and read its shards; check that all that was seen is accounted for."""
    result = Outcome([], Counter(), [])
    for shard in cut_warc(Source(path), limits):
        result.failed.extend(shard.failures)
        result.skipped.update(skip.value for skip in shard.skipped)
        records = list(read_records(shard, limits.page_bytes))
        assert len(records) == shard.records
        assert shard.seen == len(records) + len(shard.failures) + len(shard.skipped)
        for record in records:
            if isinstance(record, PageRecord):
                result.records.append(record)
            elif isinstance(record, Failure):
                result.failed.append(record)
            else:
                result.skipped[record.value] += 1
    return result


def among(bad: bytes, pages: int = 100, at: int = 40) -> list[bytes]:
    """Return records of sound pages, and one that is not among them."""
    sound = [response(page(n).encode(), address(n)) for n in range(pages)]
    return [*sound[:at], bad, *sound[at:]]


def all_of(pages: int = 100) -> set[str]:
    return set(map(address, range(pages)))
