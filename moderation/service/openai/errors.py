"""The envelope in which OpenAI's clients expect an error."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import NamedTuple

from fastapi import Response
from fastapi.responses import JSONResponse
from starlette.types import Scope as ASGIScope

from moderation.errors import ModerationError


class ErrorKind(NamedTuple):
    """How one status is told: its type, and its code, where it has one of its own."""

    type: str
    code: str | None = None


INVALID_REQUEST = "invalid_request_error"
# A status that is not here is told as 400: something in what the caller sends is to be mended.
TYPES: Mapping[int, ErrorKind] = {
    HTTPStatus.BAD_REQUEST: ErrorKind(INVALID_REQUEST),
    HTTPStatus.UNAUTHORIZED: ErrorKind(INVALID_REQUEST, "invalid_api_key"),
    HTTPStatus.FORBIDDEN: ErrorKind(INVALID_REQUEST, "insufficient_permissions"),
    HTTPStatus.NOT_FOUND: ErrorKind(INVALID_REQUEST),
    HTTPStatus.METHOD_NOT_ALLOWED: ErrorKind(INVALID_REQUEST, "method_not_supported"),
    HTTPStatus.TOO_MANY_REQUESTS: ErrorKind("requests", "rate_limit_exceeded"),
    HTTPStatus.INTERNAL_SERVER_ERROR: ErrorKind("server_error"),
    HTTPStatus.SERVICE_UNAVAILABLE: ErrorKind("server_error"),
}
PARAMETERS = ("input", "model")


def render_error(error: ModerationError, _: ASGIScope) -> Response:
    """Word an error of any part of the service for OpenAI's clients."""
    status = error.status if error.status in TYPES else HTTPStatus.BAD_REQUEST
    told = TYPES[status]
    where = error.where
    body = {
        "message": f"{error.message} {error.remedy}".strip(),
        "type": told.type,
        "param": where if where.startswith(PARAMETERS) else None,
        "code": told.code or (error.code if status == HTTPStatus.BAD_REQUEST else None),
    }
    return JSONResponse({"error": body}, status_code=status)
