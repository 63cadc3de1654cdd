"""A run that is stopped anywhere ends, in the end, as one that never was."""

import multiprocessing
import os
import random
import signal
import subprocess
import sys
import time
from multiprocessing.context import ForkServerProcess
from pathlib import Path
from typing import Any

import pytest

from moderation.batch.ledger import OtherRun
from moderation.errors import InvalidInput
from moderation.settings import Settings
from tests.batch import runner
from tests.batch.archives import responses, write_comments, write_warc
from tests.batch.fakes import FakeSource, write_pages
from tests.batch.rows import contents, failures, ledger, passages, run
from tests.conftest import ROOT
from tests.processes import descendants, is_running
from tests.service.fakes import wait_until

pytestmark = pytest.mark.slow

KILLS = 20

# A run in a copy of a process that has imported everything begins at once.
COPIES = multiprocessing.get_context("forkserver")
COPIES.set_forkserver_preload([runner.__name__])


def some_inputs(folder: Path) -> list[Path]:
    write_pages(folder / "in", pages=5)
    return [
        folder / "in",
        write_warc(folder / "pages.warc.gz", responses(6)),
        write_comments(folder / "comments.jsonl", 300),
        folder / "missing.txt",
    ]


def start(*arguments: str | Path, jobs: int = 2, seconds: float = 0.1) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [
            *(sys.executable, "-m", "tests.batch.runner", *arguments),
            *("--jobs", str(jobs), "--seconds", str(seconds)),
        ],
        cwd=ROOT,
        stderr=subprocess.PIPE,
    )


def lines(out: Path) -> int:
    """Return the number of whole lines that a ledger has so far."""
    file = out / "ledger.jsonl"
    return file.read_bytes().count(b"\n") if file.exists() else 0


def kill(process: ForkServerProcess) -> None:
    """Kill a run, and wait for what it started, which ends a moment later, by itself."""
    assert process.pid
    started = descendants(process.pid)
    process.kill()
    process.join()
    wait_until(lambda: not any(map(is_running, started)))


def same_rows(one: Path, other: Path) -> bool:
    return passages(one) == passages(other) and failures(one) == failures(other)


def test_killed_at_twenty_random_moments_it_ends_with_the_rows_of_an_uninterrupted_run(
    tmp_path: Path,
) -> None:
    inputs = some_inputs(tmp_path)
    write_comments(inputs[2], 40 * 50)
    run(*inputs, out=tmp_path / "whole", shard_pages=2)
    moments = random.Random(20)  # noqa: S311  # any moments do
    options = ["--out", str(tmp_path / "out"), "--seconds", "0.2"]
    under_way = 0
    for place in range(KILLS):
        # Every fourth with workers of its own, which take a while to start.
        jobs = 1 if place % 4 else 2
        process = COPIES.Process(
            target=runner.main, args=([*map(str, inputs), *options, "--jobs", str(jobs)],)
        )
        # From its first moment on, or from when it has finished a shard or two, so that it gets on
        # between the kills however slow the machine is.
        goal = lines(tmp_path / "out") + moments.randrange(3)
        process.start()
        wait_until(lambda goal=goal: lines(tmp_path / "out") >= goal, seconds=60)  # type: ignore[misc]
        time.sleep(moments.uniform(0, 0.5))
        under_way += process.is_alive()
        kill(process)
    assert under_way > KILLS // 2
    last = start(*inputs, "--out", tmp_path / "out", seconds=0)
    assert last.communicate()[0] is None
    assert last.returncode == 0
    assert same_rows(tmp_path / "whole", tmp_path / "out")
    summary = (tmp_path / "out" / "summary.json").read_bytes()
    assert summary == (tmp_path / "whole" / "summary.json").read_bytes()


def test_when_a_run_is_killed_all_that_it_started_ends_too(tmp_path: Path) -> None:
    process = start(*some_inputs(tmp_path), "--out", tmp_path / "out", seconds=0.2)
    for _ in range(600):
        if (tmp_path / "out" / "ledger.jsonl").exists() and ledger(tmp_path / "out"):
            break
        time.sleep(0.1)
    assert process.poll() is None
    # The workers, what reads pages for each, and what keeps track of their memory.
    started = descendants(process.pid)
    process.kill()
    # The workers have the pipe too, and it is closed when the last has ended.
    process.communicate(timeout=20)
    if sys.platform == "linux":
        assert len(started) >= 4
        wait_until(lambda: not any(map(is_running, started)))


