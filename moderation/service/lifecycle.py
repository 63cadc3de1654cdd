"""Work of a serving process beside its requests: repeated every second, and on SIGHUP."""

import asyncio
import logging
import signal
import threading
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from time import monotonic

from moderation.errors import ModerationError

log = logging.getLogger(__name__)

LOG_AGAIN_SECONDS = 3600.0
"""Time after which a failure that stays the same is logged again."""


async def repeat(
    act: Callable[[], Awaitable[object]],
    seconds: float,
    log: logging.Logger,
    failure: str,
    *,
    wait_first: bool = False,
) -> None:
    """Do something again and again, until cancelled; where it fails, log that and go on.

    Parameters
    ----------
    act : callable
        Returns an awaitable; ``partial(asyncio.to_thread, function)`` for what takes a while.
    seconds : float
        The time between the end of one run and the beginning of the next.
    log : logging.Logger
    failure : str
        The beginning of the line that reports a failure; the reason follows it, without a
        traceback or a foreign exception's message, which may hold a comment.
    wait_first : bool
        Whether the first run comes after the wait.
    """
    last_reason, logged = "", 0.0
    if wait_first:
        await asyncio.sleep(seconds)
    while True:
        try:
            await act()
            last_reason = ""
        except Exception as error:  # noqa: BLE001  # nothing may end it
            reason = str(error) if isinstance(error, ModerationError) else type(error).__name__
            if reason != last_reason or monotonic() - logged >= LOG_AGAIN_SECONDS:
                log.error("%s: %s", failure, reason)  # noqa: TRY400  # a traceback may quote texts
                logged = monotonic()
            last_reason = reason
        await asyncio.sleep(seconds)


async def tick(*acts: Callable[[], None]) -> None:
    """Call functions every second, and once more at the end."""

    async def act_all() -> None:
        for act in acts:
            act()

    try:
        await repeat(act_all, 1, log, "figures and log lines were not written", wait_first=True)
    finally:
        for act in acts:
            act()


@contextmanager
def reloading(*reloads: Callable[[], None]) -> Iterator[None]:
    """Call functions that load the models anew whenever the process gets SIGHUP."""
    loop = asyncio.get_running_loop()
    # A signal reaches the main thread only; a test may serve from another.
    handles = threading.current_thread() is threading.main_thread() and hasattr(signal, "SIGHUP")
    if handles:
        loop.add_signal_handler(signal.SIGHUP, lambda: [reload() for reload in reloads])
    yield
    if handles:
        loop.remove_signal_handler(signal.SIGHUP)
