"""A batch run from its inputs to its report, which goes on where an earlier one stopped."""

import hashlib
import signal
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from threading import current_thread, main_thread
from types import FrameType
from typing import Any, Self

import pyarrow as pa

from moderation import __version__
from moderation.batch.backends import Backend
from moderation.batch.judge import JudgeSource, Limits
from moderation.batch.ledger import Ledger, LedgerEntry, ShardKey, file_digest
from moderation.batch.output import Folder, locked, summary_of, write_lines, write_summary
from moderation.batch.progress import Listener, Progress, Silent
from moderation.batch.report import write_report
from moderation.batch.shards import BatchPlan
from moderation.batch.sources import Inputs, shown_path, shown_url
from moderation.batch.summary import Summary, Tally
from moderation.batch.types import Cut, Shard
from moderation.batch.worker import Done, ShardTask
from moderation.errors import InvalidInput, ModerationError
from moderation.settings import Settings

# FOLDED options: How a run is done, and what must be the same for another to go on with it.

MEGABYTE = 1 << 20
ON_EVERY_CORE = Backend()
FIRST_INPUTS = 20


@dataclass(frozen=True, slots=True)
class Options:
    """How a run is done; none of it changes what the rows say.

    Parameters
    ----------
    backend : Backend
    shard_pages : int
        Most pages in a shard.
    shard_bytes : int
        Bytes at which a shard ends.
    afresh : bool
        Whether to remove what an earlier run left, instead of going on with it.
    lines : bool
        Whether to write ``passages.jsonl`` too.
    """

    backend: Backend = ON_EVERY_CORE
    shard_pages: int = 200
    shard_bytes: int = 8 * MEGABYTE
    afresh: bool = False
    lines: bool = False


def run_head(
    inputs: Sequence[str | Path], judge: JudgeSource, limits: Limits, cut: Cut
) -> dict[str, Any]:
    """Return what must be the same for a run to go on with another's shards."""
    given = [
        shown_url(each) if "://" in each else shown_path(Path(each)) for each in map(str, inputs)
    ]
    digest = hashlib.sha256("\0".join(given).encode()).hexdigest()
    return {
        "version": __version__,
        **judge.identity._asdict(),
        "inputs": {"first": given[:FIRST_INPUTS], "digest": digest},
        "limits": {**limits._asdict(), "languages": list(limits.languages)},
        "shards": list(cut[:2]),
    }


# FOLDED interrupt: Ctrl-C: once to stop between two shards, twice to stop at once.


class Interrupt:
    """Watches for Ctrl-C while it is entered.

    Attributes
    ----------
    asked : bool
        Whether somebody wants the run to stop.
    """

    def __init__(self) -> None:
        self.asked = False
        self._before: Any = None

    def __enter__(self) -> Self:
        # Only the main thread may say what a signal does; elsewhere nobody presses Ctrl-C.
        if current_thread() is main_thread():
            self._before = signal.signal(signal.SIGINT, self._interrupted)
        return self

    def __exit__(self, *error: object) -> None:
        if self._before is not None:
            signal.signal(signal.SIGINT, self._before)

    def _interrupted(self, _: int, __: FrameType | None) -> None:
        if self.asked:
            raise KeyboardInterrupt
        self.asked = True


class Stopped(ModerationError):
    """A person stopped the run; what was finished stays."""

    code = "stopped"


