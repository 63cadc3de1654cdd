"""The routes that comments come by, answered without the framework's way to a route."""

from collections.abc import Awaitable, Callable
from typing import NamedTuple

from fastapi import FastAPI, Request, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from moderation.errors import ModerationError
from moderation.service.http.protocol_errors import answer

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
