"""A spool: files of lines that wait until the database can take them.

Each process has a file of its own, locked for as long as the process lives. Once it has ended,
however it did, another process finds the file unlocked and adopts it. Room for some thousand
comments is reserved in the file beforehand, so that they can be written even to a full disk;
reserved bytes that are not written are NUL.

The locked file is the one that is written, so that neither can outlive the other;
`moderation.files.file_lock` locks a separate file instead.
"""

import fcntl
import os
import secrets
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

from moderation.files import PRIVATE, sync_folder

ENDING = ".jsonl"
PRIVATE_FOLDER = 0o700
RESERVE = 4 << 20
"""The number of bytes that are reserved at a time."""
BLOCK = 1 << 20
"""The number of bytes that are read or blanked at a time."""
NUL, END = b"\0", b"\n"


class SpoolFull(Exception):
    """The files of the folder have reached their limit."""


class Spool:
    """Lines that are on the disk once they are appended, until they are taken.

    Parameters
    ----------
    folder : Path
        Made when it is needed, for its owner alone.
    max_bytes : int
        The limit of all processes' files together, rounded up to a multiple of `reserve`.
    reserve : int
        The number of bytes that are reserved at a time.
    ending : str
        The end of the names of the files that this spool makes and adopts. It ends with `ENDING`,
        so that a spool with that ending adopts them too.
    """

    def __init__(
        self, folder: Path, max_bytes: int, reserve: int = RESERVE, *, ending: str = ENDING
    ) -> None:
        self._ending = ending
        self.folder = folder
        self._max_bytes = max_bytes
        self._reserve = reserve
        self._own: _SpoolFile | None = None
        self._adopted: list[_SpoolFile] = []
        self._lock = threading.Lock()

    def start(self) -> None:
        """Make this process's file, unless it exists.

        Raises
        ------
        OSError
        """
        with self._lock:
            self._file()

    def append(self, line: bytes) -> None:
        """Add a line, given without its end; when this returns, it is on the disk.

        Raises
        ------
        SpoolFull, OSError
            If it cannot be kept.
        """
        with self._lock:
            file = self._file()
            needed = file.end + len(line) + len(END)
            if needed > file.size:
                self._grow(file, needed)
            end = file.write(line + END)
        # Outside of the lock, so that the lines of several threads are synchronised together.
        file.sync(end)

    def adopt(self) -> None:
        """Take over the files of processes that have ended."""
        own = {file.path for file in self._files()}
        for path in sorted(self.folder.glob(f"*{self._ending}")):
            if path in own:
                continue
            with suppress(OSError):
                file = _SpoolFile.locked(path)
                if file is not None:
                    self._adopted.append(file)

    @property
    def waiting(self) -> int:
        """The number of bytes of the lines that wait in this process's files."""
        return sum(file.end - file.taken for file in self._files())

    def take(self, act: Callable[[list[bytes]], None], lines: int) -> None:
        """Give all lines to a function, some at a time; lines for which it returns are removed.

        If the process ends meanwhile, another process may get the same line again.

        Parameters
        ----------
        act : callable
            If it raises an error, the lines that it was given, and all later ones, stay.
        lines : int
            The largest number of lines to give at a time.
        """
        for file in self._files():
            for batch, end in file.batches(lines):
                act(batch)
                file.taken = end
            with self._lock:
                if file.taken < file.end:
                    continue  # A line was appended meanwhile.
                if file is self._own:
                    file.clear(self._reserve)
                else:
                    file.remove()
                    self._adopted.remove(file)

    def close(self) -> None:
        """Unlock the files, and delete the empty ones. No lines may be being taken meanwhile."""
        with self._lock:
            for file in self._files():
                with suppress(OSError):
                    file.remove() if file.taken == file.end else file.close()
            self._adopted, self._own = [], None

    def _files(self) -> "list[_SpoolFile]":
        return [file for file in (*self._adopted, self._own) if file]

    def _file(self) -> "_SpoolFile":
        """Return this process's file, a new one if there is none."""
        if self._own is None or self._own.is_gone:
            self.folder.mkdir(parents=True, exist_ok=True, mode=PRIVATE_FOLDER)
            path = self.folder / f"{secrets.token_hex(8)}{self._ending}"
            self._own = _SpoolFile.new(path, self._reserve)
        return self._own

    def _grow(self, file: "_SpoolFile", needed: int) -> None:
        in_use = sum(path.stat().st_size for path in self.folder.glob(f"*{ENDING}"))
        more = -(-(needed - file.size) // self._reserve) * self._reserve
        if in_use + more > self._max_bytes:
            raise SpoolFull
        file.grow(file.size + more)


class _SpoolFile:
    """A locked file of lines up to the offset `end`; those up to `taken` are done with."""

    def __init__(self, path: Path, descriptor: int) -> None:
        self.path = path
        self.size = self.end = self.taken = 0
        self._descriptor = descriptor
        self._synced = 0
        self._sync_lock = threading.Lock()

    @classmethod
    def new(cls, path: Path, reserve: int) -> "_SpoolFile":
        """Return a new file."""
        flags = os.O_RDWR | os.O_CREAT | os.O_EXCL
        file = cls(path, os.open(path, flags, PRIVATE))
        try:
            fcntl.flock(file._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            # On a full disk nothing is reserved; the file can be written once there is room.
            with suppress(OSError):
                file.grow(reserve)
            sync_folder(path.parent)
        except OSError:
            file.remove()
            raise
        return file

    @classmethod
    def locked(cls, path: Path) -> "_SpoolFile | None":
        """Return the file of a process that has ended; None if it is empty or deleted.

        Raises
        ------
        OSError
            If the process has not ended.
        """
        descriptor = os.open(path, os.O_RDWR)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            file = cls(path, descriptor)
            # The process that had the lock may have deleted the file.
            if file.is_gone or not path.exists():
                os.close(descriptor)
                return None
            file.size = file.end = os.fstat(descriptor).st_size
            file._trim()
        except OSError:
            os.close(descriptor)
            raise
        if file.end == 0:
            file.remove()
            return None
        return file

    @property
    def is_gone(self) -> bool:
        """Tell whether the file has been deleted."""
        return os.fstat(self._descriptor).st_nlink == 0

    def grow(self, size: int) -> None:
        """Reserve bytes up to a size."""
        if hasattr(os, "posix_fallocate"):
            os.posix_fallocate(self._descriptor, self.size, size - self.size)
        else:
            self._blank(self.size, size)
        os.fsync(self._descriptor)
        self.size = size

    def write(self, content: bytes) -> int:
        """Add bytes at the end, and return the new end."""
        offset = self.end
        while content:
            # If this fails half-way, the next line overwrites the rest; without its end it is no
            # line.
            written = os.pwrite(self._descriptor, content, offset)
            content, offset = content[written:], offset + written
        self.end = offset
        return offset

    def sync(self, offset: int) -> None:
        """Wait until everything before an offset is on the disk."""
        with self._sync_lock:
            if self._synced >= offset:
                return
            end = self.end
            os.fsync(self._descriptor)
            self._synced = end

    def batches(self, lines: int) -> Iterator[tuple[list[bytes], int]]:
        """Yield the present lines, some at a time, with the offset after each batch."""
        batch: list[bytes] = []
        offset, end, rest = self.taken, self.end, b""
        while offset < end:
            block = os.pread(self._descriptor, min(BLOCK, end - offset), offset)
            if not block:
                break
            offset += len(block)
            *whole, rest = (rest + block).split(END)
            after = offset - len(rest) - sum(len(line) + 1 for line in whole)
            for line in whole:
                after += len(line) + 1
                if content := line.strip(NUL):
                    batch.append(content)
                if len(batch) >= lines:
                    yield batch, after
                    batch = []
        # A rest without its end was being written when the machine stopped; it is dropped.
        yield batch, end

    def clear(self, reserve: int) -> None:
        """Overwrite the content, and keep the reserve."""
        self._blank(0, min(self.end, reserve))
        if self.size > reserve:
            os.ftruncate(self._descriptor, reserve)
            self.size = reserve
        os.fsync(self._descriptor)
        self.end = self.taken = self._synced = 0

    def remove(self) -> None:
        """Overwrite the content, delete the file, and close it."""
        with suppress(OSError):
            self._blank(0, self.end)
            os.fsync(self._descriptor)
        self.path.unlink(missing_ok=True)
        self.close()

    def close(self) -> None:
        """Close and unlock the file."""
        with self._sync_lock:
            # The number may be given to another file, so it is not used again.
            descriptor, self._descriptor = self._descriptor, -1
            os.close(descriptor)

    def _blank(self, start: int, end: int) -> None:
        """Overwrite bytes with NUL."""
        for offset in range(start, end, BLOCK):
            os.pwrite(self._descriptor, NUL * min(BLOCK, end - offset), offset)

    def _trim(self) -> None:
        """Cut off the reserved bytes that are not written."""
        while self.end:
            start = max(0, self.end - BLOCK)
            content = os.pread(self._descriptor, self.end - start, start).rstrip(NUL)
            self.end = start + len(content)
            if content:
                break
        os.ftruncate(self._descriptor, self.end)
        self.size = self.end
