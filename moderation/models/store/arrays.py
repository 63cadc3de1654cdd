"""A model's file of arrays: safetensors, or joblib's form of format 2, read without unpickling it.

Files of safetensors are written by the library of that name. They are read here, because the
library opens a file by its name, and the bytes that are read must be the very bytes that were
hashed; nothing is copied.

A file of joblib's is a pickle, and so a program. :mod:`pickletools` takes it apart into its
instructions, and only the few are followed that make the values which such models hold. Where a
pickle would import and call something, only a note of its name is made; the notes that joblib's
arrays are made of are then read as such, and any other name is refused. So nothing that the file
names is ever imported.
"""

import json
import pickletools
from collections.abc import Iterator, Mapping
from io import BytesIO
from math import prod
from mmap import mmap
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]

MAX_SIZE = 2**40
"""More than any size in a file of safetensors."""
LENGTH_BYTES = 8
"""Bytes that hold the length of its header."""
_SAFETENSORS_DTYPES = {
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

MAX_CONTENT = 1 << 24
"""Characters and bytes, without arrays, that a file of joblib's may hold."""
_VALUE_COST = 16
"""Characters that each value counts as."""

_WRAPPER = ("joblib.numpy_pickle", "NumpyArrayWrapper")
_DTYPE = ("numpy", "dtype")
_NDARRAYS = (("numpy", "ndarray"), ("numpy", "memmap"))
_JOBLIB_DTYPES = ("i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8", "f2", "f4", "f8")
_MARK = object()
_PUSHED = {
    *("BININT", "BININT1", "BININT2", "LONG1", "BINFLOAT"),
    *("SHORT_BINUNICODE", "BINUNICODE", "BINUNICODE8"),
    *("SHORT_BINBYTES", "BINBYTES", "BINBYTES8"),
}
_CONSTANTS = {"NONE": None, "NEWTRUE": True, "NEWFALSE": False}
_EMPTY: dict[str, type] = {"EMPTY_DICT": dict, "EMPTY_LIST": list, "EMPTY_TUPLE": tuple}
_TUPLES = {"TUPLE1": 1, "TUPLE2": 2, "TUPLE3": 3}
_PASSED_OVER = {"PROTO", "FRAME"}


def write_arrays(arrays: Mapping[str, Array]) -> bytes:
    """Return arrays as a safetensors file; the same arrays give the same bytes.

    Parameters
    ----------
    arrays : mapping of str to array
        By name; of numbers.
    """
    from safetensors.numpy import save  # noqa: PLC0415  # of the extra `train`

    content: bytes = save({name: np.asarray(array, order="C") for name, array in arrays.items()})
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
    length = int.from_bytes(content[:LENGTH_BYTES], "little")
    start = LENGTH_BYTES + length
    if len(content) < LENGTH_BYTES or start > len(content):
        raise ValueError("the header is cut off")
    try:
        header = json.loads(content[LENGTH_BYTES:start])
    except (ValueError, RecursionError):
        raise ValueError("the header is not JSON") from None
    if not isinstance(header, dict):
        raise ValueError("the header is not a JSON object")  # noqa: TRY004  # a fault of the file
    header.pop("__metadata__", None)
    entries = {name: _entry(name, entry) for name, entry in header.items()}
    end = 0
    for name, (dtype, shape, first, last) in sorted(entries.items(), key=lambda item: item[1][2:]):
        if first != end or last - first != prod(shape) * dtype.itemsize:
            raise ValueError(f"{name} is not where its shape says")
        end = last
    if start + end != len(content):
        raise ValueError("the arrays do not fill the file")
    return {
        name: np.frombuffer(content, dtype, prod(shape), start + first).reshape(shape)
        for name, (dtype, shape, first, _) in entries.items()
    }


def read_joblib(content: bytes | mmap) -> dict[str, Any]:
    """Return the values in a file of joblib's: arrays of numbers and built-in values.

    Parameters
    ----------
    content : bytes or mmap
        The whole file, uncompressed. Arrays are views of it.

    Returns
    -------
    dict
        By name: arrays, bytes, str, int, float, bool, None, lists, tuples and dicts of these.

    Raises
    ------
    ValueError
        If it holds anything else, or is damaged.
    """
    try:
        values = _PickleReader(content).read()
        _check_values(values)
    except Exception as error:  # noqa: BLE001  # whatever a damaged file leads to
        raise ValueError(str(error) or type(error).__name__) from None
    if type(values) is not dict or not all(type(name) is str for name in values):
        raise ValueError("it does not hold values by name")
    return values


def _entry(name: str, entry: object) -> tuple[np.dtype[Any], tuple[int, ...], int, int]:
    match entry:
        case {"dtype": str(kind), "shape": [*shape], "data_offsets": [first, last]}:
            sizes = [first, last, *shape]
            if kind in _SAFETENSORS_DTYPES and all(
                type(size) is int and 0 <= size < MAX_SIZE for size in sizes
            ):
                return np.dtype(_SAFETENSORS_DTYPES[kind]), tuple(shape), first, last
    raise ValueError(f"{name[:100]} is not described as an array of numbers is")


class _Name(NamedTuple):
    """A name that the file wants imported; it never is."""

    module: str
    name: str


class _Made:
    """An object that the file wants made by calling something; nothing is called."""

    def __init__(self, name: _Name, arguments: tuple[Any, ...]) -> None:
        self.name = name
        self.arguments = arguments
        self.state: Any = None


class _PickleReader:
    """Follows the instructions of one pickle."""

    def __init__(self, content: bytes | mmap) -> None:
        self._content = content
        # Read as a file, which returns no more than there is, whatever length is asked for.
        self._file = BytesIO(content) if isinstance(content, bytes) else content
        self._stack: list[Any] = []
        self._memo: list[Any] = []

    def read(self) -> Any:
        """Return the value that the file ends with."""
        self._file.seek(0)
        for code, argument, _ in _instructions(self._file):
            if code == "STOP":
                (value,) = self._stack
                return value
            self._follow(code, argument)
        raise ValueError("it is cut off")

    def _follow(self, code: str, argument: Any) -> None:
        stack = self._stack
        if code in _PUSHED:
            stack.append(argument)
        elif code in _CONSTANTS:
            stack.append(_CONSTANTS[code])
        elif code in _EMPTY:
            stack.append(_EMPTY[code]())
        elif code in _TUPLES:
            size = _TUPLES[code]
            stack[-size:] = [tuple(_last(stack, size))]
        elif code == "MARK":
            stack.append(_MARK)
        elif code == "MEMOIZE":
            self._memo.append(stack[-1])
        elif code in {"BINGET", "LONG_BINGET"}:
            stack.append(self._memo[argument])
        elif code not in _PASSED_OVER:
            self._gather(code)

    def _gather(self, code: str) -> None:
        stack = self._stack
        match code:
            case "TUPLE":
                stack.append(tuple(self._marked()))
            case "APPEND":
                value = stack.pop()
                _own(stack[-1], list).append(value)
            case "APPENDS":
                values = self._marked()
                _own(stack[-1], list).extend(values)
            case "SETITEM":
                key, value = _last(stack, 2)
                del stack[-2:]
                _own(stack[-1], dict)[key] = value
            case "SETITEMS":
                values = self._marked()
                _own(stack[-1], dict).update(zip(values[::2], values[1::2], strict=True))
            case _:
                self._note(code)

    def _note(self, code: str) -> None:
        stack = self._stack
        match code:
            case "STACK_GLOBAL":
                module, name = _last(stack, 2)
                stack[-2:] = [_Name(_own(module, str), _own(name, str))]
            case "NEWOBJ" | "REDUCE":
                called, arguments = _last(stack, 2)
                stack[-2:] = [_Made(_own(called, _Name), _own(arguments, tuple))]
            case "BUILD":
                state = stack.pop()
                _own(stack[-1], _Made).state = state
                if stack[-1].name == _WRAPPER:
                    # An array's numbers follow its description at once.
                    stack[-1] = self._array(_own(state, dict))
            case _:
                raise ValueError(f"it holds the instruction {code}, which no model needs")

    def _marked(self) -> list[Any]:
        """Pop everything above the last mark off the stack, and the mark."""
        values = []
        while (value := self._stack.pop()) is not _MARK:
            values.append(value)
        return values[::-1]

    def _array(self, description: dict[Any, Any]) -> npt.NDArray[Any]:
        if description["subclass"] not in _NDARRAYS or description["order"] not in {"C", "F"}:
            raise ValueError("an array is not of the plain kind")
        dtype, shape = _dtype(description["dtype"]), _own(description["shape"], tuple)
        if not all(type(size) is int and size >= 0 for size in shape):
            raise ValueError("an array's shape is not one")
        first = self._file.tell()
        if description.get("numpy_array_alignment_bytes") is not None:
            first += 1 + self._content[first]
        count = prod(shape)
        last = first + count * dtype.itemsize
        if last > len(self._content):
            raise ValueError("an array is cut off")
        self._file.seek(last)
        if not count:
            return np.empty(shape, dtype)
        return np.frombuffer(self._content, dtype, count, first).reshape(
            shape, order=description["order"]
        )


def _instructions(file: BytesIO | mmap) -> Iterator[tuple[str, Any, int | None]]:
    for opcode, argument, place in pickletools.genops(file):  # type: ignore[arg-type]  # an mmap is read alike
        yield opcode.name, argument, place


def _dtype(made: object) -> np.dtype[Any]:
    dtype = _own(made, _Made)
    # numpy.dtype("f4", False, True), then its state: version, byte order, and parts that plain
    # numbers have not.
    if dtype.name == _DTYPE and dtype.arguments[1:] == (False, True):
        name, state = dtype.arguments[0], dtype.state
        if name in _JOBLIB_DTYPES and type(state) is tuple and state[1] in {"<", "|"}:
            return np.dtype(f"<{name}")
    raise ValueError("an array is not of numbers")


def _last(stack: list[Any], size: int) -> list[Any]:
    if len(stack) < size:
        raise ValueError("its instructions do not fit together")
    return stack[-size:]


def _own(value: Any, kind: type) -> Any:
    """Return a value after checking that it is of the expected type."""
    if type(value) is not kind:
        raise ValueError(f"a {kind.__name__} is expected where something else stands")
    return value


def _check_values(values: object) -> None:
    """Raise ValueError if a value is, or holds, anything but arrays and built-in values.

    A value that is held in several places counts in each, since it is written out in each.
    """
    waiting, room = [values], MAX_CONTENT
    while waiting:
        room -= _VALUE_COST
        match waiting.pop():
            case str() | bytes() as content:
                room -= len(content)
            case dict() as mapping:
                waiting += [*mapping.keys(), *mapping.values()]
            case list() as values_within:
                waiting += values_within
            case tuple() as values_within if type(values_within) is tuple:
                waiting += values_within
            case np.ndarray() | int() | float() | None:
                pass
            case _:
                raise ValueError("it holds more than arrays and built-in values")
        if room < _VALUE_COST * len(waiting):
            raise ValueError("it holds more than any model needs")
