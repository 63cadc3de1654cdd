"""A model's state as it is stored, in arrays and the rest as JSON, and checked as it is read.

The arrays go to compiled loops that do not look where they read. So shapes, kinds and bounds are
checked here, however sound the hashes are: who makes a folder also writes its hashes.
"""

import json
import math
from collections.abc import Mapping
from mmap import mmap
from typing import Annotated, Any, NamedTuple, Self

import numpy as np
import numpy.typing as npt
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from moderation.models.base import N_FEATURES
from moderation.models.cascade import CascadeState
from moderation.models.encoder import EncoderState
from moderation.models.fast import FastState
from moderation.models.ngrams.alphabet import DISGUISED, END, SIGN
from moderation.models.store.manifest import first_problem
from moderation.taxonomy import ATTRIBUTE_NAMES, FLAGGED, LABELLING

# FOLDED tensors: Arrays in the form of safetensors: a header in JSON, then the numbers, and
# nothing else.
# They are written by the library of that name. They are read here, because the library opens a
# file by its name, and what is read must be the very bytes that were hashed; nothing is copied.

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


State = FastState | EncoderState | CascadeState

Limits = dict[Annotated[str, Field(pattern=f"^({'|'.join(ATTRIBUTE_NAMES)})$")], float]
Words = list[str]
Number = Annotated[int, Field(ge=0, lt=2**31)]
_EACH = len(ATTRIBUTE_NAMES)

# What the loops have room for.
MAX_RUN = 7
"""Bytes of a run within a word."""
MAX_RUNS = 3
"""Lengths of such runs."""
MAX_FREQUENT = 2**15 - 1
_MARKS = {chr(END), chr(DISGUISED), chr(SIGN)}


class _Sentences(BaseModel):
    """The state of a sentence cutter."""

    model_config = ConfigDict(strict=True, extra="forbid")

    abbreviations: Words
    collocations: list[Annotated[list[str], Field(min_length=2, max_length=2)]]
    starters: Words
    orthography: dict[str, Number]


class _Values(BaseModel):
    """The values that every tier has beside its arrays."""

    model_config = ConfigDict(strict=True, extra="forbid", allow_inf_nan=False)

    thresholds: Limits
    review_thresholds: Limits

    @model_validator(mode="after")
    def _have_what_labels_need(self) -> Self:
        if not set(LABELLING) <= set(self.thresholds) or not set(FLAGGED) <= set(
            self.review_thresholds
        ):
            raise ValueError("a label has no threshold")
        return self


class _FastValues(_Values):
    char_ngrams: tuple[int, int]
    frequent: str
    sentences: _Sentences
    target_bias: float
    slack: float

    @model_validator(mode="after")
    def _fits_the_kernels(self) -> Self:
        low, high = self.char_ngrams
        if not 1 <= low <= high <= MAX_RUN or high - low >= MAX_RUNS:
            raise ValueError(f"char_ngrams are {low} to {high}")
        if len(self.frequent.splitlines()) > MAX_FREQUENT:
            raise ValueError("there are too many frequent words")
        if _MARKS & set(self.frequent):
            raise ValueError("a frequent word is not one word or one sign")
        return self


class _EncoderValues(_Values):
    opening: tuple[Number, Number]
    word_thresholds: Limits
    sentences: _Sentences
    target_bias: float


class _CascadeValues(_Values):
    pass


class _ArrayKind(NamedTuple):
    """The kind and shape that an array must have."""

    dtype: str
    shape: tuple[int | None, ...]
    """None where any number will do."""
    infinite: bool = False
    """True if it may hold infinities."""


class _Tier(NamedTuple):
    """The form in which a tier's model is stored."""

    state: type[State]
    arrays: Mapping[str, _ArrayKind]
    values: type[_Values]
    packed: tuple[str, ...] = ()
    """Arrays of bytes that stand for bytes."""


_BY_ATTRIBUTE = _ArrayKind("f4", (_EACH,))
_BAND = _ArrayKind("f4", (_EACH,), infinite=True)
_CALIBRATED = {"slopes": _BY_ATTRIBUTE, "offsets": _BY_ATTRIBUTE}
_TARGETS = {"target_weights": _ArrayKind("f4", (N_FEATURES,))}

