"""Turn every exception that routing or a route raises into the error shape of its protocol."""

from http import HTTPStatus
from typing import cast

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException

from moderation.errors import InvalidInput, ModerationError
from moderation.service.http.errors import MethodNotAllowed, NotFound
from moderation.service.http.protocol_errors import answer

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
