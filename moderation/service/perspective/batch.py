"""Google's batch: several requests of Perspective's methods as the parts of one request.

A client sends ``multipart/mixed``, each part a whole request with its own address, headers and
body, and gets the responses in the same form and order. Each part goes through the application as
if it had come alone: it is authorised, limited, measured and logged by itself, and its error is the
error of no other.
"""

import asyncio
import re
import secrets
from collections.abc import Sequence
from email import message_from_bytes
from email.feedparser import BytesFeedParser
from email.message import Message
from http import HTTPStatus
from http.client import HTTPException, parse_headers
from io import BytesIO
from typing import Any, NamedTuple
from urllib.parse import unquote, urlsplit

from fastapi import Request
from starlette.responses import Response
from starlette.types import Message as Event
from starlette.types import Scope

from moderation.service.engine import while_connected
from moderation.service.errors import MethodNotAllowed, NotFound, error_response
from moderation.service.perspective.errors import PerspectiveError, invalid_request
from moderation.service.request import settings_of
from moderation.service.security import SECURITY_HEADERS

BATCH_PATH = "/batch"
PARTS_AT_ONCE = 2
"""Parts of one batch that are answered at a time: so many are always judged at once, so that none
has to wait for another of its batch, and the other requests have their turns in between."""
LINES_A_PART = 200
FREE_LINES = 1_000
"""Lines that a batch may have at most: so many for each part, and so many more."""
OWN_HEADERS = ("authorization", "x-api-key", "x-goog-api-key", "x-do-not-store")
"""Headers of a part that the whole batch's stand for where it has none itself."""
CONTENT_HEADERS = ("content-type", "content-encoding")
OUTER_HEADERS = (b"host", b"origin", b"sec-fetch-site")
"""Headers that only the whole batch has: they are about the connection."""
SEND_MULTIPART = (
    "The body must be multipart/mixed with a boundary, as Google's clients send a batch"
)
# Linear: a method, a blank, an address without blanks.
_REQUEST_LINE = re.compile(rb"([A-Z]{1,16}) (\S+) HTTP/1\.[01]")
_LEFT_OUT = frozenset(name.lower().encode() for name in SECURITY_HEADERS)


class Part(NamedTuple):
    """One request of a batch, or the error that stands in its place."""

    id: str
    method: str = ""
    path: str = ""
    query: bytes = b""
    headers: tuple[tuple[bytes, bytes], ...] = ()
    body: bytes = b""
    error: PerspectiveError | None = None


class _Multipart(Message):
    """A message of which the parts are read as they are, even if one says it has parts itself."""

    is_part = False

    def attach(self, payload: Any) -> None:
        """Add a part; the parser does so before it reads anything of it."""
        payload.is_part = True
        super().attach(payload)

    def get_content_type(self) -> str:
        """Return the type, of a part the only one that there can be."""
        return "application/http" if self.is_part else super().get_content_type()

    def get_content_maintype(self) -> str:
        """Return the first half of the type."""
        return self.get_content_type().partition("/")[0]


def read_parts(raw: bytes, content_type: str, limit: int) -> list[Part]:
    """Return the requests of a batch, in order.

    Parameters
    ----------
    raw : bytes
        The body.
    content_type : str
        The header, which names the boundary.
    limit : int
        Most parts.

    Raises
    ------
    PerspectiveError
        If it is no batch, or has too many parts. A part that is no request has its own error.
    """
    header = b"Content-Type: " + content_type.encode("latin-1", "replace") + b"\r\n\r\n"
    announced = message_from_bytes(header)
    boundary = announced.get_boundary("")
    if announced.get_content_type() != "multipart/mixed" or not boundary:
        raise invalid_request(SEND_MULTIPART)
    # Before anything is made of it: each part and each line costs memory. The last edge ends it.
    found = raw.count(b"--" + boundary.encode("utf-8", "surrogateescape")) - 1
    if found > limit:
        raise invalid_request(f"The batch has {found} parts; the limit is {limit}")
    if raw.count(b"\n") + raw.count(b"\r") > FREE_LINES + LINES_A_PART * found:
        raise invalid_request("The batch has too many lines")
    parser = BytesFeedParser(_Multipart)
    parser.feed(header)
    parser.feed(raw)
    message = parser.close()
    if not message.is_multipart():
        raise invalid_request(SEND_MULTIPART)
    parts: Any = message.get_payload()
    return [_read(part) for part in parts]


def _read(message: Message) -> Part:
    part_id = _one_line(message.get("Content-ID", ""))
    line, _, rest = message.get_payload(decode=True).lstrip(b"\r\n").partition(b"\n")  # type: ignore[union-attr]  # not multipart, so bytes
    request = _REQUEST_LINE.fullmatch(line.rstrip(b"\r"))
    content = BytesIO(rest)
    try:
        address = urlsplit((request[2] if request else b"").decode("ascii"))
        headers = parse_headers(content)
    except (ValueError, HTTPException):
        request = None
    if request is None:
        return Part(part_id, error=invalid_request("The part of the batch is not an HTTP request"))
    return Part(
        part_id,
        request[1].decode("ascii"),
        unquote(address.path),
        address.query.encode("ascii"),
        tuple(
            (name.encode("ascii"), _one_line(headers[name]).encode("latin-1", "replace"))
            for name in (*OWN_HEADERS, *CONTENT_HEADERS)
            if name in headers
        ),
        content.read(),
    )


