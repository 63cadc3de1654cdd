"""What surrounds every request: its id, its security headers, its line in the log, its last net."""

import itertools
import logging
import re
import secrets
import time
import traceback
from collections.abc import Mapping

from fastapi import FastAPI
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from moderation.errors import TooLarge
from moderation.service.auth import REPLY_HEADERS
from moderation.service.errors import Busy, InternalError, SlowBody, answer
from moderation.service.logs import Answered
from moderation.service.metrics import ASKED

# FOLDED headers: One header of a request, read from what the server gives: for the few that every
# request needs.
# The framework's own way builds an object and decodes names on each look, five times as slow.


def header_of(scope: Scope, name: bytes, default: str = "") -> str:
    """Return the first header of a name (in small letters), or `default`."""
    for found, value in scope["headers"]:
        if found == name:
            return str(value, "latin-1")
    return default


# FOLDED limits: A limit on the size of a request's body and on its time, held while it is read.

LATE = "moderation.late"
"""Stands in the ASGI scope once a body has not come in time, which `connections` sees."""


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
            await answer(scope, self._error())(scope, receive, send)
            return
        seen = 0

        async def counted() -> Message:
            nonlocal seen
            message = await receive()
            if LATE in scope:
                raise SlowBody
            seen += len(message.get("body", b""))
            if seen > self.limit:
                raise self._error()
            return message

        await self.app(scope, counted, send)

    def _error(self) -> TooLarge:
        return TooLarge(
            f"The body is over the limit of {self.limit} bytes.",
            where="body",
            remedy="Send the texts in several requests.",
        )


# FOLDED admission: How many requests one process takes in hand; the others hear so at once.

ALWAYS = frozenset({"/healthz", "/readyz", "/metrics"})
"""What whoever watches the service asks; they must get an answer then above all."""


def have_room(app: FastAPI, path: str) -> None:
    """Keep room for requests to `path`: as many again as the limit, when others have used it up."""
    app.state.with_room.add(path)


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
        if scope["type"] != "http" or scope["path"] in ALWAYS:
            await self.app(scope, receive, send)
            return
        state = scope["app"].state
        limit = self.limit * (2 if scope["path"] in state.with_room else 1)
        if state.in_hand >= limit:
            busy = Busy("Too many requests are in hand.", remedy="Try again in a few seconds.")
            await answer(scope, busy)(scope, receive, send)
            return
        state.in_hand += 1
        try:
            await self.app(scope, receive, send)
        finally:
            state.in_hand -= 1


# FOLDED security: The security headers of every answer, and those in which the desk's pages
# differ.

CONTENT_POLICY = {
    "default-src": "'none'",
    "script-src": "'self'",
    "style-src": "'self'",
    "img-src": "'self'",
    "connect-src": "'self'",
    "base-uri": "'none'",
    "form-action": "'none'",
    "frame-ancestors": "'none'",
    "require-trusted-types-for": "'script'",
}


def content_policy(**changes: str) -> str:
    """Return a Content-Security-Policy: the service's own, with changes.

    Parameters
    ----------
    **changes
        By directive, with underscores for hyphens: ``form_action="'self'"``.
    """
    changed = {name.replace("_", "-"): value for name, value in changes.items()}
    return "; ".join(f"{name} {value}" for name, value in (CONTENT_POLICY | changed).items())


SECURITY_HEADERS = {
    "Content-Security-Policy": content_policy(),
    "Cache-Control": "no-store",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}
DESK_HEADERS = {
    # Pages with forms, and with scripts that ask nobody.
    "Content-Security-Policy": content_policy(
        connect_src="'none'", form_action="'self'", trusted_types="'none'"
    ),
    # Addresses carry what somebody searched for.
    "Referrer-Policy": "same-origin",
}
"""Those in which the desk's pages differ; they have the others too."""


log = logging.getLogger(__name__)

REQUEST_ID = b"x-request-id"
GONE = 499
"""What is counted where the client hung up before its request was whole."""
SAFE_ID = re.compile(r"[A-Za-z0-9._-]{1,64}", re.ASCII)

# Random once, then counted: a random number for each request costs a system call, in which the
# judging threads take the interpreter away from the loop.
PROCESS_ID = secrets.token_hex(8)
numbers = itertools.count(1)

DRESS = tuple((name.lower().encode(), value.encode()) for name, value in SECURITY_HEADERS.items())


class Exchange:
    """ASGI middleware around everything else.

    It gives each request an id and each answer its security headers, logs one line, and answers
    for exceptions that nothing else caught. Neither a query, nor a path that no route has, nor an
    exception's message is logged: any of them may hold a comment.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        request_id = _request_id(scope)
        started = time.perf_counter()
        status = 0

        async def send_dressed(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                add_headers(message, request_id, scope.get(REPLY_HEADERS))
            await send(message)

        try:
            await self.app(scope, receive, send_dressed)
        except ClientDisconnect:
            status = GONE
        except Exception as error:  # noqa: BLE001  # the last net: the server would log the message
            log.error(  # noqa: TRY400  # a traceback ends with the exception's message
                "internal error: %s at %s, request %s", type(error).__name__, _at(error), request_id
            )
            if not status:
                told = InternalError(
                    "The service failed on this request.",
                    remedy="Tell its operator the request's id: %(id)s.",
                    values={"id": request_id},
                )
                await answer(scope, told)(scope, receive, send_dressed)
        elapsed = time.perf_counter() - started
        path, state = _path(scope), scope["app"].state
        state.metrics.answered(path, status, elapsed, scope.get(ASKED))
        state.access_log.add(Answered(request_id, _method(scope), path, status, elapsed))


def add_headers(message: Message, request_id: str, more: Mapping[str, str] | None) -> None:
    """Add to the start of an answer its request's id, the headers that it lacks, and `more`."""
    headers: list[tuple[bytes, bytes]] = list(message["headers"])
    present = {name.lower() for name, _ in headers}
    headers.extend(pair for pair in DRESS if pair[0] not in present)
    headers.append((REQUEST_ID, request_id.encode()))
    if more:
        headers.extend(
            (name, value.encode())
            for name, value in ((name.lower().encode(), value) for name, value in more.items())
            if name not in present
        )
    message["headers"] = headers


def _request_id(scope: Scope) -> str:
    given = header_of(scope, REQUEST_ID)
    return given if SAFE_ID.fullmatch(given) else f"{PROCESS_ID}{next(numbers):016x}"


def _at(error: BaseException) -> str:
    frames = traceback.extract_tb(error.__traceback__)
    return f"{frames[-1].filename}:{frames[-1].lineno}" if frames else "an unknown line"


def _method(scope: Scope) -> str:
    method = str(scope["method"])
    known = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"}
    return method if method in known else "(other)"


def _path(scope: Scope) -> str:
    """Return the path as the route or mount declares it; what was sent only chose which."""
    declared = getattr(scope.get("route"), "path", None) or scope.get("root_path")
    return str(declared or "(no such path)")
