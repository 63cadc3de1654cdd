"""Judging for a route: the texts are charged to the key, and the client is watched.

Every protocol judges by this one way, so that none can forget a part of it.
"""

import asyncio
from collections.abc import Coroutine, Sequence
from typing import Any, TypeVar

from fastapi import Request
from starlette.requests import ClientDisconnect

from moderation.service.access.guard import Access
from moderation.service.judging.batches import SHORT_WEIGHT
from moderation.service.judging.engine import Engine
from moderation.service.judging.jobs import weigh
from moderation.verdict import Verdict

Found = TypeVar("Found")


class RequestJudge:
    """Judges for one request.

    Parameters
    ----------
    request : Request
        Its body has been read.
    engine : Engine
        Of the model that it asks for.
    """

    def __init__(self, request: Request, engine: Engine) -> None:
        self._request = request
        self._engine = engine

    async def judge(self, texts: Sequence[str]) -> list[Verdict]:
        """Return a verdict for each text, in order.

        Raises
        ------
        TooMany
            If the texts cost more than the request's key has left.
        NotReady, Busy
            As the engine does.
        ClientDisconnect
            If the client hangs up before texts that take long are judged; they are then dropped.
        """
        access: Access = self._request.app.state.access
        access.charge(self._request, sum(map(len, texts)))
        judging = self._engine.judge(texts)
        # A short request is answered before anybody could hear that its client is gone.
        if weigh(texts) <= SHORT_WEIGHT:
            return await judging
        return await while_connected(self._request, judging)


async def while_connected(request: Request, work: Coroutine[Any, Any, Found]) -> Found:
    """Await `work` and return its result; cancel it when the client hangs up.

    Raises
    ------
    ClientDisconnect
        If the client hangs up first.
    """
    working = asyncio.ensure_future(work)
    leaving = asyncio.ensure_future(_disconnected(request))
    try:
        await asyncio.wait({working, leaving}, return_when=asyncio.FIRST_COMPLETED)
        if leaving.done() and not leaving.exception() and not working.done():
            raise ClientDisconnect
        return await working
    finally:
        working.cancel()
        leaving.cancel()
        # Waited for, so that nobody logs an error that nobody asked for: it may quote a text.
        await asyncio.gather(working, leaving, return_exceptions=True)


async def _disconnected(request: Request) -> None:
    """Return when the client has hung up."""
    while (await request.receive())["type"] != "http.disconnect":
        pass
