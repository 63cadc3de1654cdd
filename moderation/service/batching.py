"""Requests are judged in threads: short ones together, long ones in turns between them.

A short request that finds a thread free is judged at once. While a batch runs, what arrives
gathers for the next one: for a few milliseconds where a second thread is free, else until a thread
is. A long text, or a long list, is judged in steps. After each turn of some steps it goes to the
end of the long ones' queue; short requests overtake it, but for a share of the time that the long
ones have whatever comes. So nobody waits for a long request to end, and every one of them ends.
"""

import asyncio
from collections import deque
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from moderation.service.errors import Busy
from moderation.service.jobs import (
    Begin,
    Job,
    Judge,
    Outcome,
    Pace,
    Turn,
    grouped,
    judge_together,
    seconds_left,
    take_turn,
    time_to_turn,
    weigh,
)
from moderation.verdict import Verdict

SHORT_WEIGHT = 1_200
"""Most characters, overhead included, of a request that is short: judged whole and in company."""
BATCH_WEIGHT = 16_000
"""Most characters, overhead included, in a batch or a group of more than one text."""
SLICE_TEXTS = 8
"""Most texts of a long list that are judged in one step by a model that cannot pause."""
TURN_SECONDS = 0.01
"""From when on a long request's turn ends with the step that it is in."""
LONG_SHARE = 0.25
"""The share of the time that long requests get while short ones wait without end."""
QUIET_SECONDS = 1.0
"""After how long without a short request the long ones may have all threads."""
MAX_WAITING = 1_000
"""Most requests that may wait, however fast the model is."""


@dataclass(slots=True, eq=False)
class ThreadTask:
    """Something that a thread is doing."""

    started: float
    expected: float
    """Seconds, by the pace so far."""
    is_long: bool


