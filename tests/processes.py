"""What tests ask of processes that they did not start themselves."""

import os
from pathlib import Path


def is_running(process: int) -> bool:
    """Whether a process is there and has not ended; a dead one that nobody waited for has."""
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    file = Path(f"/proc/{process}/stat")
    try:
        state = file.read_text("utf-8", "replace").rpartition(")")[2].split()[0]
    except OSError:
        return not file.parent.parent.is_dir()
    return state != "Z"
