"""Lines of plain text and of JSON, read one at a time, with their numbers.

All files are UTF-8, with or without a byte order mark, and are read as a stream: no line longer
than the limit is kept in memory. An error names the file and the line and never quotes them. NUL
and lone surrogates are returned as they are: `moderation.text.validate`, which every caller applies
to the texts that it takes, refuses them. A raw NUL is not valid JSON, and is refused here.
"""

import codecs
import io
import json
from collections.abc import Iterator, Mapping
from typing import IO, Any, NamedTuple

from moderation.errors import InvalidInput

MAX_LINE_BYTES = 1 << 25
"""Bytes of the longest line that is read, unless the caller sets another limit: 32 MiB."""

_BLOCK = 1 << 20
_AT_HAND = 1 << 16
_NOT_UTF8 = "Not UTF-8 at byte %(byte)s of the line."
_TO_UTF8 = "Convert the file to UTF-8."


class InvalidRow(InvalidInput):
    """A line of a file is not in the expected format.

    Parameters
    ----------
    message : str
    name : str
        The file; empty where the file is clear without its name.
    line : int
        From 1.
    remedy : str
    values : mapping, optional
        As every error has them.
    """

    def __init__(
        self,
        message: str,
        name: str,
        line: int,
        *,
        remedy: str = "",
        values: Mapping[str, object] | None = None,
    ) -> None:
        super().__init__(message, where=place(name, line), remedy=remedy, values=values)
        self.line = line


class NotAnObject(ValueError):
    """Bytes are not a JSON object in UTF-8.

    Parameters
    ----------
    template : str
        A sentence that does not quote the bytes, with placeholders as ``%(name)s``.
    values : object
        What stands for the placeholders.
    """

    def __init__(self, template: str, **values: object) -> None:
        super().__init__(template % values)
        self.template = template
        self.values = values


class Line(NamedTuple):
    """A line of a file.

    Parameters
    ----------
    number : int
        From 1.
    data : bytes
        The line with its end; of a line that is too long, the beginning.
    length : int
        The whole length of the line in bytes.
    """

    number: int
    data: bytes
    length: int


class Row(NamedTuple):
    """A row of a table: the number of its first line, and its values by column."""

    line: int
    values: dict[str, Any]


def place(name: str, line: int) -> str:
    """Return the place of a line for an error message: ``name:3``, or ``line 3`` without a name."""
    return f"{name}:{line}" if name else f"line {line}"


def read_lines(file: IO[bytes], max_bytes: int = MAX_LINE_BYTES) -> Iterator[Line]:
    """Yield the lines of a file; one longer than `max_bytes` is cut, as its `length` shows."""
    number = 0
    while data := file.readline(max_bytes + 1):
        number += 1
        length, rest = len(data), data
        while len(data) > max_bytes and rest and not rest.endswith(b"\n"):
            rest = file.readline(_BLOCK)
            length += len(rest)
        yield Line(number, data, length)


def read_lines_at_hand(
    file: io.BufferedReader | io.BytesIO, max_bytes: int = MAX_LINE_BYTES
) -> Iterator[list[Line]]:
    """Yield the lines of a file as `read_lines` does, in groups of those that are at hand.

    A pipe or a terminal gives what has been written to it so far, so that no line waits for the one
    after it; a file gives as many lines as 64 KiB hold.
    """
    number, length, begun = 0, 0, bytearray()
    while block := file.read1(_AT_HAND):
        lines = []
        for piece in io.BytesIO(block):
            begun += piece[: max_bytes + 1 - len(begun)]
            length += len(piece)
            if piece.endswith(b"\n"):
                number += 1
                lines.append(Line(number, bytes(begun), length))
                length, begun = 0, bytearray()
        if lines:
            yield lines
    if length:
        yield [Line(number + 1, bytes(begun), length)]


def read_text_lines(
    file: IO[bytes], name: str = "", max_bytes: int = MAX_LINE_BYTES
) -> Iterator[tuple[int, str]]:
    """Yield the number and the text of the lines that are not blank, without their ends.

    Raises
    ------
    InvalidRow
        If a line is too long or not UTF-8.
    """
    for number, text in _decoded(file, name, max_bytes):
        if text.strip():
            yield number, text.rstrip("\r\n")


def read_json_lines(
    file: IO[bytes], name: str = "", max_bytes: int = MAX_LINE_BYTES
) -> Iterator[Row]:
    """Yield the objects of a JSON Lines file; blank lines are skipped.

    Raises
    ------
    InvalidRow
        If a line is too long, or no JSON object.
    """
    for line in read_lines(file, max_bytes):
        if line.data.strip():
            yield Row(line.number, json_row(line, name, max_bytes))


def text_row(line: Line, name: str = "", max_bytes: int = MAX_LINE_BYTES) -> str:
    """Return the text on one line, with its end and without a byte order mark.

    Raises
    ------
    InvalidRow
        If it is too long or not UTF-8.
    """
    if line.length > max_bytes:
        raise _too_long(line, name, max_bytes)
    data = line.data.removeprefix(codecs.BOM_UTF8) if line.number == 1 else line.data
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise InvalidRow(
            _NOT_UTF8, name, line.number, remedy=_TO_UTF8, values={"byte": error.start}
        ) from None


def json_row(line: Line, name: str = "", max_bytes: int = MAX_LINE_BYTES) -> dict[str, Any]:
    """Return the JSON object on one line.

    Raises
    ------
    InvalidRow
    """
    if line.length > max_bytes:
        raise _too_long(line, name, max_bytes)
    try:
        return parse_object(line.data)
    except NotAnObject as error:
        raise InvalidRow(error.template, name, line.number, values=error.values) from None


def parse_object(data: bytes) -> dict[str, Any]:
    """Return the JSON object in bytes of UTF-8.

    Raises
    ------
    NotAnObject
        If they hold something else.
    """
    try:
        # A lone surrogate may be escaped in JSON; an unescaped one is treated alike.
        text = data.removeprefix(codecs.BOM_UTF8).decode("utf-8", "surrogatepass")
        value = json.loads(text)
    except UnicodeDecodeError as error:
        raise NotAnObject(_NOT_UTF8, byte=error.start) from None
    except json.JSONDecodeError as error:
        raise NotAnObject(
            "Not JSON: %(problem)s (character %(place)s).", problem=error.msg, place=error.pos
        ) from None
    except (ValueError, RecursionError):
        raise NotAnObject(
            "Not JSON that can be read: it is nested too deeply, or a number has too many digits."
        ) from None
    if not isinstance(value, dict):
        raise NotAnObject("Not a JSON object.")
    return value


def _decoded(file: IO[bytes], name: str, max_bytes: int) -> Iterator[tuple[int, str]]:
    for line in read_lines(file, max_bytes):
        yield line.number, text_row(line, name, max_bytes)


def _too_long(line: Line, name: str, max_bytes: int) -> InvalidRow:
    return InvalidRow(
        "The line has %(length)s bytes; the limit is %(limit)s.",
        name,
        line.number,
        remedy="Split it.",
        values={"length": line.length, "limit": max_bytes},
    )
