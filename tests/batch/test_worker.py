"""A page that is made to break its reader costs that page, and nothing else."""

import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

import pytest

from moderation.batch.sandbox import PageReader, SplitPage, split_record
from moderation.batch.types import Media, PageRecord
from moderation.pages.sandbox import PageLimits
from moderation.settings import Settings
from tests.batch.fakes import HTML, write_pages
from tests.batch.rows import failures, run
from tests.conftest import ROOT
from tests.processes import is_running
from tests.service.fakes import wait_until

PAGE = PageRecord("page", 0, Media.HTML, HTML.encode())
POSIX = pytest.mark.skipif(os.name != "posix", reason="limits are POSIX limits")


class Hang:
    """Takes a minute to be unpickled, as a page may take to be read."""

    def __reduce__(self) -> Any:
        """Wait where it is unpickled."""
        return time.sleep, (60,)


class Crash:
    """Ends the process that unpickles it, as a parser's fault does."""

    def __reduce__(self) -> Any:
        """Kill where it is unpickled."""
        return os._exit, (139,)


class Greedy:
    """Takes more memory than there may be."""

    def __reduce__(self) -> Any:
        """Fill the memory where it is unpickled."""
        return bytearray, (1 << 33,)


def broken(by: object) -> PageRecord:
    return PAGE._replace(page="broken", data=by)  # type: ignore[arg-type]  # it is meant to break


@POSIX
@pytest.mark.parametrize(
    ("record", "reason"),
    [(broken(Hang()), "time"), (broken(Crash()), "crash"), (broken(Greedy()), "memory")],
)
def test_a_reader_that_hangs_or_dies_is_replaced_and_the_next_page_is_read(
    record: PageRecord, reason: str
) -> None:
    reader = PageReader(PageLimits(seconds=2, memory=512 << 20))
    try:
        assert isinstance(reader.split(PAGE), SplitPage)
        began = time.monotonic()
        failure = reader.split(record)
        assert time.monotonic() - began < 10
        assert (failure.page, failure.reason) == ("broken", reason)  # type: ignore[union-attr]
        assert reader.split(PAGE) == split_record(PAGE)
    finally:
        reader.close()


@POSIX
def test_a_reader_that_the_system_ends_is_told_by_its_signal() -> None:
    reader = PageReader(PageLimits(seconds=30, memory=512 << 20))
    try:
        reader.split(PAGE)
        process = reader.sandbox.process
        assert process is not None
        threading.Timer(0.5, process.send_signal, [signal.SIGKILL]).start()
        failure = reader.split(broken(Hang()))
        assert "SIGKILL" in failure.message  # type: ignore[union-attr]
    finally:
        reader.close()


ORPHAN = """
from moderation.batch.sandbox import PageReader
from moderation.pages.sandbox import PageLimits
from tests.batch.test_worker import PAGE, Hang, broken

reader = PageReader(PageLimits(seconds=1, memory=512 << 20))
reader.split(PAGE)
print(reader.sandbox.process.pid, flush=True)
reader.sandbox.limits = PageLimits(seconds=60, memory=512 << 20)
reader.split(broken(Hang()))
"""


@POSIX
def test_a_reader_over_a_page_that_hangs_ends_though_its_run_was_killed() -> None:
    command = [sys.executable, "-c", ORPHAN]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE) as run:
        assert run.stdout is not None
        reader = int(run.stdout.readline())
        time.sleep(0.5)
        run.kill()
    assert is_running(reader)
    wait_until(lambda: not is_running(reader), seconds=40)


def test_hostile_pages_beside_good_ones_cost_themselves_alone(tmp_path: Path) -> None:
    folder = write_pages(tmp_path / "in", pages=4)
    hostile = {
        "deep.html": b"<div>" * 100_000 + b"text",
        "large.html": b"<p>x</p>" * 4_000_000,
        "unclosed.html": b"<p" * 200_000,
        "entities.html": b"<!DOCTYPE html [<!ENTITY a 'b'>]>" + b"&a;" * 200_000,
        "lies.html": b'<meta charset="utf-16"><p>\xff\xfe\xfa</p>' * 999,
        "binary.html": bytes(range(256)) * 999,
        "attributes.html": b"<p " + b"a=b " * 200_000 + b">text</p>",
    }
    for name, data in hostile.items():
        (folder / name).write_bytes(data)
    began = time.monotonic()
    summary = run(folder, out=tmp_path / "out", settings=Settings(page_seconds=5))
    assert summary.pages + summary.failures == 4 + len(hostile)
    assert {Path(row["page"]).name for row in failures(tmp_path / "out")} <= set(hostile)
    assert {"too_large"} <= {row["reason"] for row in failures(tmp_path / "out")}
    assert time.monotonic() - began < 5 * len(hostile) + 30


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux limits the address space")
def test_the_limit_of_memory_is_a_setting() -> None:
    nothing = Settings(page_memory_mb=64)
    assert nothing.page_memory_mb == 64
    with pytest.raises(ValueError, match="greater than or equal to 64"):
        Settings(page_memory_mb=1)
