"""Records of a WARC file as they stand when nothing is compressed: their heads and their ends."""

import re
from collections.abc import Callable, Mapping, Sequence
from io import BytesIO
from typing import IO, NamedTuple

# FOLDED window: A file that is read once, and of which the part at hand is kept.

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


PLAIN = b"WARC/"
HEAD = 1 << 16
"""Bytes in which a record's own header ends."""
ANY_SIZE = 1 << 62
"""More than a header can tell."""
BETWEEN = b"\r\n\0"
"""Bytes that may stand between two records; of compressed files zeros, too."""
MAX_TRIES = 1_000
"""Places behind a damage that are tried; a page full of what looks like records has no more."""
_ENOUGH = 16
_VERSION = re.compile(rb"WARC/\d\.\d{1,2}[ \t]*\r?\n")
_BLANK = re.compile(rb"\n\r?\n")
PAGES = frozenset(("response", "resource", "conversion"))
"""The types of record that hold pages."""

Fields = Mapping[str, Sequence[str]]


class Damage(ValueError):
    """An archive has bytes that no sound one has. The message is the rest of a sentence about it.

    Parameters
    ----------
    message : str
    page : str, optional
        The address of the page whose record it is, where that can be read.
    end : int, optional
        Where what is damaged ends, where that is known.
    """

    def __init__(self, message: str, page: str | None = None, end: int | None = None) -> None:
        super().__init__(message)
        self.page = page
        self.end = end


BREAKS_OFF = "breaks off"
WRONG_LENGTH = "has another length than its header says"


class Head(NamedTuple):
    """A record's own header.

    Parameters
    ----------
    type : str
        In small letters.
    page : str or None
        The address of what was recorded.
    size, length : int
        Bytes of the header, the blank line behind it included, and of the block that follows.
    fields : mapping of str to sequence of str
        Values by their names in small letters.
    """

    type: str
    page: str | None
    size: int
    length: int
    fields: Fields

    @property
    def is_page(self) -> bool:
        """Tell whether it may hold a page."""
        return self.type in PAGES


class ArchiveRecord(NamedTuple):
    """A sound record: its header, and its block."""

    head: Head
    block: bytes


class Unit(NamedTuple):
    """The smallest piece of an archive that can be cut out: a record, or a compressed member.

    Parameters
    ----------
    start : int
    end : int or None
        None where it is over the limit of bytes; then its first header alone is known.
    records : list of ArchiveRecord
        Sound records in it.
    first : Head or None
        The header it begins with, where it is over the limit.
    damages : list of Damage
        Damaged records in it.
    """

    start: int
    end: int | None
    records: list[ArchiveRecord]
    first: Head | None = None
    damages: Sequence[Damage] = ()


def read_fields(head: bytes) -> dict[str, list[str]]:
    """Return the fields of a header by their names in small letters."""
    fields: dict[str, list[str]] = {}
    values: list[str] | None = None
    for line in head.decode("utf-8", "replace").split("\n"):
        name, colon, value = line.partition(":")
        if line[:1] in {" ", "\t"}:
            if values:
                values[-1] = f"{values[-1]} {line.strip()}".strip()
        elif colon:
            values = fields.setdefault(name.strip().lower(), [])
            values.append(value.strip())
    return fields


def end_of_head(data: bytes) -> int | None:
    """Return the end of the blank line behind a header, if there is one."""
    blank = _BLANK.search(data)
    return None if blank is None else blank.end()


def read_head(data: bytes) -> Head:
    """Read the header of a record that begins with `data`.

    Raises
    ------
    Damage
        If there is none, or it breaks off.
    """
    version = _VERSION.match(data)
    if version is None:
        raise Damage("has no readable header")
    size = end_of_head(data)
    if size is None:
        raise Damage("has a header without an end" if len(data) >= HEAD else BREAKS_OFF)
    fields = read_fields(data[version.end() : size])
    page = next(iter(fields.get("warc-target-uri", ())), "").strip("<>") or None
    length = fields.get("content-length", [""])
    if len(set(length)) != 1 or not re.fullmatch(r"[0-9]{1,18}", length[0]):
        raise Damage("does not tell its length", page)
    kind = next(iter(fields.get("warc-type", ())), "").lower()
    return Head(kind, page, size, int(length[0]), fields)


