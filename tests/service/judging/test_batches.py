"""Requests that come together are judged together, and none waits for ever."""

import asyncio
import threading
import time
from collections.abc import Callable, Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from moderation.service.http.errors import Busy
from moderation.service.judging import batches as module
from moderation.service.judging.batches import Batches
from moderation.service.judging.jobs import Steps, weigh
from moderation.taxonomy import Label
from moderation.verdict import Action, Verdict


class Judge:
    """Says of each text how long it is; remembers what it was given at once."""

    def __init__(self, seconds: float = 0.0) -> None:
        self.seconds = seconds
        self.calls: list[list[str]] = []
        self.go_on = threading.Event()
        self.go_on.set()

    def __call__(self, texts: Sequence[str]) -> list[Verdict]:
        """Judge, when the test lets it."""
        self.calls.append(list(texts))
        assert self.go_on.wait(20)
        time.sleep(self.seconds)
        if "failure" in texts:
            raise ValueError("cannot")
        return [
            Verdict(Label.CIVIL, Action.ALLOW, {"length": float(len(text))}, "m") for text in texts
        ]


class Stepwise(Judge):
    """Takes a step for each thousand characters of a text; remembers who took which."""

    def __init__(self, seconds: float = 0.0) -> None:
        super().__init__(seconds)
        self.steps: list[str] = []
        self.before_step: Callable[[], object] = lambda: None

    def begin(self, texts: Sequence[str]) -> Steps:
        """Judge in steps."""
        yield
        for text in texts:
            for _ in range(0, len(text), 1_000):
                self.before_step()
                self.steps.append(text[:1])
                time.sleep(self.seconds)
                yield
        if "failure" in texts:
            raise ValueError("cannot")
        return [
            Verdict(Label.CIVIL, Action.ALLOW, {"length": float(len(text))}, "m") for text in texts
        ]


SECONDS_OF_A_STEP = module.TURN_SECONDS * 1.5
"""Each step is then a turn."""


def lengths(verdicts: list[Verdict]) -> list[float]:
    return [verdict.scores["length"] for verdict in verdicts]


def test_requests_that_come_while_one_is_judged_share_the_next_call() -> None:
    async def main() -> None:
        judge, batches = Judge(), Batches(1)
        judge.go_on.clear()
        first = asyncio.create_task(batches.judge(["a"], judge))
        await asyncio.sleep(0.05)
        others = [asyncio.create_task(batches.judge(["b" * n], judge)) for n in range(1, 9)]
        await asyncio.sleep(0.05)
        assert batches.waiting == 8
        judge.go_on.set()
        assert lengths(await first) == [1]
        assert [lengths(await each) for each in others] == [[n] for n in range(1, 9)]
        assert list(map(len, judge.calls)) == [1, 8]
        batches.stop()

    asyncio.run(main())


def test_a_lone_request_does_not_wait_for_company() -> None:
    async def main() -> None:
        judge, batches = Judge(), Batches(1, gather=5)
        async with asyncio.timeout(2):
            await batches.judge(["a"], judge)
        batches.stop()

    asyncio.run(main())


def test_a_batch_waits_for_company_no_longer_than_it_is_told() -> None:
    async def main() -> None:
        judge, batches = Judge(), Batches(2, gather=0.05)
        judge.go_on.clear()
        tasks = [asyncio.create_task(batches.judge(["a"], judge))]
        await asyncio.sleep(0.02)
        tasks += [asyncio.create_task(batches.judge(["bb"], judge)) for _ in range(3)]
        await asyncio.sleep(0.01)
        assert len(judge.calls) == 1
        await asyncio.sleep(0.2)
        assert list(map(len, judge.calls)) == [1, 3]
        judge.go_on.set()
        await asyncio.gather(*tasks)
        batches.stop()

    asyncio.run(main())


def test_a_long_list_lets_short_requests_through() -> None:
    async def main() -> None:
        judge, batches = Judge(0.01), Batches(1, most_texts=16)
        long = asyncio.create_task(batches.judge(["x"] * 400, judge))
        await asyncio.sleep(0.03)
        started = len(judge.calls)
        assert lengths(await batches.judge(["short"], judge)) == [5]
        # The slice it came upon, its own batch, and the slice that has begun since.
        assert len(judge.calls) <= started + 3
        assert not long.done()
        assert lengths(await long) == [1.0] * 400
        assert max(map(len, judge.calls)) <= 16
        batches.stop()

    asyncio.run(main())


