"""Several serving processes: one may die, or the model be replaced, and callers never notice."""

import json
import os
import signal
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

import httpx
import pytest

from tests.processes import is_running
from tests.service.fakes import wait_until
from tests.service.live import SLOW
from tests.service.test_metrics import figures
from tests.service.test_server import Live, live

pytestmark = pytest.mark.slow

CALLERS = 6


class Load:
    """Callers that ask all the time, each on connections of its own."""

    def __init__(self, address: str, *, keep: bool) -> None:
        self.seen: Counter[str] = Counter()
        self._address = address
        self._keep = keep
        self._over = threading.Event()
        self._callers = [threading.Thread(target=self._call) for _ in range(CALLERS)]

    def _call(self) -> None:
        while not self._over.is_set():
            with httpx.Client(base_url=self._address, trust_env=False, timeout=30) as client:
                for _ in range(10_000 if self._keep else 5):
                    try:
                        reply = client.post("/v1/score", json={"text": "calm"})
                    except httpx.TransportError:
                        self.seen["lost"] += 1
                        break
                    self.seen[reply.json()["verdicts"][0]["model"] if reply.is_success
                              else str(reply.status_code)] += 1  # fmt: skip
                    if self._over.is_set():
                        break

    @contextmanager
    def going(self) -> Iterator[None]:
        """Call for as long as the block runs."""
        for caller in self._callers:
            caller.start()
        try:
            yield
        finally:
            self._over.set()
            for caller in self._callers:
                caller.join()


def events(service: Live) -> list[dict[str, object]]:
    """Return the whole lines of the log so far."""
    return [json.loads(line) for line in service.written.splitlines(keepends=True)
            if line.startswith("{") and line.endswith("\n")]  # fmt: skip


def processes(service: Live, message: str) -> list[int]:
    """Return the processes that have logged what begins with `message`, in order."""
    return [
        int(str(event["process"]))
        for event in events(service)
        if str(event["message"]).startswith(message)
    ]


def test_a_killed_process_is_replaced_and_only_its_own_requests_are_lost() -> None:
    with live(workers=2) as service:
        wait_until(lambda: len(processes(service, "ready with")) == 2, seconds=60)
        victim = processes(service, "ready with")[0]
        load = Load(str(service.client.base_url), keep=False)
        with load.going():
            time.sleep(1)
            os.kill(victim, signal.SIGKILL)
            wait_until(lambda: len(processes(service, "ready with")) == 3, seconds=60)
            time.sleep(1)
        assert set(load.seen) <= {"fake@1", "lost"}, load.seen
        assert load.seen["lost"] <= CALLERS
        assert load.seen["fake@1"] > 100
        wait_until(lambda: "Traceback" not in service.written)
        # The figures of all processes are told by any one, without the dead one's gauges.
        wait_until(lambda: model_processes(service) == {"fake@1": 2})


def model_processes(service: Live) -> dict[str, float]:
    """Return the number of processes that report each model."""
    return {
        dict(labels)["model"]: value
        for (name, labels), value in figures(service.client).items()
        if name == "moderation_model_processes" and value
    }


def test_several_processes_load_the_model_anew_and_no_request_is_dropped() -> None:
    with live(workers=2) as service:
        wait_until(lambda: len(processes(service, "ready with")) == 2, seconds=60)
        load = Load(str(service.client.base_url), keep=True)
        with load.going():
            time.sleep(0.5)
            service.process.send_signal(signal.SIGHUP)
            wait_until(lambda: len(processes(service, "ready with model fake@2")) == 2, seconds=60)
            time.sleep(0.5)
        assert set(load.seen) == {"fake@1", "fake@2"}, load.seen
        wait_until(lambda: model_processes(service) == {"fake@2": 2})


def test_one_process_loads_the_model_anew_and_no_request_is_dropped() -> None:
    with live() as service:
        load = Load(str(service.client.base_url), keep=True)
        with load.going():
            time.sleep(0.3)
            service.process.send_signal(signal.SIGHUP)
            wait_until(lambda: bool(processes(service, "ready with model fake@2")), seconds=60)
            time.sleep(0.3)
        assert set(load.seen) == {"fake@1", "fake@2"}, load.seen


def test_a_model_that_is_damaged_later_costs_nothing_while_one_process_serves() -> None:
    with live(workers=2) as service:
        wait_until(lambda: len(processes(service, "ready with")) == 2, seconds=60)
        service.damage.touch()
        service.process.send_signal(signal.SIGHUP)
        wait_until(lambda: service.written.count("(try 1 of 1)") == 2, seconds=60)
        os.kill(processes(service, "ready with")[0], signal.SIGKILL)
        wait_until(lambda: "(try 3 of 3)" in service.written, seconds=60)
        load = Load(str(service.client.base_url), keep=False)
        with load.going():
            time.sleep(1)
            service.damage.unlink()
            wait_until(lambda: len(processes(service, "ready with")) == 3, seconds=60)
        assert set(load.seen) == {"fake@1"}, load.seen
        assert service.process.poll() is None


@pytest.mark.skipif(os.name != "posix", reason="SIGKILL is a POSIX signal")
def test_a_supervisor_that_is_killed_takes_its_processes_with_it_and_they_finish_first() -> None:
    with live(workers=2) as service:
        wait_until(lambda: len(processes(service, "ready with")) == 2, seconds=60)
        workers = processes(service, "ready with")
        statuses: list[int] = []

        def ask() -> None:
            url = f"{service.client.base_url}/v1/score"
            statuses.append(httpx.post(url, json={"text": SLOW}, trust_env=False).status_code)

        asking = [threading.Thread(target=ask) for _ in range(3)]
        for each in asking:
            each.start()
        time.sleep(0.4)
        service.process.kill()
        for each in asking:
            each.join()
        assert statuses == [200] * 3
        wait_until(lambda: not any(map(is_running, workers)), seconds=60)


def test_several_processes_finish_what_they_took_before_they_stop() -> None:
    with live(workers=2) as service:
        statuses: list[int] = []
        body = {"text": SLOW}

        def ask() -> None:
            reply = httpx.post(f"{service.client.base_url}/v1/score", json=body, trust_env=False)
            statuses.append(reply.status_code)

        asking = [threading.Thread(target=ask) for _ in range(3)]
        for each in asking:
            each.start()
        time.sleep(0.4)
        service.stop()
        for each in asking:
            each.join()
        assert statuses == [200] * 3
        assert service.process.returncode == 0
