"""Files that are written whole or not at all, and what is said when they cannot be."""

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

from moderation.errors import ModerationError

GO_ON = "run the same command again: it goes on where it stopped."
_FULL = frozenset((errno.ENOSPC, errno.EDQUOT))


class NotStored(ModerationError):
    """The output cannot be written: the disk is full, or closed to this run."""

    code = "not_stored"


@contextmanager
def storing(path: Path) -> Iterator[None]:
    """Tell in one sentence why something at `path` cannot be written.

    Raises
    ------
    NotStored
    """
    try:
        yield
    except OSError as error:
        raise not_stored(error, path) from None


def not_stored(error: OSError, path: Path) -> NotStored:
    """Return the message for an error of the operating system at `path`."""
    if error.errno in _FULL:
        return NotStored("The disk is full.", where=str(path), remedy=f"Make room, and {GO_ON}")
    cause = error.strerror or type(error).__name__
    return NotStored(
        f"It cannot be written: {cause}.", where=str(path), remedy=f"Mend that, and {GO_ON}"
    )


@contextmanager
def written_whole(path: Path) -> Iterator[IO[bytes]]:
    """Lend a file that takes the place of `path` when all of it is written and on the disk.

    Raises
    ------
    NotStored
        If it cannot be written; what was at `path` is still there, and nothing half-written.
    """
    waiting = path.with_name(f".{path.name}.tmp")
    try:
        with storing(path):
            file = waiting.open("wb")
        try:
            yield file
            with storing(path):
                file.flush()
                os.fsync(file.fileno())
        finally:
            # What is not written yet is tried again, and fails again.
            with storing(path):
                file.close()
        with storing(path):
            waiting.replace(path)
    except BaseException:
        with suppress(OSError):
            waiting.unlink(missing_ok=True)
        raise


def write_whole(path: Path, data: bytes) -> None:
    """Write a file so that it is there whole or not at all, and stays when the power fails.

    Raises
    ------
    NotStored
    """
    with written_whole(path) as file, storing(path):
        file.write(data)
