"""Workbooks: a sheet is read as a table of text is, within limits, and its faults are placed."""

import zipfile
from collections.abc import Sequence
from datetime import UTC, date, datetime
from io import BytesIO
from typing import Any

import pytest
from openpyxl import Workbook

from moderation import workbooks
from moderation.desk.decisions.export import COLUMNS
from moderation.desk.intake.uploads import iter_upload, read_upload
from moderation.desk.web.i18n import translator
from moderation.desk.web.templates import words_for
from moderation.errors import InvalidInput

SHEET = "xl/worksheets/sheet1.xml"
BEGIN = b'<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>'
END = b"</sheetData></worksheet>"


def workbook(**sheets: Sequence[Sequence[Any]]) -> bytes:
    """Return a workbook of sheets by name."""
    book, file = Workbook(), BytesIO()
    book.remove(book.worksheets[0])
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(list(row))
    book.save(file)
    return file.getvalue()


def with_part(content: bytes, name: str, part: bytes, method: int = zipfile.ZIP_DEFLATED) -> bytes:
    """Return a workbook in which a part is another."""
    changed = BytesIO()
    with zipfile.ZipFile(BytesIO(content)) as old, zipfile.ZipFile(changed, "w", method) as new:
        for each in old.namelist():
            new.writestr(each, part if each == name else old.read(each))
    return changed.getvalue()


def test_cells_are_what_a_table_of_text_would_hold() -> None:
    written = datetime(2026, 3, 1, 10, 30, tzinfo=UTC)
    rows = [
        ("id", "text", "time", "flags", "author", "unknown"),
        (12, "Fine, «\xa0très\xa0» 😀", written.replace(tzinfo=None), 2, "Sok", "x"),
        (None,) * 6,
        (13.0, 2026, date(2026, 3, 2), None, None, None),
        ("c7", "last", "2026-03-01T10:00:00+07:00", "3", True, 0),
    ]
    read = read_upload("comments.XLSX", workbook(March=rows))
    assert (read[2].text, read[2].external_id, read[2].author) == ("last", "c7", "TRUE")
    assert [(each.external_id, each.text, each.flags, each.author) for each in read[:2]] == [
        ("12", "Fine, «\xa0très\xa0» 😀", 2, "Sok"),
        ("13", "2026", 0, None),
    ]
    assert [each.time for each in read] == [
        written,
        datetime(2026, 3, 2, tzinfo=UTC),
        datetime(2026, 3, 1, 3, tzinfo=UTC),
    ]


def test_a_formula_has_its_last_value_and_is_not_evaluated() -> None:
    cells = (
        b'<row r="1"><c r="A1" t="inlineStr"><is><t>text</t></is></c></row>'
        b'<row r="2"><c r="A2" t="str"><f>HYPERLINK("http://a.example")</f><v>seen</v></c></row>'
        b'<row r="3"><c r="A3"><f>1+1</f></c><c r="B3"><v>1</v></c></row>'
        b'<row r="4"><c r="A4" t="e"><f>1/0</f><v>#DIV/0!</v></c></row>'
    )
    content = with_part(workbook(a=[("text",)]), SHEET, BEGIN + cells + END)
    read, error = iter_upload("a.xlsx", content)
    assert getattr(read, "text", "") == "seen"
    assert isinstance(error, InvalidInput)
    assert (error.where, error.message) == (
        "sheet “a”, row 4, column A",
        "This cell holds an error of the spreadsheet, and no value.",
    )


def test_the_first_sheet_that_people_see_is_read_or_the_one_that_is_named() -> None:
    content = workbook(First=[("text",), ("one",)], Second=[("text",), ("two",)])
    assert [each.text for each in read_upload("a.xlsx", content)] == ["one"]
    assert [each.text for each in read_upload("a.xlsx", content, "Second")] == ["two"]
    with pytest.raises(InvalidInput) as told:
        read_upload("a.xlsx", content, "Third")
    assert "“First”, “Second”" in told.value.remedy
    book, hidden = Workbook(), BytesIO()
    book.worksheets[0].sheet_state = "hidden"
    seen = book.create_sheet("Seen")
    seen.append(["text"])
    seen.append(["seen"])
    book.save(hidden)
    assert [each.text for each in read_upload("a.xlsx", hidden.getvalue())] == ["seen"]


