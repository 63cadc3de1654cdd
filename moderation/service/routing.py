"""Read a request's body as JSON, strictly, and answer in it."""

import json
from collections.abc import Awaitable, Callable
from email.message import Message
from functools import lru_cache
from typing import Any, NamedTuple, NoReturn

from fastapi import FastAPI, Request, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from moderation.errors import MalformedJSON, ModerationError
from moderation.service.errors import UnsupportedMediaType, answer
from moderation.service.middleware import header_of

# FOLDED shortcut: The routes that comments come by, answered without the framework's way to a
# route.

Endpoint = Callable[[Request], Awaitable[Response]]


class Known(NamedTuple):
    """A route as far as those around it ask: `Exchange` names it in the log."""

    path: str
    endpoint: Endpoint
    may_refuse: bool
    """Tell whether a request may be refused unread because too many wait."""


class Shortcut:
    """ASGI middleware that answers a POST to certain paths; all else goes on.

    FastAPI prepares for every request what these routes do not use: a stack for what dependencies
    leave open, the dependencies' values, the form of the reply. That takes longer than to judge a
    short comment. The routes stay in FastAPI too, which documents them and refuses other methods.

    Parameters
    ----------
    app : ASGI application
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        known = scope["app"].state.shortcuts.get(scope["path"]) if _is_post(scope) else None
        if known is None:
            await self.app(scope, receive, send)
            return
        scope["route"] = known
        try:
            if known.may_refuse:
                scope["app"].state.engine.check()
            response = await known.endpoint(Request(scope, receive, send))
        except ModerationError as error:
            response = answer(scope, error)
        await response(scope, receive, send)


def _is_post(scope: Scope) -> bool:
    return bool(scope["type"] == "http" and scope["method"] == "POST")


def register(app: FastAPI, path: str, endpoint: Endpoint, *, may_refuse: bool = True) -> None:
    """Let `endpoint` answer a POST to `path` before any other route is looked at.

    With `may_refuse`, a request that would wait too long for the model is refused unread.
    """
    app.state.shortcuts[path] = Known(path, endpoint, may_refuse)


SEND_JSON = "Send JSON in UTF-8 with the header Content-Type: application/json."


def json_response(content: Any) -> Response:
    """Return built-in values as the answer 200 in JSON."""
    return Response(write_json(content).encode("utf-8"), media_type="application/json")


async def json_body(request: Request) -> Any:
    """Return a request's body as built-in values.

    Raises
    ------
    UnsupportedMediaType
        If the headers do not say JSON in UTF-8, uncompressed.
    MalformedJSON
        If the body is not JSON as RFC 8259 has it (NaN, Infinity and repeated keys are not), not
        UTF-8, or nested too deeply to read.
    TooLarge
        If it is over the service's limit.
    """
    _check_headers(request)
    return parse_json(await request.body())


def parse_json(raw: bytes) -> Any:
    """Return strict JSON as built-in values; no error quotes any of it.

    Raises
    ------
    MalformedJSON
    """
    if not raw.strip():
        raise MalformedJSON("The body is empty.", where="body", remedy=SEND_JSON)
    try:
        return read_json(raw.decode("utf-8"))
    except UnicodeDecodeError as error:
        message = f"The body is not UTF-8 at byte {error.start}."
    except json.JSONDecodeError as error:
        message = f"The body is not JSON at line {error.lineno}, column {error.colno}."
    except RecursionError:
        message = "The body is nested too deeply."
    except ValueError:  # Python's limit on the digits of a whole number
        message = "The body holds a number with too many digits."
    raise MalformedJSON(message, where="body", remedy=SEND_JSON)


def _check_headers(request: Request) -> None:
    scope = request.scope
    encoding = header_of(scope, b"content-encoding", "identity")
    if (
        not _is_json(header_of(scope, b"content-type", "text/plain"))
        or encoding.lower() != "identity"
    ):
        raise UnsupportedMediaType(
            "The body is not said to be JSON in UTF-8, uncompressed.",
            where="headers",
            remedy=SEND_JSON,
        )


@lru_cache(maxsize=64)
def _is_json(content_type: str) -> bool:
    content = Message()
    content["Content-Type"] = content_type
    charset = content.get_content_charset("utf-8")
    return content.get_content_type() == "application/json" and charset in {"utf-8", "utf8"}


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise MalformedJSON("A key stands twice in one object.", where="body", remedy=SEND_JSON)
    return found


def _no_constant(_: str) -> NoReturn:
    raise MalformedJSON(
        "NaN and Infinity are not JSON.", where="body", remedy="Send null or a number."
    )


# Made once: to make them takes longer than to read or write what a comment's request holds.
read_json = json.JSONDecoder(object_pairs_hook=_unique, parse_constant=_no_constant).decode
write_json = json.JSONEncoder(ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode
