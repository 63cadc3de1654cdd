"""The folder a batch run writes: all of it, or nothing."""

import json
import os
import shutil
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from uuid import uuid4

import pyarrow as pa
import pyarrow.parquet as pq

from moderation.batch.rows import SCHEMA, Row
from moderation.errors import InvalidInput

ROWS = "passages.jsonl"
TABLE = "passages.parquet"
SUMMARY = "summary.json"
REPORT = "report.html"
FILES = (ROWS, TABLE, REPORT, SUMMARY)

# A row group holds the rows of whole pages: most pages are small, and tiny groups read slowly.
ROWS_IN_A_GROUP = 2_000
CHARACTERS_IN_A_GROUP = 4 << 20


@contextmanager
def complete_folder(out: Path) -> Iterator[Path]:
    """Lend a temporary folder; its files move to `out` when the block ends without an error.

    A folder that does not exist yet appears whole. In one that exists, `FILES` are replaced, each
    in one step, and nothing else is touched.

    Raises
    ------
    InvalidInput
        If `out` cannot be a folder that is written to.
    """
    exists = out.is_dir()
    # Inside a folder that exists, for that may be a volume of its own, which none can be moved to.
    work = (out if exists else out.parent) / f".{out.name}-{uuid4().hex}.tmp"
    try:
        work.mkdir(parents=True)
    except OSError as error:
        raise InvalidInput(
            f"The output folder cannot be written: {error.strerror}.",
            where=str(out),
            remedy="Give a folder, or a name for a new one, with --out.",
        ) from None
    try:
        if out.exists() and not exists:
            raise InvalidInput(
                "The output folder is a file.", where=str(out), remedy="Give a folder with --out."
            )
        yield work
        if exists:
            for name in FILES:
                os.replace(work / name, out / name)  # noqa: PTH105  # the two folders are known
        else:
            work.rename(out)
    finally:
        shutil.rmtree(work, ignore_errors=True)


class PassageWriter:
    """Writes rows to ``passages.jsonl`` and ``passages.parquet`` as they come."""

    def __init__(self, folder: Path) -> None:
        self._lines = (folder / ROWS).open("w", encoding="utf-8", newline="\n")
        try:
            self._table = pq.ParquetWriter(folder / TABLE, SCHEMA, compression="zstd")
        except BaseException:
            self._lines.close()
            raise
        self._rows: list[Row] = []
        self._characters = 0

    def __enter__(self) -> "PassageWriter":
        return self

    def __exit__(self, *error: object) -> None:
        try:
            if error[0] is None:
                self._flush()
        finally:
            self._lines.close()
            self._table.close()

    def write(self, rows: Iterable[Row]) -> None:
        """Write one page's rows."""
        for row in rows:
            self._lines.write(json.dumps(row, ensure_ascii=False) + "\n")
            self._rows.append(row)
            self._characters += len(row["text"])
        if len(self._rows) >= ROWS_IN_A_GROUP or self._characters >= CHARACTERS_IN_A_GROUP:
            self._flush()

    def _flush(self) -> None:
        if self._rows:
            self._table.write_table(pa.Table.from_pylist(self._rows, schema=SCHEMA))
            self._rows = []
            self._characters = 0


def write_summary(folder: Path, summary: dict[str, Any]) -> None:
    """Write ``summary.json``."""
    text = json.dumps(summary, ensure_ascii=False, indent=2)
    (folder / SUMMARY).write_text(text + "\n", encoding="utf-8", newline="\n")
