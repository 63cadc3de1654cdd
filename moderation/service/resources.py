"""Memory that the process no longer uses, given back to the system."""

import ctypes
import gc
import os
import resource
import sys
from functools import cache
from pathlib import Path
from typing import Any

# FOLDED files: The limit of open files, and so of connections, of a serving process.

MAX_FILES = 65_536
"""More than this is not asked for: some systems allow a thousand million."""
OTHER_FILES = 2_048 + 256
"""Files kept for all but connections: those that may wait to be accepted, and some."""


def raise_file_limit() -> None:
    """Allow this process and those it starts as many files as the system lets it have."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    most = MAX_FILES if hard == resource.RLIM_INFINITY else min(hard, MAX_FILES)
    if soft != resource.RLIM_INFINITY and soft < most:
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))


def most_connections() -> int:
    """Return the number of connections that leaves enough files for all else."""
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    files = MAX_FILES if soft == resource.RLIM_INFINITY else soft
    return max(files - OTHER_FILES, files // 2)


GROWN_BYTES = 24 << 20
"""Growth from which it is worth the while."""
EVERY_SECONDS = 10


def resident() -> int:
    """Return the bytes of memory that this process holds; 0 where the system does not tell."""
    try:
        pages = int(Path("/proc/self/statm").read_text("ascii").split()[1])
    except OSError:
        return 0
    return pages * os.sysconf("SC_PAGE_SIZE")


def give_back() -> None:
    """Give back what is free. The C library keeps it otherwise, whatever it was needed for."""
    trim = _trim()
    if trim is not None:
        trim(0)


@cache
def _trim() -> Any:
    """Return glibc's function for that; other libraries have none."""
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

    def __init__(self, every: int = EVERY_SECONDS) -> None:
        self._every = every
        self._calls = 0
        self._level = 0

    def look(self, *, idle: bool) -> bool:
        """Look whether memory is to be given back; whether it was.

        Parameters
        ----------
        idle : bool
            Whether nothing is under way, so that nobody waits for it.
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
