"""Connections within limits: of the client's time, of its head's size, and of their number.

uvicorn's own protocol waits without end for headers, for a body, and for a client to take its
answer. This one checks all connections of the process once a second, which costs a request next to
nothing, and ends those whose clients have taken too long. It uses names of uvicorn's that are not
documented; `tests/service/test_connections.py` fails when they change.
"""

import asyncio
import json
import math
import re
from enum import Enum, auto
from functools import partial
from http import HTTPStatus
from typing import Any, NamedTuple, cast
from weakref import WeakKeyDictionary

from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol
from uvicorn.server import ServerState

from moderation.errors import ModerationError
from moderation.service.errors import Busy, LimitExceeded
from moderation.service.middleware import LATE_KEY
from moderation.settings import Settings

SWEEP_SECONDS = 1.0
MIN_RATE = 4096
"""Bytes per second for which a body, or the reception of an answer, gets time beyond its limit."""
MAX_HEAD_BYTES = 32 << 10
MAX_HEADERS = 100
MAX_URL_BYTES = 8 << 10
REST_SECONDS = 5
"""Time for a client that goes on sending after its answer, which nobody reads."""
CLOSE_SECONDS = 10
"""Time for a client to take the rest of an answer, once the connection is to be closed."""
CROWDED_SECONDS = 2
"""Time that a silent client has while three quarters of the connections are in use."""

OFFER = re.compile(rb"\r\nupgrade:", re.IGNORECASE)
UNREAD_OFFER = b"\r\nunread-offer:"

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
    """The state of a connection: the step that is due from its client or the service."""

    SILENT = auto()
    HEAD = auto()
    BODY = auto()
    WORK = auto()
    REST = auto()
    """The answer has been sent before the whole body came; nobody reads the rest."""
    IDLE = auto()
    LEAVING = auto()
    """The service has sent its last answer, and waits for the client to close."""


