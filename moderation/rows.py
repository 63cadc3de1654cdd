"""Rows of CSV, of JSON Lines and of plain text, read one at a time, with their line numbers.

All files are UTF-8, with or without a byte order mark, and are read as a stream: no line longer
than the limit is kept in memory. An error names the file and the line and never quotes them. NUL
and lone surrogates are returned as they are: `moderation.text.validate`, which every caller applies
to the texts that it takes, refuses them. A raw NUL is not valid JSON, and is refused here.
"""

import codecs
import csv
import json
import re
from collections import deque
from collections.abc import Iterator, Mapping
from typing import IO, Any, NamedTuple, Self

from moderation.errors import InvalidInput

MAX_LINE_BYTES = 1 << 25
"""Bytes of the longest line that is read, unless the caller sets another limit: 32 MiB."""

_BLOCK = 1 << 20
_NOT_UTF8 = "Not UTF-8 at byte %(byte)s of the line."
_TO_UTF8 = "Convert the file to UTF-8."
_TOO_MANY_FIELDS = "The row has %(fields)s fields, and the header %(columns)s."
_ENDS_EARLY = "The row ends before the column `%(column)s`."
_QUOTE = "Put a text that holds the delimiter into quotation marks."
# Some old systems end lines with CR alone.
_CSV_LINE = re.compile(r"[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+")


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


class CSVFormat(NamedTuple):
    """The format of a CSV file.

    Parameters
    ----------
    delimiter : str
    quoted : bool
        Whether quotation marks around a field are syntax; otherwise they are text.
    strict : bool
        Whether misplaced quotation marks and fields beyond the header are errors.
    """

    delimiter: str = ","
    quoted: bool = True
    strict: bool = True


CSV = CSVFormat()


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


def read_csv(
    file: IO[bytes],
    name: str = "",
    *,
    columns: tuple[str, ...] = (),
    form: CSVFormat = CSV,
    max_bytes: int = MAX_LINE_BYTES,
) -> Iterator[Row]:
    """Yield the rows of a CSV file with a header; blank lines are skipped.

    Parameters
    ----------
    file : binary file
    name : str
        The file's name in errors.
    columns : tuple of str
        Columns that the header and every row must have; other columns are returned too, and are
        None where a row ends before them.
    form : CSVFormat
    max_bytes : int
        Bytes of the longest line, and characters of the longest row.

    Raises
    ------
    InvalidRow
    """
    for row in iter_csv(file, name, columns=columns, form=form, max_bytes=max_bytes):
        if isinstance(row, InvalidRow):
            raise row
        yield row


def iter_csv(
    file: IO[bytes],
    name: str = "",
    *,
    columns: tuple[str, ...] = (),
    form: CSVFormat = CSV,
    max_bytes: int = MAX_LINE_BYTES,
) -> Iterator[Row | InvalidRow]:
    """Yield the rows of a CSV file as `read_csv` does, and for each broken row its error.

    After a broken row, such as one with a quotation mark that nothing closes, reading goes on at
    its second line, so that the sound rows behind it are found.

    Raises
    ------
    InvalidRow
        If there is no header, or it lacks one of `columns`.
    """
    # The library's own limit, 128 KiB, is global to the process; it is only ever raised here.
    csv.field_size_limit(max(csv.field_size_limit(), max_bytes))
    lines = _CSVLines(_iter_decoded(file, name, max_bytes), name, max_bytes)
    reader = csv.reader(
        lines,
        delimiter=form.delimiter,
        quoting=csv.QUOTE_MINIMAL if form.quoted else csv.QUOTE_NONE,
        strict=form.strict,
    )
    header: list[str] | None = None
    while True:
        lines.begin()
        try:
            cells = next(reader)
        except StopIteration:
            break
        except (csv.Error, InvalidRow) as error:
            broken = lines.broken(error)
            if header is None:
                raise broken from None
            yield broken
            lines.go_back()
            continue
        if not cells:
            continue
        if header is None:
            header = cells
            _require_header(header, columns, name, lines.first)
            continue
        if form.strict and any(cells[len(header) :]):
            counts = {"fields": len(cells), "columns": len(header)}
            yield InvalidRow(_TOO_MANY_FIELDS, name, lines.first, remedy=_QUOTE, values=counts)
            continue
        absent = [column for column in columns if column in header[len(cells) :]]
        if absent:
            yield InvalidRow(_ENDS_EARLY, name, lines.first, values={"column": absent[0]})
            continue
        yield Row(
            lines.first,
            dict(zip(header, cells, strict=False)) | dict.fromkeys(header[len(cells) :]),
        )
    _require_header(header or [], columns, name, 1)


