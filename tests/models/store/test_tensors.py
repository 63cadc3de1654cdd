"""Arrays are read from a safetensors file without copying, and only within the file."""

import json
from typing import Any

import numpy as np
import pytest
import safetensors.numpy
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst

from moderation.models.store.arrays import read_arrays, write_arrays

ARRAYS = st.dictionaries(
    st.text(max_size=20).filter(lambda name: name != "__metadata__"),
    npst.arrays(
        st.sampled_from(["<i1", "<u1", "<i2", "<i4", "<u4", "<i8", "<u8", "<f2", "<f4", "<f8"]),
        npst.array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=4),
    ),
    max_size=5,
)


@settings(deadline=None, max_examples=40)
@given(arrays=ARRAYS)
def test_what_is_written_is_read_as_the_library_reads_it(arrays: dict[str, Any]) -> None:
    content = write_arrays(arrays)
    found, theirs = read_arrays(content), safetensors.numpy.load(content)
    assert set(found) == set(theirs) == set(arrays)
    for name, array in arrays.items():
        assert found[name].dtype == theirs[name].dtype == array.dtype
        assert found[name].shape == theirs[name].shape == array.shape
        assert found[name].tobytes() == theirs[name].tobytes() == array.tobytes()


def test_the_same_arrays_give_the_same_bytes() -> None:
    one, other = np.arange(3, dtype=np.int8), np.ones(2, np.float32)
    assert write_arrays({"a": one, "b": other}) == write_arrays({"b": other, "a": one})


def test_arrays_are_views_of_the_file_that_cannot_be_written() -> None:
    content = write_arrays({"a": np.arange(6, dtype=np.float32).reshape(2, 3)})
    (array,) = read_arrays(content).values()
    assert np.shares_memory(array, np.frombuffer(content, np.uint8))
    assert not array.flags.writeable


def file_of(header: object, numbers: bytes = b"\0" * 16) -> bytes:
    told = header if isinstance(header, bytes) else json.dumps(header).encode()
    return len(told).to_bytes(8, "little") + told + numbers


def one(**changes: object) -> dict[str, object]:
    return {"a": {"dtype": "F32", "shape": [4], "data_offsets": [0, 16]} | changes}


SECOND = {"b": {"dtype": "I8", "shape": [8], "data_offsets": [8, 16]}}


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\0" * 7,
        (2**63).to_bytes(8, "little") + b"{}",
        file_of(b"{"),
        file_of(b"[" * 100_000),
        file_of([]),
        file_of({"a": 1}),
        file_of(one(), b""),
        file_of(one(), b"\0" * 17),
        file_of(one(shape=[5])),
        file_of(one(shape=[-4])),
        file_of(one(shape=[True] * 4)),
        file_of(one(shape=[2**62, 2**62])),
        file_of(one(shape=[0, 2**62], data_offsets=[0, 0]), b""),
        file_of(one(shape=[1] * 100, data_offsets=[0, 4]), b"\0" * 4),
        file_of(one(shape="4")),
        file_of(one(dtype="OBJECT")),
        file_of(one(dtype=["F32"])),
        file_of(one(data_offsets=[0, 16, 17])),
        file_of(one(data_offsets=[-16, 0])),
        file_of(one(data_offsets=[16, 0])),
        file_of(one(data_offsets=[8, 24]), b"\0" * 24),
        file_of(one() | SECOND),
    ],
)
def test_a_file_that_is_not_filled_by_its_arrays_is_refused(content: bytes) -> None:
    with pytest.raises(ValueError, match=r"\w"):
        read_arrays(content)