class Connection(HttpToolsProtocol):
    """uvicorn's protocol, within limits.

    Parameters
    ----------
    limits : ConnectionLimits
    **options : Any
        uvicorn's arguments for a protocol.
    """

    def __init__(self, *, limits: ConnectionLimits, **options: Any) -> None:
        super().__init__(**options)
        self.limits = limits
        # Bytes of the head or body that is coming, without those that came with its first ones.
        self.received = 0
        self.latest = 0
        # The stage and request at the last check, and since when, in the loop's time.
        self.stage = Stage.SILENT
        self.seen: object = self
        self.since = 0.0
        # The time since which an answer is not taken, and the seconds allowed for it.
        self.blocked: tuple[float, float] | None = None
        self.refused = NO_HTTP
        self.leaving = self.closing = False

    def connection_made(  # type: ignore[override]  # as uvicorn has it
        self, transport: asyncio.Transport
    ) -> None:
        """Accept a connection, unless there are too many."""
        super().connection_made(transport)
        Sweep.over(self.server_state, self.loop)
        if len(self.connections) > self.limits.connections:
            transport.write(self._response(CROWDED))
            transport.close()

    def data_received(self, data: bytes) -> None:
        """Parse data that has come."""
        if self.leaving:
            return
        self.latest = len(data)
        self.received += self.latest
        if b"pgrade:" in data and self._stage() not in {Stage.BODY, Stage.REST}:
            data = _without_offer(data)
        super().data_received(data)
        if self.received > MAX_HEAD_BYTES and self._stage() is Stage.HEAD:
            self._refuse(LARGE_HEAD if self.headers else LONG_URL)

    def pause_writing(self) -> None:
        """Note that the client has stopped taking the answer."""
        super().pause_writing()
        size = self.transport.get_write_buffer_size()
        self.blocked = self.loop.time(), self.limits.body_seconds + size / MIN_RATE

    def resume_writing(self) -> None:
        """Note that the client takes the answer again."""
        super().resume_writing()
        self.blocked = None

    def on_message_begin(self) -> None:
        """Begin a request."""
        super().on_message_begin()
        self.received = 0

    def on_headers_complete(self) -> None:
        """Hand on a request whose head is within the limits."""
        if len(self.url) > MAX_URL_BYTES:
            self._stop_parser(LONG_URL)
        if len(self.headers) > MAX_HEADERS or (
            self.received + self.latest > MAX_HEAD_BYTES
            and sum(len(name) + len(value) for name, value in self.headers) > MAX_HEAD_BYTES
        ):
            self._stop_parser(LARGE_HEAD)
        self.received = 0
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        """Note that a whole request is there, though it may have been answered before."""
        super().on_message_complete()
        self.cycle.more_body = False

    def on_response_complete(self) -> None:
        """Go on to the next request, if it is there already.

        uvicorn's own method sets a timer for an idle connection; `Sweep` needs none.
        """
        self.server_state.total_requests += 1
        if self.transport.is_closing():
            return
        self.flow.resume_reading()
        if self.pipeline:
            self._start_asgi_task(*self.pipeline.pop())
        elif self.expect_100_continue and self.cycle.more_body:
            # The client may send no body now: its next request would be taken for one.
            self._leave()

    def send_400_response(self, msg: str) -> None:  # noqa: ARG002  # uvicorn passes it
        """Answer a request that the parser refuses."""
        self._refuse(self.refused)

    def check(self, now: float, *, crowded: bool) -> None:
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
            since, max_seconds = self.blocked
            if now - since > max_seconds:
                self.transport.abort()
            return
        stage = self._stage()
        if stage is not self.stage or self.scope is not self.seen:
            self.stage, self.seen, self.since = stage, self.scope, now
        elif now - self.since > self._max_seconds(crowded=crowded):
            self._end_late(now)

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

    def _max_seconds(self, *, crowded: bool) -> float:
        """Return the seconds that the client may spend in the present stage."""
        match self.stage:
            case Stage.WORK:
                return math.inf
            case Stage.BODY if LATE_KEY not in self.scope:
                return self.limits.body_seconds + self.received / MIN_RATE
            case Stage.BODY | Stage.REST | Stage.LEAVING:
                return REST_SECONDS
        seconds: float = self.timeout_keep_alive
        if self.stage is not Stage.IDLE:
            seconds = self.limits.header_seconds
        return min(seconds, CROWDED_SECONDS) if crowded and not self._is_working else seconds

    def _end_late(self, now: float) -> None:
        if self.stage is Stage.LEAVING:
            self.transport.abort()
        elif self._is_working:
            self._end_late_body(now)
        elif self.stage is Stage.HEAD:
            self._refuse(SLOW_HEAD)
        else:
            self.transport.close()

    def _end_late_body(self, now: float) -> None:
        if self.stage is Stage.HEAD or self.flow.read_paused:
            # The service itself causes the delay: it has another request of the client's in hand,
            # or has paused reading.
            self.since = now
        elif LATE_KEY in self.scope or self.cycle.response_started:
            self.transport.abort()
        else:
            # The reader of the body finds this key, and answers in the route's protocol.
            cast("dict[str, Any]", self.scope)[LATE_KEY] = True
            self.cycle.message_event.set()
            self.since = now

    def _stop_parser(self, error: LimitExceeded) -> None:
        """Make the parser stop; uvicorn then calls `send_400_response`."""
        self.refused = error
        raise ValueError(error.message)

    def _refuse(self, error: LimitExceeded) -> None:
        if self._is_working:
            # An answer is under way, and the client would take this one for it.
            self.transport.close()
        elif not self.transport.is_closing():
            self.transport.write(self._response(error))
            self._leave()

    def _leave(self) -> None:
        """Close the sending side; close all once the client has, or after a while.

        Otherwise, data that the client still sends would make its system discard the answer.
        """
        self.leaving = True
        if self.transport.can_write_eof():
            self.transport.write_eof()
        else:
            self.transport.close()

    def _response(self, error: ModerationError) -> bytes:
        content = json.dumps(error.to_dict()).encode()
        headers = [
            *self.server_state.default_headers,
            (b"content-type", b"application/json"),
            (b"content-length", str(len(content)).encode()),
            (b"connection", b"close"),
        ]
        lines = b"".join(b"%s: %s\r\n" % pair for pair in headers)
        return b"".join((STATUS_LINE[error.status], lines, b"\r\n", content))


def _without_offer(data: bytes) -> bytes:
    """Rename the header by which a client offers another protocol, as Java's does HTTP/2.

    The service has none, and may answer such a request as any other; but the parser would stop at
    the end of its head, and not read the body.
    """
    head, end, rest = data.partition(b"\r\n\r\n")
    return OFFER.sub(UNREAD_OFFER, head) + end + rest


class Sweep:
    """Checks every connection of a server once a second, as long as there are any."""

    def __init__(self, state: ServerState, loop: asyncio.AbstractEventLoop) -> None:
        self._state = state
        self._loop = loop
        self._scheduled = False

    @classmethod
    def over(cls, state: ServerState, loop: asyncio.AbstractEventLoop) -> None:
        """Check the connections of `state` from now on."""
        if state not in _sweeps:
            _sweeps[state] = cls(state, loop)
        _sweeps[state].start()

    def start(self) -> None:
        """Schedule the next check, unless it is scheduled already."""
        if not self._scheduled:
            self._scheduled = True
            self._loop.call_later(SWEEP_SECONDS, self._sweep)

    def _sweep(self) -> None:
        self._scheduled = False
        try:
            # Another protocol may be served by the same server.
            connections = [c for c in self._state.connections if isinstance(c, Connection)]
            now = self._loop.time()
            for connection in connections:
                crowded = 4 * len(connections) > 3 * connection.limits.connections
                connection.check(now, crowded=crowded)
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
    limits = ConnectionLimits(settings.header_seconds, settings.body_seconds, connections)
    # uvicorn calls it like a class, and can pickle it for other processes.
    return cast("type[asyncio.Protocol]", partial(Connection, limits=limits))