class _CSVLines:
    """The lines of a CSV file for the library's reader, and those of the row that it is reading.

    Attributes
    ----------
    first : int
        The first line of the row.
    """

    def __init__(self, lines: Iterator[str | InvalidRow], name: str, max_bytes: int) -> None:
        self._lines = lines
        self._name = name
        self._max_bytes = max_bytes
        self._again: deque[str | InvalidRow] = deque()
        self._row: list[str | InvalidRow] = []
        self._size = 0
        self._last = 0
        self.first = 1

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> str:
        line = self._again.popleft() if self._again else next(self._lines)
        self._row.append(line)
        self._last += 1
        if isinstance(line, InvalidRow):
            raise line
        self._size += len(line)
        if self._size > self._max_bytes:
            raise csv.Error("the row does not end")
        return line

    def begin(self) -> None:
        """Begin a row."""
        self._row.clear()
        self._size = 0
        self.first = self._last + 1

    def broken(self, error: csv.Error | InvalidRow) -> InvalidRow:
        """Return the error of the row."""
        if isinstance(error, InvalidRow) and len(self._row) == 1:
            return error
        # An error of a later line is met again when that line is read as a row of its own.
        problem = "the row does not end" if isinstance(error, InvalidRow) else error
        return InvalidRow(
            "Not CSV: %(problem)s.",
            self._name,
            self.first,
            remedy="Look for a quotation mark too many.",
            values={"problem": problem},
        )

    def go_back(self) -> None:
        """Go back to the second line of the row."""
        again = self._row[1:]
        self._again.extendleft(reversed(again))
        self._last -= len(again)


def _require_header(header: list[str], columns: tuple[str, ...], name: str, line: int) -> None:
    for column in columns:
        if column not in header:
            raise InvalidRow(
                "There is no column `%(column)s`.",
                name,
                line,
                remedy="Begin the file with a line that names its columns.",
                values={"column": column},
            )


def _decoded(file: IO[bytes], name: str, max_bytes: int) -> Iterator[tuple[int, str]]:
    for line in read_lines(file, max_bytes):
        yield line.number, _decode(line, name, max_bytes)


def _iter_decoded(file: IO[bytes], name: str, max_bytes: int) -> Iterator[str | InvalidRow]:
    """Yield the text of each line that CSV has, or the error of a line that cannot be read."""
    for line in read_lines(file, max_bytes):
        try:
            text = _decode(line, name, max_bytes)
        except InvalidRow as error:
            yield error
        else:
            yield from _CSV_LINE.findall(text) if "\r" in text else (text,)


def _decode(line: Line, name: str, max_bytes: int) -> str:
    if line.length > max_bytes:
        raise _too_long(line, name, max_bytes)
    data = line.data.removeprefix(codecs.BOM_UTF8) if line.number == 1 else line.data
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise InvalidRow(
            _NOT_UTF8, name, line.number, remedy=_TO_UTF8, values={"byte": error.start}
        ) from None


def _too_long(line: Line, name: str, max_bytes: int) -> InvalidRow:
    return InvalidRow(
        "The line has %(length)s bytes; the limit is %(limit)s.",
        name,
        line.number,
        remedy="Split it.",
        values={"length": line.length, "limit": max_bytes},
    )
