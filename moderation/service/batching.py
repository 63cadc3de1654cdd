"""Batching: short requests are judged together in threads, long ones in turns between them.

A short request that finds a thread free is judged at once. While a batch runs, what arrives
gathers for the next one: for a few milliseconds where a second thread is free, else until a thread
is. The event loop itself judges short requests for a model that takes less time over a batch than
it takes to hand one to a thread. A long text, or a long list, is judged in steps. After each turn
of some steps it goes to the end of the long requests' queue; short requests overtake it, except in
a share of the time that is kept for the long ones. So nobody waits for a long request to end, and
every one of them ends.

A request that would wait too long for its turn is refused at once: `Pace` measures how fast the
model judges, and `time_to_turn` estimates the wait from that and the queue.
"""

import asyncio
from collections import deque
from collections.abc import Collection, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise

from moderation.service.errors import Busy
from moderation.service.jobs import (
    Begin,
    Judge,
    LongJob,
    Outcome,
    ShortJob,
    ThreadTask,
    Turn,
    grouped,
    judge_together,
    take_turn,
    weigh,
)
from moderation.verdict import Verdict

SHORT_WEIGHT = 1_200
"""Most characters, overhead included, of a short request, which is judged whole in a batch."""
BATCH_WEIGHT = 16_000
"""Most characters, overhead included, in a batch or a group of more than one text."""
SLICE_TEXTS = 8
"""Most texts of a long list that are judged in one step by a model that cannot pause."""
TURN_SECONDS = 0.01
"""Time after which a long request's turn ends with the step that it is in."""
MAX_LOOP_SECONDS = 0.005
"""Longest time, as expected by the pace so far, for which a batch is judged in the event loop
itself: as long as Python by default lets a thread keep the interpreter from all others."""
LONG_SHARE = 0.25
"""The share of the time that long requests get while short ones never stop coming."""
QUIET_SECONDS = 1.0
"""Time without a short request after which the long ones may have all threads."""
MAX_WAITING = 1_000
"""Most requests that may wait, however fast the model is."""
LAST_WEIGHT = 0.05
"""The weight of the last measurement of the pace against those before it."""


