"""Files of comments, as spreadsheets and people save them."""

import csv
import io

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from moderation.desk.decisions.export import BYTE_ORDER_MARK, COLUMNS
from moderation.desk.intake.uploads import EXPORTED, as_utf8, read_upload
from moderation.errors import InvalidInput
from moderation.text.display import escape_formulas

SIGNS = ",;|\t\r\n\"'\\ =+-@＝\xa0\u200bab1"
TEXTS = st.text(st.sampled_from(SIGNS), max_size=30)


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
@pytest.mark.parametrize("name", ["comments.csv", "COMMENTS.TSV"])
def test_a_table_is_read_whatever_separates_its_columns(name: str, separator: str) -> None:
    rows = [("author", "text"), ("Sok", "one, two; three | four\tfive"), ("Dara", 'so "said"')]
    file = io.StringIO(newline="")
    csv.writer(file, delimiter=separator).writerows(rows)
    comments = read_upload(name, file.getvalue().encode())
    assert [(each.author, each.text) for each in comments] == rows[1:]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252", "latin-1"])
@pytest.mark.parametrize("name", ["x.csv", "x.txt"])
def test_an_accent_survives_however_the_file_was_saved(name: str, encoding: str) -> None:
    lines = ["text", "À bientôt, cœur" if encoding != "latin-1" else "À bientôt", "« très » bien"]
    content = "\r\n".join(line.replace(",", "") for line in lines).encode(encoding)
    texts = [each.text for each in read_upload(name, content)]
    assert texts[-2:] == [line.replace(",", "") for line in lines[1:]]


def test_a_damaged_file_in_utf_8_is_not_taken_for_windows_1252() -> None:
    content = "text\nÀ bientôt\ncafé\n".encode() + b"caf\xc3\n"
    assert as_utf8(content) == content
    with pytest.raises(InvalidInput) as told:
        read_upload("x.csv", content)
    assert told.value.where == "line 4"


def test_an_error_names_the_row_of_a_table_with_semicolons() -> None:
    with pytest.raises(InvalidInput) as told:
        read_upload("x.csv", b"text;flags\nfine;1\nfine;many\n")
    assert told.value.where == "line 3, flags"


def test_the_columns_that_an_upload_looks_for_are_those_of_the_export() -> None:
    assert set(COLUMNS) >= EXPORTED


@settings(max_examples=150, deadline=None)
@given(st.lists(st.tuples(TEXTS, TEXTS), min_size=1, max_size=3), st.sampled_from(",;\t|"))
def test_an_export_is_read_back_as_it_was_also_when_saved_again_with_another_separator(
    rows: list[tuple[str, str]], separator: str
) -> None:
    file = io.StringIO(newline="")
    table = csv.writer(file, delimiter=separator)
    table.writerow(COLUMNS)
    for text, author in rows:
        known = {"text": f"a{text}b", "author": author, "external_id": "=7"}
        cells = [escape_formulas(known.get(column, "")) for column in COLUMNS]
        table.writerow(cells)
    comments = read_upload("decisions.csv", (BYTE_ORDER_MARK + file.getvalue()).encode())
    assert [(each.text, each.author, each.external_id) for each in comments] == [
        (f"a{text}b", author or None, "=7") for text, author in rows
    ]


def test_a_table_of_others_keeps_its_backslashes() -> None:
    (comment,) = read_upload("x.csv", b"text\n\\=1+1\n")
    assert comment.text == "\\=1+1"
