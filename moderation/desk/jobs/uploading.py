"""Uploaded files, read, judged and added to the desk beside the service's other work.

Of all processes that use a database, one at a time does it. It judges as the service judges long
requests, in steps that short ones overtake, and adds few comments in one transaction, so that
nobody who decides has to wait.
"""

import asyncio
import logging
from collections.abc import Callable, Sequence
from functools import partial

from moderation.database.leader import Leader
from moderation.desk.desk import Desk
from moderation.desk.intake.records import UPLOAD
from moderation.desk.intake.upload_store import Begun, FileContent, read_file
from moderation.desk.types import Submission
from moderation.errors import InvalidInput, NotReady
from moderation.service.engine import Engine
from moderation.service.errors import Busy
from moderation.service.process import repeat
from moderation.verdict import Verdict

log = logging.getLogger(__name__)

LOCK = 7_316_203
"""The number of the lock of the process that takes files in."""
EVERY_SECONDS = 1.0
BUSY_SECONDS = 0.25
"""The wait after the model had no time, before it is asked again."""
CHUNK = 100
"""Comments judged at once and added in one transaction."""


class UploadJob:
    """Takes in uploaded files, one after the other.

    Parameters
    ----------
    desk : Desk
    engine : callable
        Returns the engine that judges.
    """

    def __init__(self, desk: Desk, engine: Callable[[], Engine]) -> None:
        self._uploads = desk.uploads
        self._engine = engine
        self._leader = Leader(desk.store, LOCK, "uploads")

    async def run(self) -> None:
        """Take in what waits, again and again, until cancelled."""
        try:
            await repeat(self._serve, EVERY_SECONDS, log, "uploaded files are not taken in")
        finally:
            self._leader.release()

    async def _serve(self) -> None:
        """Take in files as long as this process leads."""
        if not await asyncio.to_thread(self._leader.acquire):
            return
        try:
            while await asyncio.to_thread(self._leader.is_held):
                begun = await asyncio.to_thread(self._uploads.begin_next)
                if begun is None:
                    await asyncio.sleep(EVERY_SECONDS)
                else:
                    await self._take_in(begun)
        finally:
            self._leader.release()

    async def _take_in(self, begun: Begun) -> None:
        try:
            content = await asyncio.to_thread(self._read, begun)
        except InvalidInput as error:
            await asyncio.to_thread(self._uploads.fail, begun.id, error)
            return
        for start in range(begun.position, len(content.comments), CHUNK):
            chunk = content.comments[start : start + CHUNK]
            verdicts = await self._judge([comment.text for comment, _ in chunk])
            judged = [
                (Submission(verdict=verdict, source=UPLOAD, **comment._asdict()), times)
                for (comment, times), verdict in zip(chunk, verdicts, strict=True)
            ]
            keep = partial(self._uploads.keep, begun.id, start, judged)
            if not await asyncio.to_thread(keep):
                return
        await asyncio.to_thread(self._uploads.finish, begun.id)

    def _read(self, begun: Begun) -> FileContent:
        content = read_file(begun.name, self._uploads.content(begun.id), begun.sheet)
        self._uploads.record(begun.id, content)
        return content

    async def _judge(self, texts: Sequence[str]) -> list[Verdict]:
        """Return the verdicts on texts, as soon as the model is there and has time."""
        while True:
            try:
                return await self._engine().judge(texts)
            except (Busy, NotReady):
                await asyncio.sleep(BUSY_SECONDS)
