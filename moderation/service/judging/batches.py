"""Requests that come together are judged together, in batches of bounded size.

A request that finds the model idle is judged at once. While a batch runs, what arrives gathers
for the next one: for a few milliseconds where a second thread is free, else until the first is
done. A long list takes turns with the others, a slice at a time, and a long text runs alone, so
that neither keeps a short comment waiting.
"""

import asyncio
import time
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import NamedTuple

from moderation.service.http.errors import Busy
from moderation.verdict import Verdict

Judge = Callable[[Sequence[str]], list[Verdict]]

OVERHEAD = 200
"""What a text costs besides its characters, in characters."""
SLICE_TEXTS = 8
"""Most texts of one request in a batch in which others wait for room."""
BATCH_WEIGHT = 32_000
"""Most characters, overhead included, in a batch of more than one text."""
LEARNING = 0.1
"""How much a batch's measured pace counts against the pace so far."""
MOST_WAITING = 1_000
"""Most requests that may wait, however fast the model is."""


@dataclass(slots=True, eq=False)
class Job:
    """One request's texts, and how far they are judged."""

    texts: Sequence[str]
    judge: Judge
    reply: asyncio.Future[list[Verdict]]
    given: int = 0
    """Texts that have been put into a batch."""
    turn: int = 0
    """What its next turn weighs."""
    verdicts: dict[int, list[Verdict]] = field(default_factory=dict)
    """What came back, by the place of its first text."""


class Part(NamedTuple):
    """Some texts of one job."""

    job: Job
    start: int
    texts: Sequence[str]