def read_record(window: ByteWindow, at: int, most: int) -> Unit:
    """Read the record that begins at `at`.

    Parameters
    ----------
    window : ByteWindow
    at : int
    most : int
        Most bytes of its block.

    Raises
    ------
    Damage
    """
    head = read_head(window.ahead(at, HEAD))
    block = at + head.size
    if head.length > most:
        return Unit(at, None, [], head)
    data = window.ahead(block, head.length)
    if len(data) < head.length:
        raise Damage(BREAKS_OFF, head.page)
    _check_end(window.ahead(block + head.length, _ENOUGH), head)
    return Unit(at, block + head.length, [ArchiveRecord(head, data)])


def skip_record(window: ByteWindow, at: int, head: Head) -> int:
    """Read over the record at `at` without keeping it; return where it ends.

    Raises
    ------
    Damage
    """
    end = at + head.size + head.length
    # A length that is wrong must not take the sound records behind it along.
    glimpse = window.glimpse(end - 1, 1 + _ENOUGH)
    if glimpse == b"":
        raise Damage(BREAKS_OFF, head.page)
    if glimpse is not None:
        _check_end(glimpse[1:], head)
    at += head.size
    while at < end:
        data = window.ahead(at, min(BLOCK, end - at))
        if not data:
            raise Damage(BREAKS_OFF, head.page)
        at += len(data)
    _check_end(window.ahead(end, _ENOUGH), head)
    return end


def _check_end(behind: bytes, head: Head) -> None:
    """Check what stands behind a record's block: blank lines, another record or nothing."""
    if not behind.startswith(b"\r\n\r\n") and not PLAIN.startswith(
        behind.lstrip(BETWEEN)[: len(PLAIN)]
    ):
        raise Damage(WRONG_LENGTH, head.page)


def skip_between(window: ByteWindow, at: int) -> int:
    """Return the end of the bytes that may stand between records."""
    while data := window.ahead(at, _ENOUGH):
        begin = len(data) - len(data.lstrip(BETWEEN))
        at += begin
        if begin < len(data):
            break
    return at


def next_start(
    window: ByteWindow,
    start: int,
    marks: tuple[bytes, ...],
    is_start: Callable[[ByteWindow, int], bool],
) -> int | None:
    """Return where, from `start` on, one of `marks` stands and is the start of a record."""
    longest = max(map(len, marks))
    for _ in range(MAX_TRIES):
        start = max(start, window.start)
        while (found := window.find(marks, start)) is None:
            # A mark may stand across the end of what was read.
            start = max(start, window.end - longest + 1)
            window.take(start)
            if not window.more(BLOCK):
                return None
        if is_start(window, found):
            return found
        start = found + 1
    return None


def is_plain_start(window: ByteWindow, at: int) -> bool:
    """Tell whether the header of a record stands there."""
    try:
        read_head(window.ahead(at, HEAD))
    except Damage:
        return False
    return True


def records_in(data: bytes) -> tuple[list[ArchiveRecord], list[Damage]]:
    """Return the sound and the damaged records in bytes that hold nothing else."""
    window = ByteWindow(BytesIO(data))
    found: list[ArchiveRecord] = []
    damages: list[Damage] = []
    at: int | None = 0
    while at is not None and (at := skip_between(window, at)) < len(data):
        try:
            unit = read_record(window, at, ANY_SIZE)
        except Damage as damage:
            damages.append(damage)
            at = next_start(window, at + 1, (PLAIN,), is_plain_start)
        else:
            found += unit.records
            at = unit.end
    return found, damages
