"""CSV, JSON Lines and lines of text: each row with its line, each error with its place."""

import tracemalloc
from collections.abc import Callable, Iterator
from io import BytesIO
from pathlib import Path
from typing import IO, Any

import pytest

from moderation.corpora.corpus import read_rows
from moderation.csv_rows import DELIMITERS, CSVFormat, delimiter_of, read_csv
from moderation.desk.intake.uploads import read_upload
from moderation.errors import InvalidInput, ModerationError
from moderation.evaluation.tables import read_table
from moderation.labels.records import Example, read_records
from moderation.rows import (
    InvalidRow,
    Line,
    Row,
    parse_object,
    read_json_lines,
    read_lines,
    read_lines_at_hand,
    read_text_lines,
)
from tests.tiny import records

MARK = b"\xef\xbb\xbf"


def csv_rows(data: bytes, **given: Any) -> list[Row]:
    return list(read_csv(BytesIO(data), "t.csv", **given))


def test_a_row_of_csv_is_known_by_the_line_on_which_it_begins() -> None:
    data = b'\n"text",id\r\n"two\r\nlines",1\n\nlast,2'
    assert csv_rows(data) == [
        Row(3, {"text": "two\r\nlines", "id": "1"}),
        Row(6, {"text": "last", "id": "2"}),
    ]


def test_csv_of_an_old_system_with_cr_alone_is_read() -> None:
    assert [row.values["text"] for row in csv_rows(b"text\ra\rb\r")] == ["a", "b"]


def test_csv_of_another_form_is_read_in_it() -> None:
    rows = csv_rows(b'a\tb\n"x\t"y"\tmore\n', form=CSVFormat("\t", quoted=False, strict=False))
    assert rows == [Row(2, {"a": '"x', "b": '"y"'})]


def test_a_row_that_ends_early_has_no_value_where_none_is_required() -> None:
    assert csv_rows(b"text,id\na\n", columns=("text",)) == [Row(2, {"text": "a", "id": None})]
    with pytest.raises(InvalidRow, match=r"^t\.csv:2: The row ends before the column `id`"):
        csv_rows(b"text,id\na\n", columns=("text", "id"))


@pytest.mark.parametrize(
    "read",
    [
        lambda file: (row.values["text"] for row in read_csv(file)),
        lambda file: (text for _, text in read_text_lines(file)),
    ],
)
def test_a_byte_order_mark_is_no_part_of_the_first_line(
    read: Callable[[IO[bytes]], Iterator[str]],
) -> None:
    (text,) = (text for text in read(BytesIO(MARK + b"text\nfirst\n")) if text != "text")
    assert text == "first"


def test_a_byte_order_mark_is_no_part_of_json() -> None:
    assert list(read_json_lines(BytesIO(MARK + b'{"a": 1}\n'))) == [Row(1, {"a": 1})]


def test_json_lines_are_split_at_line_feeds_alone_and_blank_ones_are_passed_over() -> None:
    data = '{"a": "x\u2028y\x85z"}\r\n \n{"a": 2}'.encode()
    assert list(read_json_lines(BytesIO(data))) == [
        Row(1, {"a": "x\u2028y\x85z"}),
        Row(3, {"a": 2}),
    ]


@pytest.mark.parametrize(
    ("line", "message"),
    [
        (b'{"secret": 1', "Not JSON: Expecting ',' delimiter"),
        (b"[1]", "Not a JSON object"),
        (b'{"secret": "\xff"}', "Not UTF-8 at byte 12 of the line"),
        (b"[" * 100_000, "nested too deeply"),
        (b'{"secret": "a\0b"}', "Not JSON: Invalid control character"),
        (b'{"secret": ' + b"1" * 10_000 + b"}", "Not JSON"),
    ],
)
def test_what_is_no_json_object_is_named_by_line_and_never_quoted(
    line: bytes, message: str
) -> None:
    with pytest.raises(InvalidRow) as caught:
        list(read_json_lines(BytesIO(b'{"a": 1}\n\n' + line), "t.jsonl"))
    assert str(caught.value).startswith("t.jsonl:3: ")
    assert message in caught.value.message
    assert "secret" not in str(caught.value)
    with pytest.raises(ValueError, match=message.partition("(")[0].split(":")[0]):
        parse_object(line)


def test_a_line_that_is_too_long_is_refused_without_being_held() -> None:
    class Endless(BytesIO):
        """A line of a hundred million bytes that are nowhere."""

        left = 100_000_000

        def readline(self, size: int | None = -1) -> bytes:
            assert size is not None
            assert size > 0, "a line must not be read without a limit"
            taken = min(size, self.left)
            self.left -= taken
            return b"x" * taken

    for read in (read_json_lines, read_text_lines, read_csv):
        tracemalloc.start()
        with pytest.raises(InvalidRow, match="100000000 bytes; the limit is 1000"):
            list(read(Endless(), "t", max_bytes=1000))
        assert tracemalloc.get_traced_memory()[1] < 20_000_000
        tracemalloc.stop()


@pytest.mark.parametrize(
    "read",
    [
        read_lines,
        lambda file, limit: (line for group in read_lines_at_hand(file, limit) for line in group),
    ],
)
def test_a_line_as_long_as_the_limit_is_whole(
    read: Callable[[BytesIO, int], Iterator[Line]],
) -> None:
    lines = list(read(BytesIO(b"abcd\nabcdefgh\nab"), 5))
    assert [(line.number, line.data, line.length) for line in lines] == [
        (1, b"abcd\n", 5),
        (2, b"abcdef", 9),
        (3, b"ab", 2),
    ]


