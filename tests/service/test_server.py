"""The service as a process."""

import json
import os
import pty
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import httpx
import pytest

from moderation.service.server import DESK, PLACES, Greeting
from moderation.settings import Settings
from tests.service.fakes import is_error, is_ready, wait_until
from tests.service.live import SLOW

ROOT = Path(__file__).parents[2]
PHRASE = "unrepeatable"


class Live:
    """A serving process, a client of it, and what it has written."""

    def __init__(
        self, process: "subprocess.Popen[bytes]", client: httpx.Client, folder: Path
    ) -> None:
        self.process = process
        self.client = client
        self.output = folder / "output"
        self.damage = folder / "damage"
        """While this file is there, no model can be loaded."""

    @property
    def written(self) -> str:
        """Everything on standard output and standard error so far."""
        return self.output.read_text("utf-8")

    def answers(self) -> bool:
        """Tell whether it is ready; fail if it has ended."""
        assert self.process.poll() is None
        try:
            return is_ready(self.client)
        except httpx.TransportError:
            return False

    def stop(self) -> None:
        """Tell it to stop as a process manager does, and wait until it has."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        self.process.wait(30)


@contextmanager
def live(workers: int = 1, files: int | None = None) -> Iterator[Live]:
    """Give a service that is ready; `files` limits how many files its processes may open."""
    with started(workers, files=files) as service:
        wait_until(service.answers, seconds=60)
        yield service


@contextmanager
def started(workers: int = 1, *, damaged: bool = False, files: int | None = None) -> Iterator[Live]:
    """Give a service that starts, with a model that cannot be loaded if it is damaged."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    address = f"http://127.0.0.1:{port}"
    with (
        TemporaryDirectory() as folder,
        httpx.Client(base_url=address, trust_env=False, timeout=30) as client,
    ):
        damage = Path(folder, "damage")
        if damaged:
            damage.touch()
        with Path(folder, "output").open("wb") as out:
            module = [sys.executable, "-m", "tests.service.live"]
            command = [*module, str(port), str(workers), str(damage)]
            if files:
                command = ["sh", "-c", f'ulimit -n {files}; exec "$@"', "sh", *command]
            process = subprocess.Popen(command, cwd=ROOT, stdout=out, stderr=subprocess.STDOUT)
        service = Live(process, client, Path(folder))
        try:
            yield service
        finally:
            service.stop()


