"""Limits on a connection: how long its client may take, how much it may send, how many there are.

uvicorn's own protocol waits without end for headers, for a body, and for a client to take its
answer. This one looks at all connections of the process once a second, which costs a request next
to nothing, and ends those whose clients have taken too long. It builds on names of uvicorn's that
are not documented; `tests/service/test_connections.py` tells when they change.
"""

import asyncio
import json
import math
from enum import Enum, auto
from functools import partial
from http import HTTPStatus
from typing import Any, NamedTuple, cast
from weakref import WeakKeyDictionary

from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol
from uvicorn.server import ServerState

from moderation.errors import ModerationError
from moderation.service.errors import Busy, LimitExceeded
from moderation.service.middleware import LATE
from moderation.settings import Settings

SWEEP_SECONDS = 1.0
LEAST_RATE = 4096
"""Bytes a second by which a body, or the taking of an answer, may go beyond its time."""
MAX_HEAD_BYTES = 32 << 10
MAX_HEADERS = 100
MAX_URL_BYTES = 8 << 10
REST_SECONDS = 5
"""Time for what a client goes on sending after its answer: for nothing that would be read."""
CLOSE_SECONDS = 10
"""Time to take the last of an answer, once the connection is to be closed."""
CROWDED_SECONDS = 2
"""Time to be silent while three quarters of all connections that may be are there."""

NO_HTTP = LimitExceeded(HTTPStatus.BAD_REQUEST, "This is not HTTP.")
LONG_URL = LimitExceeded(
    HTTPStatus.REQUEST_URI_TOO_LONG, f"The address is longer than {MAX_URL_BYTES} bytes."
)
LARGE_HEAD = LimitExceeded(
    HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE,
    f"The headers are over the limit of {MAX_HEADERS} fields or {MAX_HEAD_BYTES} bytes.",
)
SLOW_HEAD = LimitExceeded(HTTPStatus.REQUEST_TIMEOUT, "The headers did not come in time.")
CROWDED = Busy("Too many connections are open.", remedy="Try again in a few seconds.")


class ConnectionLimits(NamedTuple):
    """The limits of the connections of one process.

    Parameters
    ----------
    header_seconds, body_seconds : float
        As the settings of these names.
    connections : int
        Most connections; one beyond them is answered 503 and closed.
    """

    header_seconds: float
    body_seconds: float
    connections: int


class Stage(Enum):
    """The state of a connection: the step that is due from its client, or the service."""

    SILENT = auto()
    HEAD = auto()
    BODY = auto()
    WORK = auto()
    REST = auto()
    """The answer has been sent before the whole body came; nobody reads what comes now."""
    IDLE = auto()
    LEAVING = auto()
    """The service has sent its last word, and waits for the client to close."""


