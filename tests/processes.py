"""Questions about processes that a test did not start itself."""

import os
from pathlib import Path


def is_running(process: int) -> bool:
    """Tell whether a process runs; a dead one that nobody waited for does not."""
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


def descendants(process: int) -> set[int]:
    """Return all that a process has started, and what these have (Linux only)."""
    parents: dict[int, int] = {}
    for file in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = file.read_text("utf-8", "replace").rpartition(")")[2].split()
        except OSError:
            continue
        parents[int(file.parent.name)] = int(fields[1])
    found = {process}
    while more := {child for child, parent in parents.items() if parent in found} - found:
        found |= more
    return found - {process}