@pytest.mark.parametrize("workers", [1, 2])
def test_a_person_at_a_terminal_reads_lines_and_is_told_once_where_the_service_is(
    workers: int, tmp_path: Path
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    ours, theirs = pty.openpty()
    module = [sys.executable, "-m", "tests.service.live"]
    command = [*module, str(port), str(workers), str(tmp_path / "damage")]
    process = subprocess.Popen(command, cwd=ROOT, stdout=theirs, stderr=theirs)
    os.close(theirs)
    written: list[bytes] = []
    reading = threading.Thread(target=read_terminal, args=(ours, written))
    reading.start()
    try:
        wait_until(lambda: b"Ready: " in b"".join(written), seconds=120)
        address = f"http://127.0.0.1:{port}"
        assert httpx.get(f"{address}/readyz", trust_env=False).is_success
        time.sleep(1.5)
    finally:
        process.terminate()
        process.wait(30)
        reading.join()
        os.close(ours)
    text = b"".join(written).decode()
    (line,) = re.findall(r"^Ready: .*$", text, re.MULTILINE)
    assert f"page {address}/, API documentation {address}/docs," in line
    assert "INFO moderation.access: GET /readyz 200" in text
    assert '{"time"' not in text


def read_terminal(file: int, written: list[bytes]) -> None:
    """Read what a process writes to its terminal until it has ended."""
    try:
        while data := os.read(file, 1 << 16):
            written.append(data)
    except OSError:  # so Linux says that nobody has the terminal open any more
        return


def test_elsewhere_the_log_is_json_without_a_greeting() -> None:
    with live() as service:
        assert service.answers()
        service.stop()
        lines = service.written.splitlines()
    assert {"time", "level", "logger", "message"} <= set.intersection(
        *(set(json.loads(line)) for line in lines)
    )
    assert not any("Ready: " in line for line in lines)


@pytest.mark.parametrize(
    ("host", "shown"),
    [
        ("127.0.0.1", "127.0.0.1"),
        ("0.0.0.0", "localhost"),  # noqa: S104
        ("::", "localhost"),
        ("::1", "[::1]"),
        ("moderation.example", "moderation.example"),
    ],
)
def test_the_greeting_names_addresses_that_a_browser_opens(host: str, shown: str) -> None:
    settings = Settings(host=host, authentication="none")
    line = Greeting(settings, {**PLACES, DESK: "/desk"}).line(81)
    assert f"page http://{shown}:81/, " in line
    assert f"review desk http://{shown}:81/desk." in line
    assert "--desk" in Greeting(settings, PLACES).line(81)
    assert "API key" in Greeting(Settings(host=host, authentication="keys"), PLACES).line(81)


def test_nothing_of_a_text_is_written_by_the_process() -> None:
    with live() as service:
        client = service.client
        assert client.post("/v1/score", json={"text": f"{PHRASE} hostileword"}).is_success
        assert is_error(client.post("/v1/score", json={"text": PHRASE + "\0"}), 422, "invalid_text")
        failed = client.post("/v1/score", json={"text": f"{PHRASE} failure"})
        assert is_error(failed, 500, "internal_error")
        client.get(f"/{PHRASE}", params={PHRASE: PHRASE})
        client.post("/v1/score", content=b"[" * 100_000 + PHRASE.encode())
        service.stop()
        written = service.written
    assert "POST /v1/score 200" in written
    assert "POST /v1/score 500" in written
    assert "internal error: ValueError at " in written
    assert failed.headers["x-request-id"] in written
    assert "GET (no such path) 404" in written
    assert PHRASE not in written
    assert "Traceback" not in written


def test_bytes_that_are_no_http_are_not_written_by_the_process() -> None:
    with live() as service:
        with socket.create_connection(("127.0.0.1", service.client.base_url.port or 0)) as raw:
            raw.sendall(f"{PHRASE} {PHRASE}\r\n\r\n".encode())
            assert raw.recv(100).startswith(b"HTTP/1.1 400")
        assert service.answers()
        service.stop()
        assert "GET /readyz 200" in service.written
        assert PHRASE not in service.written


def test_a_request_under_way_is_answered_though_the_service_is_told_to_stop() -> None:
    with live() as service:
        replies: list[httpx.Response] = []
        body = {"text": SLOW}
        asking = threading.Thread(
            target=lambda: replies.append(service.client.post("/v1/score", json=body))
        )
        asking.start()
        time.sleep(0.4)
        service.stop()
        asking.join()
        assert [reply.status_code for reply in replies] == [200]
        assert "Traceback" not in service.written


def test_several_processes_serve_the_settings_they_are_given() -> None:
    with live(workers=2) as service:
        assert service.client.get("/v1/model").json()["id"] == "fake@1"
        # Each process says so, once its own model has answered.
        wait_until(lambda: service.written.count("ready with model fake@1") == 2, seconds=60)


@pytest.mark.parametrize("workers", [1, 2])
def test_a_service_that_cannot_load_its_model_ends_with_a_status_that_says_so(workers: int) -> None:
    with started(workers, damaged=True) as service:
        assert service.process.wait(60) == 4
        written = service.written
    assert written.count("here: The model is damaged. Fetch it again.") >= 3
    assert "(try 3 of 3)" in written
    assert written.count("the service ends") == 1
    assert "Traceback" not in written


def test_a_model_that_is_mended_between_two_tries_serves() -> None:
    with started(damaged=True) as service:
        wait_until(lambda: "(try 1 of 3)" in service.written, seconds=60)
        service.damage.unlink()
        wait_until(service.answers, seconds=60)
        assert service.client.post("/v1/score", json={"text": "calm"}).is_success


@pytest.mark.parametrize(
    ("host", "warns"), [("127.0.0.1", False), ("localhost", False), ("192.0.2.1", True)]
)
def test_a_service_that_others_can_reach_warns_its_operator(host: str, warns: bool) -> None:
    program = (
        "from moderation.service import server as module\n"
        "from moderation.service.server import serve\n"
        "module.run_single = lambda *_: None\n"
        "from moderation.settings import Settings\n"
        f"serve(Settings(host={host!r}, authentication='none'))"
    )
    assert ("other machines may reach it" in run(program).stderr) is warns


def test_serving_the_shipped_model_loads_nothing_that_only_training_and_batches_need() -> None:
    program = (
        "import json, sys\n"
        "from moderation.service.server import serve\n"
        "from moderation.moderator import Moderator\n"
        "Moderator.load().judge(['The council meets on Tuesday.'])\n"
        "print(json.dumps(sorted({name.split('.')[0] for name in sys.modules})))"
    )
    loaded = set(json.loads(run(program).stdout))
    assert "fastapi" in loaded
    assert not loaded & {"matplotlib", "pandas", "torch", "pyarrow", "dask"}


def run(program: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, check=True, capture_output=True, text=True
    )
