"""What surrounds every request: its id, its security headers, its line in the log, its last net."""

import logging
import re
import time
import traceback
import uuid

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from moderation.service.errors import InternalError, error_response

access_log = logging.getLogger("moderation.access")
log = logging.getLogger(__name__)

REQUEST_ID = "X-Request-ID"
SAFE_ID = re.compile(r"[A-Za-z0-9._-]{1,64}", re.ASCII)

HEADERS = {
    "Content-Security-Policy": "; ".join(
        (
            "default-src 'none'",
            "script-src 'self'",
            "style-src 'self'",
            "img-src 'self'",
            "connect-src 'self'",
            "base-uri 'none'",
            "form-action 'none'",
            "frame-ancestors 'none'",
            "require-trusted-types-for 'script'",
        )
    ),
    "Cache-Control": "no-store",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}


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
                headers = MutableHeaders(scope=message)
                headers[REQUEST_ID] = request_id
                for name, value in HEADERS.items():
                    headers.setdefault(name, value)
            await send(message)

        try:
            await self.app(scope, receive, send_dressed)
        except Exception as error:  # noqa: BLE001  # the last net: the server would log the message
            log.error(  # noqa: TRY400  # a traceback ends with the exception's message
                "internal error: %s at %s, request %s", type(error).__name__, _at(error), request_id
            )
            if not status:
                await error_response(
                    InternalError(
                        "The service failed on this request.",
                        remedy=f"Tell its operator the request's id: {request_id}.",
                    )
                )(scope, receive, send_dressed)
        elapsed = (time.perf_counter() - started) * 1000
        access_log.info(
            "%s %s %d %.1f ms, request %s",
            _method(scope), _path(scope), status, elapsed, request_id,
        )  # fmt: skip


def _request_id(scope: Scope) -> str:
    given = Headers(scope=scope).get(REQUEST_ID, "")
    return given if SAFE_ID.fullmatch(given) else uuid.uuid4().hex


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
