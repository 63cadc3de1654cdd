"""The rows of a run in one file or on the standard output: CSV, JSON Lines or Parquet."""

import csv
import io
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from enum import StrEnum
from pathlib import Path
from typing import IO, Any, NamedTuple, Protocol

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from moderation.batch.counting import Counts, count_copies
from moderation.batch.ledger import unwritable
from moderation.batch.output import OutputFolder, list_parts
from moderation.batch.schemas import COPIES, PASSAGES_SCHEMA
from moderation.files import replacing, storing
from moderation.taxonomy import ATTRIBUTE_NAMES

SCORES = "scores"


class RowFormat(StrEnum):
    """The formats in which rows are exported."""

    PARQUET = "parquet"
    CSV = "csv"
    JSONL = "jsonl"


def export_name(form: RowFormat, *, distinct: bool) -> str | None:
    """Return the name of the file with all rows; None for the folder of Parquet, which has them."""
    if distinct:
        return f"distinct.{form}"
    return None if form is RowFormat.PARQUET else f"passages.{form}"


def write_export(folder: OutputFolder, form: RowFormat, *, distinct: bool) -> Path | None:
    """Write the rows of a run to a file in its folder, if the format is one that needs a file.

    Raises
    ------
    NotStored
        If it cannot be written; no file is left half-written.
    """
    name = export_name(form, distinct=distinct)
    if name is None:
        return None
    path = folder.path / name
    with replacing(path, explain=unwritable) as file:
        export_rows(folder, form, _Storing(file, path), distinct=distinct)
    return path


class _Storing(NamedTuple):
    """A file of which an error of writing is told apart from one of reading the rows."""

    file: IO[bytes]
    path: Path

    def write(self, data: bytes) -> int:
        with storing(self.path, unwritable):
            return self.file.write(data)


class Writable(Protocol):
    """A file to which bytes are written."""

    def write(self, data: bytes, /) -> int:
        """Write bytes."""


def export_rows(folder: OutputFolder, form: RowFormat, file: Writable, *, distinct: bool) -> None:
    """Write the rows of a run to a file that is open, in the order of the input.

    Parameters
    ----------
    folder : OutputFolder
    form : RowFormat
    file : binary file
    distinct : bool
        Whether of rows with the same kind and text only the first is written, with their number in
        the column ``copies``.

    Raises
    ------
    OSError
        If the file cannot be written, or a row not be read.
    NotStored
        If the disk has no room for counting the copies.
    """
    parts = list_parts(folder.passages)
    with ExitStack() as stack:
        copies = stack.enter_context(count_copies(parts, folder.path)) if distinct else None
        schema = pq.read_schema(parts[0]) if parts else PASSAGES_SCHEMA
        if distinct:
            field = pa.field(COPIES, pa.int64(), nullable=False)
            schema = schema.append(
                field.with_metadata({"description": "Rows of the run with this kind and text."})
            )
        for piece in _WRITERS[form](_batches(parts, copies), schema):
            file.write(piece)


def _batches(parts: Sequence[Path], copies: Counts | None) -> Iterator[pa.RecordBatch]:
    start = 0
    for part in parts:
        for batch in pq.ParquetFile(part).iter_batches():
            if copies is None:
                yield batch
                continue
            numbers = np.asarray(copies[start : start + len(batch)])
            start += len(batch)
            chosen = np.flatnonzero(numbers)
            counted = batch.take(pa.array(chosen))
            yield counted.append_column(COPIES, pa.array(numbers[chosen].astype(np.int64)))


def _as_lines(batches: Iterator[pa.RecordBatch], _: pa.Schema) -> Iterator[bytes]:
    for batch in batches:
        rows = batch.to_pylist()
        yield "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows).encode()


def _as_csv(batches: Iterator[pa.RecordBatch], schema: pa.Schema) -> Iterator[bytes]:
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow(name for field in schema for name in _flat_names(field))
    # A row without a verdict has as many cells as one with it.
    blank = dict.fromkeys(schema.field("verdict").type.names)
    for batch in batches:
        writer.writerows(_flat(row, blank) for row in batch.to_pylist())
        yield _drain(buffer)
    yield _drain(buffer)


def _drain(buffer: io.StringIO) -> bytes:
    text = buffer.getvalue()
    buffer.seek(0)
    buffer.truncate()
    return text.encode()


def _flat_names(field: pa.Field) -> list[str]:
    """Return the columns of CSV for a column: one for each field of the verdict."""
    if not pa.types.is_struct(field.type):
        return [field.name]
    names: list[str] = []
    for part in field.type:
        if part.name == SCORES:
            names += (f"score_{name}" for name in ATTRIBUTE_NAMES)
        else:
            names.append(f"{field.name}_{part.name}")
    return names


def _flat(row: Mapping[str, Any], blank: Mapping[str, Any]) -> Iterator[Any]:
    """Yield a row's cells; lists of words are joined by bars, evidence is JSON."""
    for column, value in row.items():
        if column != "verdict":
            yield value
            continue
        for name, part in (blank if value is None else value).items():
            if name == SCORES:
                yield from map((part or {}).get, ATTRIBUTE_NAMES)
            elif isinstance(part, list):
                is_words = all(isinstance(item, str) for item in part)
                yield "|".join(part) if is_words else json.dumps(part, ensure_ascii=False)
            else:
                yield part


def _as_parquet(batches: Iterator[pa.RecordBatch], schema: pa.Schema) -> Iterator[bytes]:
    pieces = _Pieces()
    with pq.ParquetWriter(pa.PythonFile(pieces, mode="w"), schema, compression="zstd") as writer:
        for batch in batches:
            writer.write_batch(batch.cast(schema) if batch.schema != schema else batch)
            yield pieces.take()
    yield pieces.take()


class _Pieces(io.RawIOBase):
    """A file to write to, whose content is taken piece by piece."""

    def __init__(self) -> None:
        super().__init__()
        self._waiting = bytearray()
        self._end = 0

    def writable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._end

    def write(self, data: Any) -> int:
        piece = bytes(data)
        self._waiting += piece
        self._end += len(piece)
        return len(piece)

    def take(self) -> bytes:
        piece = bytes(self._waiting)
        self._waiting.clear()
        return piece


_WRITERS: dict[RowFormat, Callable[[Iterator[pa.RecordBatch], pa.Schema], Iterator[bytes]]] = {
    RowFormat.PARQUET: _as_parquet,
    RowFormat.CSV: _as_csv,
    RowFormat.JSONL: _as_lines,
}
