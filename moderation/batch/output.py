"""The output folder of a batch run: its files are whole at every moment, and their schemas."""

import hashlib
import json
import shutil
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from moderation.batch.fields import NO_COLUMNS, Columns
from moderation.batch.judge import JudgedPassage
from moderation.batch.ledger import AFRESH_REMEDY, Ledger, LedgerEntry, file_digest, unwritable
from moderation.batch.sandbox import SplitPage
from moderation.batch.summary import Summary, Tally
from moderation.batch.types import Failure
from moderation.errors import InvalidInput, ModerationError
from moderation.files import (
    FULL,
    file_lock,
    remove_drafts,
    storing,
    write_bytes,
    write_text,
)
from moderation.pages.moments import resolve_moment
from moderation.taxonomy import ATTRIBUTES

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

PASSAGES_SCHEMA = pa.schema(
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
        _field("position", pa.int64(), "Where in it: byte, line, row, or the number of the file."),
        _field("id", pa.string(), "The record's own name, where it has one.", nullable=True),
        _field("url", pa.string(), "The page's address, where it is known.", nullable=True),
        _field("captured", pa.string(), "When the page was fetched.", nullable=True),
        _field(
            "written",
            pa.string(),
            "`time` in ISO 8601, as exactly as it tells; an age counts back from `captured`.",
            nullable=True,
        ),
        _field("digest", pa.string(), "The SHA-256 of `text` in UTF-8."),
    ]
)
"""The schema of ``passages.parquet`` before the columns that are kept; the exports have the same
fields. Offsets are Python ``str`` offsets (code points)."""

COPIES = "copies"
"""The column of an export that counts the rows with the same text."""
RESERVED = frozenset((*PASSAGES_SCHEMA.names, COPIES))
"""Names that no column that is kept may have."""


def passages_schema(columns: Columns) -> pa.Schema:
    """Return the schema of ``passages.parquet`` with the columns of the input that are kept.

    Raises
    ------
    InvalidInput
        If one of them has the name of a column of the rows.
    """
    schema = PASSAGES_SCHEMA
    for name, column in columns.keep:
        if name in RESERVED:
            raise InvalidInput(
                f"`{name}` is already a column of the rows.",
                where="--keep",
                remedy=f"Give it another name: --keep input_{name}={column}.",
            )
        field = _field(name, pa.string(), f"The column `{column}` of the input.", nullable=True)
        schema = schema.append(field)
    return schema


FAILURES_SCHEMA = pa.schema(
    [
        _field("page", pa.string(), "The page, or the whole input."),
        _field("reason", pa.string(), "One of the kinds of failure."),
        _field("message", pa.string(), "What is wrong; it quotes no page."),
        _field("source", pa.string(), "The input the page was in."),
        _field("position", pa.int64(), "Where in it, where that is known.", nullable=True),
    ]
)
"""The schema of ``failures.parquet``."""


def passage_row(
    page: SplitPage, source: str, judged: JudgedPassage, columns: Columns = NO_COLUMNS
) -> Row:
    """Return a passage as built-in values in the order of `passages_schema`."""
    passage, verdict, unjudged = judged
    record = page.record
    kept = dict(zip((name for name, _ in columns.keep), record.kept, strict=False))
    return {
        "page": page.name,
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
        "title": page.page.title,
        "page_language": page.page.language,
        "page_date": page.page.date,
        "page_author": page.page.author,
        "source": source,
        "position": page.position,
        "id": record.id,
        "url": record.url,
        "captured": record.captured,
        "written": resolve_moment(passage.time, record.captured),
        "digest": hashlib.sha256(passage.text.encode("utf-8", "surrogatepass")).hexdigest(),
        **kept,
    }


def failure_row(failure: Failure, source: str) -> Row:
    """Return a failure as built-in values in the order of `FAILURES_SCHEMA`."""
    return {
        "page": failure.page,
        "reason": failure.reason.value,
        "message": failure.message,
        "source": source,
        "position": failure.position,
    }


def to_parquet(rows: Sequence[Row], schema: pa.Schema) -> bytes:
    """Return the bytes of a Parquet file with these rows."""
    sink = pa.BufferOutputStream()
    pq.write_table(pa.Table.from_pylist(rows, schema=schema), sink, compression="zstd")
    data: bytes = sink.getvalue().to_pybytes()
    return data


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