def run_batch(
    inputs: Sequence[str | Path],
    out: Path,
    judge: JudgeSource,
    settings: Settings,
    options: Options | None = None,
    listener: Listener | None = None,
) -> Summary:
    """Split pages into passages, judge them, and write what was found to a folder.

    Writes ``passages.parquet`` and ``failures.parquet`` (folders of Parquet files),
    ``ledger.jsonl``, ``summary.json`` and ``report.html``. What an earlier run with the same
    inputs, model, policy, version and limits finished in `out` is not done again; whenever a run
    is stopped or killed, the next one ends with the rows of a run that was not.

    Parameters
    ----------
    inputs : sequence of str or Path
        Files, folders, globs and URLs; see `find_sources`.
    out : Path
        A folder of the run's own; other files in it are left alone.
    judge : JudgeSource
    settings : Settings
        The limits and the languages are used.
    options : Options, optional
    listener : Listener, optional
        Is told of each shard.

    Returns
    -------
    Summary

    Raises
    ------
    OtherRun
        If `out` holds what another model, policy or version made, or of other inputs.
    InvalidInput
        If `out` cannot be written, or another run is writing it.
    NotStored
        If the output cannot be written, for the disk is full or the like.
    Unaccounted
        If not every record of the input became a page, was passed over or failed.
    Stopped
        If a person stopped it.
    """
    options = options or Options()
    limits = Limits.of(settings)
    cut = Cut(options.shard_pages, options.shard_bytes, limits.page_bytes)
    with locked(out) as folder:
        ledger = folder.prepare(afresh=options.afresh)
        ledger.begin(run_head(inputs, judge, limits, cut))
        folder.make()
        run = _Run(
            BatchPlan(Inputs(inputs, out), cut),
            ShardTask(judge, limits, settings.threads),
            folder,
            ledger,
            listener or Silent(),
        )
        with Interrupt() as interrupt:
            run.work(options.backend, interrupt)
        if interrupt.asked:
            raise Stopped(
                f"Stopped; {len(ledger.entries)} shards are finished.",
                where=str(out),
                remedy="Run the same command again to go on.",
            )
        ledger.close(sorted((ledger.entries[key] for key in run.planned), key=_place))
        folder.drop_others(ledger.entries.values())
        run.check()
        return finish(folder, ledger, lines=options.lines)


def finish(folder: Folder, ledger: Ledger, *, lines: bool, finished: bool = True) -> Summary:
    """Write what is made of the rows.

    Raises
    ------
    InvalidInput
        If rows are lost or damaged.
    """
    summary = summary_of(ledger, finished=finished)
    try:
        if lines:
            write_lines(folder)
        write_report(folder, summary)
    except (OSError, pa.ArrowException):
        raise InvalidInput(
            "The rows of the run are damaged, or some of them lost.",
            where=str(folder.passages),
            remedy="Run the same command again; it makes them again.",
        ) from None
    write_summary(folder, summary)
    return summary


def report_again(out: Path, *, lines: bool) -> Summary:
    """Make the summary and the report of a run again from its rows.

    Of a run that is not finished they tell what is done.

    Raises
    ------
    InvalidInput
        If there is no run in `out`, or one is writing it.
    OtherRun
        If another version made it.
    """
    if not out.is_dir():
        raise InvalidInput("There is no such folder.", where=str(out))
    with locked(out) as folder:
        ledger = folder.open()
        return finish(folder, ledger, lines=lines, finished=ledger.finished)


@dataclass
class _Run:
    """A run under way."""

    plan: BatchPlan
    task: ShardTask
    folder: Folder
    ledger: Ledger
    listener: Listener
    planned: dict[ShardKey, int] = field(default_factory=dict)
    waiting: dict[int, tuple[ShardKey, int]] = field(default_factory=dict)

    def work(self, backend: Backend, interrupt: Interrupt) -> None:
        progress = Progress(self.listener, self.plan.size())
        for done in backend.run(self.task, self._unfinished(progress, interrupt)):
            key, size = self.waiting.pop(done.number)
            self._store(key, done)
            progress.done(size, done.tally)

    def check(self) -> None:
        """Check that what was seen in the input came out of the shards.

        Raises
        ------
        Unaccounted
        """
        for key, entry in self.ledger.entries.items():
            counted = Tally.from_dict(entry.counts)
            counted.seen = self.planned[key]
            counted.check(f"{key.source}, from {key.start} to {key.end}")

    def _unfinished(self, progress: Progress, interrupt: Interrupt) -> Iterator[Shard]:
        """Yield the shards that are not finished yet, until somebody wants to stop."""
        for shard in self.plan.shards():
            if interrupt.asked:
                return
            key = ShardKey.of(shard)
            self.planned[key] = shard.seen
            if key in self.ledger.entries:
                progress.skip(shard.size, self.ledger.entries[key].counts)
                continue
            self.waiting[shard.number] = key, shard.size
            yield shard

    def _store(self, key: ShardKey, done: Done) -> None:
        # Named by its content's origin too, for files may have been added before it since.
        name = f"part-{done.number:06}-{key.digest[:8]}.parquet"
        failures = self.folder.place(name, done.passages, done.failures)
        self.ledger.add(
            LedgerEntry(
                *key,
                passages=name,
                failures=failures,
                sha256=file_digest(done.passages),
                counts=done.tally.to_dict(),
                seconds={what: round(s, 3) for what, s in done.seconds.items()},
            )
        )


def _place(entry: LedgerEntry) -> str:
    return entry.passages
