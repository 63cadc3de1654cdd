"""ASGI middleware around every request, the outermost first.

`Exchange` gives the request an id, its response the security headers, and the log its line;
`OwnSite` refuses requests of other sites' pages; `BodyLimit` limits the body and its time,
`Admission` the number of requests; `Shortcut` answers the most frequent routes without the
framework's way to a route.
"""

import itertools
import logging
import re
import secrets
import time
import traceback
from collections.abc import Awaitable, Callable, Collection, Mapping
from typing import NamedTuple

from fastapi import FastAPI, Request, Response
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from moderation.errors import ModerationError, TooLarge
from moderation.service.auth import REPLY_HEADERS_KEY
from moderation.service.batching import Batches
from moderation.service.errors import (
    Busy,
    ForeignOrigin,
    InternalError,
    SlowBody,
    UnknownHost,
    error_response,
)
from moderation.service.logs import AccessLog, AnsweredRequest
from moderation.service.metrics import MODEL_KEY, Metrics
from moderation.service.security import SECURITY_HEADERS, Hosts

log = logging.getLogger(__name__)

REQUEST_ID = b"x-request-id"
CLIENT_GONE = 499
"""The status that is counted where the client hung up before its request was whole."""
LATE_KEY = "moderation.late"
"""Key in the ASGI scope, set by `connections` once a body has not come in time."""
ALWAYS_ADMITTED = frozenset({"/healthz", "/readyz", "/metrics"})
"""The paths that monitoring asks, which must be answered above all while the service is busy."""
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
ORIGIN_UNCHECKED = frozenset({"/healthz", "/readyz", "/coral/moderation", "/coral/events"})
"""The paths that reveal nothing, and those that take nothing without a signature."""
SAME_ORIGIN = frozenset({b"same-origin", b"none"})
"""Values that a browser itself gives `Sec-Fetch-Site`; no page can send them."""

_KNOWN_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
_SAFE_ID = re.compile(r"[A-Za-z0-9._-]{1,64}", re.ASCII)
_SECURITY_HEADERS = tuple(
    (name.lower().encode(), value.encode()) for name, value in SECURITY_HEADERS.items()
)
# Random once, then counted: a random number for each request costs a system call, in which the
# judging threads take the interpreter away from the loop.
_PROCESS_ID = secrets.token_hex(8)
_numbers = itertools.count(1)


def header_of(scope: Scope, name: bytes, default: str = "") -> str:
    """Return the first header of a name (in lower case), or `default`.

    The framework's own way builds an object and decodes names at each look, five times as slow as
    this, which is for the few headers that every request needs.
    """
    for present, value in scope["headers"]:
        if present == name:
            return str(value, "latin-1")
    return default


