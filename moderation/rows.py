"""Rows of CSV, of JSON Lines and of plain lines of text, one at a time, each with its line.

All such files are UTF-8, with or without a byte order mark, and are read as a stream: no line is
held that is longer than the limit. An error names file and line and never quotes them. What no text
has, NUL and lone surrogates, is passed on as it is, and is for `moderation.text.validate` to
refuse, which every caller asks for the texts it takes; raw NUL is no JSON, and is refused here.
"""

import codecs
import csv
import json
import re
from collections.abc import Iterator, Mapping
from typing import IO, Any, NamedTuple

from moderation.errors import InvalidInput

LONGEST = 1 << 25
"""Bytes of the longest line that is read, unless the caller says otherwise: 32 MiB."""

_BLOCK = 1 << 20
_NOT_UTF8 = "Not UTF-8 at byte %(byte)s of the line."
_TO_UTF8 = "Convert the file to UTF-8."
# Some old systems end lines with CR alone.
_CSV_LINE = re.compile(r"[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+")


class InvalidRow(InvalidInput):
    """A line of a file is not what the file should hold.

    Parameters
    ----------
    message : str
    name : str
        The file; empty where there is one file that needs no name.
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
        With its end; of a line that is too long, the beginning.
    length : int
        Its whole length in bytes.
    """

    number: int
    data: bytes
    length: int


class CSVFormat(NamedTuple):
    """The form of a CSV file.

    Parameters
    ----------
    delimiter : str
    quoted : bool
        Whether quotation marks around a field are syntax; if not, they are text.
    strict : bool
        Whether misplaced quotation marks and fields beyond the header are errors.
    """

    delimiter: str = ","
    quoted: bool = True
    strict: bool = True


CSV = CSVFormat()


class Row(NamedTuple):
    """A row of a table: the line on which it begins, and its values by their columns."""

    line: int
    values: dict[str, Any]


def place(name: str, line: int) -> str:
    """Return the place of a line for an error: ``name:line``, or ``line 3`` without a name."""
    return f"{name}:{line}" if name else f"line {line}"


def read_lines(file: IO[bytes], longest: int = LONGEST) -> Iterator[Line]:
    """Yield the lines of a file; one longer than `longest` comes cut, and its `length` says so."""
    number = 0
    while data := file.readline(longest + 1):
        number += 1
        length, rest = len(data), data
        while len(data) > longest and rest and not rest.endswith(b"\n"):
            rest = file.readline(_BLOCK)
            length += len(rest)
        yield Line(number, data, length)


def read_text_lines(
    file: IO[bytes], name: str = "", longest: int = LONGEST
) -> Iterator[tuple[int, str]]:
    """Yield number and text of the lines that are not blank, without their ends.

    Raises
    ------
    InvalidRow
        If a line is too long or not UTF-8.
    """
    for number, text in _decoded(file, name, longest):
        if text.strip():
            yield number, text.rstrip("\r\n")


def read_json_lines(file: IO[bytes], name: str = "", longest: int = LONGEST) -> Iterator[Row]:
    """Yield the objects of a JSON Lines file; blank lines are passed over.

    Raises
    ------
    InvalidRow
        If a line is too long, or no JSON object.
    """
    for line in read_lines(file, longest):
        if line.data.strip():
            yield Row(line.number, json_row(line, name, longest))


def json_row(line: Line, name: str = "", longest: int = LONGEST) -> dict[str, Any]:
    """Return the JSON object on one line.

    Raises
    ------
    InvalidRow
    """
    if line.length > longest:
        raise _too_long(line, name, longest)
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
        # A lone surrogate may be escaped in JSON; written out it is treated alike.
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
    longest: int = LONGEST,
) -> Iterator[Row]:
    """Yield the rows of a CSV file with a header; blank lines are passed over.

    Parameters
    ----------
    file : binary file
    name : str
        The file's name in errors.
    columns : tuple of str
        Columns that the header and every row must have; others are passed on too, and are None
        where a row ends before them.
    form : CSVFormat
    longest : int
        Bytes of the longest line, and characters of the longest field.

    Raises
    ------
    InvalidRow
    """
    # The library's own limit, 128 KiB, holds for the whole process, whoever set it.
    csv.field_size_limit(max(csv.field_size_limit(), longest))
    reader = csv.reader(
        (
            piece
            for _, text in _decoded(file, name, longest)
            for piece in (_CSV_LINE.findall(text) if "\r" in text else (text,))
        ),
        delimiter=form.delimiter,
        quoting=csv.QUOTE_MINIMAL if form.quoted else csv.QUOTE_NONE,
        strict=form.strict,
    )
    header: list[str] | None = None
    while True:
        line = reader.line_num + 1
        try:
            cells = next(reader)
        except StopIteration:
            break
        except csv.Error as error:
            raise InvalidRow(
                "Not CSV: %(problem)s.",
                name,
                line,
                remedy="Look for a quotation mark too many.",
                values={"problem": error},
            ) from None
        if not cells:
            continue
        if header is None:
            header = cells
            _require_header(header, columns, name, line)
            continue
        if form.strict and any(cells[len(header) :]):
            raise InvalidRow(
                "The row has %(fields)s fields, and the header %(columns)s.",
                name,
                line,
                remedy="Put a text that holds the delimiter into quotation marks.",
                values={"fields": len(cells), "columns": len(header)},
            )
        values: dict[str, Any] = dict(zip(header, cells, strict=False))
        if len(cells) < len(header):
            absent = [column for column in columns if column not in values]
            if absent:
                raise InvalidRow(
                    "The row ends before the column `%(column)s`.",
                    name,
                    line,
                    values={"column": absent[0]},
                )
            values |= dict.fromkeys(header[len(cells) :])
        yield Row(line, values)
    _require_header(header or [], columns, name, 1)


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


def _decoded(file: IO[bytes], name: str, longest: int) -> Iterator[tuple[int, str]]:
    for line in read_lines(file, longest):
        if line.length > longest:
            raise _too_long(line, name, longest)
        data = line.data.removeprefix(codecs.BOM_UTF8) if line.number == 1 else line.data
        try:
            yield line.number, data.decode("utf-8")
        except UnicodeDecodeError as error:
            raise InvalidRow(
                _NOT_UTF8, name, line.number, remedy=_TO_UTF8, values={"byte": error.start}
            ) from None


def _too_long(line: Line, name: str, longest: int) -> InvalidRow:
    return InvalidRow(
        "The line has %(length)s bytes; the limit is %(limit)s.",
        name,
        line.number,
        remedy="Split it.",
        values={"length": line.length, "limit": longest},
    )
