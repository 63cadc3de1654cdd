"""Uploaded files are taken in beside the service's other work, by one process after another."""

import asyncio
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import httpx
import pytest

from moderation.desk import Desk
from moderation.desk.jobs import uploading
from moderation.desk.jobs.uploading import UploadJob
from moderation.desk.types import Filters, User
from moderation.desk.types.uploads import Upload, UploadState
from moderation.desk.web.app import installer
from moderation.errors import NotReady
from moderation.models.base import Judgement
from moderation.service.app import create_app
from moderation.service.errors import Busy
from moderation.settings import Settings
from moderation.verdict import Verdict
from tests.desk.sending import verdict
from tests.service.fakes import FakeModel, fake_moderator, is_ready, running, score, wait_until

KILLS, COMMENTS = 3, 300
JOB = """
import asyncio, sys, time
from moderation.desk import Desk
from moderation.desk.jobs import uploading
from tests.desk.sending import verdict
uploading.CHUNK, uploading.EVERY_SECONDS = 10, 0.02
class Engine:
    async def judge(self, texts):
        await asyncio.sleep(0.01)
        return [verdict() for _ in texts]
desk = Desk.open(sys.argv[1])
print("open", flush=True)
asyncio.run(uploading.UploadJob(desk, Engine).run())
"""


class SomeEngine:
    """An engine that first fails in some ways, and notes how many texts it was asked for."""

    def __init__(self, *failures: Exception) -> None:
        self.failures = list(failures)
        self.asked: list[int] = []

    async def judge(self, texts: Sequence[str]) -> list[Verdict]:
        """Fail, or judge."""
        if self.failures:
            raise self.failures.pop(0)
        self.asked.append(len(texts))
        return [verdict() for _ in texts]


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(uploading, "EVERY_SECONDS", 0.02)
    monkeypatch.setattr(uploading, "BUSY_SECONDS", 0.01)


def run_until(desk: Desk, engine: Any, true: Callable[[], bool]) -> None:
    """Run the job until something is true."""

    async def act() -> None:
        task = asyncio.create_task(UploadJob(desk, lambda: engine).run())
        await asyncio.to_thread(wait_until, true)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)

    asyncio.run(act())


def has_ended(desk: Desk, user: User, number: int) -> bool:
    return not desk.uploads.get(user, number).is_open


def take_in(desk: Desk, user: User, number: int, engine: Any) -> Upload:
    """Run the job until an upload has ended, and return it."""
    run_until(desk, engine, partial(has_ended, desk, user, number))
    return desk.uploads.get(user, number)


def test_files_are_judged_in_small_parts_one_after_the_other(
    desk: Desk, ana: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(uploading, "CHUNK", 4)
    first = desk.uploads.add(ana, "a.txt", b"\n".join(b"line %d" % each for each in range(10)))
    second = desk.uploads.add(ana, "b.txt", b"line 1\nanother")
    engine = SomeEngine()
    done = take_in(desk, ana, second, engine)
    assert engine.asked == [4, 4, 2, 2]
    assert (done.taken, done.known) == (1, 1)
    assert desk.uploads.get(ana, first).taken == 10


def test_it_waits_for_the_model_and_while_the_model_has_no_time(desk: Desk, ana: User) -> None:
    number = desk.uploads.add(ana, "a.txt", b"one")
    done = take_in(desk, ana, number, SomeEngine(NotReady("not yet"), *[Busy("busy")] * 9))
    assert (done.state, done.taken) == (UploadState.DONE, 1)


def test_a_file_that_turns_out_to_hold_no_comments_fails_with_the_reason(
    desk: Desk, ana: User
) -> None:
    number = desk.uploads.add(ana, "a.xlsx", b"PK\x03\x04 and no workbook")
    failed = take_in(desk, ana, number, SomeEngine())
    assert failed.state is UploadState.FAILED
    assert failed.failure
    assert "not a workbook" in failed.failure.message


def test_an_unknown_failure_is_tried_again_and_then_given_up(
    desk: Desk, ana: User, caplog: pytest.LogCaptureFixture
) -> None:
    number = desk.uploads.add(ana, "a.txt", b"secret words")
    failed = take_in(desk, ana, number, SomeEngine(*[RuntimeError("secret words")] * 99))
    assert failed.state is UploadState.FAILED
    assert "RuntimeError" in caplog.text
    assert "secret" not in caplog.text


def test_killed_again_and_again_it_leaves_nothing_out_and_adds_nothing_twice(
    desk: Desk, url: str, ana: User
) -> None:
    lines = [b"line %d" % (each % (COMMENTS - 5)) for each in range(COMMENTS)]
    number = desk.uploads.add(ana, "a.txt", b"\n".join(lines))

    def has_done(part: int) -> bool:
        return desk.uploads.get(ana, number).done >= part

    for kill in range(KILLS + 1):
        process = subprocess.Popen([sys.executable, "-c", JOB, url], stdout=subprocess.PIPE)
        assert process.stdout is not None
        with process.stdout:
            assert process.stdout.readline() == b"open\n"
        try:
            wait_until(partial(has_done, COMMENTS * (kill + 1) // (KILLS + 1)))
            if kill == KILLS:
                wait_until(partial(has_ended, desk, ana, number))
        finally:
            process.send_signal(signal.SIGKILL)
            process.wait()
    done = desk.uploads.get(ana, number)
    assert (done.state, done.done, done.taken, done.known) == (
        UploadState.DONE,
        COMMENTS,
        COMMENTS - 5,
        5,
    )
    lines_here = desk.queue.count(Filters()).number
    assert lines_here == COMMENTS - 5


class SlowModel(FakeModel):
    """Takes a while for each text."""

    def judge(self, texts: Sequence[str]) -> list[Judgement]:
        """Judge, slowly."""
        time.sleep(0.003 * len(texts))
        return super().judge(texts)


def test_the_service_answers_others_while_a_file_is_judged(desk: Desk, ana: User) -> None:
    """A request waits for a few texts of the file at most, which would all take three seconds."""
    number = desk.uploads.add(ana, "a.txt", b"\n".join(b"line %d" % each for each in range(1_000)))
    app = create_app(
        Settings(log_level="warning"), lambda: fake_moderator(SlowModel()), None, [installer(desk)]
    )
    with (
        running(app) as address,
        httpx.Client(base_url=address, trust_env=False, timeout=30) as client,
    ):
        wait_until(lambda: is_ready(client))
        wait_until(lambda: desk.uploads.get(ana, number).done > 0)
        spent: list[float] = []
        while not has_ended(desk, ana, number) and len(spent) < 50:
            start = time.perf_counter()
            assert score(client, {"text": "The ferry is late."}).status_code in {200, 503}
            spent.append(time.perf_counter() - start)
        assert len(spent) > 5
        assert sorted(spent)[len(spent) // 2] < 0.5
        wait_until(partial(has_ended, desk, ana, number), seconds=60)
    assert desk.uploads.get(ana, number).allowed == 1_000