class Batches:
    """Judges requests in threads, so that none keeps the others waiting for long.

    It is used from the event loop only, and never blocks it.

    Parameters
    ----------
    threads : int
        Most batches and turns at a time.
    max_texts : int
        Most texts in a batch.
    linger : float
        Seconds that a batch waits for further requests while another runs.
    max_wait : float
        Seconds; a request that would wait longer for its turn is refused at once.
    """

    def __init__(
        self, threads: int, *, max_texts: int = 32, linger: float = 0.002, max_wait: float = 0.05
    ) -> None:
        self._threads = ThreadPoolExecutor(threads, thread_name_prefix="judge")
        self._thread_count = threads
        self._max_texts = max_texts
        self._linger = linger
        self._max_wait = max_wait
        self._tasks: set[ThreadTask] = set()
        self._short: deque[ShortJob] = deque()
        self._short_weight = 0
        self._long: deque[LongJob] = deque()
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
        """Estimated seconds until a short request that came now would have its turn."""
        if not self._short and len(self._tasks) < self._thread_count:
            return 0.0
        ahead = self._pace.seconds_for(self._short_weight) / (1 - LONG_SHARE if self._long else 1)
        if not self._tasks:
            return ahead / self._thread_count
        return time_to_turn(self._busy(self._tasks, self._thread_count), ahead)

    @property
    def long_wait(self) -> float:
        """Estimated seconds until a long request that came now would have its first turn."""
        long_tasks = [task for task in self._tasks if task.is_long]
        threads = max(len(long_tasks), self._max_long())
        ahead = self._turn_pace.seconds_for(len(self._long)) + self._pace.seconds_for(
            self._short_weight
        )
        return max(self.wait, time_to_turn(self._busy(long_tasks, threads), ahead))

    def stop(self) -> None:
        """Shut the threads down; what is not begun is dropped, what is begun ends with its step."""
        self._stopped = True
        self._threads.shutdown(wait=False, cancel_futures=True)
        for job in (*self._short, *self._long):
            job.reply.cancel()

    async def judge(
        self,
        texts: Sequence[str],
        judge: Judge,
        begin: Begin | None = None,
        *,
        is_quick: bool = False,
    ) -> list[Verdict]:
        """Return a verdict for each text, in order.

        When the caller is cancelled, the texts not judged by then are dropped.

        Parameters
        ----------
        texts : sequence of str
        judge : callable
            Judges texts at once.
        begin : callable, optional
            Judges texts in steps; without it, `judge` is one long step.
        is_quick : bool
            True if the event loop may judge short texts itself, once it is known how long that
            takes: `judge` never waits for anything.

        Raises
        ------
        Busy
            If the wait for a turn would be too long.
        """
        loop = asyncio.get_running_loop()
        reply: asyncio.Future[list[Verdict]] = loop.create_future()
        weight = weigh(texts)
        job: ShortJob | LongJob
        if weight <= SHORT_WEIGHT and len(texts) <= self._max_texts:
            self._check(self.wait)
            job = ShortJob(texts, judge, reply, weight, is_quick)
            self._last_short = loop.time()
            self._short_weight += weight
            self._short.append(job)
        else:
            self._check(self.long_wait)
            max_texts = self._max_texts if begin else min(self._max_texts, SLICE_TEXTS)
            job = LongJob(texts, judge, reply, begin, grouped(texts, max_texts, BATCH_WEIGHT))
            self._queue(job)
        self._arrange()
        try:
            return await reply
        except asyncio.CancelledError:
            self._leave(job)
            raise

    def check(self) -> None:
        """Refuse a short request that could not have its turn soon, before anything of it is read.

        Raises
        ------
        Busy
            If the wait for a turn would be too long.
        """
        self._check(self.wait)

    def _check(self, wait: float) -> None:
        if self.waiting >= MAX_WAITING or wait > self._max_wait:
            raise Busy("Too many requests are waiting.", remedy="Try again in a few seconds.")

    def _busy(self, tasks: Collection[ThreadTask], threads: int) -> list[float]:
        """Return the seconds for which each of some threads is still busy."""
        now = asyncio.get_running_loop().time() if tasks else 0.0
        busy = [seconds_left(task.started, task.expected, now) for task in tasks]
        return busy + [0.0] * (threads - len(busy))

    def _leave(self, job: ShortJob | LongJob) -> None:
        """Take a job out of its queue, as nobody waits for it any more."""
        if isinstance(job, LongJob):
            if job.queued:
                job.queued = False
                self._long.remove(job)
            job.drop()
        elif job in self._short:
            self._short.remove(job)
            self._short_weight -= job.weight

    def _queue(self, job: LongJob) -> None:
        """Put a long job at the end of the queue, unless it is in the queue."""
        if job.is_left and not job.queued:
            job.queued = True
            self._long.append(job)

    def _max_long(self) -> int:
        """Return the number of threads that long jobs may have; one is left for the short ones.

        Where no short job has come for a while, long ones that pause may have that one, too.
        """
        quiet = asyncio.get_running_loop().time() - self._last_short > QUIET_SECONDS
        pauses = all(job.begin for job in self._long)
        return self._thread_count if quiet and pauses else max(1, self._thread_count - 1)

    def _arrange(self) -> None:
        """Begin whatever can be begun, or set a timer for it."""
        while len(self._tasks) < self._thread_count and not self._stopped:
            if self._is_turn_of_long() and self._start_long():
                continue
            if self._short and not self._starting:
                self._arrange_short()
            return

    def _is_turn_of_long(self) -> bool:
        if not self._long or sum(task.is_long for task in self._tasks) >= self._max_long():
            return False
        if not self._short:
            return True
        return self._spent[True] * (1 - LONG_SHARE) < self._spent[False] * LONG_SHARE

    def _arrange_short(self) -> None:
        loop = asyncio.get_running_loop()
        if all(task.is_long for task in self._tasks) or len(self._short) >= self._max_texts:
            # In the loop's next iteration, so that what came in this one joins the batch.
            self._starting = True
            loop.call_soon(self._start_short)
        elif self._timer is None:
            self._timer = loop.call_later(self._linger, self._start_short)

    def _start_short(self) -> None:
        self._starting = False
        if self._timer:
            self._timer.cancel()
            self._timer = None
        if not self._short or len(self._tasks) >= self._thread_count or self._stopped:
            return
        jobs = self._next_batch()
        if jobs:
            weight = sum(job.weight for job in jobs)
            expected = self._pace.seconds_for(weight)
            if jobs[0].is_quick and 0 < expected <= MAX_LOOP_SECONDS:
                self._deliver(jobs, weight, *judge_together(jobs))
            else:
                self._judge_in_thread(jobs, weight, expected)
        self._arrange()

    def _judge_in_thread(self, jobs: list[ShortJob], weight: int, expected: float) -> None:
        task = self._start(expected, is_long=False)
        done = asyncio.get_running_loop().run_in_executor(self._threads, judge_together, jobs)
        done.add_done_callback(lambda done: self._short_done(done, task, jobs, weight))

    def _next_batch(self) -> list[ShortJob]:
        """Take short jobs from the queue, as many as one batch may hold."""
        jobs: list[ShortJob] = []
        texts = weight = 0
        while self._short:
            job = self._short[0]
            if jobs and (
                job.judge != jobs[0].judge  # of another model: it goes into the next batch
                or texts + len(job.texts) > self._max_texts
                or weight + job.weight > BATCH_WEIGHT
            ):
                break
            self._short.popleft()
            self._short_weight -= job.weight
            if job.reply.done():  # cancelled
                continue
            jobs.append(job)
            texts += len(job.texts)
            weight += job.weight
        return jobs

    def _start_long(self) -> bool:
        """Give the first long job its turn; return True if there was one."""
        while self._long:
            job = self._long.popleft()
            job.queued = False
            if not job.is_left:
                job.drop()
                continue
            self._give_turn(job)
            return True
        return False

    def _give_turn(self, job: LongJob) -> None:
        work = job.paused.pop() if job.paused else job.begin_next()
        # Another thread may meanwhile judge the rest of a list, in its turn.
        self._queue(job)
        task = self._start(self._turn_pace.seconds_for(1), is_long=True)
        loop = asyncio.get_running_loop()
        done = loop.run_in_executor(self._threads, take_turn, job, work, TURN_SECONDS)
        done.add_done_callback(lambda done: self._turn_done(done, task, job))

    def _start(self, expected: float, *, is_long: bool) -> ThreadTask:
        task = ThreadTask(asyncio.get_running_loop().time(), expected, is_long)
        self._tasks.add(task)
        return task

    def _short_done(
        self,
        done: "asyncio.Future[tuple[list[Outcome], float]]",
        task: ThreadTask,
        jobs: list[ShortJob],
        weight: int,
    ) -> None:
        self._tasks.discard(task)
        if done.cancelled():
            for job in jobs:
                job.reply.cancel()
            return
        self._deliver(jobs, weight, *done.result())
        self._arrange()

    def _deliver(
        self, jobs: list[ShortJob], weight: int, outcomes: list[Outcome], seconds: float
    ) -> None:
        self._pace.measure(seconds, weight)
        self._spend(seconds, is_long=False)
        for job, outcome in zip(jobs, outcomes, strict=True):
            job.answer(outcome)

    def _turn_done(self, done: "asyncio.Future[Turn]", task: ThreadTask, job: LongJob) -> None:
        self._tasks.discard(task)
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
            job.answer(turn.error)
        if job.reply.done():
            self._leave(job)
        self._queue(job)
        self._arrange()

    def _spend(self, seconds: float, *, is_long: bool) -> None:
        """Count the seconds that short and long requests have had while both kinds waited."""
        if self._short and (self._long or is_long or any(task.is_long for task in self._tasks)):
            self._spent[is_long] += seconds
        else:
            self._spent = {False: 0.0, True: 0.0}


