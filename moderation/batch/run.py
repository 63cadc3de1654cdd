"""A batch run from its inputs to its report, which resumes an earlier run that stopped."""

import hashlib
import signal
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from threading import current_thread, main_thread
from types import FrameType
from typing import Any, Self

from moderation import __version__
from moderation.batch.backends import Backend
from moderation.batch.export import RowFormat
from moderation.batch.fields import NO_COLUMNS, Columns
from moderation.batch.inputs import Inputs, keep_stdin
from moderation.batch.judge import JudgeSource, RunLimits
from moderation.batch.ledger import Ledger, LedgerEntry, ShardKey, file_digest
from moderation.batch.output import OutputFolder, lock_folder
from moderation.batch.progress import Listener, NullListener, Progress
from moderation.batch.report import write_results
from moderation.batch.schemas import passages_schema
from moderation.batch.shards import BatchPlan
from moderation.batch.sources import display_path, display_url
from moderation.batch.summary import Summary, Tally
from moderation.batch.types import Shard, ShardLimits
from moderation.batch.worker import ShardResult, ShardTask
from moderation.console import STDIN
from moderation.errors import ModerationError
from moderation.settings import Settings

MEGABYTE = 1 << 20
ALL_CORES = Backend()
MAX_NAMED_INPUTS = 20
"""Inputs that the ledger names, as a help for who reads it; a digest stands for all of them."""


class Stopped(ModerationError):
    """A person stopped the run; the finished shards stay."""

    code = "stopped"


@dataclass(frozen=True, slots=True)
class Options:
    """The options of a run.

    Parameters
    ----------
    backend : Backend
    shard_pages : int
        Most pages in a shard.
    shard_bytes : int
        Bytes at which a shard ends.
    afresh : bool
        Whether to remove the results of an earlier run, instead of resuming it.
    form : RowFormat
        The format in which the rows are written besides the dataset; Parquet is the dataset.
    dedupe : bool
        Whether to judge equal texts once, and to write the first row of each to a file of its own.
    columns : Columns
        The columns of tables that a person chose; they do change the rows.
    """

    backend: Backend = ALL_CORES
    shard_pages: int = 200
    shard_bytes: int = 8 * MEGABYTE
    afresh: bool = False
    form: RowFormat = RowFormat.PARQUET
    dedupe: bool = False
    columns: Columns = NO_COLUMNS


def run_batch(
    inputs: Sequence[str | Path],
    out: Path,
    judge: JudgeSource,
    settings: Settings,
    options: Options | None = None,
    listener: Listener | None = None,
) -> Summary:
    """Split pages into passages, judge them, and write the results to a folder.

    Writes ``passages.parquet`` and ``failures.parquet`` (folders of Parquet files),
    ``ledger.jsonl``, ``summary.json`` and ``report.html``. Shards that an earlier run with the same
    inputs, model, policy, version and limits finished in `out` are not processed again; whenever a
    run is stopped or killed, the next one ends with the rows of an uninterrupted run.

    Parameters
    ----------
    inputs : sequence of str or Path
        Files, folders, globs and URLs, and ``-`` for standard input; see `find_sources`.
    out : Path
        A folder of the run's own; other files in it are left alone.
    judge : JudgeSource
    settings : Settings
        The limits are used.
    options : Options, optional
    listener : Listener, optional
        Receives the progress after each shard.

    Returns
    -------
    Summary

    Raises
    ------
    OtherRun
        If `out` holds a run of another model, policy or version, or of other inputs.
    InvalidInput
        If `out` cannot be written, or another run is writing it.
    NotStored
        If the output cannot be written, because the disk is full or the like.
    Unaccounted
        If not every record of the input became a page, was skipped or failed.
    Stopped
        If a person stopped it.
    """
    options = options or Options()
    limits = RunLimits.of(settings)
    passages_schema(options.columns)  # names that are taken are told before anything is read
    shard_limits = ShardLimits(options.shard_pages, options.shard_bytes, limits.page_bytes)
    with lock_folder(out) as folder:
        ledger = folder.prepare(afresh=options.afresh)
        ledger.begin(_run_head(inputs, judge, limits, shard_limits, options.columns))
        folder.make()
        stdin = keep_stdin(out, options.columns) if STDIN in map(str, inputs) else None
        run = _Run(
            BatchPlan(Inputs(inputs, out, options.columns, stdin), shard_limits),
            ShardTask(judge, limits, settings.threads, options.columns, options.dedupe),
            folder,
            ledger,
            listener or NullListener(),
        )
        with Interrupt() as interrupt:
            run.work(options.backend, interrupt)
        if interrupt.requested:
            raise Stopped(
                f"Stopped; {len(ledger.entries)} shards are finished.",
                where=str(out),
                remedy="Run the same command again to go on.",
            )
        ledger.close(sorted((ledger.entries[key] for key in run.planned), key=_file_name))
        folder.drop_others(ledger.entries.values())
        run.check()
        folder.drop_exports()
        return write_results(folder, ledger, options.form, distinct=options.dedupe)


