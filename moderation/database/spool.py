"""Files in which lines wait that the database could not take.

Each process has a file of its own, locked for as long as the process lives. Once it has ended,
however it did, another one finds the file unlocked and makes it its own. Room for some thousand
comments is set aside in the file beforehand, so that a full disk does not refuse them too; what is
set aside and not written is NUL.

The file that is locked is the one that is written, so that it cannot outlive its lock, nor the lock
it; `moderation.files.file_lock` locks a file beside instead.
"""

import fcntl
import os
import secrets
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

from moderation.files import sync_folder

ENDING = ".jsonl"
PRIVATE_FILE, PRIVATE_FOLDER = 0o600, 0o700
ROOM = 4 << 20
"""Bytes that are set aside, first and whenever more is needed."""
PIECE = 1 << 20
NUL, END = b"\0", b"\n"


class SpoolFull(Exception):
    """There are as many bytes in the folder as there may be."""


class Spool:
    """Lines that outlive the process and the machine once they are appended.

    Parameters
    ----------
    folder : Path
        Made for its owner alone, when it is needed.
    most : int
        Bytes that all processes' files may have together; rounded up to what is set aside.
    room : int
        Bytes that are set aside at a time.
    ending : str
        The end of the names of the files that this spool makes, and takes over from others. It ends
        with `ENDING`, so that a spool of all takes them over too.
    """

    def __init__(self, folder: Path, most: int, room: int = ROOM, *, ending: str = ENDING) -> None:
        self._ending = ending
        self.folder = folder
        self._most = most
        self._room = room
        self._own: _File | None = None
        self._adopted: list[_File] = []
        self._lock = threading.Lock()

    def start(self) -> None:
        """Make this process's file, unless it is there.

        Raises
        ------
        OSError
        """
        with self._lock:
            self._file()

    def append(self, line: bytes) -> None:
        """Keep a line without its end; when this returns, it is on the disk.

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
            place = file.write(line + END)
        # Several threads' lines go to the disk together.
        file.sync(place)

    def adopt(self) -> None:
        """Make the files of processes that have ended this one's own."""
        mine = {file.path for file in (*self._adopted, self._own) if file}
        for path in sorted(self.folder.glob(f"*{self._ending}")):
            if path in mine:
                continue
            with suppress(OSError):
                file = _File.locked(path)
                if file is not None:
                    self._adopted.append(file)

    @property
    def waiting(self) -> int:
        """The number of bytes of the lines that wait in this process's files."""
        return sum(file.end - file.taken for file in (*self._adopted, self._own) if file)

    def take(self, act: Callable[[list[bytes]], None], lines: int) -> None:
        """Give all lines to `act`, some at a time; those for which it returns are done with.

        A line may come again where the process ends meanwhile.

        Parameters
        ----------
        act : callable
            What it raises ends the taking; the lines that it was given stay.
        lines : int
            At most so many at a time.
        """
        for file in (*self._adopted, self._own):
            if file is None:
                continue
            for some, after in file.pieces(lines):
                act(some)
                file.taken = after
            with self._lock:
                if file.taken < file.end:
                    continue  # a line came meanwhile
                if file is self._own:
                    file.clear(self._room)
                else:
                    file.remove()
                    self._adopted.remove(file)

    def close(self) -> None:
        """Let others have the files; those with nothing in them go. Not while lines are taken."""
        with self._lock:
            for file in (*self._adopted, self._own):
                if file:
                    with suppress(OSError):
                        file.remove() if file.taken == file.end else file.close()
            self._adopted, self._own = [], None

    def _file(self) -> "_File":
        if self._own is None or self._own.is_gone:
            self.folder.mkdir(parents=True, exist_ok=True, mode=PRIVATE_FOLDER)
            self._own = _File.new(self.folder / f"{secrets.token_hex(8)}{self._ending}", self._room)
        return self._own

    def _grow(self, file: "_File", needed: int) -> None:
        there = sum(path.stat().st_size for path in self.folder.glob(f"*{ENDING}"))
        more = -(-(needed - file.size) // self._room) * self._room
        if there + more > self._most:
            raise SpoolFull
        file.grow(file.size + more)


class _File:
    """A file that is locked: lines up to `end`, of which those up to `taken` are done with."""

    def __init__(self, path: Path, descriptor: int) -> None:
        self.path = path
        self.size = self.end = self.taken = 0
        self._descriptor = descriptor
        self._synced = 0
        self._syncing = threading.Lock()

    @classmethod
    def new(cls, path: Path, room: int) -> "_File":
        flags = os.O_RDWR | os.O_CREAT | os.O_EXCL
        file = cls(path, os.open(path, flags, PRIVATE_FILE))
        try:
            fcntl.flock(file._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            # Without room it is still of use where some comes free.
            with suppress(OSError):
                file.grow(room)
            sync_folder(path.parent)
        except OSError:
            file.remove()
            raise
        return file

    @classmethod
    def locked(cls, path: Path) -> "_File | None":
        """Return the file of a process that has ended; None if it has not, or the file is gone."""
        descriptor = os.open(path, os.O_RDWR)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            file = cls(path, descriptor)
            # Whoever had the lock before may have been done with it.
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
        """Tell whether somebody has deleted the file."""
        return os.fstat(self._descriptor).st_nlink == 0

    def grow(self, size: int) -> None:
        """Set bytes aside up to a size."""
        if hasattr(os, "posix_fallocate"):
            os.posix_fallocate(self._descriptor, self.size, size - self.size)
        else:
            self._blank(self.size, size)
        os.fsync(self._descriptor)
        self.size = size

    def write(self, content: bytes) -> int:
        """Put bytes at the end, and return where they end."""
        place = self.end
        while content:
            # What fails half-way is written over by the next line, and no line if it is not.
            written = os.pwrite(self._descriptor, content, place)
            content, place = content[written:], place + written
        self.end = place
        return place

    def sync(self, place: int) -> None:
        """Wait until what was written up to a place is on the disk."""
        with self._syncing:
            if self._synced >= place:
                return
            end = self.end
            os.fsync(self._descriptor)
            self._synced = end

    def pieces(self, lines: int) -> Iterator[tuple[list[bytes], int]]:
        """Yield the lines that are there now, some at a time, and where each piece ends."""
        some: list[bytes] = []
        place, end, rest = self.taken, self.end, b""
        while place < end:
            read = os.pread(self._descriptor, min(PIECE, end - place), place)
            if not read:
                break
            place += len(read)
            *whole, rest = (rest + read).split(END)
            after = place - len(rest) - sum(len(line) + 1 for line in whole)
            for line in whole:
                after += len(line) + 1
                if kept := line.strip(NUL):
                    some.append(kept)
                if len(some) >= lines:
                    yield some, after
                    some = []
        # What a machine's end left half-written has no end of its own.
        yield some, end

    def clear(self, room: int) -> None:
        """Write over what was there, and keep the room."""
        self._blank(0, min(self.end, room))
        if self.size > room:
            os.ftruncate(self._descriptor, room)
            self.size = room
        os.fsync(self._descriptor)
        self.end = self.taken = self._synced = 0

    def remove(self) -> None:
        """Write over what was there, delete the file, and let go of it."""
        with suppress(OSError):
            self._blank(0, self.end)
            os.fsync(self._descriptor)
        self.path.unlink(missing_ok=True)
        self.close()

    def close(self) -> None:
        """Let go of the file."""
        with self._syncing:
            # Never again: another file may get the same number.
            descriptor, self._descriptor = self._descriptor, -1
            os.close(descriptor)

    def _blank(self, start: int, end: int) -> None:
        for place in range(start, end, PIECE):
            os.pwrite(self._descriptor, NUL * min(PIECE, end - place), place)

    def _trim(self) -> None:
        """Give back the room that was set aside and not written."""
        while self.end:
            start = max(0, self.end - PIECE)
            left = os.pread(self._descriptor, self.end - start, start).rstrip(NUL)
            self.end = start + len(left)
            if left:
                break
        os.ftruncate(self._descriptor, self.end)
        self.size = self.end
