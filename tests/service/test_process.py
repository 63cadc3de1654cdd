"""A serving process goes on with its repeated work after a failure, and gives memory back."""

import asyncio
import logging
import subprocess
import sys
from collections.abc import Callable
from contextlib import suppress

import pytest

from moderation.errors import InvalidInput
from moderation.service import process
from moderation.service.process import GROWN_BYTES, Memory, repeat, tick
from tests.conftest import ROOT

log = logging.getLogger(__name__)


def run(act: Callable[[], None], *, times: int = 5, wait_first: bool = False) -> int:
    """Repeat something some times; return how often it was done before the first wait."""
    done = 0
    at_once = 0

    async def count() -> None:
        nonlocal done
        done += 1
        act()

    async def main() -> None:
        nonlocal at_once
        task = asyncio.create_task(
            repeat(count, 0.001, log, "it was not done", wait_first=wait_first)
        )
        await asyncio.sleep(0)
        at_once = done
        while done < times:
            assert not task.done()
            await asyncio.sleep(0.001)
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task

    asyncio.run(asyncio.wait_for(main(), 20))
    return at_once


def test_it_goes_on_after_a_failure_which_is_told_once(caplog: pytest.LogCaptureFixture) -> None:
    """And not in the words of an exception that is not ours: they may hold a comment."""

    def fail() -> None:
        raise ValueError("a comment's text")

    run(fail)
    assert [record.getMessage() for record in caplog.records] == ["it was not done: ValueError"]
    assert "a comment's text" not in caplog.text


def test_another_failure_and_one_after_a_success_are_told(
    caplog: pytest.LogCaptureFixture,
) -> None:
    ends = iter([InvalidInput("one"), InvalidInput("one"), InvalidInput("two"), None])

    def act() -> None:
        error = next(ends, InvalidInput("two"))
        if error:
            raise error

    run(act, times=6)
    assert [record.getMessage().rpartition(": ")[2] for record in caplog.records] == [
        "one",
        "two",
        "two",
    ]


def test_a_failure_that_lasts_is_told_again_after_an_hour(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(process, "LOG_AGAIN_SECONDS", 0.0)

    def fail() -> None:
        raise InvalidInput("still so")

    run(fail, times=3)
    assert len(caplog.records) >= 3


def test_the_first_time_comes_at_once_or_after_the_wait() -> None:
    assert run(lambda: None) == 1
    assert run(lambda: None, wait_first=True) == 0


def test_figures_are_written_after_a_time_at_which_that_failed() -> None:
    """And once more at the end."""
    done: list[int] = []

    def act() -> None:
        done.append(1)
        if len(done) == 1:
            raise ValueError

    async def main() -> None:
        task = asyncio.create_task(tick(act))
        await asyncio.sleep(2.2)
        assert len(done) == 2
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task

    asyncio.run(main())
    assert len(done) == 3


JUDGE = """
import threading
from moderation.moderator import Moderator
from moderation.service.process import give_back, resident
from moderation.text.language import load_detector

moderator = Moderator.load(threads=1)
load_detector()  # as the service does when it starts
moderator.judge(["The ferry was late again and nobody said why."] * 32)
give_back()
idle = resident()
heavy = [chr(0x1F600 + number % 80) for number in range(1500)]
threads = [threading.Thread(target=moderator.judge, args=(["".join(heavy)],)) for _ in range(2)]
for each in threads:
    each.start()
for each in threads:
    each.join()
print((resident() - idle) >> 20)
give_back()
print((resident() - idle) >> 20)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="Linux tells how much memory a process holds")
def test_comments_of_emoji_leave_little_behind() -> None:
    command = [sys.executable, "-c", JUDGE]
    done = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True)
    grown, left = map(int, done.stdout.split())
    # It was 170 MB when 4,096 wordpieces went through the network at once.
    assert grown < 130
    assert left < 100


@pytest.fixture
def held(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Return the process's memory before and after it gives memory back."""
    sizes = [GROWN_BYTES * 2, GROWN_BYTES]
    monkeypatch.setattr(process, "resident", lambda: sizes[0])
    monkeypatch.setattr(process, "give_back", lambda: sizes.pop(0))
    return sizes


def test_memory_is_given_back_once_the_process_has_grown_and_nothing_is_under_way(
    held: list[int],
) -> None:
    watch = Memory(every=2)
    assert [watch.look(idle=True) for _ in range(6)] == [False, True] + [False] * 4
    held[:] = [GROWN_BYTES * 3, GROWN_BYTES]
    assert [watch.look(idle=False) for _ in range(4)] == [False] * 4
    assert watch.look(idle=True)
