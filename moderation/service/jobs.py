"""Jobs: the texts of one request, judged in a thread.

The event loop makes jobs and gives them their verdicts; `judge_together` and `take_turn` run in the
threads.
"""

import asyncio
import time
from collections import deque
from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from moderation.verdict import Verdict

Judge = Callable[[Sequence[str]], list[Verdict]]
Steps = Generator[None, None, list[Verdict]]
Begin = Callable[[Sequence[str]], Steps]
"""Begins to judge texts in steps; see :meth:`moderation.moderator.Moderator.begin`."""
Outcome = list[Verdict] | Exception

OVERHEAD = 200
"""The fixed cost of a text, in characters."""


class Group(NamedTuple):
    """Some of a job's texts, which are judged together."""

    start: int
    """The position of the first among the job's."""
    texts: Sequence[str]


class StepwiseJob(NamedTuple):
    """A group that is being judged, in steps."""

    start: int
    steps: Steps


@dataclass(slots=True, eq=False)
class Job:
    """One request's texts, and its reply to be."""

    texts: Sequence[str]
    judge: Judge
    reply: asyncio.Future[list[Verdict]]

    def answer(self, outcome: Outcome) -> None:
        """Set the verdicts or the error as the reply, unless nobody waits for it any more."""
        if self.reply.done():
            return
        if isinstance(outcome, Exception):
            self.reply.set_exception(outcome)
        else:
            self.reply.set_result(outcome)


@dataclass(slots=True, eq=False)
class ShortJob(Job):
    """A request that is judged whole."""

    weight: int
    is_quick: bool
    """True if the event loop may judge it."""


@dataclass(slots=True, eq=False)
class LongJob(Job):
    """A request that is judged in groups of its texts, and its verdicts so far."""

    begin: Begin | None
    """None where the judge cannot pause: a group is then judged in one step."""
    groups: deque[Group]
    """Those that no thread has begun."""
    paused: list[StepwiseJob] = field(default_factory=list)
    """Those that have been begun and are not being worked on."""
    queued: bool = False
    verdicts: dict[int, list[Verdict]] = field(default_factory=dict)
    """Verdicts so far, by the position of the first text."""

    @property
    def is_left(self) -> bool:
        """True if something remains to judge that no thread is judging."""
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
        """Drop what has not been judged: nobody waits for it."""
        self.groups.clear()
        for work in self.paused:
            work.steps.close()
        self.paused.clear()

    def receive(self, start: int, verdicts: list[Verdict]) -> None:
        """Take the verdicts of some texts; set the reply when they were the last."""
        if self.reply.done():
            return
        self.verdicts[start] = verdicts
        if sum(map(len, self.verdicts.values())) == len(self.texts):
            in_order = [self.verdicts[start] for start in sorted(self.verdicts)]
            self.answer([verdict for group in in_order for verdict in group])


def weigh(texts: Sequence[str]) -> int:
    """Return the approximate cost of judging texts, in characters."""
    return sum(map(len, texts)) + OVERHEAD * len(texts)


def grouped(texts: Sequence[str], max_texts: int, max_weight: int) -> deque[Group]:
    """Cut a list into groups of limited size and weight; a long text is a group of its own."""
    groups: deque[Group] = deque()
    start, weight = 0, 0
    for position, text in enumerate(texts):
        weight += len(text) + OVERHEAD
        if position > start and (position - start == max_texts or weight > max_weight):
            groups.append(Group(start, texts[start:position]))
            start, weight = position, len(text) + OVERHEAD
    groups.append(Group(start, texts[start:]))
    return groups


def whole(judge: Judge) -> Begin:
    """Return a function that judges in one step, for a judge that cannot pause."""

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
    outcomes: list[Outcome] = []
    try:
        verdicts = jobs[0].judge([text for job in jobs for text in job.texts])
    except Exception as error:  # noqa: BLE001  # it is the reply
        outcomes = [error] if len(jobs) == 1 else [judge_alone(job) for job in jobs]
    else:
        start = 0
        for job in jobs:
            outcomes.append(verdicts[start : start + len(job.texts)])
            start += len(job.texts)
    return outcomes, time.perf_counter() - started


def judge_alone(job: Job) -> Outcome:
    """Judge one short job and return its verdicts or its error."""
    try:
        return job.judge(job.texts)
    except Exception as error:  # noqa: BLE001  # as above
        return error


@dataclass(slots=True, eq=False)
class ThreadTask:
    """A batch or a turn that a thread is working on."""

    started: float
    expected: float
    """Seconds, by the pace so far."""
    is_long: bool


class Turn(NamedTuple):
    """The outcome of a long job's turn in a thread."""

    judged: list[tuple[int, list[Verdict]]]
    """Verdicts, by the position of their first text."""
    work: StepwiseJob | None
    """Work that was begun and is not done."""
    error: Exception | None
    seconds: float


def take_turn(job: LongJob, work: StepwiseJob | None, seconds: float) -> Turn:
    """Judge a part of a long job: steps until the time is over, or until nobody waits for it."""
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
        except Exception as raised:  # noqa: BLE001  # it is the reply
            error, work = raised, None
            break
        if time.perf_counter() - started >= seconds:
            break
    return Turn(judged, work, error, time.perf_counter() - started)
