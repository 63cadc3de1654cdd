"""An export opens in any spreadsheet, becomes no formula, and can be read back."""

import csv
import io
import re
import unicodedata
from collections.abc import Iterator

from hypothesis import given, settings
from hypothesis import strategies as st

from moderation.text.display import FORMULA, escape_formulas, unescape_formulas

# What splits, what quotes, what begins a formula, what hides, and plain letters.
SIGNS = ",;|\t\r\n\"'`\\ \xa0\u200b\u2028\ufeff=+-@＝＋－＠ab1"
TEXTS = st.text(st.sampled_from(SIGNS), max_size=40) | st.text(max_size=40)
ROWS = st.lists(TEXTS, min_size=1, max_size=4)


def fields(content: str) -> Iterator[str]:
    """Yield what a spreadsheet may take for a cell, whatever it is told to split and unquote at."""
    for separator in ",;|\t":
        for quote in ('"', "'", None):
            lines = io.StringIO(content, newline="")
            if quote:
                rows = csv.reader(lines, delimiter=separator, quotechar=quote)
            else:
                rows = csv.reader(lines, delimiter=separator, quoting=csv.QUOTE_NONE)
            for row in rows:
                yield from row
    yield from re.split(r"[,;|\t\r\n]", content)


def begins_formula(cell: str) -> bool:
    bare = cell.lstrip("\"'`")
    while bare and (bare[0].isspace() or unicodedata.category(bare[0]) in {"Cc", "Cf"}):
        bare = bare[1:].lstrip("\"'`")
    return bare.startswith(tuple(FORMULA))


@settings(max_examples=200, deadline=None)
@given(ROWS)
def test_no_way_to_split_a_line_makes_a_formula(row: list[str]) -> None:
    line = io.StringIO(newline="")
    csv.writer(line).writerow([escape_formulas(cell) for cell in row])
    assert [cell for cell in fields(line.getvalue()) if begins_formula(cell)] == []


@settings(max_examples=200, deadline=None)
@given(TEXTS)
def test_what_was_disarmed_can_be_had_back(text: str) -> None:
    assert unescape_formulas(escape_formulas(text)) == text


def test_plain_sentences_stay_as_they_are() -> None:
    for text in ("Yes - no; and 1+1 = 2.", "a@b.example, a-b", "(-5)", ""):
        assert escape_formulas(text) == text
