"""The process that splits pages: ``python -m moderation.batch.work.reader PIPE MEMORY SECONDS``."""

import pickle
import signal
import sys
from multiprocessing.connection import Connection
from pathlib import Path

from moderation.batch.work.split import OUT_OF_MEMORY, split_record
from moderation.text.language import load_detector

GRACE_SECONDS = 5
"""Time beyond a page's that this process gets before the system ends it."""


def main(pipe: Connection, memory: int, seconds: float) -> None:
    """Split what comes through the pipe until it is closed.

    Parameters
    ----------
    pipe : Connection
        Pickled records come in, pickled pages or failures go out.
    memory : int
        Bytes that a page may need beyond what this process has.
    seconds : float
        What a page may take. The run sees to that; where the run was killed, the system does, a
        little later, for nobody would ever end this process over a page that it cannot finish.
    """
    # Ctrl-C reaches the whole group; the run decides when its workers stop.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    load_detector()
    _limit_memory(memory)
    pipe.send_bytes(b"ready")
    while True:
        try:
            data = pipe.recv_bytes()
            # The signal's own answer ends the process, whatever it is at.
            signal.setitimer(signal.ITIMER_REAL, seconds + GRACE_SECONDS)
            record = pickle.loads(data)  # noqa: S301  # from our own process
            pipe.send_bytes(pickle.dumps(split_record(record), protocol=pickle.HIGHEST_PROTOCOL))
            signal.setitimer(signal.ITIMER_REAL, 0)
        except (EOFError, OSError):  # nobody is there any more
            return
        except MemoryError:
            sys.exit(OUT_OF_MEMORY)


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


if __name__ == "__main__":
    main(Connection(int(sys.argv[1])), int(sys.argv[2]), float(sys.argv[3]))
