"""Files written whole or not at all, locks between processes, and the errors of both.

A file is written under another name in the same folder, flushed to the disk and renamed; the folder
is flushed too. Whoever reads the path sees the old content or the new one, whatever is killed or
loses its power meanwhile.
"""

import errno
import os
import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

from moderation.errors import ModerationError

PRIVATE = 0o600
"""The mode of a file that its owner alone may read."""
DRAFT = ".moderation-{}.tmp"
"""The name of a file that is being written. It does not depend on the final name, which may be as
long as the file system allows."""

FULL = frozenset((errno.ENOSPC, errno.EDQUOT))
"""The numbers of the errors that say that a disk, or a quota, is full."""
_NO_LOCKS = frozenset((errno.ENOSYS, errno.ENOLCK, errno.EOPNOTSUPP, errno.ENOTSUP))
_NO_FOLDER_SYNC = frozenset((errno.EINVAL, errno.ENOSYS, errno.EOPNOTSUPP, errno.ENOTSUP))

Explain = Callable[[OSError, Path], ModerationError]
"""Makes the error that a caller raises from one of the operating system."""


class NotStored(ModerationError):
    """A file cannot be written: the disk is full, or closed to this process."""

    code = "not_stored"


def explain_as(
    kind: type[ModerationError] = NotStored,
    *,
    message: str = "It cannot be written: %(cause)s.",
    full: str = "Make room, and try again.",
    otherwise: str = "Mend that, and try again.",
) -> Explain:
    """Return a function that makes the error for a file that cannot be written.

    Parameters
    ----------
    kind : type
        The class of the error.
    message : str
        A sentence that names the file, with the placeholder ``%(cause)s``.
    full, otherwise : str
        The remedy where the disk is full, and where the cause is another. All three are whole
        sentences, so that the catalogue of another language can have them.
    """

    def explain(error: OSError, path: Path) -> ModerationError:
        if error.errno in FULL:
            return kind("The disk is full.", where=str(path), remedy=full)
        cause = error.strerror or type(error).__name__
        return kind(message, where=str(path), remedy=otherwise, values={"cause": cause})

    return explain


NOT_STORED = explain_as()


@contextmanager
def storing(path: Path, explain: Explain = NOT_STORED) -> Iterator[None]:
    """Raise a clear error where something at `path` cannot be written.

    Raises
    ------
    ModerationError
        The one that `explain` makes.
    """
    try:
        yield
    except OSError as error:
        raise explain(error, path) from None


@contextmanager
def replacing(
    path: Path, *, mode: int | None = None, explain: Explain = NOT_STORED
) -> Iterator[IO[bytes]]:
    """Open a file that takes the place of `path` when the block ends without an error.

    An error inside the block is passed on as it is: wrap the block's own writes in `storing`.

    Parameters
    ----------
    path : Path
    mode : int, optional
        The file's permissions. Without it those of the file that is replaced stay, and a new file
        gets those that the process gives its files.
    explain : callable

    Raises
    ------
    ModerationError
        If it cannot be written; what was at `path` is still there, and nothing half-written.
    """
    draft = path.with_name(DRAFT.format(secrets.token_hex(6)))
    try:
        with storing(path, explain):
            file = _create(draft, _mode_of(path) if mode is None else mode)
        try:
            yield file
            with storing(path, explain):
                file.flush()
                os.fsync(file.fileno())
        finally:
            # What is not written yet is tried again, and fails again.
            with storing(path, explain):
                file.close()
        with storing(path, explain):
            draft.replace(path)
            sync_folder(path.parent)
    except BaseException:
        with suppress(OSError):
            draft.unlink(missing_ok=True)
        raise


def write_bytes(
    path: Path, data: bytes, *, mode: int | None = None, explain: Explain = NOT_STORED
) -> None:
    """Write a file so that it is there whole or not at all, and stays when the power fails.

    Raises
    ------
    ModerationError
        If it cannot be written; what was at `path` is still there.
    """
    with replacing(path, mode=mode, explain=explain) as file, storing(path, explain):
        file.write(data)


def write_text(
    path: Path, text: str, *, mode: int | None = None, explain: Explain = NOT_STORED
) -> None:
    """Write a file in UTF-8, as `write_bytes` does; line ends stay as they are."""
    write_bytes(path, text.encode("utf-8"), mode=mode, explain=explain)


def remove_drafts(folder: Path) -> None:
    """Remove what processes that were killed left half-written; only for who writes there alone."""
    for draft in folder.glob(DRAFT.format("*")):
        with suppress(OSError):
            draft.unlink()


def sync_folder(folder: Path) -> None:
    """Wait until the names in a folder are on the disk, where the system can tell.

    Raises
    ------
    OSError
    """
    if os.name != "posix":
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    except OSError as error:
        # Some network file systems know no such thing of folders.
        if error.errno not in _NO_FOLDER_SYNC:
            raise
    finally:
        os.close(descriptor)


@contextmanager
def file_lock(
    path: Path, *, wait: bool = True, mode: int = PRIVATE, explain: Explain = NOT_STORED
) -> Iterator[bool]:
    """Hold a lock file against other processes and threads; it is made where there is none.

    The system frees the lock when the process ends, however it ends. A file system without locks
    keeps nobody out.

    Parameters
    ----------
    path : Path
        A file for the lock alone.
    wait : bool
        Whether to wait for whoever has the lock.
    mode : int
        The permissions of a new lock file.
    explain : callable

    Yields
    ------
    bool
        Whether the lock is held, or there are no locks; False only if somebody else has it and
        `wait` is False.

    Raises
    ------
    ModerationError
        If the lock file cannot be made or opened.
    """
    from filelock import FileLock, Timeout  # noqa: PLC0415  # 50 ms that most commands do not need

    lock = FileLock(path, timeout=-1 if wait else 0, mode=mode, thread_local=False)
    held = True
    try:
        lock.acquire()
    except Timeout:
        held = False
    except NotImplementedError:
        pass
    except OSError as error:
        if error.errno not in _NO_LOCKS:
            raise explain(error, path) from None
    try:
        yield held
    finally:
        lock.release()


def _create(path: Path, mode: int | None) -> IO[bytes]:
    # Exclusively: nobody can have put a link there, and no two writers share a draft.
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
    descriptor = os.open(path, flags, 0o666 if mode is None else mode)
    try:
        if mode is not None and hasattr(os, "fchmod"):
            # Whatever the process's mask is. Some file systems know no modes; there the file has at
            # most the permissions that it was made with.
            with suppress(OSError):
                os.fchmod(descriptor, mode)
        return os.fdopen(descriptor, "wb")
    except BaseException:
        os.close(descriptor)
        raise


def _mode_of(path: Path) -> int | None:
    try:
        return path.stat().st_mode & 0o777
    except OSError:
        return None