def test_a_long_text_is_judged_apart() -> None:
    async def main() -> None:
        judge, batches = Judge(), Batches(1)
        judge.go_on.clear()
        texts = ["a", "b", "c" * 100_000, "d"]
        tasks = [asyncio.create_task(batches.judge([text], judge)) for text in ("0", *texts)]
        await asyncio.sleep(0.02)
        judge.go_on.set()
        await asyncio.gather(*tasks)
        assert [len(call) for call in judge.calls if texts[2] in call] == [1]
        batches.stop()

    asyncio.run(main())


def test_only_the_request_at_fault_fails() -> None:
    async def main() -> None:
        judge, batches = Judge(), Batches(1)
        judge.go_on.clear()
        tasks = [
            asyncio.create_task(batches.judge([text], judge)) for text in ("0", "a", "failure", "b")
        ]
        await asyncio.sleep(0.02)
        judge.go_on.set()
        found = await asyncio.gather(*tasks, return_exceptions=True)
        assert [type(each) for each in found] == [list, list, ValueError, list]
        batches.stop()

    asyncio.run(main())


def test_each_request_is_judged_by_the_judge_it_was_given() -> None:
    async def main() -> None:
        old, new, batches = Judge(), Judge(), Batches(1)
        old.go_on.clear()
        tasks = [asyncio.create_task(batches.judge(["old"], old)) for _ in range(3)]
        await asyncio.sleep(0.02)
        tasks += [asyncio.create_task(batches.judge(["new"], new)) for _ in range(3)]
        old.go_on.set()
        await asyncio.gather(*tasks)
        assert {text for call in old.calls for text in call} == {"old"}
        assert {text for call in new.calls for text in call} == {"new"}
        batches.stop()

    asyncio.run(main())


def test_a_request_that_would_wait_too_long_is_refused_at_once() -> None:
    async def main() -> None:
        judge, batches = Judge(0.1), Batches(1, most_texts=1, patience=0.15)
        await batches.judge(["a"], judge)  # the pace is known from here on
        answered: list[float] = []
        refused: list[float] = []

        async def ask() -> None:
            asked = time.perf_counter()
            try:
                await batches.judge(["a"], judge)
            except Busy:
                refused.append(time.perf_counter() - asked)
            else:
                answered.append(time.perf_counter() - asked)

        await asyncio.gather(*(ask() for _ in range(50)))
        assert 1 <= len(answered) <= 5
        assert len(refused) == 50 - len(answered)
        assert max(refused) < 0.1
        assert max(answered) < 1
        assert batches.wait == pytest.approx(0)
        batches.stop()

    asyncio.run(main())


def test_a_request_given_up_by_its_caller_is_not_judged() -> None:
    async def main() -> None:
        judge, batches = Judge(), Batches(1)
        judge.go_on.clear()
        first = asyncio.create_task(batches.judge(["a"], judge))
        await asyncio.sleep(0.02)
        given_up = asyncio.create_task(batches.judge(["b"], judge))
        await asyncio.sleep(0.02)
        given_up.cancel()
        await asyncio.sleep(0)
        judge.go_on.set()
        await first
        assert lengths(await batches.judge(["c"], judge)) == [1]
        assert judge.calls == [["a"], ["c"]]
        batches.stop()

    asyncio.run(main())


@settings(deadline=None, max_examples=60)
@given(
    requests=st.lists(
        st.lists(st.integers(1, 40_000), min_size=1, max_size=30), min_size=1, max_size=20
    ),
    threads=st.integers(1, 3),
    most=st.integers(1, 20),
)
def test_every_text_gets_its_own_verdict_and_no_batch_is_over_its_bounds(
    requests: list[list[int]], threads: int, most: int
) -> None:
    async def main() -> None:
        judge, batches = Judge(), Batches(threads, most_texts=most, gather=0, patience=1e9)
        found = await asyncio.gather(
            *(batches.judge(["x" * n for n in sizes], judge) for sizes in requests)
        )
        assert [lengths(each) for each in found] == requests
        for call in judge.calls:
            assert len(call) <= most
            assert len(call) == 1 or weigh(call) <= module.BATCH_WEIGHT
        assert batches.waiting == 0
        assert batches.wait == 0
        batches.stop()

    asyncio.run(main())


