"""Pages are read in a process of their own, so that one that breaks it costs that page alone."""

import os
import pickle
import signal
import subprocess
import sys
from collections.abc import Callable
from contextlib import suppress
from enum import StrEnum
from importlib import import_module
from multiprocessing.connection import Connection, Pipe
from pathlib import Path
from typing import Any, Generic, NamedTuple, TypeVar

from moderation.errors import ModerationError
from moderation.text.language import load_detector

# FOLDED sandboxed: The process in which a `Sandbox` reads pages.

OUT_OF_MEMORY = 75
"""The status with which the process ends that has no memory left to say so."""
GRACE_SECONDS = 2
"""Seconds beyond a page's limit after which the process ends by itself."""


def main(pipe: str, memory: str, seconds: str, module: str, name: str) -> None:
    """Call a function with what comes through the pipe, until that is closed.

    Parameters
    ----------
    pipe : str
        Number of the file through which pickled arguments come in. A pickled pair goes out: whether
        the function returned, and what; else the `ModerationError` that it raised, or the name of
        another error.
    memory : str
        Bytes that a page may need beyond what this process has.
    seconds : str
        How long a page may take.
    module, name : str
        The function.
    """
    # Ctrl-C reaches the whole group; whoever started this process decides when it stops.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    load_detector()
    function = getattr(import_module(module), name)
    _limit_memory(int(memory))
    connection = Connection(int(pipe))
    connection.send_bytes(b"ready")
    while True:
        try:
            sent = connection.recv_bytes()
            # Whoever started this process ends it in time, unless that has been killed itself.
            signal.setitimer(signal.ITIMER_REAL, float(seconds) + GRACE_SECONDS)
            answer = _called(function, sent)
            connection.send_bytes(pickle.dumps(answer, protocol=pickle.HIGHEST_PROTOCOL))
            signal.setitimer(signal.ITIMER_REAL, 0)
        except (EOFError, OSError):  # nobody is there any more
            return
        except MemoryError:
            sys.exit(OUT_OF_MEMORY)


def _called(function: Callable[[Any], object], sent: bytes) -> tuple[bool, object]:
    try:
        return True, function(pickle.loads(sent))  # noqa: S301  # from our own process
    except (MemoryError, EOFError):
        raise
    except ModerationError as error:
        return False, error
    except Exception as error:  # noqa: BLE001  # whatever one page breaks, the others are read
        return False, type(error).__name__


def _limit_memory(memory: int) -> None:
    import resource  # noqa: PLC0415  # POSIX alone has it

    try:
        pages = int(Path("/proc/self/statm").read_text("ascii").split()[0])
    except OSError:
        return  # Only Linux tells, and keeps to, the size of the address space.
    most = pages * resource.getpagesize() + memory
    hard = resource.getrlimit(resource.RLIMIT_AS)[1]
    most = most if hard == resource.RLIM_INFINITY else min(most, hard)
    resource.setrlimit(resource.RLIMIT_AS, (most, hard))
    # A page that crashes the parser is no reason to fill the disk.
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


START_SECONDS = 120
"""Time that the process gets to start, on a machine with a lot to do."""
END_SECONDS = 5
NO_MEMORY = "Reading the page took more memory than the setting `page_memory_mb` allows."
PROGRAM = """
import sys
sys.path[:] = sys.argv[1].split(chr(0x1F))
from moderation.pages.sandbox import main
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
