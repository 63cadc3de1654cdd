"""Where shards are worked on: in this process, in one process a core, or on a Dask cluster."""

import os
import signal
import time
from collections.abc import Iterable, Iterator
from functools import partial
from itertools import chain, islice
from threading import Thread
from typing import NamedTuple

from joblib import Parallel, cpu_count, delayed, parallel_config

from moderation.batch.ledger import GO_ON
from moderation.batch.types import Shard
from moderation.batch.worker import Done, ShardTask, do_shard
from moderation.errors import InvalidInput, ModerationError

AHEAD = "n_jobs + 2"
"""Shards that are read ahead of the workers; each is held in memory."""
LOOK_SECONDS = 1.0
CONNECT_SECONDS = 10


class WorkerDied(ModerationError):
    """A worker process was ended by the system."""

    code = "worker_died"


class WorkerFailed(ModerationError):
    """The system refused something that working on shards needs."""

    code = "worker_failed"


class Backend(NamedTuple):
    """Who works on the shards.

    Parameters
    ----------
    jobs : int
        Processes on this machine; 0 for one a core.
    scheduler : str or None
        The address of a Dask scheduler, whose workers do it instead.
    """

    jobs: int = 0
    scheduler: str | None = None

    @property
    def processes(self) -> int:
        """How many processes work on this machine."""
        return self.jobs or cpu_count()

    def run(self, work: ShardTask, shards: Iterable[Shard]) -> Iterator[Done]:
        """Work on shards, and yield what came of each as soon as it is there, in any order.

        Raises
        ------
        WorkerDied
            If the system ended a worker, for want of memory or by somebody's will.
        WorkerFailed
            If the system refused it a process, memory or room on a disk.
        """
        try:
            yield from self._run(work, shards)
        except OSError as error:
            cause = error.strerror or type(error).__name__
            raise WorkerFailed(
                f"The work cannot go on: {cause}.", where="batch", remedy=f"Mend that, and {GO_ON}"
            ) from None

    def _run(self, work: ShardTask, shards: Iterable[Shard]) -> Iterator[Done]:
        one_thread = work._replace(threads=1)
        if self.scheduler is not None:
            yield from _on_a_cluster(one_thread, shards, self.scheduler)
            return
        waiting = iter(shards)
        first = list(islice(waiting, 2))
        if self.processes == 1 or len(first) < 2:  # noqa: PLR2004  # two are worth a process
            for shard in chain(first, waiting):
                yield do_shard(work, shard)
        else:
            yield from _on_this_machine(one_thread, chain(first, waiting), self.processes)


def _on_this_machine(work: ShardTask, shards: Iterable[Shard], processes: int) -> Iterator[Done]:
    from joblib.externals.loky.process_executor import (  # noqa: PLC0415  # its place may change
        TerminatedWorkerError,
    )

    parallel = Parallel(
        n_jobs=processes,
        backend="loky",
        return_as="generator_unordered",
        batch_size=1,
        pre_dispatch=AHEAD,
        initializer=partial(_begin_worker, os.getpid()),
    )
    try:
        yield from parallel(delayed(do_shard)(work, shard) for shard in shards)
    except TerminatedWorkerError:
        raise WorkerDied(
            "A worker process was ended by the system, perhaps for want of memory.",
            where="batch",
            remedy="Run the same command again to go on; fewer --jobs need less memory.",
        ) from None


def _begin_worker(parent: int) -> None:
    # Ctrl-C reaches every process of the terminal; the one that started the run decides.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    Thread(target=_end_with, args=(parent,), daemon=True).start()


def _end_with(parent: int) -> None:
    """End this process when the one that started the run was killed, and could not say so."""
    while os.name != "posix" or os.getppid() == parent:
        time.sleep(LOOK_SECONDS)
    os._exit(1)


def _on_a_cluster(work: ShardTask, shards: Iterable[Shard], scheduler: str) -> Iterator[Done]:
    try:
        from distributed import Client  # noqa: PLC0415  # an extra
    except ImportError:
        raise InvalidInput(
            "Working on a cluster needs Dask.",
            where="--backend",
            remedy="Install the extra `dask`: pip install 'moderation[dask]'.",
        ) from None
    try:
        client = Client(scheduler, timeout=CONNECT_SECONDS, set_as_default=False)  # type: ignore[no-untyped-call]  # it has no types
    except (OSError, TimeoutError, ValueError):
        raise InvalidInput(
            "No Dask scheduler answers there.",
            where=scheduler,
            remedy="Start one with `dask scheduler`, and give the address that it prints.",
        ) from None
    with client, parallel_config(backend="dask", client=client):
        parallel = Parallel(return_as="generator_unordered", batch_size=1, pre_dispatch=AHEAD)
        yield from parallel(delayed(do_shard)(work, shard) for shard in shards)


def chosen(name: str, jobs: int, scheduler: str | None) -> Backend:
    """Return the backend that a person names.

    Raises
    ------
    InvalidInput
        If there is none of that name, or one without what it needs.
    """
    if name not in {"local", "dask"}:
        raise InvalidInput(f"{name!r} is no backend.", where="--backend", remedy="local or dask.")
    if (name == "dask") != (scheduler is not None):
        raise InvalidInput(
            "The backend `dask` and --scheduler go together.",
            where="--scheduler",
            remedy="Give --backend dask --scheduler tcp://HOST:8786, or neither.",
        )
    return Backend(jobs, scheduler)
