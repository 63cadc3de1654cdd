"""A process of its own in which pages are read, so that a hostile page costs that page alone.

`Sandbox` runs in the parent and `main` in the child. The child loads the language detector and the
function's module once, takes pickled arguments through a pipe, and limits the memory and the time
of each call. The parent ends and replaces a child that exceeds them or crashes.

Both stand here, since this module imports next to nothing that the child does not need anyway.
"""

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

START_SECONDS = 120
"""Time that the process gets to start, on a machine with a lot to do."""
END_SECONDS = 5
"""Time that the process gets to end after it closed its pipe."""
GRACE_SECONDS = 2
"""Seconds beyond a page's limit after which the process ends by itself."""
OUT_OF_MEMORY = 75
"""Exit status of a process that has no memory left to send its answer."""
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


class SandboxErrorKind(StrEnum):
    """The limit that a page exceeded, or its crash."""

    TIME = "time"
    MEMORY = "memory"
    CRASH = "crash"


class SandboxError(Exception):
    """Reading a page exceeded a limit, or ended the process.

    Parameters
    ----------
    kind : SandboxErrorKind
    message : str
        In words; it quotes no page.
    """

    def __init__(self, kind: SandboxErrorKind, message: str) -> None:
        super().__init__(message)
        self.kind = kind
        self.message = message


class Sandbox(Generic[A, R]):
    """Calls a function in a process of its own, which is replaced when a page breaks it.

    Where the system has no POSIX limits, the function is called in this process, without limits of
    time and memory.

    Parameters
    ----------
    function : callable
        A function of a module, which the process imports by name. Its argument and its result are
        pickled.
    limits : PageLimits
    """

    def __init__(self, function: Callable[[A], R], limits: PageLimits) -> None:
        self.function = function
        self.limits = limits
        self.process: subprocess.Popen[bytes] | None = None
        self._pipe: Connection | None = None

    def call(self, argument: A) -> R:
        """Return the function's result for an argument.

        Raises
        ------
        SandboxError
            If the call exceeds a limit, ends the process, or raises another error.
        ModerationError
            If the function raises one.
        """
        pipe = self.start()
        if pipe is None:
            return self.function(argument)
        try:
            pipe.send_bytes(pickle.dumps(argument, protocol=pickle.HIGHEST_PROTOCOL))
            if not pipe.poll(self.limits.seconds):
                raise self._end(SandboxErrorKind.TIME)
            # The answer comes from our own process.
            has_returned, answer = pickle.loads(pipe.recv_bytes())  # noqa: S301
        except (EOFError, OSError):
            raise self._end(SandboxErrorKind.CRASH) from None
        if has_returned:
            result: R = answer
            return result
        if isinstance(answer, ModerationError):
            raise answer
        raise SandboxError(SandboxErrorKind.CRASH, f"Reading the page failed ({answer}).")

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
                *(str(theirs.fileno()), str(self.limits.memory), str(self.limits.seconds)),
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

    def _end(self, kind: SandboxErrorKind) -> SandboxError:
        """End the process, and return the error for it."""
        status = None
        if self.process is not None and kind is SandboxErrorKind.CRASH:
            # It closed the pipe, and so is about to end.
            with suppress(subprocess.TimeoutExpired):
                status = self.process.wait(END_SECONDS)
        self.close()
        if status == OUT_OF_MEMORY:
            return SandboxError(SandboxErrorKind.MEMORY, NO_MEMORY)
        if kind is SandboxErrorKind.TIME:
            message = f"Reading the page took longer than {self.limits.seconds:g} s."
        elif status is not None and status < 0:
            message = f"Reading the page ended its process ({signal.Signals(-status).name})."
        else:
            message = "Reading the page ended its process."
        return SandboxError(kind, message)


def main(pipe: str, memory: str, seconds: str, module: str, name: str) -> None:
    """Answer the calls that come through a pipe until it is closed: the child process.

    Parameters
    ----------
    pipe : str
        File descriptor through which pickled arguments come in. A pickled pair goes out: whether
        the function returned, and its result; else the `ModerationError` that it raised, or the
        name of another error.
    memory : str
        Bytes that a page may need beyond those of this process.
    seconds : str
        Time limit for a page.
    module, name : str
        The function.
    """
    # Ctrl-C reaches the whole group; the parent decides when this process stops.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    load_detector()
    function = getattr(import_module(module), name)
    _limit_memory(int(memory))
    connection = Connection(int(pipe))
    connection.send_bytes(b"ready")
    while True:
        try:
            request = connection.recv_bytes()
            # The parent ends this process in time, unless it has been killed itself.
            signal.setitimer(signal.ITIMER_REAL, float(seconds) + GRACE_SECONDS)
            answer = _call(function, request)
            connection.send_bytes(pickle.dumps(answer, protocol=pickle.HIGHEST_PROTOCOL))
            signal.setitimer(signal.ITIMER_REAL, 0)
        except (EOFError, OSError):  # the parent is gone
            return
        except MemoryError:
            sys.exit(OUT_OF_MEMORY)


def _call(function: Callable[[Any], object], request: bytes) -> tuple[bool, object]:
    """Call a function with a pickled argument; return its success, and its result or error."""
    try:
        return True, function(pickle.loads(request))  # noqa: S301  # from our own process
    except (MemoryError, EOFError):
        raise
    except ModerationError as error:
        return False, error
    except Exception as error:  # noqa: BLE001  # whatever one page breaks, the others are read
        return False, type(error).__name__


def _limit_memory(memory: int) -> None:
    """Limit the address space to today's size and `memory` bytes more."""
    import resource  # noqa: PLC0415  # POSIX alone has it

    try:
        pages = int(Path("/proc/self/statm").read_text("ascii").split()[0])
    except OSError:
        return  # Linux alone shows, and enforces, the size of the address space.
    limit = pages * resource.getpagesize() + memory
    hard = resource.getrlimit(resource.RLIMIT_AS)[1]
    limit = limit if hard == resource.RLIM_INFINITY else min(limit, hard)
    resource.setrlimit(resource.RLIMIT_AS, (limit, hard))
    # A page that crashes the parser is no reason to fill the disk.
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
