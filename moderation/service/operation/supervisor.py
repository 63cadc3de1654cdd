"""Several serving processes: replaced when one dies, told together to load the model anew."""

import logging
import os
import signal
import threading
from multiprocessing import parent_process

from uvicorn.config import STARTUP_FAILURE
from uvicorn.supervisors import Multiprocess

log = logging.getLogger(__name__)

NO_MODEL = 4
"""The exit status of a process that could not load its model; uvicorn has 3 for a start that fails
otherwise."""
PING_SECONDS = 1
GRACE_SECONDS = 5
"""Time beyond that for requests under way that an orphan gets to stop, before it is ended."""


class Supervisor(Multiprocess):
    """uvicorn's supervisor, but SIGHUP loads the model anew inside the processes.

    uvicorn's own answer to SIGHUP replaces the processes one by one, which closes the connections
    that clients keep open, and a request just sent on one of these would be lost.
    """

    @property
    def status(self) -> int:
        """The exit status of a process that could not start, and 0 where all could."""
        failed = (process.exitcode for process in self.processes)
        return next((code for code in failed if code in {STARTUP_FAILURE, NO_MODEL}), 0)

    def handle_hup(self) -> None:
        """Tell each process that serves; one that is still starting loads what there is anyway."""
        for process in self.processes:
            if process.pid is not None and process.is_ready(PING_SECONDS):
                os.kill(process.pid, signal.SIGHUP)
        log.info("told %d processes to load the model anew", len(self.processes))

    def keep_subprocess_alive(self) -> None:
        """Replace what died; end all where one has no model to serve with, and no other serves."""
        for process in self.processes:
            # This end is the process's own. While it is open here too, one that dies when it is
            # asked whether it lives would be waited for until that is given up.
            process.child_conn.close()
        if any(process.exitcode == NO_MODEL for process in self.processes) and not any(
            process.exitcode is None and process.is_ready(PING_SECONDS)
            for process in self.processes
        ):
            log.error("no process could load the model: the service ends")
            self.should_exit.set()
            return
        super().keep_subprocess_alive()


def end_with_parent(seconds: float) -> None:
    """See to it that this process, if another started it to serve, ends when that one dies.

    It is told to stop as by SIGTERM, so that requests under way are finished.

    Parameters
    ----------
    seconds : float
        Longest time that these get.
    """
    parent = parent_process()
    if parent is None:
        return

    def watch() -> None:
        # The parent holds the other end of a pipe, which the system closes however it dies.
        parent.join()
        log.error("the process that started this one has died, and this one stops too")
        os.kill(os.getpid(), signal.SIGTERM)
        threading.Event().wait(seconds + GRACE_SECONDS)
        os._exit(1)

    threading.Thread(target=watch, name="parent", daemon=True).start()
