"""Reads the arrays of a model of format 2, a file of joblib's and so a pickle, without unpickling.

A pickle is a program. :mod:`pickletools` takes such a file apart into its instructions, and here
those few are followed that make the values which such models hold. Where a pickle would import and
call something, only a note of its name is made; the notes that joblib's arrays are made of are then
read as such, and whatever else has a name is refused. So nothing that the file names is ever looked
up, whatever it is.
"""

import pickletools
from collections.abc import Iterator
from io import BytesIO
from math import prod
from mmap import mmap
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

MOST = 1 << 24
"""Characters and bytes, arrays left aside, that a model may hold."""
_EACH = 16
"""Characters that each value counts as."""

_WRAPPER = ("joblib.numpy_pickle", "NumpyArrayWrapper")
_DTYPE = ("numpy", "dtype")
_NDARRAYS = (("numpy", "ndarray"), ("numpy", "memmap"))
_DTYPES = ("i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8", "f2", "f4", "f8")
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
        _check(values)
    except Exception as error:  # noqa: BLE001  # whatever a damaged file leads to
        raise ValueError(str(error) or type(error).__name__) from None
    if type(values) is not dict or not all(type(name) is str for name in values):
        raise ValueError("it does not hold values by name")
    return values


class _PickleReader:
    """Follows the instructions of one file."""

    def __init__(self, content: bytes | mmap) -> None:
        self._content = content
        # Read through a file that cannot give more than there is, however much is asked for.
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
                some = self._marked()
                _own(stack[-1], list).extend(some)
            case "SETITEM":
                key, value = _last(stack, 2)
                del stack[-2:]
                _own(stack[-1], dict)[key] = value
            case "SETITEMS":
                some = self._marked()
                _own(stack[-1], dict).update(zip(some[::2], some[1::2], strict=True))
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
                    # The numbers of an array stand right behind what describes it.
                    stack[-1] = self._array(_own(state, dict))
            case _:
                raise ValueError(f"it holds the instruction {code}, which no model needs")

    def _marked(self) -> list[Any]:
        """Take everything above the last mark off the stack, and the mark."""
        some = []
        while (value := self._stack.pop()) is not _MARK:
            some.append(value)
        return some[::-1]

    def _array(self, told: dict[Any, Any]) -> npt.NDArray[Any]:
        if told["subclass"] not in _NDARRAYS or told["order"] not in {"C", "F"}:
            raise ValueError("an array is not of the plain kind")
        dtype, shape = _dtype(told["dtype"]), _own(told["shape"], tuple)
        if not all(type(size) is int and size >= 0 for size in shape):
            raise ValueError("an array's shape is not one")
        first = self._file.tell()
        if told.get("numpy_array_alignment_bytes") is not None:
            first += 1 + self._content[first]
        count = prod(shape)
        last = first + count * dtype.itemsize
        if last > len(self._content):
            raise ValueError("an array is cut off")
        self._file.seek(last)
        if not count:
            return np.empty(shape, dtype)
        return np.frombuffer(self._content, dtype, count, first).reshape(shape, order=told["order"])


def _instructions(file: BytesIO | mmap) -> Iterator[tuple[str, Any, int | None]]:
    for opcode, argument, place in pickletools.genops(file):  # type: ignore[arg-type]  # an mmap is read alike
        yield opcode.name, argument, place


def _dtype(made: object) -> np.dtype[Any]:
    dtype = _own(made, _Made)
    # numpy.dtype("f4", False, True), then its state: version, byte order, and parts that plain
    # numbers have not.
    if dtype.name == _DTYPE and dtype.arguments[1:] == (False, True):
        name, state = dtype.arguments[0], dtype.state
        if name in _DTYPES and type(state) is tuple and state[1] in {"<", "|"}:
            return np.dtype(f"<{name}")
    raise ValueError("an array is not of numbers")


def _last(stack: list[Any], size: int) -> list[Any]:
    if len(stack) < size:
        raise ValueError("its instructions do not fit together")
    return stack[-size:]


def _own(value: Any, kind: type) -> Any:
    """Return a value that must be of a kind and is."""
    if type(value) is not kind:
        raise ValueError(f"a {kind.__name__} is expected where something else stands")
    return value


def _check(values: object) -> None:
    """Raise ValueError if something is, or holds, more than arrays and built-in values.

    What is held in several places is counted in each, because it is written out in each.
    """
    waiting, room = [values], MOST
    while waiting:
        room -= _EACH
        match waiting.pop():
            case str() | bytes() as some:
                room -= len(some)
            case dict() as some:
                waiting += [*some.keys(), *some.values()]
            case list() as some:
                waiting += some
            case tuple() as some if type(some) is tuple:
                waiting += some
            case np.ndarray() | int() | float() | None:
                pass
            case _:
                raise ValueError("it holds more than arrays and built-in values")
        if room < _EACH * len(waiting):
            raise ValueError("it holds more than any model needs")