class Exchange:
    """ASGI middleware around everything else.

    It gives each request an id and each response its security headers, logs one line, and answers
    for exceptions that nothing else caught. Neither a query, nor a path that no route has, nor an
    exception's message is logged: any of them may hold a comment.

    Parameters
    ----------
    app : ASGI application
    metrics : Metrics
        Counts each request.
    access_log : AccessLog
    """

    def __init__(self, app: ASGIApp, metrics: Metrics, access_log: AccessLog) -> None:
        self.app = app
        self.metrics = metrics
        self.access_log = access_log

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        request_id = _request_id(scope)
        started = time.perf_counter()
        status = 0

        async def send_with_headers(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                add_headers(message, request_id, scope.get(REPLY_HEADERS_KEY))
            await send(message)

        try:
            await self.app(scope, receive, send_with_headers)
        except ClientDisconnect:
            status = CLIENT_GONE
        except Exception as error:  # noqa: BLE001  # the last net: the server would log the message
            log.error(  # noqa: TRY400  # a traceback ends with the exception's message
                "internal error: %s at %s, request %s", type(error).__name__, _at(error), request_id
            )
            if not status:
                failure = InternalError(
                    "The service failed on this request.",
                    remedy="Tell its operator the request's id: %(id)s.",
                    values={"id": request_id},
                )
                await error_response(scope, failure)(scope, receive, send_with_headers)
        seconds = time.perf_counter() - started
        path, method = _path(scope), _method(scope)
        self.metrics.count_request(path, status, seconds, scope.get(MODEL_KEY))
        self.access_log.add(AnsweredRequest(request_id, method, path, status, seconds))


def add_headers(message: Message, request_id: str, more: Mapping[str, str] | None) -> None:
    """Add its request's id, the security headers that it lacks, and `more` to a response."""
    headers: list[tuple[bytes, bytes]] = list(message["headers"])
    present = {name.lower() for name, _ in headers}
    headers.extend(pair for pair in _SECURITY_HEADERS if pair[0] not in present)
    headers.append((REQUEST_ID, request_id.encode()))
    if more:
        headers.extend(
            (name, value.encode())
            for name, value in ((name.lower().encode(), value) for name, value in more.items())
            if name not in present
        )
    message["headers"] = headers


class OwnSite:
    """ASGI middleware for a service that does not ask for keys: it serves its own pages alone.

    Any page that a person opens may send requests to the service in that person's browser, whose
    place in the network would stand for the page's. Refused are therefore what a browser sends for
    a page of another site, and every request under a name that is not the service's own: that is a
    stranger's where the stranger's name has been made to lead here (DNS rebinding). Where a key is
    asked for, no page has one by being there, and this is not needed.

    Parameters
    ----------
    app : ASGI application
    hosts : Hosts
    origins : collection of str
        Other sites' origins of which the pages are served too.
    """

    def __init__(self, app: ASGIApp, hosts: Hosts, origins: Collection[str] = ()) -> None:
        self.app = app
        self.hosts = hosts
        self.origins = frozenset(origin.encode("latin-1") for origin in origins)
        self.warned = False

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] == "http" and scope["path"] not in ORIGIN_UNCHECKED:
            headers: dict[bytes, bytes] = dict(scope["headers"])
            host = headers.get(b"host")
            if host is not None and not self.hosts.knows(host):
                self._warn()
                await error_response(scope, UnknownHost())(scope, receive, send)
                return
            if (
                scope["method"] not in SAFE_METHODS
                and headers.get(b"origin") not in self.origins
                and not _is_same_origin(headers, self.hosts)
            ):
                await error_response(scope, ForeignOrigin())(scope, receive, send)
                return
        await self.app(scope, receive, send)

    def _warn(self) -> None:
        """Tell the operator, once: whoever calls by a name may not see why it is refused."""
        if not self.warned:
            self.warned = True
            log.warning("a request was refused for its header Host: see the setting `hosts`")


def check_origin(scope: Scope, hosts: Hosts) -> None:
    """Refuse requests that a browser sends for a page of another site, whatever the method.

    Every current browser names the site in one of two headers. A program that sends neither has no
    cookie and no place in the network that a page could borrow.

    Raises
    ------
    ForeignOrigin
    """
    if not _is_same_origin(dict(scope["headers"]), hosts):
        raise ForeignOrigin


def _is_same_origin(headers: Mapping[bytes, bytes], hosts: Hosts) -> bool:
    """Tell whether a request comes from a page of the service's own, or from no page."""
    site, origin = headers.get(b"sec-fetch-site"), headers.get(b"origin")
    if origin is None:
        return site is None or site in SAME_ORIGIN
    host = origin.partition(b"://")[2]  # nothing in "null"
    return site in SAME_ORIGIN or (
        host != b"" and (host == headers.get(b"host") or hosts.lists(host.decode("latin-1")))
    )


