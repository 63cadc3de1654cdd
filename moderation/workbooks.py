"""Workbooks (.xlsx): the rows of one sheet, read within limits of memory and time.

A workbook is a ZIP archive of XML files. A small archive can hold very much, so that all its XML is
first counted as a stream: its bytes, its elements and its rows. Formulas are not evaluated: a cell
with one has the value that the spreadsheet computed last.
"""

import warnings
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import closing, suppress
from datetime import date, datetime
from io import BytesIO
from typing import Any, NamedTuple
from xml.parsers import expat

from openpyxl import load_workbook
from openpyxl.utils import get_column_letter

from moderation.errors import InvalidInput

START = b"PK\x03\x04"
"""The first bytes of a workbook, whatever a file is called."""
MAX_UNPACKED = 64 << 20
"""Most bytes in a workbook, unpacked."""
MAX_ELEMENTS = 2_000_000
"""Most elements of XML in a workbook; a cell has two or three."""
MAX_IN_ONE = 200_000
"""Most elements in one row, or in one text, of which the library holds all at a time."""
MAX_ROWS = 200_000
MAX_COLUMNS = 256
MAX_NAMES = 20
"""Names of sheets in an error."""
_BLOCK = 1 << 16
_HELD_WHOLE = frozenset({"row", "si"})
_METHODS = frozenset({zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED})

# Of styles and dates that are not as the library expects; it reads the values all the same.
warnings.filterwarnings("ignore", module=r"openpyxl\b")


class Places(NamedTuple):
    """The places of a row's fields, for errors."""

    sheet: str
    row: int
    columns: Mapping[str, str]
    """The letter of a column by its field."""

    def of(self, field: str = "") -> str:
        """Return the place of a field, or of the row."""
        column = f", column {self.columns[field]}" if field in self.columns else ""
        return f"sheet “{self.sheet}”, row {self.row}{column}"


class WorkbookRow(NamedTuple):
    """A row of a sheet that is not blank, by the names in the sheet's first row."""

    places: Places
    fields: dict[str, str | None]
    wrong: str
    """A field whose cell holds an error of the spreadsheet; blank if none does."""


class _TooLarge(Exception):
    """A workbook is over a limit."""


def read_workbook(content: bytes, sheet: str, column: str) -> Iterator[WorkbookRow]:
    """Yield the rows of a sheet after the one that names the columns.

    Parameters
    ----------
    content : bytes
    sheet : str
        The name of the sheet; blank for the first one that is not hidden.
    column : str
        A column that the sheet must have.

    Raises
    ------
    InvalidInput
        If it is no workbook, is too large, or lacks the sheet or the column.
    """
    try:
        _check_limits(content)
        workbook = load_workbook(BytesIO(content), read_only=True, data_only=True, keep_links=False)
    except _TooLarge:
        raise InvalidInput(
            "The workbook holds too much to be read here.",
            where="file",
            remedy="Save the sheet as CSV, or split it into several files.",
        ) from None
    except Exception:  # noqa: BLE001  # the library does not say what it raises of a damaged file
        raise InvalidInput(
            "This is not a workbook (.xlsx) that can be read: it is damaged, or protected by a "
            "password.",
            where="file",
            remedy="Open it in the spreadsheet, save it as .xlsx or as CSV, and upload that file.",
        ) from None
    with closing(workbook):
        chosen = _choose(workbook, sheet)
        # A sheet may claim to be smaller than it is.
        chosen.reset_dimensions()
        try:
            yield from _rows(chosen, column)
        except InvalidInput:
            raise
        except Exception:  # noqa: BLE001  # as above
            raise InvalidInput(
                "The sheet cannot be read; it is damaged.",
                where=Places(chosen.title, 1, {}).of(),
                remedy="Open it in the spreadsheet, save it as CSV, and upload that file.",
            ) from None


