"""Several serving processes: replaced when one dies, told together to load the model anew."""

import logging
import os
import signal

from uvicorn.supervisors import Multiprocess

log = logging.getLogger(__name__)

PING_SECONDS = 1


class Supervisor(Multiprocess):
    """uvicorn's supervisor, but SIGHUP loads the model anew inside the processes.

    uvicorn's own answer to SIGHUP replaces the processes one by one, which closes the connections
    that clients keep open, and a request just sent on one of these would be lost.
    """

    def handle_hup(self) -> None:
        """Tell each process that serves; one that is still starting loads what there is anyway."""
        for process in self.processes:
            if process.pid is not None and process.is_ready(PING_SECONDS):
                os.kill(process.pid, signal.SIGHUP)
        log.info("told %d processes to load the model anew", len(self.processes))
