"""A limit on the size of a request's body and on its time, held while it is read."""

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from moderation.errors import TooLarge
from moderation.service.http.errors import SlowBody
from moderation.service.http.headers import header_of
from moderation.service.http.protocol_errors import answer

LATE = "moderation.late"
"""Stands in the ASGI scope once a body has not come in time, which `connections` sees."""


class BodyLimit:
    """ASGI middleware that refuses bodies over a limit, and those that do not come in time.

    A body that says its length is refused before it is read; one that does not (chunked) is
    refused at the first byte over the limit, so that no more than the limit is ever held.

    Parameters
    ----------
    app : ASGI application
    limit : int
        Most bytes a body may have.
    """

    def __init__(self, app: ASGIApp, limit: int) -> None:
        self.app = app
        self.limit = limit

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        declared = header_of(scope, b"content-length")
        if declared.isdecimal() and int(declared[:20]) > self.limit:
            await answer(scope, self._error())(scope, receive, send)
            return
        seen = 0

        async def counted() -> Message:
            nonlocal seen
            message = await receive()
            if LATE in scope:
                raise SlowBody
            seen += len(message.get("body", b""))
            if seen > self.limit:
                raise self._error()
            return message

        await self.app(scope, counted, send)

    def _error(self) -> TooLarge:
        return TooLarge(
            f"The body is over the limit of {self.limit} bytes.",
            where="body",
            remedy="Send the texts in several requests.",
        )
