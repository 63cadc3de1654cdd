"""A route's request and its answer: the settings, the body as strict JSON or as a message."""

import json
from collections.abc import Callable
from email.message import Message
from functools import lru_cache
from typing import Any, NoReturn, TypeVar

from fastapi import Request, Response
from pydantic_core import to_json
from starlette.requests import ClientDisconnect

from moderation.errors import MalformedJSON
from moderation.service.errors import UnsupportedMediaType
from moderation.service.middleware import header_of
from moderation.settings import Settings

SEND_JSON = "Send JSON in UTF-8 with the header Content-Type: application/json."

Read = TypeVar("Read")


def settings_of(request: Request) -> Settings:
    """Return the settings of the application that serves `request`."""
    settings: Settings = request.app.state.settings
    return settings


class NotJSON(MalformedJSON):
    """A body does not have the syntax of JSON, though it may be nearly JSON."""


def parse_json(raw: bytes) -> Any:
    """Return strict JSON as built-in values; no error quotes any of it.

    Raises
    ------
    MalformedJSON
        `NotJSON` where it does not have the syntax.
    """
    if not raw.strip():
        raise MalformedJSON("The body is empty.", where="body", remedy=SEND_JSON)
    try:
        return _decode(raw.decode("utf-8"))
    except UnicodeDecodeError as error:
        message = f"The body is not UTF-8 at byte {error.start}."
    except json.JSONDecodeError as error:
        message = f"The body is not JSON at line {error.lineno}, column {error.colno}."
        raise NotJSON(message, where="body", remedy=SEND_JSON) from None
    except RecursionError:
        message = "The body is nested too deeply."
    except ValueError:  # Python's limit on the digits of a whole number
        message = "The body holds a number with too many digits."
    raise MalformedJSON(message, where="body", remedy=SEND_JSON)


async def read_message(
    request: Request,
    read: Callable[[object, Settings], Read],
    parse: Callable[[bytes], Any] = parse_json,
) -> Read:
    """Return the message in a request's body.

    Parameters
    ----------
    request : Request
    read : callable
        Makes the message from built-in values and the settings, as `Message.read` does.
    parse : callable, optional
        Reads the body; as strict JSON if not given.

    Raises
    ------
    UnsupportedMediaType
        If the headers do not say JSON in UTF-8, uncompressed.
    MalformedJSON
        If the body is not JSON as RFC 8259 has it (NaN, Infinity and repeated keys are not), not
        UTF-8, or nested too deeply to read.
    TooLarge
        If it is over the service's limit.
    ModerationError
        As `read` raises it.
    """
    _check_headers(request)
    return read(parse(await read_body(request)), settings_of(request))


async def read_body(request: Request) -> bytes:
    """Return a request's body, which is read once.

    The framework's own way, for bodies that may be read again and in parts, takes three times as
    long over the single part that a comment comes in.

    Raises
    ------
    ClientDisconnect
        If the client hangs up before all of it has come.
    """
    parts: list[bytes] = []
    more = True
    while more:
        message = await request.receive()
        if message["type"] == "http.disconnect":
            raise ClientDisconnect
        parts.append(message.get("body", b""))
        more = message.get("more_body", False)
    return b"".join(parts)


def json_response(content: Any) -> Response:
    """Return built-in values as a JSON response with the status 200."""
    return Response(to_json(content), media_type="application/json")


def _check_headers(request: Request) -> None:
    scope = request.scope
    content_type = header_of(scope, b"content-type", "text/plain")
    encoding = header_of(scope, b"content-encoding", "identity")
    if not _is_json(content_type) or encoding.lower() != "identity":
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
    members = dict(pairs)
    if len(members) != len(pairs):
        raise MalformedJSON("A key stands twice in one object.", where="body", remedy=SEND_JSON)
    return members


def _no_constant(_: str) -> NoReturn:
    raise MalformedJSON(
        "NaN and Infinity are not JSON.", where="body", remedy="Send null or a number."
    )


# Made once: to make it takes longer than to read what a comment's request holds.
_decode = json.JSONDecoder(object_pairs_hook=_unique, parse_constant=_no_constant).decode
