"""On a Dask cluster, and when a worker of it dies, a run gives the same rows."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from moderation.batch.backends import Backend, select_backend
from moderation.errors import InvalidInput
from tests.batch.archives import responses, write_comments, write_warc
from tests.batch.rows import failures, ledger, passages, run
from tests.conftest import ROOT

pytest.importorskip("distributed")
pytestmark = pytest.mark.slow


@contextmanager
def process(*arguments: str) -> Iterator[subprocess.Popen[bytes]]:
    """Run a command of Dask until the block ends."""
    started = subprocess.Popen(
        [sys.executable, "-m", "dask", *arguments],
        cwd=ROOT,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        yield started
    finally:
        started.kill()
        started.wait()


@contextmanager
def cluster(folder: Path) -> Iterator[tuple[str, list[subprocess.Popen[bytes]]]]:
    """Run a scheduler and two workers."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"tcp://127.0.0.1:{free.getsockname()[1]}"
    port = address.rpartition(":")[2]
    scheduler = ("scheduler", "--host", "127.0.0.1", "--port", port, "--no-dashboard")
    worker = ("worker", address, "--nthreads", "1", "--no-nanny", "--no-dashboard")
    one, two = (("--local-directory", str(folder / name)) for name in ("one", "two"))
    with process(*scheduler), process(*worker, *one) as first, process(*worker, *two) as second:
        yield address, [first, second]


def test_with_one_of_two_workers_killed_the_rows_are_those_of_one_machine(tmp_path: Path) -> None:
    inputs = [
        write_warc(tmp_path / "pages.warc.gz", responses(10)),
        write_comments(tmp_path / "comments.jsonl", 40 * 12),
        tmp_path / "missing.txt",
    ]
    run(*inputs, out=tmp_path / "whole", shard_pages=2)
    out = tmp_path / "out"
    with cluster(tmp_path) as (address, workers):
        started = subprocess.Popen(
            [
                *(sys.executable, "-m", "tests.batch.runner", *map(str, inputs)),
                *("--out", str(out), "--scheduler", address, "--seconds", "0.4"),
            ],
            cwd=ROOT,
            stderr=subprocess.PIPE,
        )
        deadline = time.monotonic() + 90
        while time.monotonic() < deadline and started.poll() is None:
            if (out / "ledger.jsonl").exists() and len(ledger(out)) >= 4:
                break
            time.sleep(0.05)
        before = len(ledger(out))
        workers[0].kill()
        _, errors = started.communicate(timeout=90)
    assert started.returncode == 0, errors.decode()
    assert 4 <= before < len(ledger(out))
    assert passages(out) == passages(tmp_path / "whole")
    assert failures(out) == failures(tmp_path / "whole")


def test_a_scheduler_that_is_not_there_is_told(tmp_path: Path) -> None:
    code = (
        "from moderation.batch import backends; backends.CONNECT_SECONDS = 1\n"
        "from tests.batch.runner import main; main()"
    )
    done = subprocess.run(
        [
            *(sys.executable, "-c", code, tmp_path, "--out", tmp_path / "out"),
            *("--scheduler", "nonsense://nowhere"),
        ],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert "No Dask scheduler answers there" in done.stderr


@pytest.mark.parametrize(
    ("name", "scheduler"), [("spark", None), ("dask", None), ("local", "tcp://127.0.0.1:1")]
)
def test_a_backend_that_cannot_be_is_refused(name: str, scheduler: str | None) -> None:
    with pytest.raises(InvalidInput):
        select_backend(name, 0, scheduler)


def test_a_backend_is_what_its_name_says() -> None:
    assert select_backend("local", 3, None) == Backend(3)
    assert select_backend("dask", 0, "tcp://127.0.0.1:1").scheduler == "tcp://127.0.0.1:1"
