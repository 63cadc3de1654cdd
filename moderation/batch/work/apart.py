"""Pages are read in a process of their own, so that one that breaks it costs that page alone."""

import os
import pickle
import signal
import subprocess
import sys
from contextlib import suppress
from multiprocessing.connection import Connection, Pipe
from typing import NamedTuple

from moderation.batch.inputs.shard import Failure, Reason
from moderation.batch.records.record import Record
from moderation.batch.work.split import NO_MEMORY, OUT_OF_MEMORY, SplitPage, split_record

START_SECONDS = 120
"""Time that the process gets to start, on a machine with a lot to do."""


END_SECONDS = 5


class Allowance(NamedTuple):
    """What one page may cost."""

    seconds: float
    memory: int


class PageReader:
    """Splits pages in a process of its own, which is ended and replaced when a page breaks it.

    Where the system has no POSIX limits, pages are split in this process, without a limit of time
    and memory.
    """

    def __init__(self, allowance: Allowance) -> None:
        self.allowance = allowance
        self._process: subprocess.Popen[bytes] | None = None
        self._pipe: Connection | None = None

    def split(self, record: Record) -> SplitPage | Failure:
        """Split a page, or say why it cannot be split."""
        pipe = self.start()
        if pipe is None:
            return split_record(record)
        try:
            pipe.send_bytes(pickle.dumps(record, protocol=pickle.HIGHEST_PROTOCOL))
            if not pipe.poll(self.allowance.seconds):
                return self._ended(record, Reason.TIME)
            # What it sends comes from our own process.
            answer: SplitPage | Failure = pickle.loads(pipe.recv_bytes())  # noqa: S301
        except (EOFError, OSError):
            return self._ended(record, Reason.CRASH)
        if isinstance(answer, Failure) and answer.reason is Reason.MEMORY:
            # What was not freed would count against the next page.
            self.close()
        return answer

    def close(self) -> None:
        """End the process."""
        if self._pipe is not None:
            self._pipe.close()
        if self._process is not None:
            self._process.kill()
            self._process.wait()
        self._pipe = self._process = None

    def start(self) -> Connection | None:
        """Start the process, if it does not run; return the pipe to it."""
        if self._pipe is not None or os.name != "posix":
            return self._pipe
        ours, theirs = Pipe()
        self._process = subprocess.Popen(  # noqa: S603  # our own module
            [
                *(sys.executable, "-m", "moderation.batch.work.reader"),
                *(str(theirs.fileno()), str(self.allowance.memory), str(self.allowance.seconds)),
            ],
            pass_fds=[theirs.fileno()],
            stdin=subprocess.DEVNULL,
            # Parsers may print what they read, and no page's text is to reach a log.
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        theirs.close()
        self._pipe = ours
        if not (ours.poll(START_SECONDS) and ours.recv_bytes() == b"ready"):
            self.close()
            raise RuntimeError("the process that reads pages did not start")
        return ours

    def _ended(self, record: Record, reason: Reason) -> Failure:
        status = None
        if self._process is not None and reason is Reason.CRASH:
            # It closed the pipe, and so is about to end.
            with suppress(subprocess.TimeoutExpired):
                status = self._process.wait(END_SECONDS)
        self.close()
        if status == OUT_OF_MEMORY:
            reason, message = Reason.MEMORY, NO_MEMORY
        elif reason is Reason.TIME:
            message = f"Reading the page took longer than {self.allowance.seconds:g} s."
        elif status is not None and status < 0:
            message = f"Reading the page ended its process ({signal.Signals(-status).name})."
        else:
            message = "Reading the page ended its process."
        return Failure(record.page, reason, message, record.position)
