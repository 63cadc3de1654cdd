"""An open-loop load generator: requests leave on a clock, whether or not earlier ones are answered.

A closed loop (wrk) waits for each answer before its next request, and so slows down with the
server and hides the time that a caller would have waited. Here a request's latency counts from the
moment when it was due, connection or not.
"""

import asyncio
import contextlib
import json
import time
from collections import Counter, deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import cast

import httptools
import numpy as np
import uvloop

MAX_WAIT_SECONDS = 20
"""Longest wait for the last answers."""


@dataclass
class Outcome:
    """The outcome of the requests of one run."""

    rate: float
    """Requests a second that were due."""
    seconds: float
    latencies: dict[int, list[float]] = field(default_factory=dict)
    """Seconds from due to answered, by status; 0 stands for a connection that broke."""

    def row(self) -> dict[str, object]:
        """Return a run's figures: rates a second, and quantiles in milliseconds."""
        good = self.latencies.get(200, []) + self.latencies.get(204, [])
        refused = self.latencies.get(503, []) + self.latencies.get(429, [])
        counts = Counter({status: len(times) for status, times in self.latencies.items()})
        return {
            "due/s": round(self.rate),
            "good/s": round(len(good) / self.seconds, 1),
            "good ms p50,p95,p99": quantiles(good),
            "refused ms p50,p95,p99": quantiles(refused),
            "statuses": dict(sorted(counts.items())),
        }


def quantiles(seconds: Sequence[float]) -> list[float]:
    """Return the median, 95th and 99th percentile in milliseconds."""
    if not seconds:
        return []
    return [round(float(q) * 1000, 1) for q in np.quantile(seconds, (0.5, 0.95, 0.99))]


class Connection(asyncio.Protocol):
    """One connection: one request at a time."""

    def __init__(self, done: Callable[["Connection", int, float], None]) -> None:
        self._done = done
        self._parser = httptools.HttpResponseParser(self)
        self._transport: asyncio.Transport | None = None
        self._due = 0.0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Take note that the connection is open."""
        # uvloop's transports have the methods of asyncio's, and not its class.
        self._transport = cast("asyncio.Transport", transport)

    @property
    def open(self) -> bool:
        """Tell whether a request can be sent."""
        return self._transport is not None and not self._transport.is_closing()

    def ask(self, request: bytes, due: float) -> None:
        """Send a request that was due at `due`."""
        self._due = due
        if self._transport:
            self._transport.write(request)

    def data_received(self, data: bytes) -> None:
        """Parse a part of an answer."""
        self._parser.feed_data(data)

    def on_message_complete(self) -> None:
        """Record an answer that is complete; the parser calls this."""
        due, self._due = self._due, 0.0
        status = self._parser.get_status_code()
        self._parser = httptools.HttpResponseParser(self)
        self._done(self, status, due)

    def connection_lost(self, _: Exception | None) -> None:
        """Record that the connection broke."""
        due, self._due = self._due, 0.0
        self._transport = None
        if due:
            self._done(self, 0, due)

    def close(self) -> None:
        """Close the connection."""
        if self._transport:
            self._transport.close()


class Generator:
    """Sends requests on a clock.

    Parameters
    ----------
    port : int
    requests : sequence of bytes
        Sent in turn.
    connections : int
        Most requests on the way at a time; others wait, and their latency says so.
    """

    def __init__(self, port: int, requests: Sequence[bytes], connections: int = 256) -> None:
        self._port = port
        self._requests = requests
        self._connections = connections

    def run(self, rate: float, seconds: float) -> Outcome:
        """Send `rate` requests a second for a while, and wait for the answers."""
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            return runner.run(self._run(rate, seconds))

    async def _run(self, rate: float, seconds: float) -> Outcome:
        going = Run(Outcome(rate, seconds))
        await going.connect(self._port, self._connections)
        started, sent, total = time.perf_counter(), 0, int(rate * seconds)
        while sent < total:
            ahead = started + sent / rate - time.perf_counter()
            if ahead > 0:
                await asyncio.sleep(min(0.001, ahead))
                continue
            going.send(self._requests[sent % len(self._requests)], started + sent / rate)
            sent += 1
            if sent % 64 == 0:
                await asyncio.sleep(0)
        await going.finish()
        going.outcome.seconds = max(seconds, time.perf_counter() - started)
        return going.outcome


class Run:
    """The connections of one run, and the requests that wait for one."""

    def __init__(self, outcome: Outcome) -> None:
        self.outcome = outcome
        self._connections: list[Connection] = []
        self._idle: list[Connection] = []
        self._waiting: deque[tuple[bytes, float]] = deque()
        self._pending = 0
        self._none_pending = asyncio.Event()

    async def connect(self, port: int, count: int) -> None:
        """Open connections."""
        loop = asyncio.get_running_loop()
        for _ in range(count):
            _, connection = await loop.create_connection(
                lambda: Connection(self._done), "127.0.0.1", port
            )
            self._connections.append(connection)
        self._idle = list(self._connections)

    def send(self, request: bytes, due: float) -> None:
        """Send a request, or keep it until a connection is free."""
        self._pending += 1
        self._none_pending.clear()
        while self._idle and not self._idle[-1].open:
            self._idle.pop()
        if self._idle:
            self._idle.pop().ask(request, due)
        else:
            self._waiting.append((request, due))

    async def finish(self) -> None:
        """Wait for the answers, up to a limit, and close the connections."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(MAX_WAIT_SECONDS):
                await self._none_pending.wait()
        for connection in self._connections:
            connection.close()

    def _done(self, connection: Connection, status: int, due: float) -> None:
        self._pending -= 1
        if not self._pending:
            self._none_pending.set()
        self.outcome.latencies.setdefault(status, []).append(time.perf_counter() - due)
        if not connection.open:
            return
        if self._waiting:
            connection.ask(*self._waiting.popleft())
        else:
            self._idle.append(connection)


def post(path: str, body: object, headers: Sequence[str] = ()) -> bytes:
    """Return the bytes of a POST request with a JSON body."""
    raw = json.dumps(body, ensure_ascii=False).encode()
    return post_raw(path, raw, headers)


def post_raw(path: str, raw: bytes, headers: Sequence[str] = ()) -> bytes:
    """Return the bytes of a POST request with this body."""
    lines = [
        f"POST {path} HTTP/1.1",
        "Host: 127.0.0.1",
        "Content-Type: application/json",
        f"Content-Length: {len(raw)}",
        *headers,
    ]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + raw
