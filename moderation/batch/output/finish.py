"""What is made of a run's rows when they are all there: the summary, the lines, the report."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from moderation.batch.output.folder import LINES, SUMMARY, Folder
from moderation.batch.output.ledger import Ledger, unwritable
from moderation.batch.output.summary import Summary
from moderation.batch.output.tally import Tally
from moderation.files import replacing, storing, write_text


def summary_of(ledger: Ledger, *, finished: bool) -> Summary:
    """Add up the counts of a run's shards.

    Raises
    ------
    OtherRun
        If a version with other counts made them.
    Unaccounted
        If not all that was seen became a page, was passed over or failed.
    """
    ledger.check_format()
    tally = Tally()
    for entry in ledger.entries.values():
        tally.update(Tally.from_dict(entry.counts))
    tally.check(str(ledger.path))
    head = ledger.head
    return Summary(tally, head["model"], head["policy"], head["version"], finished)


def write_summary(folder: Folder, summary: Summary) -> None:
    """Write ``summary.json``."""
    text = json.dumps(summary.to_dict(), ensure_ascii=False, indent=2)
    write_text(folder.path / SUMMARY, text + "\n", explain=unwritable)


def write_lines(folder: Folder) -> None:
    """Write ``passages.jsonl``: the rows of ``passages.parquet`` in their order."""
    path = folder.path / LINES
    with replacing(path, explain=unwritable) as file:
        for row in rows_of(folder.passages):
            line = json.dumps(row, ensure_ascii=False).encode() + b"\n"
            with storing(path, unwritable):
                file.write(line)


def rows_of(dataset: Path) -> Iterator[dict[str, Any]]:
    """Yield the rows of a folder of Parquet files, file by file."""
    for batch in batches_of(dataset):
        yield from batch.to_pylist()


def batches_of(dataset: Path, columns: list[str] | None = None) -> Iterator[pa.RecordBatch]:
    """Yield the rows of a folder of Parquet files in pieces.

    Raises
    ------
    OSError, ArrowException
        If one of them is not there any more, or damaged.
    """
    for part in parts_of(dataset):
        yield from pq.ParquetFile(part).iter_batches(columns=columns)


def parts_of(dataset: Path) -> list[Path]:
    """Return the files of a folder of Parquet files, in the order of the input."""
    return sorted(dataset.glob("part-*.parquet"))
