"""Rate limits of API keys, in one table that all serving processes share.

A request costs one unit, and one more for each thousand characters begun after the first: to judge
a book takes a thousand times as long as to judge a comment.

The generic cell rate algorithm: a key has a *due time* that each unit moves forward by its
share of a minute; a request that would move it more than a minute ahead of now is one too many.
One number a key is all there is to keep, so that the processes share it in mapped memory, and the
limit is the limit of the service, not of each process. A table of a library's own would count in
each process apart, or need a server of its own beside this one.
"""

import fcntl
import mmap
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from hashlib import blake2b
from math import ceil
from pathlib import Path
from typing import NamedTuple

WINDOW_SECONDS = 60.0
UNIT_CHARACTERS = 1_000
"""Characters that cost one unit."""
NEARLY_WHOLE = 0.1
"""The part of the limit that may be used up before a request that costs more than all of it."""
SLOTS = 4096
"""Most keys that are distinguished; a slot has 8 bytes of fingerprint and 8 of due time."""


def cost_of(characters: int) -> int:
    """Return the units that a request with so many characters of text costs."""
    return max(1, ceil(characters / UNIT_CHARACTERS))


class Taken(NamedTuple):
    """The result for a request: whether it may pass, and the state of its key's limit."""

    allowed: bool
    limit: int
    remaining: int
    reset: float
    """Seconds until the limit is whole again."""
    retry: float
    """Seconds until this request, or the next after an allowed one, would pass."""

    def headers(self) -> dict[str, str]:
        """Return the IETF draft's headers, the older ones, and after a refusal ``Retry-After``."""
        reset = ceil(self.reset)
        headers = {
            "RateLimit-Policy": f'"key";q={self.limit};w={WINDOW_SECONDS:.0f}',
            "RateLimit": f'"key";r={self.remaining};t={reset}',
            "X-RateLimit-Limit": str(self.limit),
            "X-RateLimit-Remaining": str(self.remaining),
            "X-RateLimit-Reset": str(reset),
        }
        if not self.allowed:
            headers["Retry-After"] = str(max(1, ceil(self.retry)))
        return headers


class RateTable:
    """The due time of each key.

    Parameters
    ----------
    path : Path, optional
        A file that other processes share; memory of this process alone when not given.
    clock : callable
        Seconds since a moment that all processes agree on.
    """

    def __init__(
        self, path: Path | None = None, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._clock = clock
        self._file = -1
        size = SLOTS * 16
        if path:
            self._file = os.open(path, os.O_CREAT | os.O_RDWR, 0o600)
            os.ftruncate(self._file, size)
        memory = memoryview(mmap.mmap(self._file, size))
        self._owners = memory[: SLOTS * 8].cast("Q")
        self._due = memory[SLOTS * 8 :].cast("d")

    def take(self, key_id: str, limit: int, cost: int = 1, *, paid: int = 0) -> Taken:
        """Count a request of a key.

        Parameters
        ----------
        key_id : str
        limit : int
            Units a minute, 1 or more.
        cost : int
            Units that the request costs. One that costs more than the limit passes when the limit
            is whole, or nearly, and the key waits afterwards until all of it is paid off.
        paid : int
            The number of them that have been taken already.
        """
        share = WINDOW_SECONDS / limit
        # The due time's lead over now from which the request is one too many.
        max_ahead = WINDOW_SECONDS - (cost - paid) * share
        if cost > limit:
            max_ahead = max(paid * share, NEARLY_WHOLE * WINDOW_SECONDS)
        with self._locked():
            slot = self._slot(key_id)
            now = self._clock()
            ahead = max(self._due[slot] - now, 0.0)
            # A millionth of a share forgives what adding fractions loses.
            allowed = ahead <= max_ahead + share * 1e-6
            if allowed:
                ahead += (cost - paid) * share
                self._due[slot] = now + ahead
        remaining = max(0, int((WINDOW_SECONDS - ahead) / share + 1e-6))
        if not allowed:
            # What was paid is lost, and has to be paid again.
            retry = ahead - max_ahead + paid * share
        else:
            retry = 0.0 if remaining else ahead + share - WINDOW_SECONDS
        return Taken(allowed, limit, remaining, ahead, retry)

    def _slot(self, key_id: str) -> int:
        fingerprint = int.from_bytes(blake2b(key_id.encode(), digest_size=8).digest()) or 1
        first = fingerprint % SLOTS
        for step in range(SLOTS):
            slot = (first + step) % SLOTS
            owner = self._owners[slot]
            if owner == fingerprint:
                return slot
            if not owner:
                self._owners[slot] = fingerprint
                return slot
        return first

    @contextmanager
    def _locked(self) -> Iterator[None]:
        """Lock the table against other processes; the kernel unlocks it where one is killed."""
        # Not `moderation.files.file_lock`, which opens its file anew each time and, where another
        # process has it, retries after 50 ms: this is held for microseconds, once a request.
        if self._file < 0:
            yield
            return
        fcntl.lockf(self._file, fcntl.LOCK_EX)
        try:
            yield
        finally:
            fcntl.lockf(self._file, fcntl.LOCK_UN)