class Batches:
    """Has requests judged in threads, so that none keeps the others waiting for long.

    It is used from the event loop only, and never holds it up.

    Parameters
    ----------
    threads : int
        Most batches and turns at a time.
    most_texts : int
        Most texts in a batch.
    gather : float
        Seconds that a batch waits for company while another runs.
    patience : float
        Seconds; a request that would wait longer for its turn is refused at once.
    """

    def __init__(
        self, threads: int, *, most_texts: int = 32, gather: float = 0.002, patience: float = 0.05
    ) -> None:
        self._threads = ThreadPoolExecutor(threads, thread_name_prefix="judge")
        self._all = threads
        self._most = most_texts
        self._gather = gather
        self._patience = patience
        self._runs: set[ThreadTask] = set()
        self._short: deque[Job] = deque()
        self._ahead = 0
        self._long: deque[Job] = deque()
        self._pace = Pace()
        self._turn_pace = Pace(TURN_SECONDS, 1)
        self._spent = {False: 0.0, True: 0.0}
        self._last_short = float("-inf")
        self._timer: asyncio.TimerHandle | None = None
        self._starting = False
        self._stopped = False

    @property
    def waiting(self) -> int:
        """The number of requests of which something waits to be judged."""
        return len(self._short) + len(self._long)

    @property
    def wait(self) -> float:
        """Seconds until a short request that came now would have its turn, by the pace so far."""
        if not self._short and len(self._runs) < self._all:
            return 0.0
        ahead = self._pace.of(self._ahead) / (1 - LONG_SHARE if self._long else 1)
        return time_to_turn(self._busy(self._runs, self._all), ahead)

    @property
    def long_wait(self) -> float:
        """Seconds until a long request that came now would have its first turn."""
        runs = [run for run in self._runs if run.is_long]
        threads = max(len(runs), self._most_long())
        ahead = self._turn_pace.of(len(self._long)) + self._pace.of(self._ahead)
        return max(self.wait, time_to_turn(self._busy(runs, threads), ahead))

    def stop(self) -> None:
        """Let go of the threads; what is not begun is dropped, and what is ends with its step."""
        self._stopped = True
        self._threads.shutdown(wait=False, cancel_futures=True)
        for job in (*self._short, *self._long):
            job.reply.cancel()

    async def judge(
        self, texts: Sequence[str], judge: Judge, begin: Begin | None = None
    ) -> list[Verdict]:
        """Return a verdict for each text, in order.

        When the caller is cancelled, what is not judged by then is not judged any more.

        Parameters
        ----------
        texts : sequence of str
        judge : callable
            Judges texts at once.
        begin : callable, optional
            Judges texts in steps; without it, `judge` is one long step.

        Raises
        ------
        Busy
            If the wait for a turn would be too long.
        """
        reply: asyncio.Future[list[Verdict]] = asyncio.get_running_loop().create_future()
        job = Job(texts, judge, begin, reply, weigh(texts))
        if job.weight <= SHORT_WEIGHT and len(texts) <= self._most:
            self._check(self.wait)
            self._last_short = asyncio.get_running_loop().time()
            self._ahead += job.weight
            self._short.append(job)
        else:
            self._check(self.long_wait)
            most = self._most if begin else min(self._most, SLICE_TEXTS)
            job.groups = grouped(texts, most, BATCH_WEIGHT)
            self._queue(job)
        self._arrange()
        try:
            return await reply
        except asyncio.CancelledError:
            self._leave(job)
            raise

    def check(self) -> None:
        """Refuse what could not have its turn soon; a route asks before it reads anything.

        Raises
        ------
        Busy
            If the wait for a turn would be too long.
        """
        self._check(self.wait)

    def _check(self, wait: float) -> None:
        if self.waiting >= MAX_WAITING or wait > self._patience:
            raise Busy("Too many requests are waiting.", remedy="Try again in a few seconds.")

    def _busy(self, runs: "set[ThreadTask] | list[ThreadTask]", threads: int) -> list[float]:
        """Return for how much longer each of some threads is busy."""
        now = asyncio.get_running_loop().time() if runs else 0.0
        busy = [seconds_left(run.started, run.expected, now) for run in runs]
        return busy + [0.0] * (threads - len(busy))

    def _leave(self, job: Job) -> None:
        """Take a job for which nobody waits any more out of its queue."""
        if job in self._short:
            self._short.remove(job)
            self._ahead -= job.weight
        if job.queued:
            job.queued = False
            self._long.remove(job)
        job.drop()

    def _queue(self, job: Job) -> None:
        """Put a long job at the end of the queue, unless it stands there."""
        if job.is_left and not job.queued:
            job.queued = True
            self._long.append(job)

    def _most_long(self) -> int:
        """Return the number of threads that long jobs may have; one is left for the short ones.

        Where no short one has come for a while, long ones that soon pause may have that, too.
        """
        quiet = asyncio.get_running_loop().time() - self._last_short > QUIET_SECONDS
        pauses = all(job.begin for job in self._long)
        return self._all if quiet and pauses else max(1, self._all - 1)

    def _arrange(self) -> None:
        """See to it that whatever can be begun begins, now or when it should."""
        while len(self._runs) < self._all and not self._stopped:
            if self._is_longs_turn() and self._start_long():
                continue
            if self._short and not self._starting:
                self._arrange_short()
            return

    def _is_longs_turn(self) -> bool:
        if not self._long or sum(run.is_long for run in self._runs) >= self._most_long():
            return False
        if not self._short:
            return True
        return self._spent[True] * (1 - LONG_SHARE) < self._spent[False] * LONG_SHARE

    def _arrange_short(self) -> None:
        loop = asyncio.get_running_loop()
        if all(run.is_long for run in self._runs) or len(self._short) >= self._most:
            # At the loop's next turn, so that what came in this one goes along.
            self._starting = True
            loop.call_soon(self._start_short)
        elif self._timer is None:
            self._timer = loop.call_later(self._gather, self._start_short)

    def _start_short(self) -> None:
        self._starting = False
        if self._timer:
            self._timer.cancel()
            self._timer = None
        if not self._short or len(self._runs) >= self._all or self._stopped:
            return
        jobs = self._next_batch()
        if jobs:
            weight = sum(job.weight for job in jobs)
            run = self._run(self._pace.of(weight), is_long=False)
            done = asyncio.get_running_loop().run_in_executor(self._threads, judge_together, jobs)
            done.add_done_callback(lambda done: self._short_done(done, run, jobs, weight))
        self._arrange()

    def _next_batch(self) -> list[Job]:
        """Take short jobs from the queue, as many as one batch may hold."""
        jobs: list[Job] = []
        texts = weight = 0
        while self._short:
            job = self._short[0]
            if jobs and (
                job.judge != jobs[0].judge  # of another model: it goes into the next batch
                or texts + len(job.texts) > self._most
                or weight + job.weight > BATCH_WEIGHT
            ):
                break
            self._short.popleft()
            self._ahead -= job.weight
            if job.reply.done():  # cancelled
                continue
            jobs.append(job)
            texts += len(job.texts)
            weight += job.weight
        return jobs

    def _start_long(self) -> bool:
        """Give the first long job its turn; return whether there was one to have it."""
        while self._long:
            job = self._long.popleft()
            job.queued = False
            if not job.is_left:
                job.drop()
                continue
            self._give_turn(job)
            return True
        return False

    def _give_turn(self, job: Job) -> None:
        work = job.paused.pop() if job.paused else job.begin_next()
        # What is left of a list may be judged by another thread meanwhile, in its turn.
        self._queue(job)
        run = self._run(self._turn_pace.of(1), is_long=True)
        loop = asyncio.get_running_loop()
        done = loop.run_in_executor(self._threads, take_turn, job, work, TURN_SECONDS)
        done.add_done_callback(lambda done: self._turn_done(done, run, job))

    def _run(self, expected: float, *, is_long: bool) -> ThreadTask:
        run = ThreadTask(asyncio.get_running_loop().time(), expected, is_long)
        self._runs.add(run)
        return run

    def _short_done(
        self,
        done: "asyncio.Future[tuple[list[Outcome], float]]",
        run: ThreadTask,
        jobs: list[Job],
        weight: int,
    ) -> None:
        self._runs.discard(run)
        if done.cancelled():
            for job in jobs:
                job.reply.cancel()
            return
        outcomes, seconds = done.result()
        self._pace.measure(seconds, weight)
        self._spend(seconds, is_long=False)
        for job, outcome in zip(jobs, outcomes, strict=True):
            if isinstance(outcome, Exception):
                job.fail(outcome)
            else:
                job.receive(0, outcome)
        self._arrange()

    def _turn_done(self, done: "asyncio.Future[Turn]", run: ThreadTask, job: Job) -> None:
        self._runs.discard(run)
        if done.cancelled() or self._stopped:
            job.reply.cancel()
            return
        turn = done.result()
        self._turn_pace.measure(turn.seconds, 1)
        self._spend(turn.seconds, is_long=True)
        if turn.work:
            job.paused.append(turn.work)
        for start, verdicts in turn.judged:
            job.receive(start, verdicts)
        if turn.error:
            job.fail(turn.error)
        if job.reply.done():
            self._leave(job)
        self._queue(job)
        self._arrange()

    def _spend(self, seconds: float, *, is_long: bool) -> None:
        """Count what each kind has had while both wanted more."""
        if self._short and (self._long or is_long or any(run.is_long for run in self._runs)):
            self._spent[is_long] += seconds
        else:
            self._spent = {False: 0.0, True: 0.0}
