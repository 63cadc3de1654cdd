"""A file that is read once, and of which the part at hand is kept."""

from typing import IO

TAIL = 1 << 20
"""Bytes kept behind the place that is read while others are skipped."""
BLOCK = 1 << 16


class ByteWindow:
    """Gives a file's bytes by their place, and keeps those behind the last cut.

    Parameters
    ----------
    file : binary file
    seekable : bool
        Whether it costs nothing to look at a place far ahead.

    Attributes
    ----------
    start, end : int
        Where the kept bytes begin and end in the file.
    broken : Exception or None
        Why the file could not be read on; then its end is there.
    """

    def __init__(self, file: IO[bytes], *, seekable: bool = False) -> None:
        self._file = file if seekable else None
        # Of a file that breaks off, `read1` gives what is there before it says so.
        self._read = getattr(file, "read1", file.read)
        self._kept = bytearray()
        self._skipping = False
        self.start = 0
        self.broken: Exception | None = None

    @property
    def end(self) -> int:
        """Where the bytes that were read so far end."""
        return self.start + len(self._kept)

    def ahead(self, at: int, size: int) -> bytes:
        """Return the bytes from `at` on, at most `size`; fewer at the end of the file alone."""
        while self.end < at + size and self.more(max(BLOCK, at + size - self.end)):
            if self._skipping and at - self.start > 2 * TAIL:
                self._forget(at - TAIL)
        return bytes(self._kept[max(0, at - self.start) : max(0, at + size - self.start)])

    def glimpse(self, at: int, size: int) -> bytes | None:
        """Return bytes far ahead without reading what is before; None where that cannot be done."""
        if self._file is None:
            return None
        try:
            before = self._file.tell()
            self._file.seek(at)
            data = self._file.read(size)
            self._file.seek(before)
        except OSError:
            return None
        return data

    def more(self, size: int) -> bool:
        """Keep more of the file; return whether there was more."""
        if self.broken is not None:
            return False
        try:
            data = self._read(size)
        except Exception as error:  # noqa: BLE001  # what was read before is sound
            self.broken = error
            return False
        self._kept += data
        return bool(data)

    def find(self, marks: tuple[bytes, ...], start: int) -> int | None:
        """Return where the first of `marks` stands from `start` on in what is kept, if one does."""
        found = [self._kept.find(mark, max(0, start - self.start)) for mark in marks]
        return min((self.start + at for at in found if at >= 0), default=None)

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
