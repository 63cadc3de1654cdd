"""Something that a serving process does every so many seconds."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from time import monotonic

from moderation.errors import ModerationError

TELL_AGAIN_SECONDS = 3600.0
"""So long a failure that stays the same is not told again."""


async def repeat(
    act: Callable[[], Awaitable[object]],
    seconds: float,
    log: logging.Logger,
    failure: str,
    *,
    wait_first: bool = False,
) -> None:
    """Do something again and again, until cancelled; where it fails, the log tells and it goes on.

    Parameters
    ----------
    act : callable
        Returns what is awaited; ``partial(asyncio.to_thread, function)`` for what takes a while.
    seconds : float
        The time between the end of one and the beginning of the next.
    log : logging.Logger
    failure : str
        The beginning of the line that tells of a failure; the reason follows it, without a
        traceback or a foreign exception's words, which may hold a comment.
    wait_first : bool
        Whether the first time comes after the wait.
    """
    last, told = "", 0.0
    if wait_first:
        await asyncio.sleep(seconds)
    while True:
        try:
            await act()
            last = ""
        except Exception as error:  # noqa: BLE001  # nothing may end it
            why = str(error) if isinstance(error, ModerationError) else type(error).__name__
            if why != last or monotonic() - told >= TELL_AGAIN_SECONDS:
                log.error("%s: %s", failure, why)  # noqa: TRY400  # a traceback tells of texts
                told = monotonic()
            last = why
        await asyncio.sleep(seconds)
