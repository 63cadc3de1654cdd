"""Reads what a run wrote."""

import json
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from moderation.batch import Options, Summary, run_batch
from moderation.batch.backends import Backend
from moderation.settings import Settings
from tests.batch.fakes import FakeSource

ALONE = Backend(jobs=1)


def run(
    *inputs: str | Path,
    out: Path,
    source: FakeSource | None = None,
    settings: Settings | None = None,
    shard_pages: int = 200,
    **options: Any,
) -> Summary:
    """Run a batch in this process with the fake judge."""
    chosen = Options(ALONE, shard_pages, **options)
    settings = settings or Settings()
    source = source or FakeSource(languages=settings.languages or ("en",))
    return run_batch(inputs, out, source, settings, chosen)


def passages(out: Path) -> list[dict[str, Any]]:
    """Return the rows of passages in the order of the input."""
    rows: list[dict[str, Any]] = pq.read_table(out / "passages.parquet").to_pylist()
    return rows


def failures(out: Path) -> list[dict[str, Any]]:
    """Return the rows of failures."""
    rows: list[dict[str, Any]] = pq.read_table(out / "failures.parquet").to_pylist()
    return rows


def ledger(out: Path) -> list[dict[str, Any]]:
    """Return the ledger's lines behind the first."""
    return [json.loads(line) for line in (out / "ledger.jsonl").read_text("utf-8").splitlines()][1:]


def contents(folder: Path) -> dict[str, bytes]:
    """Return every file of a folder but the lock."""
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.name != ".lock"
    }