TIERS: Mapping[str, _Tier] = {
    "fast": _Tier(
        FastState,
        {
            "weights": _ArrayKind("i1", (None, _EACH)),
            "scales": _BY_ATTRIBUTE,
            "biases": _BY_ATTRIBUTE,
            **_CALIBRATED,
            **_TARGETS,
        },
        _FastValues,
    ),
    "encoder": _Tier(
        EncoderState,
        {"packed_vocabulary": _ArrayKind("u1", (None,)), **_CALIBRATED, **_TARGETS},
        _EncoderValues,
        ("packed_vocabulary",),
    ),
    "cascade": _Tier(CascadeState, {"lows": _BAND, "highs": _BAND}, _CascadeValues),
}


class Stored(NamedTuple):
    """A state in the two parts that it is stored in."""

    arrays: dict[str, Array]
    values: bytes
    """JSON."""


def plain(values: dict[str, Any]) -> dict[str, Any]:
    """Return the values as they are stored: arrays contiguous, floats of 32 bits."""
    return {
        name: _stored(value) if isinstance(value, np.ndarray) else value
        for name, value in values.items()
    }


def _stored(array: Array) -> Array:
    real = np.issubdtype(array.dtype, np.floating)
    return np.ascontiguousarray(array, dtype=np.float32 if real else array.dtype)


def parted(values: dict[str, Any]) -> Stored:
    """Part what a state holds into arrays, bytes among them, and the rest.

    Raises
    ------
    ValueError, TypeError
        If the rest has no form in JSON.
    """
    arrays: dict[str, Array] = {}
    rest = {}
    for name, value in plain(values).items():
        if isinstance(value, np.ndarray):
            arrays[name] = value
        elif isinstance(value, bytes):
            arrays[name] = np.frombuffer(value, np.uint8)
        else:
            rest[name] = value
    return Stored(arrays, _json(rest))


def _json(values: dict[str, Any]) -> bytes:
    return json.dumps(values, ensure_ascii=False, separators=(",", ":")).encode()


def joined(tier: str, stored: Stored) -> State:
    """Return the state of a model.

    Parameters
    ----------
    tier : str
        One of `TIERS`.
    stored : Stored

    Raises
    ------
    ValueError
        Naming what is missing, or is not what a model of that tier has.
    """
    kinds = TIERS[tier]
    if set(stored.arrays) != set(kinds.arrays):
        wrong = sorted(set(stored.arrays) ^ set(kinds.arrays))
        raise ValueError(f"an array is missing or not known: {', '.join(wrong)[:200]}")
    for name, array in stored.arrays.items():
        _check(name, array, kinds.arrays[name])
    try:
        values = kinds.values.model_validate_json(stored.values).model_dump()
    except ValidationError as error:
        raise ValueError(first_problem(error)) from None
    packed = {name: stored.arrays[name].tobytes() for name in kinds.packed}
    state = kinds.state(**{**stored.arrays, **packed, **values})
    if isinstance(state, FastState) and not _is_power_of_2(len(state.weights)):
        raise ValueError("weights has not as many rows as a power of 2, 2 at least")
    return state


def _check(name: str, array: Array, kind: _ArrayKind) -> None:
    if array.dtype != np.dtype(kind.dtype):
        raise ValueError(f"{name} is of {array.dtype}, and {np.dtype(kind.dtype)} is expected")
    if len(array.shape) != len(kind.shape) or any(
        expected not in {None, size} for size, expected in zip(array.shape, kind.shape, strict=True)
    ):
        raise ValueError(f"{name} has the shape {array.shape}, and {kind.shape} is expected")
    if (
        array.dtype.kind == "f"
        and not (np.isfinite(array) | (kind.infinite & np.isinf(array))).all()
    ):
        raise ValueError(f"{name} holds what is not a number")


def _is_power_of_2(number: int) -> bool:
    return number > 1 and number & (number - 1) == 0
