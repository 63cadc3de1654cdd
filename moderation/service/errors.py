"""The errors that only a service can make, and the one answer for all errors."""

from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import ClassVar, cast

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse
from starlette.types import Scope

from moderation.errors import InvalidInput, ModerationError

RETRY_AFTER_SECONDS = "2"


class NotFound(ModerationError):
    """There is nothing at this path."""

    code = "not_found"
    status = HTTPStatus.NOT_FOUND


class MethodNotAllowed(ModerationError):
    """The path exists, but not for this method."""

    code = "method_not_allowed"
    status = HTTPStatus.METHOD_NOT_ALLOWED


class UnsupportedMediaType(ModerationError):
    """A request's body is not said to be JSON in UTF-8."""

    code = "unsupported_media_type"
    status = HTTPStatus.UNSUPPORTED_MEDIA_TYPE


class Busy(ModerationError):
    """More requests wait than can be judged in good time."""

    code = "busy"
    status = HTTPStatus.SERVICE_UNAVAILABLE


class Unauthorised(ModerationError):
    """A request carries no key, or one that is not (or no longer) good."""

    code = "unauthorised"
    status = HTTPStatus.UNAUTHORIZED
    headers: ClassVar[Mapping[str, str]] = {"WWW-Authenticate": "Bearer"}


class Forbidden(ModerationError):
    """A key is good, but not for this."""

    code = "forbidden"
    status = HTTPStatus.FORBIDDEN


class LimitExceeded(ModerationError):
    """A connection's limits do not take what a client sends, or how slowly."""

    code = "refused"

    def __init__(self, status: HTTPStatus, message: str) -> None:
        super().__init__(message)
        self.status = status


class SlowBody(LimitExceeded):
    """A body does not come in time."""

    headers: ClassVar[Mapping[str, str]] = {"Connection": "close"}

    def __init__(self) -> None:
        super().__init__(HTTPStatus.REQUEST_TIMEOUT, "The body did not come in time.")


class UnknownHost(ModerationError):
    """A request calls the service by a name that is not its own."""

    code = "unknown_host"
    status = HTTPStatus.FORBIDDEN

    def __init__(self) -> None:
        super().__init__(
            "The name in the header Host is not one by which this service is called; its setting "
            "`hosts` lists them.",
            where="header Host",
            remedy="Add the name to the setting `hosts`, or ask for API keys (`authentication`).",
        )


class ForeignOrigin(ModerationError):
    """A browser sent a request for a page of another site."""

    code = "foreign_origin"
    status = HTTPStatus.FORBIDDEN

    def __init__(self) -> None:
        super().__init__(
            "A page of another site has sent this; the service's setting `hosts` lists the sites "
            "that may.",
            where="header Origin",
            remedy="Where the page is the service's own, let the proxy before it pass the header "
            "Host on, or add the page's name to the setting `hosts`.",
        )


class TooMany(ModerationError):
    """A key has made more requests than its rate allows.

    Parameters
    ----------
    message : str
    headers : mapping of str to str
        The state of the limit, and ``Retry-After``; every protocol sends them.
    """

    code = "too_many_requests"
    status = HTTPStatus.TOO_MANY_REQUESTS

    def __init__(
        self, message: str, *, headers: Mapping[str, str], where: str = "", remedy: str = ""
    ) -> None:
        super().__init__(message, where=where, remedy=remedy)
        self.headers = headers


class InternalError(ModerationError):
    """The fault is the service's own."""

    code = "internal_error"
    status = HTTPStatus.INTERNAL_SERVER_ERROR


def error_response(
    error: ModerationError, headers: Mapping[str, str] | None = None
) -> JSONResponse:
    """Return the answer for an error: its status, and its one JSON shape."""
    sent = dict(headers or {})
    if error.status == HTTPStatus.SERVICE_UNAVAILABLE:
        sent.setdefault("Retry-After", RETRY_AFTER_SECONDS)
    return JSONResponse(error.to_dict(), status_code=error.status, headers=sent)


# FOLDED protocol_errors: Each protocol tells the same errors in an envelope of its own.
# A protocol registers a *teller* for the paths under its prefix. Whatever goes wrong there, in a
# route, a dependency, a middleware or nowhere at all (no such path, a body over the limit), its
# teller words the answer; elsewhere the native shape does.

ErrorRenderer = Callable[[ModerationError, Scope], Response]
"""Words an error for the clients of one protocol; the scope has the request's path and query."""


def use_error_renderer(app: FastAPI, prefix: str, teller: ErrorRenderer) -> None:
    """Let `teller` word every error on `prefix` and the paths below it (``/`` or ``:`` follows)."""
    app.state.tellers = {**_tellers(app), prefix: teller}


def answer(
    scope: Scope, error: ModerationError, headers: Mapping[str, str] | None = None
) -> Response:
    """Return the answer for an error, in the envelope of the protocol that was spoken to.

    `headers`, those that the error itself carries (an attribute ``headers``, as a rate limit has),
    and ``Retry-After`` on a 503 are sent in every protocol.
    """
    teller = _teller(scope)
    response = teller(error, scope) if teller else error_response(error)
    sent = {**getattr(error, "headers", {}), **(headers or {})}
    for name, value in sent.items():
        response.headers[name] = value
    if response.status_code == HTTPStatus.SERVICE_UNAVAILABLE:
        response.headers.setdefault("Retry-After", RETRY_AFTER_SECONDS)
    return response


def _tellers(app: FastAPI) -> dict[str, ErrorRenderer]:
    found: dict[str, ErrorRenderer] = getattr(app.state, "tellers", {})
    return found


def _teller(scope: Scope) -> ErrorRenderer | None:
    path: str = scope["path"]
    fitting = [
        prefix
        for prefix in _tellers(scope["app"])
        if path == prefix or path.startswith((f"{prefix}/", f"{prefix}:"))
    ]
    return _tellers(scope["app"])[max(fitting, key=len)] if fitting else None


# FOLDED handlers: Turn every exception that routing or a route raises into the error shape of its
# protocol.

SEE_DOCS = "The paths and methods are at /docs."


def install(app: FastAPI) -> None:
    """Make `app` answer in the shape of the protocol spoken, whatever goes wrong."""
    app.add_exception_handler(ModerationError, _own)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(RequestValidationError, _validation)


async def _own(request: Request, error: Exception) -> Response:
    return answer(request.scope, cast("ModerationError", error))


async def _http(request: Request, error: Exception) -> Response:
    raised = cast("HTTPException", error)
    told: ModerationError
    match raised.status_code:
        case HTTPStatus.NOT_FOUND:
            told = NotFound("There is nothing at this path.", remedy=SEE_DOCS)
        case HTTPStatus.METHOD_NOT_ALLOWED:
            told = MethodNotAllowed("This path does not take this method.", remedy=SEE_DOCS)
        case status:
            # Its detail may quote the request, so the status alone is told.
            told = InvalidInput(f"The request was refused: {HTTPStatus(status).phrase}.")
            told.status = status
    return answer(request.scope, told, raised.headers)


async def _validation(request: Request, error: Exception) -> Response:
    first = cast("RequestValidationError", error).errors()[0]
    # Only what the route itself declares is named, never what was sent.
    where = ".".join(str(part) for part in first["loc"][:2])
    told = InvalidInput("This part of the request is not valid.", where=where)
    return answer(request.scope, told)
