"""Backends that process shards: this process, one process per core, or a Dask cluster."""

import os
import signal
import time
from collections.abc import Iterable, Iterator
from functools import partial
from itertools import chain, islice
from threading import Thread
from typing import NamedTuple

from joblib import Parallel, cpu_count, delayed, parallel_config

from moderation.batch.ledger import RESUME_REMEDY
from moderation.batch.types import Shard
from moderation.batch.worker import ShardResult, ShardTask, process_shard
from moderation.errors import InvalidInput, ModerationError

AHEAD = "n_jobs + 2"
"""Shards that are read ahead of the workers; each is held in memory."""
PARENT_CHECK_SECONDS = 1.0
CONNECT_SECONDS = 10


class WorkerDied(ModerationError):
    """The system ended a worker process."""

    code = "worker_died"


class WorkerFailed(ModerationError):
    """The system refused a resource that processing shards needs."""

    code = "worker_failed"


class Backend(NamedTuple):
    """The processes or the cluster that process the shards.

    Parameters
    ----------
    jobs : int
        Processes on this machine; 0 for one per core.
    scheduler : str or None
        The address of a Dask scheduler, whose workers are used instead.
    """

    jobs: int = 0
    scheduler: str | None = None

    @property
    def processes(self) -> int:
        """The number of processes on this machine."""
        return self.jobs or cpu_count()

    def run(self, task: ShardTask, shards: Iterable[Shard]) -> Iterator[ShardResult]:
        """Process shards, and yield the result of each as soon as it is there, in any order.

        Raises
        ------
        WorkerDied
            If the system ended a worker, for lack of memory or on a person's request.
        WorkerFailed
            If the system refused a process, memory or room on a disk.
        """
        try:
            yield from self._run(task, shards)
        except OSError as error:
            cause = error.strerror or type(error).__name__
            raise WorkerFailed(
                f"The work cannot go on: {cause}.",
                where="batch",
                remedy=f"Mend that, and {RESUME_REMEDY}",
            ) from None

    def _run(self, task: ShardTask, shards: Iterable[Shard]) -> Iterator[ShardResult]:
        one_thread = task._replace(threads=1)
        if self.scheduler is not None:
            yield from _on_a_cluster(one_thread, shards, self.scheduler)
            return
        waiting = iter(shards)
        first = list(islice(waiting, 2))
        if self.processes == 1 or len(first) < 2:  # noqa: PLR2004  # one shard is not worth a process
            for shard in chain(first, waiting):
                yield process_shard(task, shard)
        else:
            yield from _on_this_machine(one_thread, chain(first, waiting), self.processes)


def _on_this_machine(
    task: ShardTask, shards: Iterable[Shard], processes: int
) -> Iterator[ShardResult]:
    from joblib.externals.loky.process_executor import (  # noqa: PLC0415  # its module may move
        TerminatedWorkerError,
    )

    parallel = Parallel(
        n_jobs=processes,
        backend="loky",
        return_as="generator_unordered",
        batch_size=1,
        pre_dispatch=AHEAD,
        initializer=partial(_start_worker, os.getpid()),
    )
    try:
        yield from parallel(delayed(process_shard)(task, shard) for shard in shards)
    except TerminatedWorkerError:
        raise WorkerDied(
            "A worker process was ended by the system, perhaps for want of memory.",
            where="batch",
            remedy="Run the same command again to go on; fewer --jobs need less memory.",
        ) from None


def _start_worker(parent: int) -> None:
    # Ctrl-C reaches every process of the terminal; the process that started the run handles it.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    Thread(target=_exit_with_parent, args=(parent,), daemon=True).start()


def _exit_with_parent(parent: int) -> None:
    """End this process once the one that started the run is gone: killed, it could not say so."""
    while os.name != "posix" or os.getppid() == parent:
        time.sleep(PARENT_CHECK_SECONDS)
    os._exit(1)


def _on_a_cluster(
    task: ShardTask, shards: Iterable[Shard], scheduler: str
) -> Iterator[ShardResult]:
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
        yield from parallel(delayed(process_shard)(task, shard) for shard in shards)


def select_backend(name: str, jobs: int, scheduler: str | None) -> Backend:
    """Return the backend of a name.

    Raises
    ------
    InvalidInput
        If there is no backend of that name, or `scheduler` does not fit it.
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
