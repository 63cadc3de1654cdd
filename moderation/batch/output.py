"""The output folder of a batch run: its files are whole at every moment."""

import json
import shutil
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from moderation.batch.ledger import AFRESH_REMEDY, Ledger, LedgerEntry, file_digest, unwritable
from moderation.batch.summary import Summary, Tally
from moderation.errors import InvalidInput, ModerationError
from moderation.files import (
    FULL,
    file_lock,
    remove_drafts,
    storing,
    write_bytes,
    write_text,
)

LEDGER = "ledger.jsonl"
PASSAGES = "passages.parquet"
FAILURES = "failures.parquet"
SUMMARY = "summary.json"
REPORT = "report.html"
LOCK = ".lock"
# The ledger is removed last: without it the others would look like the files of another program.
EXPORTS = (
    *("passages.csv", "passages.jsonl"),
    *("distinct.csv", "distinct.jsonl", "distinct.parquet"),
)
"""All rows, and the first of those with the same text, in one file."""
OUTPUTS = (SUMMARY, REPORT, *EXPORTS, PASSAGES, FAILURES, LEDGER)


class OutputFolder:
    """The files of a run. Only the process that started the run writes them.

    Parameters
    ----------
    path : Path
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.passages = path / PASSAGES
        self.failures = path / FAILURES

    def open(self) -> Ledger:
        """Return the ledger of the run in this folder.

        Raises
        ------
        InvalidInput
            If there is none.
        """
        if not (self.path / LEDGER).is_file():
            raise InvalidInput("This is not the output of a batch run.", where=str(self.path))
        return Ledger(self.path / LEDGER)

    def make(self) -> None:
        """Create the folders of rows; the ledger must exist, as it says whose they are."""
        for folder in (self.passages, self.failures):
            with storing(folder, unwritable):
                folder.mkdir(exist_ok=True)

    def prepare(self, *, afresh: bool) -> Ledger:
        """Return the ledger with the shards that an earlier run finished here, if there was one.

        Parameters
        ----------
        afresh : bool
            Whether to remove the results of an earlier run.

        Raises
        ------
        InvalidInput
            If the folder cannot be written, or holds results without a ledger.
        """
        remove_drafts(self.path)
        if afresh:
            self._clear()
        if not (self.path / LEDGER).is_file() and any(
            (self.path / name).exists() for name in OUTPUTS
        ):
            raise InvalidInput(
                "The folder holds results without a ledger.",
                where=str(self.path),
                remedy=AFRESH_REMEDY,
            )
        ledger = Ledger(self.path / LEDGER)
        ledger.entries = {k: e for k, e in ledger.entries.items() if self._is_whole(e)}
        return ledger

    def store(self, name: str, passages: bytes, failures: bytes) -> str | None:
        """Write a shard's rows; return the name of the file of its failures, if it has any."""
        write_bytes(self.passages / name, passages, explain=unwritable)
        if failures:
            write_bytes(self.failures / name, failures, explain=unwritable)
            return name
        return None

    def drop_others(self, entries: Iterable[LedgerEntry]) -> None:
        """Remove the rows of all shards but these."""
        entries = list(entries)
        for folder, names in (
            (self.passages, {entry.passages for entry in entries}),
            (self.failures, {entry.failures for entry in entries}),
        ):
            with storing(folder, unwritable):
                for path in folder.iterdir():
                    if path.name not in names:
                        path.unlink()

    def drop_exports(self) -> None:
        """Remove the exports of an earlier run, whose rows may have been others."""
        for name in EXPORTS:
            with storing(self.path / name, unwritable):
                (self.path / name).unlink(missing_ok=True)

    def _is_whole(self, entry: LedgerEntry) -> bool:
        try:
            data = (self.passages / entry.passages).read_bytes()
        except OSError:
            return False
        failures = entry.failures is None or (self.failures / entry.failures).is_file()
        return failures and file_digest(data) == entry.sha256

    def _clear(self) -> None:
        for name in OUTPUTS:
            path = self.path / name
            with storing(path, unwritable):
                if path.is_dir() and not path.is_symlink():
                    shutil.rmtree(path)
                else:
                    path.unlink(missing_ok=True)


@contextmanager
def lock_folder(path: Path) -> Iterator[OutputFolder]:
    """Hold an output folder against other runs; it is created where there is none.

    Raises
    ------
    InvalidInput
        If it cannot be created or written, or another run holds it.
    """
    if path.exists() and not path.is_dir():
        raise InvalidInput(
            "The output folder is a file.", where=str(path), remedy="Give a folder with --out."
        )

    def explain(error: OSError, _: Path) -> ModerationError:
        if error.errno in FULL:
            return unwritable(error, path)
        return InvalidInput(
            f"The output folder cannot be written: {error.strerror}.",
            where=str(path),
            remedy="Give a folder, or a name for a new one, with --out.",
        )

    with storing(path, explain):
        path.mkdir(parents=True, exist_ok=True)
    # The lock is as readable as the folder.
    with file_lock(path / LOCK, wait=False, mode=0o644, explain=explain) as held:
        if not held:
            raise InvalidInput(
                "Another run is writing this folder.",
                where=str(path),
                remedy="Wait for it, or give another folder with --out.",
            )
        yield OutputFolder(path)


def summarise(ledger: Ledger, *, finished: bool) -> Summary:
    """Add up the counts of a run's shards.

    Raises
    ------
    OtherRun
        If a version with other counts wrote them.
    Unaccounted
        If not every record became a page, was skipped or failed.
    """
    ledger.check_format()
    tally = Tally()
    for entry in ledger.entries.values():
        tally.update(Tally.from_dict(entry.counts))
    tally.check(str(ledger.path))
    head = ledger.head
    return Summary(tally, head["model"], head["policy"], head["version"], finished)


def write_summary(folder: OutputFolder, summary: Summary) -> None:
    """Write ``summary.json``."""
    text = json.dumps(summary.to_dict(), ensure_ascii=False, indent=2)
    write_text(folder.path / SUMMARY, text + "\n", explain=unwritable)


def iter_rows(dataset: Path) -> Iterator[dict[str, Any]]:
    """Yield the rows of a folder of Parquet files, file by file."""
    for batch in iter_batches(dataset):
        yield from batch.to_pylist()


def iter_batches(dataset: Path, columns: list[str] | None = None) -> Iterator[pa.RecordBatch]:
    """Yield the rows of a folder of Parquet files in pieces.

    Raises
    ------
    OSError, ArrowException
        If one of them is missing or damaged.
    """
    for part in list_parts(dataset):
        yield from pq.ParquetFile(part).iter_batches(columns=columns)


def list_parts(dataset: Path) -> list[Path]:
    """Return the Parquet files of a folder, in the order of the input."""
    return sorted(dataset.glob("part-*.parquet"))
