"""The errors that only a service can make, and the one answer for all errors."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import ClassVar

from starlette.responses import JSONResponse

from moderation.errors import ModerationError

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