class Pace:
    """Seconds for a unit of work, measured as the work is done.

    Parameters
    ----------
    seconds, amount : float, optional
        A first guess: seconds for an amount of work.
    """

    def __init__(self, seconds: float = 0.0, amount: float = 0.0) -> None:
        self._seconds = seconds
        self._amount = amount

    def measure(self, seconds: float, amount: float) -> None:
        """Take a measurement into account."""
        # Sums, and no mean of paces: a large batch counts for more than a single text.
        self._seconds += seconds - LAST_WEIGHT * self._seconds
        self._amount += amount - LAST_WEIGHT * self._amount

    def seconds_for(self, amount: float) -> float:
        """Return the seconds that an amount of work takes; 0 before anything is known."""
        return amount * self._seconds / self._amount if self._amount else 0.0


def seconds_left(started: float, expected: float, now: float) -> float:
    """Return the time that is left of a run; one that is overdue takes as long again.

    It is 0 where nothing was expected, because no pace was known.
    """
    return abs(started + expected - now) if expected else 0.0


def time_to_turn(threads: Iterable[float], ahead: float) -> float:
    """Return the seconds until a thread is free for a newcomer.

    Parameters
    ----------
    threads : iterable of float
        For each thread, the seconds until it has done what it is doing; one at least.
    ahead : float
        Seconds of work that wait for the same threads and come first, as if divisible at will.
    """
    free = sorted(threads)
    for count, (earlier, later) in enumerate(pairwise(free), 1):
        room = (later - earlier) * count
        if ahead <= room:
            return earlier + ahead / count
        ahead -= room
    return free[-1] + ahead / len(free)
