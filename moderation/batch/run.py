"""A batch run from its inputs to its report, which goes on where an earlier one stopped."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pyarrow as pa

from moderation.batch.backends import Backend
from moderation.batch.inputs.find import Inputs
from moderation.batch.inputs.plan import BatchPlan
from moderation.batch.inputs.shard import Cut, Shard
from moderation.batch.interrupt import Interrupt
from moderation.batch.options import Options, run_head
from moderation.batch.output.finish import summary_of, write_lines, write_summary
from moderation.batch.output.folder import Folder, locked
from moderation.batch.output.ledger import Ledger, LedgerEntry, ShardKey, file_digest
from moderation.batch.output.summary import Summary
from moderation.batch.output.tally import Tally
from moderation.batch.progress import Listener, Progress, Silent
from moderation.batch.report.write import write_report
from moderation.batch.work.judging import JudgeSource
from moderation.batch.work.limits import Limits
from moderation.batch.work.shard import Done, ShardTask
from moderation.errors import InvalidInput, ModerationError
from moderation.settings import Settings


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
