"""What surrounds every request: its id, its security headers, its line in the log, its last net."""

import itertools
import logging
import re
import secrets
import time
import traceback
from collections.abc import Mapping

from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from moderation.service.access.guard import REPLY_HEADERS
from moderation.service.http.errors import InternalError
from moderation.service.http.headers import header_of
from moderation.service.http.protocol_errors import answer
from moderation.service.http.security import SECURITY_HEADERS
from moderation.service.operation.logs import Answered
from moderation.service.operation.metrics import ASKED

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
                    remedy=f"Tell its operator the request's id: {request_id}.",
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
