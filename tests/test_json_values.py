"""The values of a JSON file: each is found, and a broken one costs itself alone."""

import io
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from moderation.json_values import read_json_values

VALUES = st.recursive(
    st.none() | st.integers() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3)
    ),
    max_leaves=8,
)


class Trickle(io.BytesIO):
    """A file that gives a few bytes at a time."""

    def read(self, _: int | None = -1) -> bytes:
        """Read at most three bytes."""
        return super().read(3)


def values(data: bytes, max_bytes: int = 1 << 20) -> list[Any]:
    return [json.loads(value.data) for value in read_json_values(Trickle(data), max_bytes)]


@given(st.lists(VALUES, max_size=5), st.sampled_from([None, 1]), st.booleans())
def test_the_elements_of_an_array_are_found_however_it_is_written(
    rows: list[Any], indent: int | None, plain: bool
) -> None:
    data = json.dumps(rows, indent=indent, ensure_ascii=plain)
    assert values(data.encode("utf-8", "surrogatepass")) == rows


def test_values_in_a_row_are_found_too() -> None:
    assert values(b'\xef\xbb\xbf {"a": 1}\n{"a": [2]} {"a": 3}\n') == [
        {"a": 1},
        {"a": [2]},
        {"a": 3},
    ]
    assert values(b" \n ") == values(b"[]") == []


def test_a_string_that_nothing_closes_costs_its_line() -> None:
    rows = [b'{"a": 1}', b'{"a": "x}', b'{"a": 3}', b'{"a": "x"y"}', b'{"a": 5}']
    found = list(read_json_values(io.BytesIO(b"[\n" + b",\n".join(rows) + b"\n]"), 1 << 20))
    assert [each.data for each in found if each.data in {rows[0], rows[2], rows[4]}] == rows[::2]
    assert [each.number for each in found] == list(range(1, len(found) + 1))


def test_of_a_value_that_is_too_long_only_the_beginning_is_kept() -> None:
    data = b'[{"a": 1}, {"a": "' + b"x" * 5_000 + b'"}, {"a": 3}]'
    one, long, three = read_json_values(io.BytesIO(data), 100)
    assert (len(long.data), long.length) == (101, 5_009)
    assert (one.data, three.data) == (b'{"a": 1}', b'{"a": 3}')


@pytest.mark.parametrize("data", [b"[", b'[{"a": 1}', b'[{"a": "', b'{"a": [1]'])
def test_a_file_that_breaks_off_is_an_error(data: bytes) -> None:
    with pytest.raises(EOFError):
        list(read_json_values(io.BytesIO(data)))
