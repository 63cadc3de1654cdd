"""Each protocol tells the same errors in an envelope of its own.

A protocol registers a *teller* for the paths under its prefix. Whatever goes wrong there, in a
route, a dependency, a middleware or nowhere at all (no such path, a body over the limit), its
teller words the answer; elsewhere the native shape does.
"""

from collections.abc import Callable, Mapping
from http import HTTPStatus

from fastapi import FastAPI, Response
from starlette.types import Scope

from moderation.errors import ModerationError
from moderation.service.http.errors import RETRY_AFTER_SECONDS, error_response

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