@settings(deadline=None, max_examples=40)
@given(
    requests=st.lists(
        st.tuples(
            st.lists(st.integers(1, 40_000), min_size=1, max_size=30), st.booleans(), st.booleans()
        ),
        min_size=1,
        max_size=20,
    ),
    threads=st.integers(1, 3),
)
def test_requests_of_all_kinds_get_their_own_verdicts_or_are_dropped(
    requests: list[tuple[list[int], bool, bool]], threads: int
) -> None:
    """Long and short ones, judged whole or in steps, some of them given up at once."""

    async def main() -> None:
        judge, batches = Stepwise(), Batches(threads, gather=0, patience=1e9)
        tasks = [
            asyncio.create_task(
                batches.judge(["x" * n for n in sizes], judge, judge.begin if pauses else None)
            )
            for sizes, pauses, _ in requests
        ]
        await asyncio.sleep(0)
        for task, (_, _, given_up) in zip(tasks, requests, strict=True):
            if given_up:
                task.cancel()
        async with asyncio.timeout(20):
            found = await asyncio.gather(*tasks, return_exceptions=True)
        for each, (sizes, _, given_up) in zip(found, requests, strict=True):
            if given_up:
                assert isinstance(each, asyncio.CancelledError)
            else:
                assert isinstance(each, list)
                assert lengths(each) == sizes
        assert batches.waiting == 0
        batches.stop()

    asyncio.run(main())


def test_beside_a_long_text_that_cannot_pause_no_short_one_is_refused() -> None:
    """One thread is busy with it for as long as it likes; the other is free."""

    async def main() -> None:
        slow, judge, batches = Judge(), Judge(), Batches(2, patience=0.05)
        await batches.judge(["learn the pace " * 50], judge)
        slow.seconds = 0.05
        await batches.judge(["learn the pace " * 50], slow)
        slow.go_on.clear()
        long = [asyncio.create_task(batches.judge(["x" * 20_000], slow)) for _ in range(2)]
        await asyncio.sleep(0.05)
        for number in range(1, 101):
            assert lengths(await batches.judge(["s" * number], judge)) == [number]
        assert not any(each.done() for each in long)
        slow.go_on.set()
        assert [lengths(await each) for each in long] == [[20_000]] * 2
        batches.stop()

    asyncio.run(main())


def test_short_texts_overtake_a_long_one_that_is_being_judged() -> None:
    async def main() -> None:
        judge, batches = Stepwise(SECONDS_OF_A_STEP), Batches(1, patience=1e9)
        long = asyncio.create_task(batches.judge(["x" * 50_000], judge, judge.begin))
        await asyncio.sleep(SECONDS_OF_A_STEP)
        for _ in range(5):
            before = len(judge.steps)
            assert lengths(await batches.judge(["short"], judge, judge.begin)) == [5]
            # The step that it came in, and one that the long one was owed.
            assert len(judge.steps) <= before + 3
        assert not long.done()
        assert lengths(await long) == [50_000]
        assert len(judge.steps) == 50
        batches.stop()

    asyncio.run(main())


def test_a_long_text_ends_though_short_ones_never_do() -> None:
    async def main() -> None:
        judge, batches = Stepwise(0.001), Batches(1, patience=1e9)
        judge.before_step = lambda: time.sleep(SECONDS_OF_A_STEP)
        answered = 0

        async def keep_asking() -> None:
            nonlocal answered
            while True:
                await batches.judge(["short"], judge, judge.begin)
                answered += 1

        asking = [asyncio.create_task(keep_asking()) for _ in range(64)]
        await asyncio.sleep(0.05)
        async with asyncio.timeout(20):
            found = await batches.judge(["x" * 10_000], judge, judge.begin)
        assert lengths(found) == [10_000]
        # It did not keep them out either: a turn of its own was followed by several of theirs.
        assert answered > 64
        for each in asking:
            each.cancel()
        await asyncio.gather(*asking, return_exceptions=True)
        batches.stop()

    asyncio.run(main())


