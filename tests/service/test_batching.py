"""Requests that come together are judged together, and none waits for ever."""

import asyncio
import threading
import time
from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from moderation.service import batching as module
from moderation.service.batching import Batches
from moderation.service.errors import Busy
from moderation.service.jobs import weigh
from moderation.verdict import Verdict
from tests.service.judges import Judge, lengths


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
        judge, batches = Judge(), Batches(1, linger=5)
        async with asyncio.timeout(2):
            await batches.judge(["a"], judge)
        batches.stop()

    asyncio.run(main())


def test_a_batch_waits_for_company_no_longer_than_it_is_told() -> None:
    async def main() -> None:
        judge, batches = Judge(), Batches(2, linger=0.05)
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
        judge, batches = Judge(0.01), Batches(1, max_texts=16)
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


@pytest.mark.parametrize(
    ("is_quick", "limit", "in_loop"), [(True, 60, True), (False, 60, False), (True, 1e-9, False)]
)
def test_the_event_loop_judges_itself_where_the_judge_is_quick_and_has_been_so_far(
    monkeypatch: pytest.MonkeyPatch, is_quick: bool, limit: float, in_loop: bool
) -> None:
    monkeypatch.setattr(module, "MAX_LOOP_SECONDS", limit)

    async def main() -> None:
        judge, batches = Judge(), Batches(2, max_wait=60)
        threads: list[threading.Thread] = []

        def judge_here(texts: Sequence[str]) -> list[Verdict]:
            threads.append(threading.current_thread())
            return judge(texts)

        for text in ("a", "bb", "ccc"):
            verdicts = await batches.judge([text], judge_here, is_quick=is_quick)
            assert lengths(verdicts) == [len(text)]
        loop_thread = threading.current_thread()
        # Nobody knows yet how long the first one takes.
        assert [thread is loop_thread for thread in threads] == [False, in_loop, in_loop]
        batches.stop()

    asyncio.run(main())


def test_requests_that_come_together_share_the_event_loops_call_and_fail_alone(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(module, "MAX_LOOP_SECONDS", 60)

    async def main() -> None:
        judge, batches = Judge(), Batches(2, max_wait=60)
        await batches.judge(["first"], judge, is_quick=True)
        judge.calls.clear()
        found = await asyncio.gather(
            *(batches.judge([text], judge, is_quick=True) for text in ("a", "failure", "b")),
            return_exceptions=True,
        )
        assert [type(each) for each in found] == [list, ValueError, list]
        assert judge.calls[0] == ["a", "failure", "b"]
        batches.stop()

    asyncio.run(main())


def test_a_request_that_would_wait_too_long_is_refused_at_once() -> None:
    async def main() -> None:
        judge, batches = Judge(0.1), Batches(1, max_texts=1, max_wait=0.15)
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
    is_quick=st.booleans(),
)
def test_every_text_gets_its_own_verdict_and_no_batch_is_over_its_bounds(
    requests: list[list[int]], threads: int, most: int, is_quick: bool
) -> None:
    async def main() -> None:
        judge, batches = Judge(), Batches(threads, max_texts=most, linger=0, max_wait=1e9)
        found = await asyncio.gather(
            *(
                batches.judge(["x" * n for n in sizes], judge, is_quick=is_quick)
                for sizes in requests
            )
        )
        assert [lengths(each) for each in found] == requests
        for call in judge.calls:
            assert len(call) <= most
            assert len(call) == 1 or weigh(call) <= module.BATCH_WEIGHT
        assert batches.waiting == 0
        assert batches.wait == 0
        batches.stop()

    asyncio.run(main())
