"""Files of comments that people upload: tables, workbooks, JSON Lines, and lines of text.

A table may be separated by commas, semicolons, tabs or bars, and, like a text file, be in UTF-8, in
UTF-16 with its mark, or in Windows-1252, which contains Latin-1: spreadsheets save all of these.
"""

import codecs
import math
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from functools import partial
from io import BytesIO
from pathlib import PurePath
from typing import Any, NamedTuple

from moderation.csv_rows import DELIMITERS, CSVFormat, iter_csv
from moderation.errors import InvalidInput, ModerationError
from moderation.rows import InvalidRow, json_row, place, read_lines, text_row
from moderation.service.intake import read_time
from moderation.text.display import unescape_formulas
from moderation.text.validate import check_text
from moderation.workbooks import START, read_workbook

MAX_UPLOADED = 50_000
"""Comments in one file. The setting `max_body_bytes`, which limits a request, may permit fewer."""
TIME_REMEDY = "Write it as 2026-03-01T10:00:00+07:00, or leave it out."
CONTEXT_FIELDS = ("author", "page", "title", "parent", "article")
FIELDS = frozenset({"text", "id", "flags", "time", *CONTEXT_FIELDS})
WORKBOOK = ".xlsx"
OTHER_WORKBOOKS = frozenset({".xlsm", ".xls", ".ods", ".numbers"})
OLD_START = b"\xd0\xcf\x11\xe0"
"""The first bytes of a workbook before .xlsx, or of one with a password, whatever it is called."""
OF_EXPORT = {"external_id": "id", "received": "time"}
"""Columns of the desk's own export, and the fields of an upload that they are."""
EXPORTED = frozenset({"comment", "text", "outcome", "decided_by", "decided", *OF_EXPORT})
"""Columns by which the desk's own export of decisions is recognised."""

_TABLE = CSVFormat(delimiter=DELIMITERS)


class UploadedComment(NamedTuple):
    """A comment of an uploaded file."""

    text: str
    external_id: str | None = None
    page: str | None = None
    title: str | None = None
    author: str | None = None
    parent: str | None = None
    article: str | None = None
    flags: int = 0
    time: datetime | None = None


def read_upload(name: str, content: bytes, sheet: str = "") -> list[UploadedComment]:
    """Return the comments of a file, all of which must be sound; see `iter_upload`.

    Raises
    ------
    InvalidInput
        If the content is not what the name tells; the error names the line.
    """
    comments: list[UploadedComment] = []
    for each in iter_upload(name, content, sheet):
        if isinstance(each, InvalidInput):
            raise each
        comments.append(each)
    return comments


def check_upload(name: str, content: bytes) -> None:
    """Check what can be seen of a file at once: its kind, and the columns of a table of text.

    Raises
    ------
    InvalidInput
    """
    # A generator has read nothing of a workbook, which takes longer, before its first row.
    rows = _reader(name, content, "")
    if PurePath(name).suffix.lower() in _READERS and not content.startswith(START):
        next(rows, None)


def iter_upload(
    name: str, content: bytes, sheet: str = ""
) -> Iterator[UploadedComment | InvalidInput]:
    """Yield the comments of a file, and in place of one that is not sound its error.

    Parameters
    ----------
    name : str
        The file's name, whose ending is ``.csv`` or ``.tsv`` for a table with a column ``text``,
        ``.xlsx`` for a workbook with such a table, ``.jsonl`` for objects with a field ``text``, or
        ``.txt`` for one comment on each line. The others may also have ``author``, ``page``,
        ``title``, ``parent``, ``article``, ``id``, ``flags`` and ``time``. Texts of the desk's own
        export of decisions are restored to what they were before a backslash was put before what
        could be a formula.
    content : bytes
    sheet : str
        The name of a workbook's sheet; blank for the first one.

    Raises
    ------
    InvalidInput
        If it is no such file, or has too many comments.
    """
    rows = _reader(name, content, sheet)
    for number, each in enumerate(rows, start=1):
        if number > MAX_UPLOADED:
            raise InvalidInput(
                "The file has more than %(most)s comments.",
                where="file",
                remedy="Split it into several files.",
                values={"most": MAX_UPLOADED},
            )
        if isinstance(each, InvalidInput):
            yield each
            continue
        try:
            yield _uploaded_comment(each)
        except InvalidInput as error:
            yield error


def as_utf8(content: bytes) -> bytes:
    """Return a text in UTF-8, whatever a spreadsheet saved it in.

    What is not UTF-8 is Windows-1252, unless at least half of what is beyond ASCII is valid UTF-8:
    that is a damaged file, which is returned as it is, so that its reader names the damaged line.
    """
    if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        encoding = "utf-16"
    else:
        text = content.decode("utf-8", "surrogateescape")
        beyond_ascii = sum(character > "\x7f" for character in text)
        damaged = sum("\udc80" <= character <= "\udcff" for character in text)
        if beyond_ascii >= 2 * damaged:
            return content
        encoding = "cp1252"
    try:
        return content.decode(encoding).encode()
    except UnicodeError:
        return content