class Connection(HttpToolsProtocol):
    """uvicorn's protocol, within limits.

    Parameters
    ----------
    allowance : ConnectionLimits
    **given : Any
        What uvicorn gives a protocol.
    """

    def __init__(self, *, allowance: ConnectionLimits, **given: Any) -> None:
        super().__init__(**given)
        self.allowance = allowance
        # Bytes of the head or body that is coming, without those that came with its first ones.
        self.got = 0
        self.latest = 0
        # As the last look found them, and since when, in the loop's time.
        self.stage = Stage.SILENT
        self.seen: object = self
        self.since = 0.0
        # Since when an answer is not taken, and how long it may be.
        self.blocked: tuple[float, float] | None = None
        self.refused = NO_HTTP
        self.leaving = self.closing = False

    def connection_made(  # type: ignore[override]  # as uvicorn has it
        self, transport: asyncio.Transport
    ) -> None:
        """Take a connection, unless there are too many."""
        super().connection_made(transport)
        Sweep.over(self.server_state, self.loop)
        if len(self.connections) > self.allowance.connections:
            transport.write(self._worded(CROWDED))
            transport.close()

    def data_received(self, data: bytes) -> None:
        """Take what has come."""
        if self.leaving:
            return
        self.latest = len(data)
        self.got += self.latest
        super().data_received(data)
        if self.got > MAX_HEAD_BYTES and self._stage() is Stage.HEAD:
            self._refuse(LARGE_HEAD if self.headers else LONG_URL)

    def pause_writing(self) -> None:
        """Note that the client does not take what it is sent."""
        super().pause_writing()
        size = self.transport.get_write_buffer_size()
        self.blocked = self.loop.time(), self.allowance.body_seconds + size / LEAST_RATE

    def resume_writing(self) -> None:
        """Note that it does."""
        super().resume_writing()
        self.blocked = None

    def on_message_begin(self) -> None:
        """Begin a request."""
        super().on_message_begin()
        self.got = 0

    def on_headers_complete(self) -> None:
        """Hand on a request whose head is within the limits."""
        if len(self.url) > MAX_URL_BYTES:
            self._leave_parser(LONG_URL)
        if len(self.headers) > MAX_HEADERS or (
            self.got + self.latest > MAX_HEAD_BYTES
            and sum(len(name) + len(value) for name, value in self.headers) > MAX_HEAD_BYTES
        ):
            self._leave_parser(LARGE_HEAD)
        self.got = 0
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        """Note that a whole request is there, though it may have been answered before."""
        super().on_message_complete()
        self.cycle.more_body = False

    def on_response_complete(self) -> None:
        """Go on to the next request, if it is there already.

        uvicorn's own sets a timer for a connection that is idle, which `Sweep` does without.
        """
        self.server_state.total_requests += 1
        if self.transport.is_closing():
            return
        self.flow.resume_reading()
        if self.pipeline:
            self._start_asgi_task(*self.pipeline.pop())
        elif self.expect_100_continue and self.cycle.more_body:
            # The client may send no body now: what came next would be taken for one.
            self._leave()

    def send_400_response(self, msg: str) -> None:  # noqa: ARG002  # uvicorn passes it
        """Answer what the parser does not take."""
        self._refuse(self.refused)

    def look(self, now: float, *, crowded: bool) -> None:
        """End the connection if its client has taken too long.

        Parameters
        ----------
        now : float
            The loop's time.
        crowded : bool
            Whether hardly any more connections can be had, so that those that wait for their client
            get less time.
        """
        if self.transport.is_closing():
            if not self.closing:
                self.closing, self.since = True, now
            elif now - self.since > CLOSE_SECONDS:
                self.transport.abort()
            return
        if self.blocked is not None:
            since, patience = self.blocked
            if now - since > patience:
                self.transport.abort()
            return
        stage = self._stage()
        if stage is not self.stage or self.scope is not self.seen:
            self.stage, self.seen, self.since = stage, self.scope, now
        elif now - self.since > self._patience(crowded=crowded):
            self._late(now)

    def _stage(self) -> Stage:
        if self.leaving:
            return Stage.LEAVING
        cycle = self.cycle
        if cycle is None or cycle.scope is not self.scope:
            return Stage.SILENT if self.scope is None else Stage.HEAD
        if cycle.more_body:
            return Stage.REST if cycle.response_complete else Stage.BODY
        return Stage.IDLE if cycle.response_complete else Stage.WORK

    @property
    def _is_working(self) -> bool:
        return self.cycle is not None and not self.cycle.response_complete

    def _patience(self, *, crowded: bool) -> float:
        """Return the seconds that the client may take over the present stage."""
        match self.stage:
            case Stage.WORK:
                return math.inf
            case Stage.BODY if LATE not in self.scope:
                return self.allowance.body_seconds + self.got / LEAST_RATE
            case Stage.BODY | Stage.REST | Stage.LEAVING:
                return REST_SECONDS
        found: float = self.timeout_keep_alive
        if self.stage is not Stage.IDLE:
            found = self.allowance.header_seconds
        return min(found, CROWDED_SECONDS) if crowded and not self._is_working else found

    def _late(self, now: float) -> None:
        if self.stage is Stage.LEAVING:
            self.transport.abort()
        elif self._is_working:
            self._late_beside_work(now)
        elif self.stage is Stage.HEAD:
            self._refuse(SLOW_HEAD)
        else:
            self.transport.close()

    def _late_beside_work(self, now: float) -> None:
        if self.stage is Stage.HEAD or self.flow.read_paused:
            # The service's own doing: it has another request of the client's in hand, or does not
            # read what comes.
            self.since = now
        elif LATE in self.scope or self.cycle.response_started:
            self.transport.abort()
        else:
            # Whoever reads the body finds this, and answers in the way of the route's protocol.
            cast("dict[str, Any]", self.scope)[LATE] = True
            self.cycle.message_event.set()
            self.since = now

    def _leave_parser(self, why: LimitExceeded) -> None:
        """Have the parser stop; uvicorn then asks for the answer to what cannot be parsed."""
        self.refused = why
        raise ValueError(why.message)

    def _refuse(self, why: LimitExceeded) -> None:
        if self._is_working:
            # An answer is under way, and this one would be taken for it.
            self.transport.close()
        elif not self.transport.is_closing():
            self.transport.write(self._worded(why))
            self._leave()

    def _leave(self) -> None:
        """Close the sending side; close all once the client has, or after a while.

        What the client still sends would otherwise make its system throw the answer away.
        """
        self.leaving = True
        if self.transport.can_write_eof():
            self.transport.write_eof()
        else:
            self.transport.close()

    def _worded(self, error: ModerationError) -> bytes:
        content = json.dumps(error.to_dict()).encode()
        headers = [
            *self.server_state.default_headers,
            (b"content-type", b"application/json"),
            (b"content-length", str(len(content)).encode()),
            (b"connection", b"close"),
        ]
        lines = b"".join(b"%s: %s\r\n" % pair for pair in headers)
        return b"".join((STATUS_LINE[error.status], lines, b"\r\n", content))


class Sweep:
    """Looks at every connection of a server once a second, as long as there are any."""

    def __init__(self, state: ServerState, loop: asyncio.AbstractEventLoop) -> None:
        self._state = state
        self._loop = loop
        self._goes_on = False

    @classmethod
    def over(cls, state: ServerState, loop: asyncio.AbstractEventLoop) -> None:
        """Look at the connections of `state` from now on."""
        if state not in _sweeps:
            _sweeps[state] = cls(state, loop)
        _sweeps[state].start()

    def start(self) -> None:
        """Look, unless it does already."""
        if not self._goes_on:
            self._goes_on = True
            self._loop.call_later(SWEEP_SECONDS, self._sweep)

    def _sweep(self) -> None:
        self._goes_on = False
        try:
            # Another protocol may be served by the same server.
            found = [each for each in self._state.connections if isinstance(each, Connection)]
            now = self._loop.time()
            for each in found:
                each.look(now, crowded=4 * len(found) > 3 * each.allowance.connections)
        finally:
            if self._state.connections:
                self.start()


_sweeps: WeakKeyDictionary[ServerState, Sweep] = WeakKeyDictionary()


def protocol(settings: Settings, connections: int) -> type[asyncio.Protocol]:
    """Return the protocol class that uvicorn makes for each connection (its setting ``http``).

    Parameters
    ----------
    settings : Settings
    connections : int
        Most connections of one process.
    """
    allowance = ConnectionLimits(settings.header_seconds, settings.body_seconds, connections)
    # uvicorn calls it as it calls the class, and can hand it to other processes.
    return cast("type[asyncio.Protocol]", partial(Connection, allowance=allowance))
