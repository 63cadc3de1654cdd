"""The system's resources: the limit of open files, and memory given back when it is unused."""

import ctypes
import gc
import os
import resource
import sys
from functools import cache
from pathlib import Path
from typing import Any

MAX_FILES = 65_536
"""Most files that a process asks for: some systems allow a thousand million."""
OTHER_FILES = 2_048 + 256
"""Files reserved for other uses: connections that wait to be accepted, and some more."""
GROWN_BYTES = 24 << 20
"""Growth from which giving memory back is worth its cost."""
EVERY_CALLS = 10
"""Calls of `look` between two measurements, by default; it is called every second."""


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