def test_long_requests_take_turns_with_each_other() -> None:
    async def main() -> None:
        judge, batches = Stepwise(SECONDS_OF_A_STEP), Batches(1, patience=1e9)
        tasks = [
            asyncio.create_task(batches.judge([letter * 5_000], judge, judge.begin))
            for letter in "abc"
        ]
        tasks.append(asyncio.create_task(batches.judge(["d" * 1_500] * 4, judge, judge.begin)))
        await asyncio.gather(*tasks)
        # None is ahead of another by more than a turn or two.
        for seen in range(4, 20):
            counts = [judge.steps[:seen].count(letter) for letter in "abcd"]
            assert max(counts) - min(counts) <= 2
        batches.stop()

    asyncio.run(main())


def test_what_nobody_waits_for_any_more_is_dropped_at_the_next_step() -> None:
    async def main() -> None:
        judge, batches = Stepwise(0.002), Batches(2, patience=1e9)
        loop, under_way = asyncio.get_running_loop(), asyncio.Event()
        judge.before_step = lambda: loop.call_soon_threadsafe(under_way.set)
        sent = asyncio.create_task(batches.judge(["x" * 4_000] * 1_000, judge, judge.begin))
        neighbour = asyncio.create_task(batches.judge(["n" * 9_000], judge, judge.begin))
        await under_way.wait()
        sent.cancel()
        await asyncio.gather(sent, return_exceptions=True)
        assert lengths(await neighbour) == [9_000]
        assert batches.waiting == 0
        assert lengths(await batches.judge(["short"], judge, judge.begin)) == [5]
        judged = judge.steps.count("x")
        await asyncio.sleep(0.1)
        assert judge.steps.count("x") == judged < 200
        batches.stop()

    asyncio.run(main())


def test_a_long_list_is_judged_by_all_threads_while_nobody_else_is_there() -> None:
    async def main() -> None:
        together = threading.Barrier(2, timeout=20)
        judge, batches = Stepwise(), Batches(2)
        met: set[int] = set()

        def meet() -> None:
            thread = threading.get_ident()
            if thread not in met:
                met.add(thread)
                together.wait()

        judge.before_step = meet
        assert lengths(await batches.judge(["x" * 900] * 100, judge, judge.begin)) == [900] * 100
        assert len(met) == 2
        batches.stop()

    asyncio.run(main())


def test_only_the_long_request_at_fault_fails() -> None:
    async def main() -> None:
        judge, batches = Stepwise(), Batches(2, patience=1e9)
        texts = [["a" * 5_000], ["b" * 2_000, "failure"], ["c"] * 60]
        tasks = [asyncio.create_task(batches.judge(each, judge, judge.begin)) for each in texts]
        found = await asyncio.gather(*tasks, return_exceptions=True)
        assert [type(each) for each in found] == [list, ValueError, list]
        assert batches.waiting == 0
        batches.stop()

    asyncio.run(main())


def test_more_long_requests_than_can_have_a_turn_in_time_are_refused_and_no_short_one() -> None:
    async def main() -> None:
        judge, batches = Stepwise(), Batches(2, patience=0.1)
        go_on = threading.Event()
        judge.before_step = lambda: go_on.wait(20)
        tasks = [
            asyncio.create_task(batches.judge(["x" * 5_000], judge, judge.begin)) for _ in range(60)
        ]
        await asyncio.sleep(0)
        short = asyncio.create_task(batches.judge(["short"], judge, judge.begin))
        await asyncio.sleep(0.01)
        go_on.set()
        found = await asyncio.gather(*tasks, return_exceptions=True)
        refused = [each for each in found if isinstance(each, Busy)]
        assert 5 <= len(found) - len(refused) <= 30
        assert lengths(await short) == [5]
        batches.stop()

    asyncio.run(main())


def test_when_the_threads_are_let_go_nobody_is_left_waiting() -> None:
    async def main() -> None:
        judge, batches = Stepwise(0.01), Batches(1, patience=1e9)
        tasks = [
            asyncio.create_task(batches.judge(["x" * n], judge, judge.begin))
            for n in (9_000, 9_000, 5)
        ]
        await asyncio.sleep(0.02)
        batches.stop()
        async with asyncio.timeout(20):
            await asyncio.gather(*tasks, return_exceptions=True)
        assert all(task.done() for task in tasks)

    asyncio.run(main())
