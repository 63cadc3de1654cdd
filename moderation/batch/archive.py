"""Records of a WARC file without compression: their headers, their ends, and damages in them."""

import re
from collections.abc import Callable, Mapping, Sequence
from io import BytesIO
from typing import IO, NamedTuple

WARC_MAGIC = b"WARC/"
MAX_HEADER = 1 << 16
"""Bytes in which a record's own header ends."""
UNLIMITED = 1 << 62
"""A number of bytes larger than any that a header can declare."""
PADDING = b"\r\n\0"
"""Bytes that may stand between two records; of compressed files zeros, too."""
MAX_TRIES = 1_000
"""Places behind a damage that are tried; a page full of what looks like records has no more."""
READ_SIZE = 1 << 16
TAIL = 1 << 20
"""Bytes kept before the current position while a `ByteWindow` discards."""
PAGE_TYPES = frozenset(("response", "resource", "conversion"))
"""The types of record that hold pages."""
BREAKS_OFF = "breaks off"
WRONG_LENGTH = "has another length than its header says"
_END_SIZE = 16
"""Bytes behind a record by which its end is checked."""
_VERSION = re.compile(rb"WARC/\d\.\d{1,2}[ \t]*\r?\n")
_BLANK_LINE = re.compile(rb"\n\r?\n")

Fields = Mapping[str, Sequence[str]]


class Damage(ValueError):
    """An archive has bytes that no sound one has. The message is the rest of a sentence about it.

    Parameters
    ----------
    message : str
    page : str, optional
        The address of the page whose record it is, where that can be read.
    """

    def __init__(self, message: str, page: str | None = None) -> None:
        super().__init__(message)
        self.page = page


class RecordHeader(NamedTuple):
    """A record's own header.

    Parameters
    ----------
    type : str
        In lower case.
    page : str or None
        The address of the recorded page.
    size, length : int
        Bytes of the header, the blank line behind it included, and of the block that follows.
    fields : mapping of str to sequence of str
        Values by their names in lower case.
    """

    type: str
    page: str | None
    size: int
    length: int
    fields: Fields

    @property
    def is_page(self) -> bool:
        """Tell whether it may hold a page."""
        return self.type in PAGE_TYPES


class ArchiveRecord(NamedTuple):
    """A sound record: its header, and its block."""

    header: RecordHeader
    block: bytes


class Unit(NamedTuple):
    """The smallest piece of an archive that can be cut out: a record, or a compressed member.

    Parameters
    ----------
    start : int
    end : int or None
        None where it is over the limit of bytes; then only its first header is known.
    records : list of ArchiveRecord
        Sound records in it.
    first : RecordHeader or None
        The header it begins with, where it is over the limit.
    damages : list of Damage
        Damaged records in it.
    """

    start: int
    end: int | None
    records: list[ArchiveRecord]
    first: RecordHeader | None = None
    damages: Sequence[Damage] = ()


class ByteWindow:
    """A file that is read once, of which only the bytes behind the last cut stay in memory.

    Parameters
    ----------
    file : binary file
    seekable : bool
        Whether it is cheap to read at a place far ahead.

    Attributes
    ----------
    start, end : int
        The range of the file that is in memory.
    error : Exception or None
        The error that stopped the reading; the file then ends at `end`.
    """

    def __init__(self, file: IO[bytes], *, seekable: bool = False) -> None:
        self._file = file if seekable else None
        # Of a file that breaks off, `read1` returns the bytes that are there before it fails.
        self._read = getattr(file, "read1", file.read)
        self._buffer = bytearray()
        self._discarding = False
        self.start = 0
        self.error: Exception | None = None

    @property
    def end(self) -> int:
        """The end of the bytes that were read so far."""
        return self.start + len(self._buffer)

    def peek(self, at: int, size: int) -> bytes:
        """Return the bytes from `at` on, at most `size`; fewer only at the end of the file."""
        while self.end < at + size and self.fill(max(READ_SIZE, at + size - self.end)):
            if self._discarding and at - self.start > 2 * TAIL:
                self._drop(at - TAIL)
        return bytes(self._buffer[max(0, at - self.start) : max(0, at + size - self.start)])

    def seek_and_read(self, at: int, size: int) -> bytes | None:
        """Return bytes far ahead without reading those before; None if the file cannot seek."""
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

    def fill(self, size: int) -> bool:
        """Read more of the file; return whether there was more."""
        if self.error is not None:
            return False
        try:
            data = self._read(size)
        except Exception as error:  # noqa: BLE001  # the bytes read before are sound
            self.error = error
            return False
        self._buffer += data
        return bool(data)

    def find(self, magics: tuple[bytes, ...], start: int) -> int | None:
        """Return the first place from `start` on, in memory, where one of `magics` stands."""
        places = [self._buffer.find(magic, max(0, start - self.start)) for magic in magics]
        return min((self.start + at for at in places if at >= 0), default=None)

    def take(self, end: int) -> bytes:
        """Cut at `end`: return the bytes before it, and keep those behind."""
        data = bytes(self._buffer[: max(0, end - self.start)])
        self._drop(end)
        return data

    def discard(self, *, on: bool) -> None:
        """Begin or stop to drop bytes as soon as they are read."""
        self._discarding = on

    def _drop(self, end: int) -> None:
        end = min(max(end, self.start), self.end)
        del self._buffer[: end - self.start]
        self.start = end