def test_a_fault_is_placed_by_sheet_row_and_column_and_the_other_rows_are_read() -> None:
    rows = [
        ("author", "text", "flags", "time"),
        ("Sok", "fine", 1, None),
        ("Dara", None, 1, None),
        ("Dara", "fine too", "many", None),
        ("Dara", "and this", None, "yesterday"),
        ("Mo", "last", None, None),
    ]
    read = list(iter_upload("a.xlsx", workbook(Mars=rows)))
    assert [getattr(each, "text", None) for each in read] == ["fine", None, None, None, "last"]
    errors = [each for each in read if isinstance(each, InvalidInput)]
    assert [error.where for error in errors] == [
        "sheet “Mars”, row 3, column B",
        "sheet “Mars”, row 4, column C",
        "sheet “Mars”, row 5, column D",
    ]
    assert words_for(errors[0], translator()).text == (
        "Sheet “Mars”, row 3, column B: The text is missing."
    )
    assert words_for(errors[0], translator("fr")).text.startswith("Feuille «\xa0Mars\xa0», ligne 3")


def test_a_sheet_without_the_column_says_so() -> None:
    with pytest.raises(InvalidInput) as told:
        read_upload("a.xlsx", workbook(March=[("body",), ("fine",)]))
    assert told.value.message == "There is no column `text`."
    assert told.value.where == "sheet “March”, row 1"


def test_the_desk_s_own_export_saved_as_a_workbook_is_restored() -> None:
    known = {"text": "\\=1+1", "author": "Sok", "external_id": "c7"}
    content = workbook(a=[COLUMNS, [known.get(column, "") for column in COLUMNS]])
    (comment,) = read_upload("a.xlsx", content)
    assert (comment.text, comment.external_id) == ("=1+1", "c7")


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.xlsx", b"PK\x03\x04\x14\x00"),
        ("renamed.csv", b"PK\x03\x04" + b"x" * 2_000),
        ("a.xlsx", b"text"),
        ("a.ods", b"PK\x03\x04\x14\x00"),
        ("old or with a password.xlsx", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"),
    ],
)
def test_what_is_no_workbook_is_refused_with_what_to_do(name: str, content: bytes) -> None:
    with pytest.raises(InvalidInput) as told:
        read_upload(name, content)
    assert "save it as .xlsx or as CSV" in told.value.remedy


@pytest.mark.parametrize(
    "part",
    [
        BEGIN + b" " * (workbooks.MAX_UNPACKED + 1) + END,
        BEGIN + b'<row r="1">' + b"<c/>" * (workbooks.MAX_COLUMNS + 1) + b"</row>" + END,
        BEGIN + b"<row/>" * (workbooks.MAX_ROWS + 1) + END,
        BEGIN + b'<row r="1048576"/>' + END,
        BEGIN + b"<x>" * 10 + b"<y/>" * (workbooks.MAX_IN_ONE + 1),
        b'<!DOCTYPE a [<!ENTITY b "c">]>' + BEGIN + END,
    ],
    ids=["bytes", "cells", "rows", "a far row", "elements", "entities"],
)
def test_a_workbook_that_unpacks_to_very_much_is_refused(part: bytes) -> None:
    content = with_part(workbook(a=[("text",), ("fine",)]), SHEET, part)
    assert len(content) < 1 << 20
    with pytest.raises(InvalidInput, match="holds too much"):
        read_upload("a.xlsx", content)


def test_parts_packed_in_another_way_are_refused() -> None:
    content = workbook(a=[("text",), ("fine",)])
    with pytest.raises(InvalidInput, match="holds too much"):
        read_upload("a.xlsx", with_part(content, "", b"", zipfile.ZIP_LZMA))


def test_a_workbook_with_a_picture_is_read() -> None:
    content = BytesIO(workbook(a=[("text",), ("fine",)]))
    with zipfile.ZipFile(content, "a") as archive:
        archive.writestr("xl/media/image1.png", b"\x89PNG\r\n" + b"\0" * 100)
    assert [each.text for each in read_upload("a.xlsx", content.getvalue())] == ["fine"]


def test_a_sheet_that_breaks_off_is_a_fault_of_the_file() -> None:
    content = with_part(workbook(a=[("text",)]), SHEET, BEGIN + b"<row><c")
    with pytest.raises(InvalidInput, match="damaged"):
        read_upload("a.xlsx", content)