def _one_line(value: str) -> str:
    """Return a header's value without the line breaks at which it was folded."""
    return " ".join(str(value).split())


class Batch:
    """Answers the parts of a batch through the application that the batch was sent to.

    Parameters
    ----------
    request : Request
        The whole batch.
    methods : sequence of str
        The paths that a part may call.
    """

    def __init__(self, request: Request, methods: Sequence[str]) -> None:
        self._request = request
        self._methods = methods
        self._turns = asyncio.Semaphore(PARTS_AT_ONCE)
        outer = dict(request.scope["headers"])
        self._outer = [(name, outer[name]) for name in OUTER_HEADERS if name in outer]
        self._own = {
            name.encode(): outer[name.encode()] for name in OWN_HEADERS if name.encode() in outer
        }

    async def answer(self) -> Response:
        """Return the responses to all parts, in order, as one."""
        raw = await self._request.body()
        # In a thread: a large body takes a good part of a second to read.
        parts = await asyncio.to_thread(
            read_parts,
            raw,
            self._request.headers.get("content-type", ""),
            settings_of(self._request).max_texts,
        )
        answers = await while_connected(self._request, self._answer_all(parts))
        boundary = f"batch_{secrets.token_hex(16)}"
        closing = f"--{boundary}--\r\n".encode()
        content = b"".join(
            b"--%s\r\n%s\r\n" % (boundary.encode(), _written(part, answer))
            for part, answer in zip(parts, answers, strict=True)
        )
        return Response(content + closing, media_type=f'multipart/mixed; boundary="{boundary}"')

    async def _answer_all(self, parts: Sequence[Part]) -> list["_Answer"]:
        return await asyncio.gather(*map(self._answer, parts))

    async def _answer(self, part: Part) -> "_Answer":
        answer = _Answer(part.body)
        if part.error or part.path not in self._methods or part.method != "POST":
            error = part.error or _refusal(part, self._methods)
            outer = self._request.scope
            await error_response(outer, error)(outer, answer.receive, answer.send)
            return answer
        async with self._turns:
            await self._request.app(self._scope(part), answer.receive, answer.send)
        return answer

    def _scope(self, part: Part) -> Scope:
        outer = self._request.scope
        named = {name for name, _ in part.headers}
        own = [(name, value) for name, value in self._own.items() if name not in named]
        kept = ("type", "asgi", "http_version", "scheme", "root_path", "client", "server", "app")
        return {
            **{name: outer[name] for name in kept if name in outer},
            "method": part.method,
            "path": part.path,
            "raw_path": part.path.encode(),
            "query_string": part.query,
            "headers": [*self._outer, *own, *part.headers],
        }


class _Answer:
    """The ASGI side of a part: gives its body, and keeps what is answered.

    Parameters
    ----------
    body : bytes
    """

    def __init__(self, body: bytes) -> None:
        self._body: bytes | None = body
        self.status = int(HTTPStatus.INTERNAL_SERVER_ERROR)
        self.headers: list[tuple[bytes, bytes]] = []
        self.content = b""

    async def receive(self) -> Event:
        """Return the body; afterwards wait, for a part's client leaves with the whole batch's."""
        if self._body is None:
            await asyncio.Event().wait()
        body, self._body = self._body, None
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(self, event: Event) -> None:
        """Keep a part of the answer."""
        if event["type"] == "http.response.start":
            self.status, self.headers = event["status"], list(event["headers"])
        else:
            self.content += event.get("body", b"")


def _refusal(part: Part, methods: Sequence[str]) -> NotFound | MethodNotAllowed:
    if part.path in methods:
        return MethodNotAllowed("This path does not take this method.")
    return NotFound("A batch can only call the methods of comments.")


def _written(part: Part, answer: _Answer) -> bytes:
    """Return a part's response with its headers, as the client takes it apart."""
    status = HTTPStatus(answer.status)
    head = ["Content-Type: application/http"]
    if part.id:
        # As Google answers: the client's own id behind this word.
        inner = part.id.removeprefix("<").removesuffix(">")
        head.append(f"Content-ID: <response-{inner}>")
    lines = [f"HTTP/1.1 {status.value} {status.phrase}".encode()]
    lines += [
        name + b": " + value for name, value in answer.headers if name.lower() not in _LEFT_OUT
    ]
    written = "\r\n".join(head).encode("utf-8", "replace")
    return b"\r\n\r\n".join([written, b"\r\n".join(lines), answer.content])
