"""The folder a batch run writes: what is in it is whole at every moment."""

import json
import shutil
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from moderation.batch.ledger import AFRESH, Ledger, LedgerEntry, file_digest, unwritable
from moderation.batch.summary import Summary, Tally
from moderation.errors import InvalidInput, ModerationError
from moderation.files import (
    FULL,
    file_lock,
    remove_drafts,
    replacing,
    storing,
    write_bytes,
    write_text,
)

LEDGER = "ledger.jsonl"
PASSAGES = "passages.parquet"
FAILURES = "failures.parquet"
LINES = "passages.jsonl"
SUMMARY = "summary.json"
REPORT = "report.html"
LOCK = ".lock"
# The ledger goes last, for without it the others would be taken for somebody else's.
OURS = (SUMMARY, REPORT, LINES, PASSAGES, FAILURES, LEDGER)


class Folder:
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
        """Return the ledger of a run that is here.

        Raises
        ------
        InvalidInput
            If there is none.
        """
        if not (self.path / LEDGER).is_file():
            raise InvalidInput("This is not the output of a batch run.", where=str(self.path))
        return Ledger(self.path / LEDGER)

    def make(self) -> None:
        """Make the folders of rows, once the ledger says whose they are."""
        for folder in (self.passages, self.failures):
            with storing(folder, unwritable):
                folder.mkdir(exist_ok=True)

    def prepare(self, *, afresh: bool) -> Ledger:
        """Find what an earlier run finished here, if there was one.

        Parameters
        ----------
        afresh : bool
            Whether to remove what an earlier run left.

        Raises
        ------
        InvalidInput
            If it cannot be written, or holds results without a ledger.
        """
        remove_drafts(self.path)
        if afresh:
            self._clear()
        if not (self.path / LEDGER).is_file() and any((self.path / name).exists() for name in OURS):
            raise InvalidInput(
                "The folder holds results without a ledger.", where=str(self.path), remedy=AFRESH
            )
        ledger = Ledger(self.path / LEDGER)
        ledger.entries = {k: e for k, e in ledger.entries.items() if self._is_whole(e)}
        return ledger

    def place(self, name: str, passages: bytes, failures: bytes) -> str | None:
        """Write a shard's rows; return the name of the file of its failures, if it has any."""
        write_bytes(self.passages / name, passages, explain=unwritable)
        if failures:
            write_bytes(self.failures / name, failures, explain=unwritable)
            return name
        return None

    def drop_others(self, entries: Iterable[LedgerEntry]) -> None:
        """Remove the rows that are of none of these shards."""
        kept = list(entries)
        for folder, names in (
            (self.passages, {entry.passages for entry in kept}),
            (self.failures, {entry.failures for entry in kept}),
        ):
            with storing(folder, unwritable):
                for path in folder.iterdir():
                    if path.name not in names:
                        path.unlink()

    def _is_whole(self, entry: LedgerEntry) -> bool:
        try:
            data = (self.passages / entry.passages).read_bytes()
        except OSError:
            return False
        failures = entry.failures is None or (self.failures / entry.failures).is_file()
        return failures and file_digest(data) == entry.sha256

    def _clear(self) -> None:
        for name in OURS:
            path = self.path / name
            with storing(path, unwritable):
                if path.is_dir() and not path.is_symlink():
                    shutil.rmtree(path)
                else:
                    path.unlink(missing_ok=True)


@contextmanager
def locked(path: Path) -> Iterator[Folder]:
    """Lend a folder to one run at a time; it is made where there is none.

    Raises
    ------
    InvalidInput
        If it cannot be a folder that is written to, or another run has it.
    """
    if path.exists() and not path.is_dir():
        raise InvalidInput(
            "The output folder is a file.", where=str(path), remedy="Give a folder with --out."
        )

    def closed(error: OSError, _: Path) -> ModerationError:
        if error.errno in FULL:
            return unwritable(error, path)
        return InvalidInput(
            f"The output folder cannot be written: {error.strerror}.",
            where=str(path),
            remedy="Give a folder, or a name for a new one, with --out.",
        )

    with storing(path, closed):
        path.mkdir(parents=True, exist_ok=True)
    # Anybody may see that there is a lock, as anybody may see the folder.
    with file_lock(path / LOCK, wait=False, mode=0o644, explain=closed) as held:
        if not held:
            raise InvalidInput(
                "Another run is writing this folder.",
                where=str(path),
                remedy="Wait for it, or give another folder with --out.",
            )
        yield Folder(path)


# FOLDED finish: What is made of a run's rows when they are all there: the summary, the lines, the
# report.


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