class Interrupt:
    """Handles Ctrl-C: once to stop between two shards, twice to stop at once.

    Attributes
    ----------
    requested : bool
        Whether a person wants the run to stop.
    """

    def __init__(self) -> None:
        self.requested = False
        self._before: Any = None

    def __enter__(self) -> Self:
        # Python lets only the main thread set a handler; no other thread receives Ctrl-C.
        if current_thread() is main_thread():
            self._before = signal.signal(signal.SIGINT, self._interrupted)
        return self

    def __exit__(self, *error: object) -> None:
        if self._before is not None:
            signal.signal(signal.SIGINT, self._before)

    def _interrupted(self, _: int, __: FrameType | None) -> None:
        if self.requested:
            raise KeyboardInterrupt
        self.requested = True


def _run_head(
    inputs: Sequence[str | Path],
    judge: JudgeSource,
    limits: RunLimits,
    shard_limits: ShardLimits,
    columns: Columns,
) -> dict[str, Any]:
    """Return the values that must be the same for a run to resume another."""
    names = [
        display_url(name) if "://" in name else display_path(Path(name))
        for name in map(str, inputs)
    ]
    digest = hashlib.sha256("\0".join(names).encode()).hexdigest()
    return {
        "version": __version__,
        **judge.identity._asdict(),
        "inputs": {"first": names[:MAX_NAMED_INPUTS], "number": len(names), "digest": digest},
        "limits": limits._asdict(),
        "columns": {"chosen": dict(columns.chosen), "keep": dict(columns.keep)},
        "shards": [shard_limits.pages, shard_limits.bytes],
    }


@dataclass
class _Run:
    """A run in progress."""

    plan: BatchPlan
    task: ShardTask
    folder: OutputFolder
    ledger: Ledger
    listener: Listener
    planned: dict[ShardKey, int] = field(default_factory=dict)
    waiting: dict[int, tuple[ShardKey, int]] = field(default_factory=dict)

    def work(self, backend: Backend, interrupt: Interrupt) -> None:
        progress = Progress(self.listener, self.plan.size())
        for result in backend.run(self.task, self._unfinished(progress, interrupt)):
            key, size = self.waiting.pop(result.number)
            self._store(key, result)
            progress.done(size, result.tally)

    def check(self) -> None:
        """Check that every record seen in the input came out of the shards.

        Raises
        ------
        Unaccounted
        """
        for key, entry in self.ledger.entries.items():
            counted = Tally.from_dict(entry.counts)
            counted.seen = self.planned[key]
            counted.check(f"{key.source}, from {key.start} to {key.end}")

    def _unfinished(self, progress: Progress, interrupt: Interrupt) -> Iterator[Shard]:
        """Yield the shards that are not finished yet, until a person stops the run."""
        for shard in self.plan.shards():
            if interrupt.requested:
                return
            key = ShardKey.of(shard)
            self.planned[key] = shard.seen
            if key in self.ledger.entries:
                progress.skip(shard.size, self.ledger.entries[key].counts)
                continue
            self.waiting[shard.number] = key, shard.size
            yield shard

    def _store(self, key: ShardKey, result: ShardResult) -> None:
        # The name holds the digest too: an input before this one may have grown since.
        name = f"part-{result.number:06}-{key.digest[:8]}.parquet"
        self.ledger.note("thresholds", result.thresholds)
        failures = self.folder.store(name, result.passages, result.failures)
        self.ledger.add(
            LedgerEntry(
                *key,
                passages=name,
                failures=failures,
                sha256=file_digest(result.passages),
                counts=result.tally.to_dict(),
                seconds={stage: round(s, 3) for stage, s in result.seconds.items()},
            )
        )


def _file_name(entry: LedgerEntry) -> str:
    return entry.passages
