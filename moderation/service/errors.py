"""Errors of the service, and their responses in the shape of each protocol.

A protocol registers a renderer for the paths under its prefix (`use_error_renderer`). Whatever goes
wrong there, in a route, a dependency, a middleware or nowhere at all (no such path, a body over the
limit), that renderer makes the response; elsewhere the native one does.
"""

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
SEE_DOCS = "The paths and methods are at /docs."

ErrorRenderer = Callable[[ModerationError, Scope], Response]
"""Makes a protocol's response to an error; the scope has the request's path and query."""


class NotFound(ModerationError):
    """There is nothing at this path."""

    code = "not_found"
    status = HTTPStatus.NOT_FOUND


class MethodNotAllowed(ModerationError):
    """The path exists, but does not take this method."""

    code = "method_not_allowed"
    status = HTTPStatus.METHOD_NOT_ALLOWED


class UnsupportedMediaType(ModerationError):
    """A request's body is not said to be JSON in UTF-8."""

    code = "unsupported_media_type"
    status = HTTPStatus.UNSUPPORTED_MEDIA_TYPE


class Busy(ModerationError):
    """More requests wait than can be judged in time."""

    code = "busy"
    status = HTTPStatus.SERVICE_UNAVAILABLE


class Unauthorised(ModerationError):
    """A request carries no key, or one that is not (or no longer) valid."""

    code = "unauthorised"
    status = HTTPStatus.UNAUTHORIZED
    headers: ClassVar[Mapping[str, str]] = {"WWW-Authenticate": "Bearer"}


class Forbidden(ModerationError):
    """A key is valid, but does not have the scope."""

    code = "forbidden"
    status = HTTPStatus.FORBIDDEN


class LimitExceeded(ModerationError):
    """A client sends more than a connection's limits allow, or too slowly."""

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


def use_error_renderer(app: FastAPI, prefix: str, renderer: ErrorRenderer) -> None:
    """Let `renderer` answer errors on `prefix` and the paths below it (``/`` or ``:`` follows)."""
    app.state.error_renderers = {**_renderers(app), prefix: renderer}


def native_error_response(error: ModerationError) -> JSONResponse:
    """Return the response to an error in the service's own shape."""
    headers = {}
    if error.status == HTTPStatus.SERVICE_UNAVAILABLE:
        headers["Retry-After"] = RETRY_AFTER_SECONDS
    return JSONResponse(error.to_dict(), status_code=error.status, headers=headers)


def error_response(
    scope: Scope, error: ModerationError, headers: Mapping[str, str] | None = None
) -> Response:
    """Return the response to an error, in the shape of the request's protocol.

    `headers`, those that the error itself carries (an attribute ``headers``, as a rate limit has),
    and ``Retry-After`` on a 503 are sent in every protocol.
    """
    renderer = _renderer(scope)
    response = renderer(error, scope) if renderer else native_error_response(error)
    for name, value in {**getattr(error, "headers", {}), **(headers or {})}.items():
        response.headers[name] = value
    if response.status_code == HTTPStatus.SERVICE_UNAVAILABLE:
        response.headers.setdefault("Retry-After", RETRY_AFTER_SECONDS)
    return response


def _renderers(app: FastAPI) -> dict[str, ErrorRenderer]:
    renderers: dict[str, ErrorRenderer] = getattr(app.state, "error_renderers", {})
    return renderers


def _renderer(scope: Scope) -> ErrorRenderer | None:
    path: str = scope["path"]
    renderers = _renderers(scope["app"])
    prefixes = [
        prefix
        for prefix in renderers
        if path == prefix or path.startswith((f"{prefix}/", f"{prefix}:"))
    ]
    return renderers[max(prefixes, key=len)] if prefixes else None


def install(app: FastAPI) -> None:
    """Turn every exception that routing or a route raises into its protocol's response."""
    app.add_exception_handler(ModerationError, _own)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(RequestValidationError, _validation)


async def _own(request: Request, error: Exception) -> Response:
    return error_response(request.scope, cast("ModerationError", error))


async def _http(request: Request, error: Exception) -> Response:
    raised = cast("HTTPException", error)
    own: ModerationError
    match raised.status_code:
        case HTTPStatus.NOT_FOUND:
            own = NotFound("There is nothing at this path.", remedy=SEE_DOCS)
        case HTTPStatus.METHOD_NOT_ALLOWED:
            own = MethodNotAllowed("This path does not take this method.", remedy=SEE_DOCS)
        case status:
            # Its detail may quote the request, so the status alone is shown.
            own = InvalidInput(f"The request was refused: {HTTPStatus(status).phrase}.")
            own.status = status
    headers = dict(raised.headers or {})
    if "Allow" in headers:
        # Routing keeps methods as a set, of which the order is another in each process.
        headers["Allow"] = ", ".join(sorted(headers["Allow"].split(", ")))
    return error_response(request.scope, own, headers)


async def _validation(request: Request, error: Exception) -> Response:
    first = cast("RequestValidationError", error).errors()[0]
    # Only the part that the route itself declares is named, never the content.
    where = ".".join(str(part) for part in first["loc"][:2])
    invalid = InvalidInput("This part of the request is not valid.", where=where)
    return error_response(request.scope, invalid)
