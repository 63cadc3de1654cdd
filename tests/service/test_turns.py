"""Long requests are judged in turns: short ones overtake them, and each has its turn."""

import asyncio
import threading
import time

from hypothesis import given, settings
from hypothesis import strategies as st

from moderation.service import batching as module
from moderation.service.batching import Batches
from moderation.service.errors import Busy
from tests.service.judges import Judge, Stepwise, lengths

SECONDS_OF_A_STEP = module.TURN_SECONDS * 1.5
"""Each step is then a turn."""


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
        judge, batches = Stepwise(), Batches(threads, linger=0, max_wait=1e9)
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
        slow, judge, batches = Judge(), Judge(), Batches(2, max_wait=0.05)
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
        judge, batches = Stepwise(SECONDS_OF_A_STEP), Batches(1, max_wait=1e9)
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
        judge, batches = Stepwise(0.001), Batches(1, max_wait=1e9)
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
        judge, batches = Stepwise(SECONDS_OF_A_STEP), Batches(1, max_wait=1e9)
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
        judge, batches = Stepwise(0.002), Batches(2, max_wait=1e9)
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
        judge, batches = Stepwise(), Batches(2, max_wait=1e9)
        texts = [["a" * 5_000], ["b" * 2_000, "failure"], ["c"] * 60]
        tasks = [asyncio.create_task(batches.judge(each, judge, judge.begin)) for each in texts]
        found = await asyncio.gather(*tasks, return_exceptions=True)
        assert [type(each) for each in found] == [list, ValueError, list]
        assert batches.waiting == 0
        batches.stop()

    asyncio.run(main())


def test_more_long_requests_than_can_have_a_turn_in_time_are_refused_and_no_short_one() -> None:
    async def main() -> None:
        judge, batches = Stepwise(), Batches(2, max_wait=0.1)
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
        judge, batches = Stepwise(0.01), Batches(1, max_wait=1e9)
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