def test_lines_come_as_soon_as_they_are_there_and_whole() -> None:
    class Pipe(BytesIO):
        """A pipe into which somebody writes these parts, one after the other."""

        parts = iter([b"one\ntw", b"o\n", b"th", b"ree\n\nfour", b""])

        def read1(self, size: int | None = -1) -> bytes:
            assert size, "as much as there is"
            return next(self.parts)

    groups = [[line.data for line in group] for group in read_lines_at_hand(Pipe())]
    assert groups == [[b"one\n"], [b"two\n"], [b"three\n", b"\n"], [b"four"]]


def test_a_line_without_end_is_not_held() -> None:
    class Endless(BytesIO):
        """A hundred million bytes without a line end."""

        left = 100_000_000

        def read1(self, size: int | None = -1) -> bytes:
            assert size is not None
            taken = min(size, self.left)
            self.left -= taken
            return b"x" * taken

    tracemalloc.start()
    ((line,),) = read_lines_at_hand(Endless(), 1000)
    assert tracemalloc.get_traced_memory()[1] < 1_000_000
    tracemalloc.stop()
    assert line.length == 100_000_000
    assert len(line.data) == 1001


@pytest.mark.parametrize(
    ("data", "text"),
    [
        (b"id;text\n1;a, b\n", "a, b"),
        (b"\n\nid\ttext\n1\ta;b\n", "a;b"),
        (b'"text";"id"\n"a;b";1\n', "a;b"),
        (b"id,text\n1,a\n", "a"),
        (b"text\na\n", "a"),
        (b'"te;xt",text\n1,a\n', "a"),
    ],
)
def test_the_delimiter_is_the_one_by_which_the_header_has_the_columns(
    data: bytes, text: str
) -> None:
    (row,) = csv_rows(data, form=CSVFormat(DELIMITERS), columns=("text",))
    assert row.values["text"] == text


@pytest.mark.parametrize(
    ("start", "delimiter"),
    [
        ("id,text", ","),
        ("id;te,xt;b", ";"),
        ("id\ttext", "\t"),
        ("id|text\n1|a,b,c", "|"),
        ("a", ","),
        ("", ","),
    ],
)
def test_without_columns_the_delimiter_is_the_one_that_the_header_has_most(
    start: str, delimiter: str
) -> None:
    assert delimiter_of(start) == delimiter


def as_upload(name: str) -> Callable[[Path], object]:
    return lambda path: read_upload(name, path.read_bytes())


READERS: dict[str, tuple[Callable[[Path], object], bytes]] = {
    "evaluation": (read_table, b"text,label\nfine,civil\n%b,civil\n"),
    "corpora": (lambda path: list(read_rows(path, "text", "label")), b"text,label\na,b\n%b,c\n"),
    "upload of CSV": (as_upload("a.csv"), b"text,label\nfine,civil\n%b,civil\n"),
    "upload of JSON Lines": (as_upload("a.jsonl"), b'{"text": "fine"}\n\n{"text": "%b"}\n'),
    "upload of text": (as_upload("a.txt"), b"fine\n\n%b\n"),
}


@pytest.mark.parametrize("name", READERS)
def test_every_reader_names_the_line_that_is_not_utf_8(tmp_path: Path, name: str) -> None:
    read, content = READERS[name]
    path = tmp_path / "a"
    path.write_bytes(content % b"sound")
    read(path)
    path.write_bytes(content % b"sound caf\xc3\xa9 \xff")
    with pytest.raises(ModerationError, match=r"line 3|:3") as caught:
        read(path)
    assert "Not UTF-8" in caught.value.message


@pytest.mark.parametrize("name", [name for name in READERS if name != "corpora"])
def test_every_reader_of_texts_refuses_nul_by_its_line(tmp_path: Path, name: str) -> None:
    read, content = READERS[name]
    path = tmp_path / "a"
    path.write_bytes(content % b"sou\0nd")
    with pytest.raises(InvalidInput, match=r"line 3|:3"):
        read(path)


@pytest.mark.parametrize("name", READERS)
def test_every_reader_takes_a_byte_order_mark_and_windows_line_ends(
    tmp_path: Path, name: str
) -> None:
    read, content = READERS[name]
    path = tmp_path / "a"
    path.write_bytes(content % b"sound")
    plain = read(path)
    path.write_bytes(MARK + (content % b"sound").replace(b"\n", b"\r\n"))
    assert read(path) == plain


def test_labels_are_read_with_a_mark_and_blank_lines_and_every_bad_line_is_a_problem(
    tmp_path: Path,
) -> None:
    import json  # noqa: PLC0415  # of this test alone

    lines = [json.dumps(record).encode() for record in records()[:2]]
    path = tmp_path / "examples.jsonl"
    path.write_bytes(MARK + b"\r\n\n".join([*lines, b"{", b"[" * 100_000]) + b"\n")
    read = read_records([path], Example)
    assert list(read.records) == ["examples.jsonl:1", "examples.jsonl:3"]
    assert [problem.where for problem in read.problems] == ["examples.jsonl:5", "examples.jsonl:7"]
