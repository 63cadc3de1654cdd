"""The process in which a `Sandbox` reads pages."""

import pickle
import signal
import sys
from collections.abc import Callable
from importlib import import_module
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from moderation.errors import ModerationError
from moderation.text.language import load_detector

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
