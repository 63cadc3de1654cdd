"""The processes in which pages are read, several beside each other."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from anyio import CapacityLimiter, to_thread
from fastapi import FastAPI
from joblib import cpu_count

from moderation.errors import ModerationError, TooLarge, UnreadablePage
from moderation.pages import Page
from moderation.pages.sandbox import Broken, PageLimits, Sandbox, Why
from moderation.service.http.errors import Busy
from moderation.service.native.reading import SentPage
from moderation.settings import Settings

MOST = 4
"""Most processes beside one that serves: each takes some 150 MB besides its pages."""
WAITING = 16
"""Pages that may wait for each process."""
IDLE_SECONDS = 300.0
"""Seconds that an idle process is kept: to start one takes a second."""


class Readers:
    """Reads pages in processes of their own, which are started when they are needed.

    Parameters
    ----------
    read : callable
        Found by its module and name.
    settings : Settings
        Its `page_seconds` and `page_memory_mb` hold for each page.
    """

    def __init__(self, read: Callable[[SentPage], Page], settings: Settings) -> None:
        self._read = read
        self._allowance = PageLimits(settings.page_seconds, settings.page_memory_mb << 20)
        self.most = min(MOST, max(2, cpu_count() // settings.workers))
        self._limiter = CapacityLimiter(self.most)
        self._free: list[Sandbox[SentPage, Page]] = []
        self._started: set[Sandbox[SentPage, Page]] = set()
        self._in_hand = 0
        self._uses = 0

    async def read(self, sent: SentPage) -> Page:
        """Return a page, split.

        Raises
        ------
        UnreadablePage
            If it cannot be read.
        TooLarge
            If reading it takes too long or too much memory.
        Busy
            If too many pages wait.
        """
        if self._in_hand >= self.most * (1 + WAITING):
            raise Busy("Too many pages wait to be read.", remedy="Try again in a few seconds.")
        self._in_hand += 1
        self._uses += 1
        try:
            return await to_thread.run_sync(self._call, sent, limiter=self._limiter)
        except Broken as error:
            raise _told(error) from None
        finally:
            self._in_hand -= 1

    def _call(self, sent: SentPage) -> Page:
        """Read a page in a thread, as many of which run as there may be processes."""
        try:
            sandbox = self._free.pop()
        except IndexError:
            sandbox = Sandbox(self._read, self._allowance)
            self._started.add(sandbox)
        try:
            return sandbox.call(sent)
        finally:
            self._free.append(sandbox)

    def close(self) -> None:
        """End the processes."""
        while self._started:
            self._started.pop().close()

    @asynccontextmanager
    async def lifespan(self, _: FastAPI) -> AsyncIterator[None]:
        """End the processes when they have been idle for long, and with the service."""
        resting = asyncio.create_task(self._rest())
        yield
        resting.cancel()
        await to_thread.run_sync(self.close)

    async def _rest(self) -> None:
        while True:
            uses = self._uses
            await asyncio.sleep(IDLE_SECONDS)
            if uses == self._uses and not self._in_hand:
                # One that is needed again is started again.
                for sandbox in self._free:
                    sandbox.close()


def _told(error: Broken) -> ModerationError:
    if error.why is Why.CRASH:
        return UnreadablePage(error.message, where="body")
    return TooLarge(
        error.message,
        where="body",
        remedy="Send it in parts, or use `moderation batch` with a larger limit.",
    )