class Batches:
    """Gathers requests into batches and has them judged in threads.

    It is used from the event loop only, and never holds it up.

    Parameters
    ----------
    threads : int
        Most batches at a time.
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
        self._free = threads
        self._all = threads
        self._most = most_texts
        self._gather = gather
        self._patience = patience
        self._queue: deque[Job] = deque()
        self._ahead = 0
        self._running = 0
        self._pace = 0.0
        self._timer: asyncio.TimerHandle | None = None
        self._starting = False

    @property
    def waiting(self) -> int:
        """The number of requests whose texts are not all in a batch yet."""
        return len(self._queue)

    def stop(self) -> None:
        """Let go of the threads; batches not begun are dropped."""
        self._threads.shutdown(wait=False, cancel_futures=True)

    async def judge(self, texts: Sequence[str], judge: Judge) -> list[Verdict]:
        """Return a verdict for each text, in order.

        Raises
        ------
        Busy
            If the wait for a turn would be too long.
        """
        self.check()
        job = Job(texts, judge, asyncio.get_running_loop().create_future())
        self._enter(job)
        self._arrange()
        return await job.reply

    def check(self) -> None:
        """Refuse what could not have its turn soon; a route asks before it reads anything.

        Raises
        ------
        Busy
            If the wait for a turn would be too long.
        """
        if len(self._queue) >= MOST_WAITING or self.wait > self._patience:
            raise Busy("Too many requests are waiting.", remedy="Try again in a few seconds.")

    @property
    def wait(self) -> float:
        """Seconds until a request that came now would have its turn, by the pace so far."""
        return (self._ahead + self._running) * self._pace / self._all

    def _enter(self, job: Job) -> None:
        """Put a job at the end of the queue."""
        job.turn = weigh(job.texts[job.given : job.given + SLICE_TEXTS])
        self._ahead += job.turn
        self._queue.append(job)

    def _leave(self) -> None:
        """Take the first job out of the queue."""
        self._ahead -= self._queue.popleft().turn

    def _arrange(self) -> None:
        """See to it that the next batch starts when it should."""
        if not self._queue or not self._free or self._starting:
            return
        loop = asyncio.get_running_loop()
        if self._free == self._all or len(self._queue) >= self._most:
            # At the loop's next turn, so that what came in this one goes along.
            self._starting = True
            loop.call_soon(self._start)
        elif self._timer is None:
            self._timer = loop.call_later(self._gather, self._start)

    def _start(self) -> None:
        self._starting = False
        if self._timer:
            self._timer.cancel()
            self._timer = None
        parts = self._next_batch() if self._free else []
        if not parts:
            return
        weight = sum(weigh(part.texts) for part in parts)
        self._free -= 1
        self._running += weight
        run = asyncio.get_running_loop().run_in_executor(self._threads, judge_parts, parts)
        run.add_done_callback(lambda done: self._done(done, parts, weight))
        self._arrange()

    def _next_batch(self) -> list[Part]:
        """Take texts from the queue, in turns, as many as one batch may hold."""
        parts: list[Part] = []
        room, weight = self._most, 0
        judge: Judge | None = None
        while self._queue and room:
            job = self._queue[0]
            if job.reply.done():  # cancelled, or failed in another part
                self._leave()
                continue
            if judge is not None and job.judge != judge:
                break  # of another model: it goes into the next batch
            judge = job.judge
            share = room if len(self._queue) == 1 else min(room, SLICE_TEXTS)
            texts = fitting(job.texts[job.given : job.given + share], BATCH_WEIGHT - weight)
            if not texts and parts:
                break
            texts = texts or job.texts[job.given : job.given + 1]
            parts.append(Part(job, job.given, texts))
            job.given += len(texts)
            weight += weigh(texts)
            room -= len(texts)
            self._leave()
            if job.given < len(job.texts):
                self._enter(job)
        return parts

    def _done(
        self, run: "asyncio.Future[tuple[list[Outcome], float]]", parts: list[Part], weight: int
    ) -> None:
        self._free += 1
        self._running -= weight
        if run.cancelled():
            for part in parts:
                part.job.reply.cancel()
            return
        outcomes, seconds = run.result()
        pace = seconds / weight
        self._pace += (pace - self._pace) * (LEARNING if self._pace else 1)
        for part, outcome in zip(parts, outcomes, strict=True):
            deliver(part, outcome)
        self._arrange()


Outcome = list[Verdict] | Exception


def weigh(texts: Sequence[str]) -> int:
    """Return about what texts cost to judge, in characters."""
    return sum(map(len, texts)) + OVERHEAD * len(texts)


def fitting(texts: Sequence[str], room: int) -> Sequence[str]:
    """Return as many of the first texts as weigh no more than `room`."""
    for count, text in enumerate(texts):
        room -= len(text) + OVERHEAD
        if room < 0:
            return texts[:count]
    return texts


def judge_parts(parts: Sequence[Part]) -> tuple[list[Outcome], float]:
    """Judge parts of jobs in one call; where that fails, each alone, so that one fails alone.

    Returns
    -------
    list of (list of Verdict) or Exception
        One for each part.
    float
        Seconds it took.
    """
    started = time.perf_counter()
    judge = parts[0].job.judge
    found: list[Outcome] = []
    try:
        verdicts = judge([text for part in parts for text in part.texts])
    except Exception as error:  # noqa: BLE001  # whoever asked is told
        found = [error] if len(parts) == 1 else [judge_alone(part) for part in parts]
    else:
        start = 0
        for part in parts:
            found.append(verdicts[start : start + len(part.texts)])
            start += len(part.texts)
    return found, time.perf_counter() - started


def judge_alone(part: Part) -> Outcome:
    """Judge one part; return its verdicts or its error."""
    try:
        return part.job.judge(part.texts)
    except Exception as error:  # noqa: BLE001  # as above
        return error


def deliver(part: Part, outcome: Outcome) -> None:
    """Give a job what came of one of its parts; answer it when that was the last."""
    job = part.job
    if job.reply.done():
        return
    if isinstance(outcome, Exception):
        job.reply.set_exception(outcome)
        return
    job.verdicts[part.start] = outcome
    if sum(map(len, job.verdicts.values())) == len(job.texts):
        in_order = [job.verdicts[start] for start in sorted(job.verdicts)]
        job.reply.set_result([verdict for part in in_order for verdict in part])