def test_stopped_at_any_write_it_ends_with_the_same_files(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class PowerCut(BaseException):
        pass

    inputs = some_inputs(tmp_path)[:2]
    run(*inputs, out=tmp_path / "whole", shard_pages=2)
    writes = 0
    last = -1
    real = os.fsync

    def fsync(file: int) -> None:
        nonlocal writes
        writes += 1
        if writes == last:
            raise PowerCut
        real(file)

    monkeypatch.setattr(os, "fsync", fsync)
    cuts = 0
    for each in range(1, 100):
        writes, last = 0, each
        try:
            run(*inputs, out=tmp_path / "out", shard_pages=2, afresh=True)
        except PowerCut:
            cuts += 1
        else:
            break
        writes = -1000
        run(*inputs, out=tmp_path / "out", shard_pages=2)
        assert same_rows(tmp_path / "whole", tmp_path / "out")
        assert not [name for name in contents(tmp_path / "out") if name.endswith(".tmp")]
    assert cuts > 10


def test_a_second_run_does_nothing_again(tmp_path: Path) -> None:
    inputs = some_inputs(tmp_path)
    run(*inputs, out=tmp_path / "out", shard_pages=2)
    before = contents(tmp_path / "out")
    places = {path: path.stat().st_mtime_ns for path in (tmp_path / "out").rglob("part-*")}
    run(*inputs, out=tmp_path / "out", shard_pages=2)
    assert contents(tmp_path / "out") == before
    assert {path: path.stat().st_mtime_ns for path in places} == places


def test_a_line_of_the_ledger_that_was_cut_off_counts_for_nothing(tmp_path: Path) -> None:
    inputs = some_inputs(tmp_path)
    run(*inputs, out=tmp_path / "out", shard_pages=2)
    before = contents(tmp_path / "out")
    path = tmp_path / "out" / "ledger.jsonl"
    path.write_bytes(path.read_bytes()[:-40])
    run(*inputs, out=tmp_path / "out", shard_pages=2)
    after = contents(tmp_path / "out")
    assert {n for n in after if n != "ledger.jsonl"} == {n for n in before if n != "ledger.jsonl"}
    assert all(after[name] == before[name] for name in after if name != "ledger.jsonl")


@pytest.mark.parametrize("harm", ["lost", "changed"])
def test_rows_that_were_lost_or_changed_are_made_again(tmp_path: Path, harm: str) -> None:
    inputs = some_inputs(tmp_path)
    run(*inputs, out=tmp_path / "out", shard_pages=2)
    before = passages(tmp_path / "out")
    part = sorted((tmp_path / "out" / "passages.parquet").iterdir())[1]
    if harm == "lost":
        part.unlink()
    else:
        part.write_bytes(part.read_bytes()[:-9])
    run(*inputs, out=tmp_path / "out", shard_pages=2)
    assert passages(tmp_path / "out") == before


def test_a_page_that_changed_is_judged_again_and_one_that_went_is_dropped(tmp_path: Path) -> None:
    pages = write_pages(tmp_path / "in", pages=4)
    run(pages, out=tmp_path / "out", shard_pages=2)
    text = (pages / "page1.txt").read_text("utf-8")
    (pages / "page1.txt").write_text(text.replace("hostileword", "friendly"), "utf-8")
    (pages / "page3.txt").unlink()
    summary = run(pages, out=tmp_path / "out", shard_pages=2)
    run(pages, out=tmp_path / "whole", shard_pages=2)
    assert summary.pages == 3
    assert same_rows(tmp_path / "whole", tmp_path / "out")


@pytest.mark.parametrize(
    ("what", "changed"),
    [
        ("model", {"source": FakeSource("fake@2")}),
        ("policy", {"source": FakeSource(policy="strict")}),
        ("languages", {"source": FakeSource(languages=("en", "fr"))}),
        ("limits", {"settings": Settings(max_text_chars=100)}),
        ("shards", {"shard_pages": 3}),
    ],
)
def test_what_another_run_made_is_refused_until_it_is_begun_afresh(
    tmp_path: Path, what: str, changed: dict[str, Any]
) -> None:
    pages = write_pages(tmp_path / "in")
    run(pages, out=tmp_path / "out")
    before = contents(tmp_path / "out")
    with pytest.raises(OtherRun, match=f"another {what}.*--afresh"):
        run(pages, out=tmp_path / "out", **changed)
    assert contents(tmp_path / "out") == before
    run(pages, out=tmp_path / "out", afresh=True, **changed)


def test_another_input_is_refused_and_nothing_of_the_first_is_lost(tmp_path: Path) -> None:
    run(write_pages(tmp_path / "in"), out=tmp_path / "out")
    before = contents(tmp_path / "out")
    with pytest.raises(OtherRun, match="another inputs"):
        run(write_pages(tmp_path / "other"), out=tmp_path / "out")
    assert contents(tmp_path / "out") == before


def test_results_without_a_ledger_are_not_written_over(tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "passages.parquet").write_text("mine", "utf-8")
    with pytest.raises(InvalidInput, match="without a ledger"):
        run(write_pages(tmp_path / "in"), out=tmp_path / "out")
    assert (tmp_path / "out" / "passages.parquet").read_text("utf-8") == "mine"


def test_two_runs_do_not_write_one_folder_at_a_time(tmp_path: Path) -> None:
    inputs = some_inputs(tmp_path)
    process = start(*inputs, "--out", tmp_path / "out", jobs=1, seconds=1)
    try:
        for _ in range(300):
            if (tmp_path / "out" / "ledger.jsonl").exists():
                break
            time.sleep(0.1)
        with pytest.raises(InvalidInput, match="Another run is writing"):
            run(*inputs, out=tmp_path / "out", shard_pages=2)
    finally:
        process.kill()
        process.communicate()


@pytest.mark.parametrize("jobs", [1, 2])
def test_ctrl_c_stops_between_shards_and_the_next_run_goes_on(tmp_path: Path, jobs: int) -> None:
    inputs = some_inputs(tmp_path)[2:3]
    process = start(*inputs, "--out", tmp_path / "out", jobs=jobs, seconds=0.5)
    for _ in range(600):
        if (tmp_path / "out" / "ledger.jsonl").exists() and ledger(tmp_path / "out"):
            break
        time.sleep(0.1)
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=60)
    assert process.returncode == 130
    assert b"Traceback" not in errors
    finished = len(ledger(tmp_path / "out"))
    run(*inputs, out=tmp_path / "whole", shard_pages=2)
    assert 0 < finished < len(ledger(tmp_path / "whole"))
    run(*inputs, out=tmp_path / "out", shard_pages=2)
    assert same_rows(tmp_path / "whole", tmp_path / "out")
