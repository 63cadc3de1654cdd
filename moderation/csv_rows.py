"""Rows of CSV, read one at a time, with the numbers of their lines.

Files are read as `moderation.rows` reads all lines: as a stream of UTF-8, with errors that name the
file and the line and never quote them.
"""

import csv
import re
from collections import deque
from collections.abc import Collection, Iterator
from itertools import islice
from typing import IO, NamedTuple, Self

from moderation.rows import MAX_LINE_BYTES, InvalidRow, Row, read_lines, text_row

DELIMITERS = ",;\t|"
"""The delimiters that spreadsheets and databases write."""

_LOOKED_AT = 5
"""Rows by which a table is recognised."""
_TOO_MANY_FIELDS = "The row has %(fields)s fields, and the header %(columns)s."
_ENDS_EARLY = "The row ends before the column `%(column)s`."
_QUOTE = "Put a text that holds the delimiter into quotation marks."
# Some old systems end lines with CR alone.
_CSV_LINE = re.compile(r"[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+")


class CSVFormat(NamedTuple):
    """The format of a CSV file.

    Parameters
    ----------
    delimiter : str
        One character, or several, of which the header is separated by one.
    quoted : bool
        Whether quotation marks around a field are syntax; otherwise they are text.
    strict : bool
        Whether misplaced quotation marks and fields beyond the header are errors.
    """

    delimiter: str = ","
    quoted: bool = True
    strict: bool = True


CSV = CSVFormat()


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
        delimiter=delimiter_of(lines.header(), columns, form.delimiter),
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


def delimiter_of(start: str, columns: Collection[str] = (), candidates: str = DELIMITERS) -> str:
    """Return the delimiter of CSV: the one by which the header has most of the columns.

    Of several, it is the one by which the header has most names at all, and the first of those.

    Parameters
    ----------
    start : str
        A text that begins with the header.
    columns : collection of str
        Names that are looked for.
    candidates : str
        The delimiters to choose from.
    """

    def found(delimiter: str) -> tuple[int, int]:
        names = split_header(start, delimiter)
        return len(set(columns).intersection(names)), len(names)

    return max(candidates, key=found)


def split_header(start: str, delimiter: str) -> list[str]:
    """Return the names in the header with which a text begins, none if it is no CSV."""
    try:
        return next(_split(start, delimiter), [])
    except csv.Error:
        return []


def is_table(start: str) -> bool:
    """Tell whether a text looks like CSV whatever its columns are called.

    It begins with a header of several names, each once and without blanks around it, and at least
    two rows after it have as many fields as it has names.
    """
    delimiter = delimiter_of(start)
    try:
        header, *rows = islice(_split(start, delimiter, strict=True), _LOOKED_AT)
    except (csv.Error, ValueError):
        return False
    names = {name for name in header if name and name == name.strip()}
    return (
        len(header) == len(names) > 1
        and len(rows) > 1
        and all(len(row) == len(header) for row in rows)
    )


def _split(start: str, delimiter: str, *, strict: bool = False) -> Iterator[list[str]]:
    """Yield the rows of a text that are not blank; the last may be cut off."""
    lines = (match[0] for match in _CSV_LINE.finditer(start))
    return filter(None, csv.reader(lines, delimiter=delimiter, strict=strict))


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

    def header(self) -> str:
        """Return the first line that is not blank before any is read; it is still to be read."""
        for line in self._lines:
            self._again.append(line)
            if isinstance(line, InvalidRow):
                break
            if line.strip("\r\n"):
                return line
        return ""

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
            remedy="Look for an extra quotation mark.",
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


def _iter_decoded(file: IO[bytes], name: str, max_bytes: int) -> Iterator[str | InvalidRow]:
    """Yield the text of each line that CSV has, or the error of a line that cannot be read."""
    for line in read_lines(file, max_bytes):
        try:
            text = text_row(line, name, max_bytes)
        except InvalidRow as error:
            yield error
        else:
            yield from _CSV_LINE.findall(text) if "\r" in text else (text,)
