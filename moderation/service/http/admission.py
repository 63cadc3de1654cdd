"""How many requests one process takes in hand; the others hear so at once."""

from fastapi import FastAPI
from starlette.types import ASGIApp, Receive, Scope, Send

from moderation.service.http.errors import Busy
from moderation.service.http.protocol_errors import answer

ALWAYS = frozenset({"/healthz", "/readyz", "/metrics"})
"""What whoever watches the service asks; they must get an answer then above all."""


def have_room(app: FastAPI, path: str) -> None:
    """Keep room for requests to `path`: as many again as the limit, when others have used it up."""
    app.state.with_room.add(path)


class Admission:
    """ASGI middleware that refuses requests over a limit on those in hand, before any work.

    Parameters
    ----------
    app : ASGI application
    limit : int
        Most requests in hand at a time.
    """

    def __init__(self, app: ASGIApp, limit: int) -> None:
        self.app = app
        self.limit = limit

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http" or scope["path"] in ALWAYS:
            await self.app(scope, receive, send)
            return
        state = scope["app"].state
        limit = self.limit * (2 if scope["path"] in state.with_room else 1)
        if state.in_hand >= limit:
            busy = Busy("Too many requests are in hand.", remedy="Try again in a few seconds.")
            await answer(scope, busy)(scope, receive, send)
            return
        state.in_hand += 1
        try:
            await self.app(scope, receive, send)
        finally:
            state.in_hand -= 1