def read_fields(header: bytes) -> dict[str, list[str]]:
    """Return the fields of a header by their names in lower case."""
    fields: dict[str, list[str]] = {}
    values: list[str] | None = None
    for line in header.decode("utf-8", "replace").split("\n"):
        name, colon, value = line.partition(":")
        if line[:1] in {" ", "\t"}:
            if values:
                values[-1] = f"{values[-1]} {line.strip()}".strip()
        elif colon:
            values = fields.setdefault(name.strip().lower(), [])
            values.append(value.strip())
    return fields


def end_of_header(data: bytes) -> int | None:
    """Return the end of the blank line behind a header, if there is one."""
    blank = _BLANK_LINE.search(data)
    return None if blank is None else blank.end()


def read_header(data: bytes) -> RecordHeader:
    """Read the header of a record that begins with `data`.

    Raises
    ------
    Damage
        If there is none, or it breaks off.
    """
    version = _VERSION.match(data)
    if version is None:
        raise Damage("has no readable header")
    size = end_of_header(data)
    if size is None:
        raise Damage("has a header without an end" if len(data) >= MAX_HEADER else BREAKS_OFF)
    fields = read_fields(data[version.end() : size])
    page = next(iter(fields.get("warc-target-uri", ())), "").strip("<>") or None
    length = fields.get("content-length", [""])
    if len(set(length)) != 1 or not re.fullmatch(r"[0-9]{1,18}", length[0]):
        raise Damage("does not tell its length", page)
    kind = next(iter(fields.get("warc-type", ())), "").lower()
    return RecordHeader(kind, page, size, int(length[0]), fields)


def read_record(window: ByteWindow, at: int, max_bytes: int) -> Unit:
    """Read the record that begins at `at`.

    Parameters
    ----------
    window : ByteWindow
    at : int
    max_bytes : int
        Most bytes of its block.

    Raises
    ------
    Damage
    """
    header = read_header(window.peek(at, MAX_HEADER))
    block = at + header.size
    if header.length > max_bytes:
        return Unit(at, None, [], header)
    data = window.peek(block, header.length)
    if len(data) < header.length:
        raise Damage(BREAKS_OFF, header.page)
    _check_end(window.peek(block + header.length, _END_SIZE), header)
    return Unit(at, block + header.length, [ArchiveRecord(header, data)])


def skip_record(window: ByteWindow, at: int, header: RecordHeader) -> int:
    """Read over the record at `at` without keeping it; return its end.

    Raises
    ------
    Damage
    """
    end = at + header.size + header.length
    # A wrong length must not skip the sound records behind this one.
    ahead = window.seek_and_read(end - 1, 1 + _END_SIZE)
    if ahead == b"":
        raise Damage(BREAKS_OFF, header.page)
    if ahead is not None:
        _check_end(ahead[1:], header)
    at += header.size
    while at < end:
        data = window.peek(at, min(READ_SIZE, end - at))
        if not data:
            raise Damage(BREAKS_OFF, header.page)
        at += len(data)
    _check_end(window.peek(end, _END_SIZE), header)
    return end


def _check_end(data: bytes, header: RecordHeader) -> None:
    """Check the bytes behind a record's block: blank lines, another record or nothing."""
    if not data.startswith(b"\r\n\r\n") and not WARC_MAGIC.startswith(
        data.lstrip(PADDING)[: len(WARC_MAGIC)]
    ):
        raise Damage(WRONG_LENGTH, header.page)


def skip_padding(window: ByteWindow, at: int) -> int:
    """Return the end of the bytes that may stand between records."""
    while data := window.peek(at, _END_SIZE):
        padding = len(data) - len(data.lstrip(PADDING))
        at += padding
        if padding < len(data):
            break
    return at


def find_start(
    window: ByteWindow,
    start: int,
    magics: tuple[bytes, ...],
    is_start: Callable[[ByteWindow, int], bool],
) -> int | None:
    """Return the first place from `start` on where one of `magics` is the start of a record."""
    longest = max(map(len, magics))
    for _ in range(MAX_TRIES):
        start = max(start, window.start)
        while (place := window.find(magics, start)) is None:
            # The first bytes may stand across the end of what was read.
            start = max(start, window.end - longest + 1)
            window.take(start)
            if not window.fill(READ_SIZE):
                return None
        if is_start(window, place):
            return place
        start = place + 1
    return None


def is_record_start(window: ByteWindow, at: int) -> bool:
    """Tell whether the header of a record stands there."""
    try:
        read_header(window.peek(at, MAX_HEADER))
    except Damage:
        return False
    return True


def parse_records(data: bytes) -> tuple[list[ArchiveRecord], list[Damage]]:
    """Return the sound and the damaged records in bytes that hold nothing else."""
    window = ByteWindow(BytesIO(data))
    records: list[ArchiveRecord] = []
    damages: list[Damage] = []
    at: int | None = 0
    while at is not None and (at := skip_padding(window, at)) < len(data):
        try:
            unit = read_record(window, at, UNLIMITED)
        except Damage as damage:
            damages.append(damage)
            at = find_start(window, at + 1, (WARC_MAGIC,), is_record_start)
        else:
            records += unit.records
            at = unit.end
    return records, damages