class _Record(NamedTuple):
    """A row of a file, and the function that tells the place of a field in it."""

    place_of: Callable[[str], str]
    fields: Mapping[str, Any]


Records = Iterator[_Record | InvalidInput]


def _reader(name: str, content: bytes, sheet: str) -> Records:
    suffix = PurePath(name).suffix.lower()
    if suffix in OTHER_WORKBOOKS or content.startswith(OLD_START):
        raise InvalidInput(
            "A spreadsheet’s own format other than .xlsx, or one with a password, cannot be read "
            "here.",
            where="file",
            remedy="Open it in the spreadsheet, save it as .xlsx or as CSV, and upload that file.",
        )
    if suffix == WORKBOOK or content.startswith(START):
        return _read_workbook(content, sheet)
    reader = _READERS.get(suffix)
    if reader is None:
        raise InvalidInput(
            "The file’s name must end in .csv, .tsv, .xlsx, .jsonl or .txt.", where="file name"
        )
    return reader(content)


def _read_table(content: bytes) -> Records:
    content = as_utf8(content)
    # A line may be as long as the whole file, which the limit of a request has bounded already.
    for row in iter_csv(BytesIO(content), columns=("text",), form=_TABLE, max_bytes=len(content)):
        if isinstance(row, InvalidRow):
            yield row
        else:
            yield _Record(partial(_place, row.line), _restored(row.values))


def _read_workbook(content: bytes, sheet: str) -> Records:
    for row in read_workbook(content, sheet, "text"):
        if row.wrong in FIELDS:
            yield InvalidInput(
                "This cell holds an error of the spreadsheet, and no value.",
                where=row.places.of(row.wrong),
            )
        else:
            yield _Record(row.places.of, _restored(row.fields))


def _read_json(content: bytes) -> Records:
    for line in read_lines(BytesIO(content), len(content)):
        if line.data.strip():
            try:
                record = json_row(line, max_bytes=len(content))
            except InvalidRow as error:
                yield error
            else:
                yield _Record(partial(_place, line.number), record)


def _read_text(content: bytes) -> Records:
    content = as_utf8(content)
    for line in read_lines(BytesIO(content), len(content)):
        try:
            text = text_row(line, max_bytes=len(content))
        except InvalidRow as error:
            yield error
        else:
            if text.strip():
                yield _Record(partial(_place, line.number), {"text": text.rstrip("\r\n")})


_READERS: dict[str, Callable[[bytes], Records]] = {
    ".csv": _read_table,
    ".tsv": _read_table,
    ".jsonl": _read_json,
    ".txt": _read_text,
}
SUFFIXES = (*_READERS, WORKBOOK)
"""The endings of the names of files that can be uploaded."""


def _place(line: int, field: str) -> str:
    return f"{place('', line)}, {field}"


def _restored(record: Mapping[str, Any]) -> dict[str, Any]:
    """Return a row; one of the desk's export under an upload's names, with its texts restored."""
    if not record.keys() >= EXPORTED:
        return dict(record)
    return {
        OF_EXPORT.get(name, name): unescape_formulas(value) if isinstance(value, str) else value
        for name, value in record.items()
    }


def _uploaded_comment(row: _Record) -> UploadedComment:
    record, place_of = row.fields, row.place_of
    text = record.get("text")
    if not isinstance(text, str):
        raise InvalidInput("The text is missing.", where=place_of("text"))
    try:
        check_text(text)
    except ModerationError as error:
        raise InvalidInput(error.template, where=place_of("text"), values=error.values) from None
    context = {name: _optional(record.get(name), place_of(name)) for name in CONTEXT_FIELDS}
    external_id = record.get("id")
    return UploadedComment(
        text,
        external_id=None if external_id in (None, "") else str(external_id),
        flags=_flags(record.get("flags"), place_of("flags")),
        time=_time(record.get("time"), place_of("time")),
        **context,
    )


def _optional(value: object, where: str) -> str | None:
    if value is None or isinstance(value, str):
        return value or None
    raise InvalidInput("This must be text.", where=where)


def _flags(value: object, where: str) -> int:
    try:
        number = float(str(value or 0))
    except ValueError:
        number = math.nan
    if not 0 <= number < 2**31:
        raise InvalidInput("The number of flags must be a number, 0 or more.", where=where)
    return int(number)


def _time(value: object, where: str) -> datetime | None:
    if value in (None, ""):
        return None
    try:
        return read_time(str(value))
    except ValueError:
        raise InvalidInput(
            "This is not an ISO 8601 time from 1970 to today.", where=where, remedy=TIME_REMEDY
        ) from None
