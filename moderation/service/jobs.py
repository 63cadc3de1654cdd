"""Jobs: the texts of one request, judged in a thread.

The event loop makes jobs and gives them their verdicts; the functions here run in the threads.
"""

import asyncio
import time
from collections import deque
from collections.abc import Callable, Generator, Iterable, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import NamedTuple

from moderation.verdict import Verdict

# FOLDED waiting: Estimates of the wait for a turn, from the queue and the pace so far.

LEARNING = 0.05
"""The weight of the last measurement against those before it."""


class Pace:
    """Seconds for a unit of work, measured as the work is done.

    Parameters
    ----------
    seconds, amount : float, optional
        A first guess: seconds for so much work.
    """

    def __init__(self, seconds: float = 0.0, amount: float = 0.0) -> None:
        self._seconds = seconds
        self._amount = amount

    def measure(self, seconds: float, amount: float) -> None:
        """Learn how long some work took."""
        # Sums, and no mean of paces: a large batch says more than a single text.
        self._seconds += seconds - LEARNING * self._seconds
        self._amount += amount - LEARNING * self._amount

    def of(self, amount: float) -> float:
        """Return the seconds that so much work takes; 0 before anything is known."""
        return amount * self._seconds / self._amount if self._amount else 0.0


def seconds_left(started: float, expected: float, now: float) -> float:
    """Return the time that is left of a run; one that is overdue takes as long again.

    Nothing is said where nothing was expected, because no pace was known.
    """
    return abs(started + expected - now) if expected else 0.0


def time_to_turn(threads: Iterable[float], ahead: float) -> float:
    """Return the seconds until a thread is free for a newcomer.

    Parameters
    ----------
    threads : iterable of float
        For each thread, the seconds until it has done what it is doing; one at least.
    ahead : float
        Seconds of work that wait for the same threads and come first; it is thought of as divisible
        at will.
    """
    free = sorted(threads)
    for count, (earlier, later) in enumerate(pairwise(free), 1):
        room = (later - earlier) * count
        if ahead <= room:
            return earlier + ahead / count
        ahead -= room
    return free[-1] + ahead / len(free)


Judge = Callable[[Sequence[str]], list[Verdict]]
Steps = Generator[None, None, list[Verdict]]
Begin = Callable[[Sequence[str]], Steps]
"""Begins to judge texts in steps; see :meth:`moderation.moderator.Moderator.begin`."""
Outcome = list[Verdict] | Exception

OVERHEAD = 200
"""The cost of a text besides its characters, in characters."""


class Group(NamedTuple):
    """Some texts of a job that are judged together."""

    start: int
    """The place of the first among the job's."""
    texts: Sequence[str]


class StepwiseJob(NamedTuple):
    """A group that is being judged, in steps."""

    start: int
    steps: Steps


@dataclass(slots=True, eq=False)
class Job:
    """One request's texts, and how far they are judged."""

    texts: Sequence[str]
    judge: Judge
    begin: Begin | None
    """None where the judge cannot pause: a group is then judged in one step."""
    reply: asyncio.Future[list[Verdict]]
    weight: int
    groups: deque[Group] = field(default_factory=deque)
    """Those that nobody has begun; a short job has none."""
    paused: list[StepwiseJob] = field(default_factory=list)
    """Those that have been begun and are not being worked on."""
    queued: bool = False
    verdicts: dict[int, list[Verdict]] = field(default_factory=dict)
    """Verdicts so far, by the place of the first text."""

    @property
    def is_left(self) -> bool:
        """Tell whether there is something to judge that nobody is judging."""
        return bool(self.paused or self.groups) and not self.reply.done()

    def begin_next(self) -> "StepwiseJob | None":
        """Begin the next group, if there is one."""
        try:
            group = self.groups.popleft()
        except IndexError:  # another thread took the last
            return None
        begin = self.begin or whole(self.judge)
        return StepwiseJob(group.start, begin(group.texts))

    def drop(self) -> None:
        """Forget what has not been judged: nobody waits for it."""
        self.groups.clear()
        for work in self.paused:
            work.steps.close()
        self.paused.clear()

    def receive(self, start: int, verdicts: list[Verdict]) -> None:
        """Take the verdicts of some texts; answer when they were the last."""
        if self.reply.done():
            return
        self.verdicts[start] = verdicts
        if sum(map(len, self.verdicts.values())) == len(self.texts):
            in_order = [self.verdicts[start] for start in sorted(self.verdicts)]
            self.reply.set_result([verdict for part in in_order for verdict in part])

    def fail(self, error: Exception) -> None:
        """Answer with an error."""
        if not self.reply.done():
            self.reply.set_exception(error)


def weigh(texts: Sequence[str]) -> int:
    """Return about what texts cost to judge, in characters."""
    return sum(map(len, texts)) + OVERHEAD * len(texts)


def grouped(texts: Sequence[str], most_texts: int, most_weight: int) -> deque[Group]:
    """Cut a list into groups of so many texts and characters at most; a long text stands alone."""
    groups: deque[Group] = deque()
    start, weight = 0, 0
    for place, text in enumerate(texts):
        weight += len(text) + OVERHEAD
        if place > start and (place - start == most_texts or weight > most_weight):
            groups.append(Group(start, texts[start:place]))
            start, weight = place, len(text) + OVERHEAD
    groups.append(Group(start, texts[start:]))
    return groups


def whole(judge: Judge) -> Begin:
    """Return a one-step generator around a judge that cannot pause."""

    def begin(texts: Sequence[str]) -> Steps:
        yield
        return judge(texts)

    return begin


def judge_together(jobs: Sequence[Job]) -> tuple[list[Outcome], float]:
    """Judge short jobs in one call; where that fails, each alone, so that one fails alone.

    Returns
    -------
    list of (list of Verdict) or Exception
        One for each job.
    float
        Seconds it took.
    """
    started = time.perf_counter()
    found: list[Outcome] = []
    try:
        verdicts = jobs[0].judge([text for job in jobs for text in job.texts])
    except Exception as error:  # noqa: BLE001  # whoever asked is told
        found = [error] if len(jobs) == 1 else [judge_alone(job) for job in jobs]
    else:
        start = 0
        for job in jobs:
            found.append(verdicts[start : start + len(job.texts)])
            start += len(job.texts)
    return found, time.perf_counter() - started


def judge_alone(job: Job) -> Outcome:
    """Judge one short job; return its verdicts or its error."""
    try:
        return job.judge(job.texts)
    except Exception as error:  # noqa: BLE001  # as above
        return error


class Turn(NamedTuple):
    """The outcome of a long job's turn in a thread."""

    judged: list[tuple[int, list[Verdict]]]
    """Verdicts, by the place of their first text."""
    work: StepwiseJob | None
    """Work that was begun and is not done."""
    error: Exception | None
    seconds: float


def take_turn(job: Job, work: StepwiseJob | None, seconds: float) -> Turn:
    """Judge some of a long job: steps until the time is over, or nobody waits for it any more."""
    started = time.perf_counter()
    judged: list[tuple[int, list[Verdict]]] = []
    error: Exception | None = None
    while not job.reply.done():
        work = work or job.begin_next()
        if work is None:
            break
        try:
            next(work.steps)
        except StopIteration as end:
            judged.append((work.start, end.value))
            work = None
        except Exception as raised:  # noqa: BLE001  # whoever asked is told
            error, work = raised, None
            break
        if time.perf_counter() - started >= seconds:
            break
    return Turn(judged, work, error, time.perf_counter() - started)
