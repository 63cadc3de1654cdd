"""A file that is read once, and of which the part at hand is kept."""

from typing import IO

TAIL = 1 << 20
"""Bytes kept while others are skipped: more than any reader reads ahead."""


class WindowFull(OSError):
    """More is held than may be, because no place to cut was found."""


class Window:
    """Gives a reader a file's bytes, and keeps those behind the last cut.

    Parameters
    ----------
    file : binary file
    most : int
        Most bytes to keep.

    Attributes
    ----------
    start, end : int
        Where the kept bytes begin and end in the file.
    """

    def __init__(self, file: IO[bytes], most: int) -> None:
        # Of a file that breaks off, `read1` gives what is there before it says so.
        self._read = getattr(file, "read1", file.read)
        self._most = most
        self._kept = bytearray()
        self._cursor = 0
        self._skipping = False
        self.start = 0

    @property
    def end(self) -> int:
        """Where the bytes that were read so far end."""
        return self.start + len(self._kept)

    def read(self, size: int = -1) -> bytes:
        """Return the bytes at the cursor, at most `size`, and move it behind them."""
        if self._cursor >= self.end and not self.more(size):
            return b""
        at = self._cursor - self.start
        data = bytes(self._kept[at : at + size] if size >= 0 else self._kept[at:])
        self._cursor += len(data)
        if self._skipping and len(self._kept) > 2 * TAIL:
            self._forget(self.end - TAIL)
        return data

    def tell(self) -> int:
        """Return where the cursor is."""
        return self._cursor

    def more(self, size: int) -> bool:
        """Keep more of the file; return whether there was more."""
        data = self._read(size)
        self._kept += data
        if len(self._kept) > self._most and not self._skipping:
            raise WindowFull(0, "No place to cut")
        return bool(data)

    def find(self, marks: tuple[bytes, ...], start: int) -> int | None:
        """Return where the first of `marks` stands from `start` on in what is kept, if one does."""
        found = [self._kept.find(mark, max(0, start - self.start)) for mark in marks]
        return min((self.start + at for at in found if at >= 0), default=None)

    def peek(self, at: int, size: int) -> bytes:
        """Return kept bytes without moving the cursor."""
        return bytes(self._kept[max(0, at - self.start) : at - self.start + size])

    def rewind(self, at: int) -> None:
        """Put the cursor at a kept byte."""
        self._cursor = max(at, self.start)

    def take(self, end: int) -> bytes:
        """Cut at `end`: return the bytes before it, and keep those behind."""
        data = bytes(self._kept[: max(0, end - self.start)])
        self._forget(end)
        return data

    def skip(self, *, on: bool) -> None:
        """Begin or stop to let bytes go as soon as they are read."""
        self._skipping = on

    def _forget(self, before: int) -> None:
        before = min(max(before, self.start), self.end)
        del self._kept[: before - self.start]
        self.start = before
        self._cursor = max(self._cursor, before)
