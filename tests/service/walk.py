"""The walk of one request through the code: the files of the package that it passes, in order."""

import asyncio
import sys
import threading
from collections import defaultdict
from itertools import pairwise
from pathlib import Path
from types import FrameType
from typing import NamedTuple

import httpx

import moderation
from moderation.service.app import create_app
from moderation.settings import Settings

PACKAGE = str(Path(moderation.__file__).parent) + "/"


class Walk(NamedTuple):
    """Files of the package, as functions in them were called, by thread."""

    threads: list[list[str]]

    @property
    def files(self) -> set[str]:
        """The files passed."""
        return {file for thread in self.threads for file in thread}

    @property
    def moves(self) -> int:
        """The number of times that a call was in another file than the call before it."""
        return sum(left != right for thread in self.threads for left, right in pairwise(thread))


def walk(model: str, text: str) -> Walk:
    """Return the walk of a text through ``POST /v1/score``, once everything is warm.

    It is the shortest of three: what the service does every second may fall into one of them.

    Parameters
    ----------
    model : str
        A shipped model's id.
    text : str
    """
    return asyncio.run(_walk(model, text))


async def _walk(model: str, text: str) -> Walk:
    passed = defaultdict[int, list[str]](list)
    walks: list[Walk] = []
    watching = False

    def watch(frame: FrameType, event: str, _: object) -> None:
        file = frame.f_code.co_filename
        if watching and event == "call" and file.startswith(PACKAGE):
            passed[threading.get_ident()].append(file.removeprefix(PACKAGE))

    app = create_app(Settings(model=model, threads=1, log_level="warning"))
    transport = httpx.ASGITransport(app)
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=transport, base_url="http://localhost") as client,
    ):
        for _ in range(2_400):
            if (await client.get("/readyz")).is_success:
                break
            await asyncio.sleep(0.05)
        before, before_in_threads = sys.getprofile(), threading.getprofile()
        # The threads that judge begin with the first request: they are watched from then on.
        threading.setprofile(watch)
        sys.setprofile(watch)
        try:
            (await client.post("/v1/score", json={"text": text})).raise_for_status()
            for _ in range(3):
                watching = True
                (await client.post("/v1/score", json={"text": text})).raise_for_status()
                watching = False
                walks.append(Walk(list(passed.values())))
                passed.clear()
        finally:
            sys.setprofile(before)
            threading.setprofile(before_in_threads)
    return min(walks, key=lambda walk: (len(walk.files), walk.moves))
