"""Pages are read in a process of their own, so that one that breaks it costs that page alone."""

import os
import pickle
import signal
import subprocess
import sys
from collections.abc import Callable
from contextlib import suppress
from enum import StrEnum
from multiprocessing.connection import Connection, Pipe
from typing import Generic, NamedTuple, TypeVar

from moderation.errors import ModerationError
from moderation.pages.sandboxed import OUT_OF_MEMORY

START_SECONDS = 120
"""Time that the process gets to start, on a machine with a lot to do."""
END_SECONDS = 5
NO_MEMORY = "Reading the page took more memory than the setting `page_memory_mb` allows."
PROGRAM = """
import sys
sys.path[:] = sys.argv[1].split(chr(0x1F))
from moderation.pages.sandboxed import main
main(*sys.argv[2:])
"""
"""The process looks for modules where this one does, and not in the working folder besides."""

A = TypeVar("A")
R = TypeVar("R")


class PageLimits(NamedTuple):
    """The limits for one page: seconds, and bytes of memory."""

    seconds: float
    memory: int


class Why(StrEnum):
    """Why a page was not read."""

    TIME = "time"
    MEMORY = "memory"
    CRASH = "crash"


class Broken(Exception):
    """Reading a page cost too much, or ended the process.

    Parameters
    ----------
    why : Why
    message : str
        In words; it quotes no page.
    """

    def __init__(self, why: Why, message: str) -> None:
        super().__init__(message)
        self.why = why
        self.message = message


class Sandbox(Generic[A, R]):
    """Calls a function in a process of its own, which is ended and replaced when a page breaks it.

    Where the system has no POSIX limits, the function is called in this process, without a limit of
    time and memory.

    Parameters
    ----------
    function : callable
        It is found by its module and name. Argument and result can be pickled.
    allowance : PageLimits
    """

    def __init__(self, function: Callable[[A], R], allowance: PageLimits) -> None:
        self.function = function
        self.allowance = allowance
        self.process: subprocess.Popen[bytes] | None = None
        self._pipe: Connection | None = None

    def call(self, argument: A) -> R:
        """Return the function's result for an argument.

        Raises
        ------
        Broken
        ModerationError
            Whichever the function raises.
        """
        pipe = self.start()
        if pipe is None:
            return self.function(argument)
        try:
            pipe.send_bytes(pickle.dumps(argument, protocol=pickle.HIGHEST_PROTOCOL))
            if not pipe.poll(self.allowance.seconds):
                raise self._ended(Why.TIME)
            # What it sends comes from our own process.
            returned, answer = pickle.loads(pipe.recv_bytes())  # noqa: S301
        except (EOFError, OSError):
            raise self._ended(Why.CRASH) from None
        if returned:
            result: R = answer
            return result
        if isinstance(answer, ModerationError):
            raise answer
        raise Broken(Why.CRASH, f"Reading the page failed ({answer}).")

    def close(self) -> None:
        """End the process."""
        if self._pipe is not None:
            self._pipe.close()
        if self.process is not None:
            self.process.kill()
            self.process.wait()
        self._pipe = self.process = None

    def start(self) -> Connection | None:
        """Start the process, if it does not run; return the pipe to it."""
        if self._pipe is not None or os.name != "posix":
            return self._pipe
        ours, theirs = Pipe()
        self.process = subprocess.Popen(  # noqa: S603  # our own module
            [
                *(sys.executable, "-P", "-c", PROGRAM, chr(0x1F).join(sys.path)),
                *(str(theirs.fileno()), str(self.allowance.memory), str(self.allowance.seconds)),
                *(self.function.__module__, self.function.__qualname__),
            ],
            pass_fds=[theirs.fileno()],
            stdin=subprocess.DEVNULL,
            # Parsers may print what they read, and no page's text is to reach a log.
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        theirs.close()
        self._pipe = ours
        try:
            ready = ours.poll(START_SECONDS) and ours.recv_bytes() == b"ready"
        except (EOFError, OSError):
            ready = False
        if not ready:
            self.close()
            raise RuntimeError("the process that reads pages did not start")
        return ours

    def _ended(self, why: Why) -> Broken:
        status = None
        if self.process is not None and why is Why.CRASH:
            # It closed the pipe, and so is about to end.
            with suppress(subprocess.TimeoutExpired):
                status = self.process.wait(END_SECONDS)
        self.close()
        if status == OUT_OF_MEMORY:
            return Broken(Why.MEMORY, NO_MEMORY)
        if why is Why.TIME:
            message = f"Reading the page took longer than {self.allowance.seconds:g} s."
        elif status is not None and status < 0:
            message = f"Reading the page ended its process ({signal.Signals(-status).name})."
        else:
            message = "Reading the page ended its process."
        return Broken(why, message)
