"""Files written whole or not at all, locks between processes, and the errors of both.

A file is written under another name in the same folder, flushed to the disk and renamed; the folder
is flushed too. A reader of the path sees either the old content or the new one, even if the writer
is killed or the machine loses power.
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
"""The mode of a file that only its owner may read."""
DRAFT = ".moderation-{}.tmp"
"""The name of a file that is being written. It does not contain the final name, which may already
be as long as the file system allows."""

FULL = frozenset((errno.ENOSPC, errno.EDQUOT))
"""The error numbers of a full disk or quota."""
_NO_LOCKS = frozenset((errno.ENOSYS, errno.ENOLCK, errno.EOPNOTSUPP, errno.ENOTSUP))
_NO_FOLDER_SYNC = frozenset((errno.EINVAL, errno.ENOSYS, errno.EOPNOTSUPP, errno.ENOTSUP))

Explain = Callable[[OSError, Path], ModerationError]
"""Makes the error to raise from an error of the operating system at a path."""


class NotStored(ModerationError):
    """A file cannot be written: the disk is full, or closed to this process."""

    code = "not_stored"


def explain_as(
    kind: type[ModerationError] = NotStored,
    *,
    message: str = "It cannot be written: %(cause)s.",
    full: str = "Make room, and try again.",
    otherwise: str = "Correct that and try again.",
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
    """Turn an error of the operating system in the block into a clear one about `path`.

    Raises
    ------
    ModerationError
        The error that `explain` makes.
    """
    try:
        yield
    except OSError as error:
        raise explain(error, path) from None


@contextmanager
def replacing(
    path: Path, *, mode: int | None = None, explain: Explain = NOT_STORED
) -> Iterator[IO[bytes]]:
    """Open a file that replaces `path` when the block ends without an error.

    An error inside the block is raised unchanged: wrap the block's own writes in `storing`.

    Parameters
    ----------
    path : Path
    mode : int, optional
        The file's permissions; by default those of the replaced file, and for a new file those that
        the process's mask allows.
    explain : callable

    Raises
    ------
    ModerationError
        If it cannot be written; the old content of `path` is kept, and no draft is left.
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
            # Closing writes the rest of the buffer, and so may fail as a write does.
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
    """Write a file whole or not at all, and flush it to the disk.

    Raises
    ------
    ModerationError
        If it cannot be written; the old content of `path` is kept.
    """
    with replacing(path, mode=mode, explain=explain) as file, storing(path, explain):
        file.write(data)


def write_text(
    path: Path, text: str, *, mode: int | None = None, explain: Explain = NOT_STORED
) -> None:
    """Write a text in UTF-8 as `write_bytes` does; line ends are not changed."""
    write_bytes(path, text.encode("utf-8"), mode=mode, explain=explain)


def remove_drafts(folder: Path) -> None:
    """Remove the drafts of killed processes; no other process may be writing in the folder."""
    for draft in folder.glob(DRAFT.format("*")):
        with suppress(OSError):
            draft.unlink()


def sync_folder(folder: Path) -> None:
    """Flush the names in a folder to the disk, where the system supports it.

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
        # Some network file systems cannot flush a folder.
        if error.errno not in _NO_FOLDER_SYNC:
            raise
    finally:
        os.close(descriptor)


@contextmanager
def file_lock(
    path: Path, *, wait: bool = True, mode: int = PRIVATE, explain: Explain = NOT_STORED
) -> Iterator[bool]:
    """Hold a lock file against other processes and threads; it is created if missing.

    The system releases the lock when the process ends, however it ends. On a file system without
    locks the block runs unprotected.

    Parameters
    ----------
    path : Path
        A file that serves only as the lock.
    wait : bool
        Whether to wait while another holds the lock.
    mode : int
        The permissions of a new lock file.
    explain : callable

    Yields
    ------
    bool
        True if the lock is held or the file system has none; False if another holds it and `wait`
        is False.

    Raises
    ------
    ModerationError
        If the lock file cannot be created or opened.
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
    # O_EXCL: the path is no link that somebody put there, and no two writers share a draft.
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
    descriptor = os.open(path, flags, 0o666 if mode is None else mode)
    try:
        if mode is not None and hasattr(os, "fchmod"):
            # The process's mask must not restrict it. Some file systems have no modes; there the
            # file has at most the permissions that it was created with.
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