class BodyLimit:
    """ASGI middleware that refuses bodies over a limit, and those that do not come in time.

    A body that says its length is refused before it is read; one that does not (chunked) is
    refused at the first byte over the limit, so that no more than the limit is ever held.

    Parameters
    ----------
    app : ASGI application
    limit : int
        Most bytes a body may have.
    """

    def __init__(self, app: ASGIApp, limit: int) -> None:
        self.app = app
        self.limit = limit

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        declared = header_of(scope, b"content-length")
        if declared.isdecimal() and int(declared[:20]) > self.limit:
            await error_response(scope, self._error())(scope, receive, send)
            return
        size = 0

        async def receive_within_limit() -> Message:
            nonlocal size
            message = await receive()
            if LATE_KEY in scope:
                raise SlowBody
            size += len(message.get("body", b""))
            if size > self.limit:
                raise self._error()
            return message

        await self.app(scope, receive_within_limit, send)

    def _error(self) -> TooLarge:
        return TooLarge(
            f"The body is over the limit of {self.limit} bytes.",
            where="body",
            remedy="Send the texts in several requests.",
        )


def reserve_room(app: FastAPI, path: str) -> None:
    """Admit as many requests to `path` again as the limit, when others have used it up."""
    app.state.reserved_paths.add(path)


class Admission:
    """ASGI middleware that refuses requests over a limit on those in hand, before any work.

    Parameters
    ----------
    app : ASGI application
    limit : int
        Most requests in hand at a time.
    """

    def __init__(self, app: ASGIApp, limit: int) -> None:
        self.app = app
        self.limit = limit

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http" or scope["path"] in ALWAYS_ADMITTED:
            await self.app(scope, receive, send)
            return
        state = scope["app"].state
        limit = self.limit * (2 if scope["path"] in state.reserved_paths else 1)
        if state.in_hand >= limit:
            busy = Busy("Too many requests are in hand.", remedy="Try again in a few seconds.")
            await error_response(scope, busy)(scope, receive, send)
            return
        state.in_hand += 1
        try:
            await self.app(scope, receive, send)
        finally:
            state.in_hand -= 1


Endpoint = Callable[[Request], Awaitable[Response]]


class ShortRoute(NamedTuple):
    """A route that `Shortcut` answers; `Exchange` names it in the log by its path."""

    path: str
    endpoint: Endpoint
    may_refuse: bool
    """True if a request may be refused unread because too many wait."""


def register(app: FastAPI, path: str, endpoint: Endpoint, *, may_refuse: bool = True) -> None:
    """Let `endpoint` answer a POST to `path` before any other route is looked at.

    With `may_refuse`, a request that would wait too long for the model is refused unread.
    """
    app.state.short_routes[path] = ShortRoute(path, endpoint, may_refuse)


class Shortcut:
    """ASGI middleware that answers a POST to the paths that were registered; all else goes on.

    FastAPI prepares for every request what these routes do not use: a stack for what dependencies
    leave open, the dependencies' values, the form of the reply. That takes longer than to judge a
    short comment. The routes stay in FastAPI too, which documents them and refuses other methods.

    Parameters
    ----------
    app : ASGI application
    batches : Batches
        Refuses requests while too many wait.
    """

    def __init__(self, app: ASGIApp, batches: Batches) -> None:
        self.app = app
        self.batches = batches

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        is_post = scope["type"] == "http" and scope["method"] == "POST"
        route = scope["app"].state.short_routes.get(scope["path"]) if is_post else None
        if route is None:
            await self.app(scope, receive, send)
            return
        scope["route"] = route
        try:
            if route.may_refuse:
                self.batches.check()
            response = await route.endpoint(Request(scope, receive, send))
        except ModerationError as error:
            response = error_response(scope, error)
        await response(scope, receive, send)


def _request_id(scope: Scope) -> str:
    given = header_of(scope, REQUEST_ID)
    return given if _SAFE_ID.fullmatch(given) else f"{_PROCESS_ID}{next(_numbers):016x}"


def _at(error: BaseException) -> str:
    frames = traceback.extract_tb(error.__traceback__)
    return f"{frames[-1].filename}:{frames[-1].lineno}" if frames else "an unknown line"


def _method(scope: Scope) -> str:
    method = str(scope["method"])
    return method if method in _KNOWN_METHODS else "(other)"


def _path(scope: Scope) -> str:
    """Return the path as the route or mount declares it; what was sent only chose which."""
    declared = getattr(scope.get("route"), "path", None) or scope.get("root_path")
    return str(declared or "(no such path)")
