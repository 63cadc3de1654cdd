"""Arrays in the form of safetensors: a header in JSON, then the numbers, and nothing else.

They are written by the library of that name. They are read here, because the library opens a file
by its name, and what is read must be the very bytes that were hashed; nothing is copied.
"""

import json
import math
from collections.abc import Mapping
from mmap import mmap
from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]

MOST = 2**40
"""More than any size in a file."""
LENGTH = 8
"""Bytes that say how long the header is."""

_DTYPES = {
    "I8": "<i1",
    "U8": "<u1",
    "I16": "<i2",
    "U16": "<u2",
    "I32": "<i4",
    "U32": "<u4",
    "I64": "<i8",
    "U64": "<u8",
    "F16": "<f2",
    "F32": "<f4",
    "F64": "<f8",
}


def write_arrays(arrays: Mapping[str, Array]) -> bytes:
    """Return arrays as a safetensors file; the same arrays give the same bytes.

    Parameters
    ----------
    arrays : mapping of str to array
        By name; of numbers.
    """
    from safetensors.numpy import save  # noqa: PLC0415  # of the extra `train`

    content: bytes = save({name: np.asarray(some, order="C") for name, some in arrays.items()})
    return content


def read_arrays(content: bytes | mmap) -> dict[str, Array]:
    """Return the arrays of a safetensors file, as views of it that cannot be written.

    Parameters
    ----------
    content : bytes or mmap
        The whole file.

    Raises
    ------
    ValueError
        If it is not such a file. As the format asks, the arrays fill it without gap or overlap.
    """
    length = int.from_bytes(content[:LENGTH], "little")
    start = LENGTH + length
    if len(content) < LENGTH or start > len(content):
        raise ValueError("the header is cut off")
    try:
        header = json.loads(content[LENGTH:start])
    except (ValueError, RecursionError):
        raise ValueError("the header is not JSON") from None
    if not isinstance(header, dict):
        raise ValueError("the header is not a JSON object")  # noqa: TRY004  # a fault of the file
    header.pop("__metadata__", None)
    entries = {name: _entry(name, entry) for name, entry in header.items()}
    end = 0
    for name, (dtype, shape, first, last) in sorted(entries.items(), key=lambda item: item[1][2:]):
        if first != end or last - first != math.prod(shape) * dtype.itemsize:
            raise ValueError(f"{name} is not where its shape says")
        end = last
    if start + end != len(content):
        raise ValueError("the arrays do not fill the file")
    return {
        name: np.frombuffer(content, dtype, math.prod(shape), start + first).reshape(shape)
        for name, (dtype, shape, first, _) in entries.items()
    }


def _entry(name: str, entry: object) -> tuple[np.dtype[Any], tuple[int, ...], int, int]:
    match entry:
        case {"dtype": str(kind), "shape": [*shape], "data_offsets": [first, last]}:
            sizes = [first, last, *shape]
            if kind in _DTYPES and all(type(size) is int and 0 <= size < MOST for size in sizes):
                return np.dtype(_DTYPES[kind]), tuple(shape), first, last
    raise ValueError(f"{name[:100]} is not described as an array of numbers is")
