"""Files of comments that people upload: tables, JSON Lines, and lines of text.

A table may be separated by commas, semicolons, tabs or bars, and, like a text file, be in UTF-8, in
UTF-16 with its mark, or in Windows-1252, which contains Latin-1: spreadsheets save all of these.
"""

import codecs
import math
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from io import BytesIO
from pathlib import PurePath
from typing import Any, NamedTuple

from moderation.csv_rows import DELIMITERS, CSVFormat, read_csv
from moderation.errors import InvalidInput, ModerationError
from moderation.rows import Row, place, read_json_lines, read_text_lines
from moderation.service.intake import read_time
from moderation.text.display import unescape_formulas
from moderation.text.validate import check_text

MAX_UPLOADED = 50_000
"""Comments in one file. The setting `max_body_bytes`, which limits a request, may permit fewer."""
TIME_REMEDY = "Write it as 2026-03-01T10:00:00+07:00, or leave it out."
CONTEXT_FIELDS = ("author", "page", "title", "parent", "article")
WORKBOOKS = frozenset({".xlsx", ".xlsm", ".xls", ".ods", ".numbers"})
WORKBOOK_STARTS = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0")
"""The first bytes of workbooks, whatever a file is called."""
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


def read_upload(name: str, content: bytes) -> list[UploadedComment]:
    """Return the comments of a file.

    Parameters
    ----------
    name : str
        The file's name, whose ending is ``.csv`` or ``.tsv`` for a table with a column ``text``,
        ``.jsonl`` for objects with a field ``text``, or ``.txt`` for one comment on each line. The
        others may also have ``author``, ``page``, ``title``, ``parent``, ``article``, ``id``,
        ``flags`` and ``time``. Texts of the desk's own export of decisions are restored to what
        they were before a backslash was put before what could be a formula.
    content : bytes

    Raises
    ------
    InvalidInput
        If the content is not what the name tells; the error names the line.
    """
    suffix = PurePath(name).suffix.lower()
    if suffix in WORKBOOKS or content.startswith(WORKBOOK_STARTS):
        raise InvalidInput(
            "A spreadsheet’s own format, such as .xlsx, cannot be read here.",
            where="file",
            remedy="Open it in the spreadsheet, save it as CSV, and upload that file.",
        )
    reader = _READERS.get(suffix)
    if reader is None:
        raise InvalidInput(
            "The file’s name must end in .csv, .tsv, .jsonl or .txt.", where="file name"
        )
    comments: list[UploadedComment] = []
    for line, record in reader(content):
        if len(comments) == MAX_UPLOADED:
            raise InvalidInput(
                "The file has more than %(most)s comments.",
                where="file",
                remedy="Split it into several files.",
                values={"most": MAX_UPLOADED},
            )
        comments.append(_uploaded_comment(record, place("", line)))
    return comments


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


def _read_table(content: bytes) -> Iterator[Row]:
    content = as_utf8(content)
    # A line may be as long as the whole file, which the limit of a request has bounded already.
    for line, record in read_csv(
        BytesIO(content), columns=("text",), form=_TABLE, max_bytes=len(content)
    ):
        yield Row(line, _restored(record) if record.keys() >= EXPORTED else record)


def _read_text(content: bytes) -> Iterator[Row]:
    content = as_utf8(content)
    for line, text in read_text_lines(BytesIO(content), max_bytes=len(content)):
        yield Row(line, {"text": text})


_READERS: dict[str, Callable[[bytes], Iterator[Row]]] = {
    ".csv": _read_table,
    ".tsv": _read_table,
    ".jsonl": lambda content: read_json_lines(BytesIO(content), max_bytes=len(content)),
    ".txt": _read_text,
}


def _restored(record: Mapping[str, Any]) -> dict[str, Any]:
    """Return a row of the desk's export under an upload's names, with the texts as they were."""
    return {
        OF_EXPORT.get(name, name): unescape_formulas(value) if isinstance(value, str) else value
        for name, value in record.items()
    }


def _uploaded_comment(record: Mapping[str, Any], where: str) -> UploadedComment:
    text = record.get("text")
    if not isinstance(text, str):
        raise InvalidInput("The text is missing.", where=f"{where}, text")
    try:
        check_text(text)
    except ModerationError as error:
        raise InvalidInput(error.template, where=f"{where}, text", values=error.values) from None
    context = {name: _optional(record.get(name), f"{where}, {name}") for name in CONTEXT_FIELDS}
    external_id = record.get("id")
    return UploadedComment(
        text,
        external_id=None if external_id in (None, "") else str(external_id),
        flags=_flags(record.get("flags"), f"{where}, flags"),
        time=_time(record.get("time"), f"{where}, time"),
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