def _choose(workbook: Any, name: str) -> Any:
    """Return the sheet with a name, or the first that people see."""
    sheets = workbook.worksheets
    if name:
        found = [sheet for sheet in sheets if sheet.title == name]
    else:
        found = [sheet for sheet in sheets if sheet.sheet_state == "visible"] or sheets
    if not found:
        names = ", ".join(f"“{sheet.title}”" for sheet in sheets[:MAX_NAMES])
        raise InvalidInput(
            "The workbook has no sheet with this name.",
            where="sheet",
            remedy="Its sheets are: %(names)s.",
            values={"names": names},
        )
    return found[0]


def _rows(sheet: Any, column: str) -> Iterator[WorkbookRow]:
    header = next(sheet.iter_rows(max_row=1, max_col=MAX_COLUMNS, values_only=True), ())
    names = {
        position: str(name).strip()
        for position, name in enumerate(header)
        if name is not None and str(name).strip()
    }
    letters = {name: get_column_letter(position + 1) for position, name in names.items()}
    if column not in letters:
        raise InvalidInput(
            "There is no column `%(column)s`.",
            where=Places(sheet.title, 1, {}).of(),
            remedy="Begin the sheet with a row that names its columns, or choose another sheet.",
            values={"column": column},
        )
    width = max(names) + 1
    for number, cells in enumerate(sheet.iter_rows(min_row=2, max_col=width), start=2):
        fields = {
            name: _as_text(cells[position].value) if position < len(cells) else None
            for position, name in names.items()
        }
        if any(fields.values()):
            wrong = next(
                (
                    name
                    for position, name in names.items()
                    if position < len(cells) and getattr(cells[position], "data_type", "") == "e"
                ),
                "",
            )
            yield WorkbookRow(Places(sheet.title, number, letters), fields, wrong)


def _as_text(value: object) -> str | None:
    """Return the value of a cell as a table of text would have it."""
    if value is None:
        return None
    if isinstance(value, bool):
        return str(value).upper()
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)


def _check_limits(content: bytes) -> None:
    """Count the XML of a workbook without keeping it."""
    with zipfile.ZipFile(BytesIO(content)) as archive:
        parts = archive.infolist()
        # Of a part no more is read than its size says here.
        if sum(part.file_size for part in parts) > MAX_UNPACKED:
            raise _TooLarge
        if any(part.compress_type not in _METHODS for part in parts):
            raise _TooLarge
        counter = _Counter()
        for part in parts:
            with archive.open(part) as stream, suppress(expat.ExpatError):
                # A part that is no XML, such as a picture, ends at once; what the library would
                # have read of it before the error is counted too.
                counter.count(stream)


class _Counter:
    """Counts the elements of XML files, and stops at a limit, or at a document type."""

    def __init__(self) -> None:
        self._total = self._in_one = self._cells = self._rows = 0

    def count(self, stream: Any) -> None:
        parser = expat.ParserCreate(namespace_separator=" ")
        parser.StartElementHandler = self._start
        # Workbooks have none; entities, which one can define, could stand for very much.
        parser.StartDoctypeDeclHandler = self._refuse
        while block := stream.read(_BLOCK):
            parser.Parse(block, False)  # noqa: FBT003  # it takes no keywords
        parser.Parse(b"", True)  # noqa: FBT003  # likewise

    def _start(self, name: str, attributes: Mapping[str, str]) -> None:
        name = name.rpartition(" ")[2]
        self._total += 1
        self._in_one += 1
        if name in _HELD_WHOLE:
            self._in_one = self._cells = 0
        if name == "c":
            self._cells += 1
        elif name == "row":
            self._rows += 1
            # Rows that are left out are gone through one by one.
            if int(attributes.get("r", 0)) > MAX_ROWS:
                raise _TooLarge
        if (
            self._total > MAX_ELEMENTS
            or self._in_one > MAX_IN_ONE
            or self._cells > MAX_COLUMNS
            or self._rows > MAX_ROWS
        ):
            raise _TooLarge

    def _refuse(self, *_: object) -> None:
        raise _TooLarge
