"""The serving process: its limit of open files, its memory, and its work beside requests.

That work is repeated every second, or done on SIGHUP.
"""

import asyncio
import ctypes
import gc
import logging
import os
import resource
import signal
import sys
import threading
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from time import monotonic
from typing import Any

from moderation.errors import ModerationError

log = logging.getLogger(__name__)

LOG_AGAIN_SECONDS = 3600.0
"""Time after which a failure that stays the same is logged again."""
MAX_FILES = 65_536
"""Most files that a process asks for: some systems allow a thousand million."""
OTHER_FILES = 2_048 + 256
"""Files reserved for other uses: connections that wait to be accepted, and some more."""
GROWN_BYTES = 24 << 20
"""Growth from which giving memory back is worth its cost."""
EVERY_CALLS = 10
"""Calls of `look` between two measurements, by default; it is called every second."""


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


def raise_file_limit() -> None:
    """Raise the limit of open files, for this process and those it starts, as far as allowed."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    most = MAX_FILES if hard == resource.RLIM_INFINITY else min(hard, MAX_FILES)
    if soft != resource.RLIM_INFINITY and soft < most:
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))


def max_connections() -> int:
    """Return the number of connections that leaves enough files for other uses."""
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    files = MAX_FILES if soft == resource.RLIM_INFINITY else soft
    return max(files - OTHER_FILES, files // 2)


def resident() -> int:
    """Return the bytes of memory that this process holds; 0 where the system does not say."""
    try:
        pages = int(Path("/proc/self/statm").read_text("ascii").split()[1])
    except OSError:
        return 0
    return pages * os.sysconf("SC_PAGE_SIZE")


def give_back() -> None:
    """Give free memory back to the system; the C library would keep it."""
    trim = _trim()
    if trim is not None:
        trim(0)


@cache
def _trim() -> Any:
    """Return glibc's function for that, None on other systems."""
    if sys.platform != "linux":
        return None
    return getattr(ctypes.CDLL(None), "malloc_trim", None)


class Memory:
    """Gives memory back when the process has grown, and nothing is under way.

    Parameters
    ----------
    every : int
        Calls of `look` between two measurements.
    """

    def __init__(self, every: int = EVERY_CALLS) -> None:
        self._every = every
        self._calls = 0
        self._level = 0

    def look(self, *, idle: bool) -> bool:
        """Give memory back where that is due; return True if it was given back.

        Parameters
        ----------
        idle : bool
            Whether no request is under way, so that nobody waits for it.
        """
        self._calls += 1
        if not idle or self._calls < self._every:
            return False
        self._calls = 0
        now = resident()
        if now < self._level + GROWN_BYTES:
            return False
        gc.collect()
        give_back()
        self._level = resident()
        return True
