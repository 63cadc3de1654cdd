"""A disk that is full, or closed to the run, is told in one sentence, and nothing is lost."""

import errno
import io
import os
import resource
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace

import pytest

from moderation.batch.backends import WorkerFailed
from moderation.batch.export import RowFormat
from moderation.batch.ledger import FORMAT, OtherRun
from moderation.batch.report import rebuild_report
from moderation.errors import InvalidInput
from moderation.files import NotStored, write_bytes
from tests.batch.archives import responses, write_comments, write_warc
from tests.batch.fakes import FakeSource, write_pages
from tests.batch.rows import contents, failures, passages, run
from tests.conftest import ROOT


def write_csv(path: Path) -> Path:
    rows = "".join(f"{n},Boat {n} was late.\n" for n in range(70))
    path.write_text(f"id,text\n{rows}", "utf-8")
    return path


def some_inputs(folder: Path) -> list[Path]:
    return [
        write_pages(folder / "in", pages=5),
        write_warc(folder / "pages.warc.gz", responses(6)),
        write_comments(folder / "comments.jsonl", 150),
        write_csv(folder / "comments.csv"),
        folder / "missing.txt",
    ]


def but_the_ledger(out: Path) -> dict[str, bytes]:
    return {name: data for name, data in contents(out).items() if name != "ledger.jsonl"}


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EIO])
def test_wherever_the_disk_is_full_the_next_run_ends_with_nothing_lost(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    inputs = some_inputs(tmp_path)
    run(*inputs, out=tmp_path / "whole", shard_pages=3, form=RowFormat.JSONL)
    whole = but_the_ledger(tmp_path / "whole")
    writes, last = 0, -1
    real = os.fsync

    def fsync(file: int) -> None:
        nonlocal writes
        writes += 1
        if writes == last:
            raise OSError(number, os.strerror(number))
        real(file)

    monkeypatch.setattr(os, "fsync", fsync)
    said = []
    for each in range(1, 100, 3 if number == errno.ENOSPC else 11):
        writes, last = 0, each
        try:
            run(*inputs, out=tmp_path / "out", shard_pages=3, form=RowFormat.JSONL, afresh=True)
        except NotStored as error:
            said.append(error)
        else:
            break
        assert not [name for name in contents(tmp_path / "out") if name.endswith(".tmp")]
        last = -1
        run(*inputs, out=tmp_path / "out", shard_pages=3, form=RowFormat.JSONL)
        assert but_the_ledger(tmp_path / "out") == whole
    full = number in {errno.ENOSPC, errno.EDQUOT}
    cause = "The disk is full." if full else f"It cannot be written: {os.strerror(number)}."
    assert {error.message for error in said} == {cause}
    assert all(error.where.startswith(str(tmp_path / "out")) for error in said)
    assert all("run the same command again" in error.remedy for error in said)


@contextmanager
def small_disk(folder: Path, size: str) -> Iterator[Path]:
    """Mount a disk of a few kilobytes in memory."""
    folder.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(folder)]
    if subprocess.run(command, capture_output=True, check=False).returncode:
        pytest.skip("only root may mount a small disk")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=True)


@pytest.mark.parametrize("jobs", ["1", "2"])
def test_a_real_disk_that_is_full_ends_the_run_and_with_room_it_goes_on(
    tmp_path: Path, jobs: str
) -> None:
    inputs = some_inputs(tmp_path)
    run(*inputs, out=tmp_path / "whole", shard_pages=3)
    with small_disk(tmp_path / "disk", "40k") as disk:
        command = [sys.executable, "-m", "tests.batch.runner", *map(str, inputs)]
        command += ["--out", str(disk / "out"), "--jobs", jobs, "--shard-pages", "3"]
        first = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
        assert first.returncode == 1
        assert "The disk is full." in first.stderr
        assert "Traceback" not in first.stderr
        subprocess.run(["mount", "-o", "remount,size=4m", str(disk)], check=True)
        then = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
        assert then.returncode == 0, then.stderr
        assert passages(disk / "out") == passages(tmp_path / "whole")
        assert failures(disk / "out") == failures(tmp_path / "whole")


def test_a_limit_on_the_size_of_files_is_told(tmp_path: Path) -> None:
    inputs = some_inputs(tmp_path)
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (3000, limits[1]))
    try:
        with pytest.raises(NotStored, match="File too large"):
            run(*inputs, out=tmp_path / "out")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    run(*inputs, out=tmp_path / "out")
    run(*inputs, out=tmp_path / "whole")
    assert passages(tmp_path / "out") == passages(tmp_path / "whole")


def test_a_standard_input_that_does_not_fit_on_the_disk_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And with room the same command goes on, with nothing left of the first try."""
    data = b"text\n" + b"A boat was late.\n" * 1_000

    def run_on_it() -> None:
        monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=io.BytesIO(data)))
        run("-", out=tmp_path / "out")

    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (3000, limits[1]))
    try:
        with pytest.raises(NotStored, match="File too large"):
            run_on_it()
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert not list((tmp_path / "out").glob(".moderation-*"))
    run_on_it()
    assert len(passages(tmp_path / "out")) == 1_000


def test_what_was_there_stays_where_its_successor_cannot_be_written(tmp_path: Path) -> None:
    path = tmp_path / "a"
    write_bytes(path, b"before")
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100, limits[1]))
    try:
        with pytest.raises(NotStored):
            write_bytes(path, b"x" * 101)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert contents(tmp_path) == {"a": b"before"}


def test_a_system_that_refuses_a_worker_something_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise OSError(errno.EAGAIN, os.strerror(errno.EAGAIN))

    monkeypatch.setattr(FakeSource, "load", refuse)
    with pytest.raises(WorkerFailed, match="cannot go on: Resource temporarily unavailable"):
        run(write_pages(tmp_path / "in"), out=tmp_path / "out", source=FakeSource("refused@1"))


def test_a_report_on_rows_that_are_damaged_says_so(tmp_path: Path) -> None:
    run(*some_inputs(tmp_path), out=tmp_path / "out")
    part = next((tmp_path / "out" / "passages.parquet").iterdir())
    part.write_bytes(part.read_bytes()[:-30])
    with pytest.raises(InvalidInput, match="Run the same command again"):
        rebuild_report(tmp_path / "out", RowFormat.JSONL)


AGAIN: dict[str, Callable[[list[Path], Path], object]] = {
    "run": lambda inputs, out: run(*inputs, out=out),
    "report": lambda _, out: rebuild_report(out),
}


@pytest.mark.parametrize("again", list(AGAIN))
def test_what_a_version_with_other_counts_left_is_refused(tmp_path: Path, again: str) -> None:
    inputs = some_inputs(tmp_path)
    run(*inputs, out=tmp_path / "out")
    ledger = tmp_path / "out" / "ledger.jsonl"
    old = ledger.read_text("utf-8").replace(f'"format": {FORMAT}', '"format": 1', 1)
    ledger.write_text(old.replace('"skipped": {"request": 6}', '"skipped": 6'), "utf-8")
    before = contents(tmp_path / "out")
    with pytest.raises(OtherRun, match="--afresh"):
        AGAIN[again](inputs, tmp_path / "out")
    assert contents(tmp_path / "out") == before
