"""The stored form of a model's state: arrays, and JSON for the other values; checked when read.

The arrays go to compiled loops that check no bounds. So shapes, dtypes and bounds are checked here,
however sound the hashes are: whoever makes a folder also writes its hashes.
"""

import json
from collections.abc import Mapping
from typing import Annotated, Any, NamedTuple, Self

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from moderation.models.cascade import CascadeState
from moderation.models.encoder import EncoderState, EvidenceLimits
from moderation.models.fast import FastState
from moderation.models.ngrams.alphabet import DISGUISED, END, SIGN
from moderation.models.polyglot import PolyglotState
from moderation.models.store.arrays import Array
from moderation.models.store.manifest import first_problem
from moderation.models.targets import N_FEATURES
from moderation.models.wordpieces import MAX_PIECES
from moderation.taxonomy import ATTRIBUTE_NAMES, FLAGGED, LABELLING

State = FastState | EncoderState | CascadeState | PolyglotState

Attribute = Annotated[str, Field(pattern=f"^({'|'.join(ATTRIBUTE_NAMES)})$")]
Limits = dict[Attribute, float]
Words = list[str]
Number = Annotated[int, Field(ge=0, lt=2**31)]
_WIDTH = len(ATTRIBUTE_NAMES)

# The kernels have room for no more.
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
    scripts: bool = False


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

    def fields(self) -> dict[str, Any]:
        """Return the fields of the tier's state."""
        return self.model_dump()


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
    evidence: dict[Attribute, EvidenceLimits] = Field(default_factory=dict)
    word_thresholds: Limits = Field(default_factory=dict, exclude=True)
    """The one limit that models had in 2026, in place of `evidence`."""
    sentences: _Sentences
    target_bias: float
    spoken: bool = False
    window: Annotated[int, Field(ge=1, le=MAX_PIECES)] = MAX_PIECES
    composed: bool = False

    @model_validator(mode="after")
    def _read_the_older_form(self) -> Self:
        for name, limit in self.word_thresholds.items():
            self.evidence.setdefault(name, EvidenceLimits(limit))
        if not self.evidence:
            raise ValueError("no attribute has limits of evidence")
        return self

    def fields(self) -> dict[str, Any]:
        # As it is, for `model_dump` would drop the limits' names.
        return super().fields() | {"evidence": self.evidence}


class _ThresholdsAlone(_Values):
    pass


class _ArrayKind(NamedTuple):
    """The kind and shape that an array must have."""

    dtype: str
    shape: tuple[int | None, ...]
    """None where any size is allowed."""
    infinite: bool = False
    """True if it may hold infinities."""


class _Tier(NamedTuple):
    """The stored form of a tier's state."""

    state: type[State]
    arrays: Mapping[str, _ArrayKind]
    values: type[_Values]
    packed: tuple[str, ...] = ()
    """Arrays that hold fields of type bytes."""


_BY_ATTRIBUTE = _ArrayKind("f4", (_WIDTH,))
_BAND = _ArrayKind("f4", (_WIDTH,), infinite=True)
_CALIBRATED = {"slopes": _BY_ATTRIBUTE, "offsets": _BY_ATTRIBUTE}
_TARGETS = {"target_weights": _ArrayKind("f4", (N_FEATURES,))}

TIERS: Mapping[str, _Tier] = {
    "fast": _Tier(
        FastState,
        {
            "weights": _ArrayKind("i1", (None, _WIDTH)),
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
    "cascade": _Tier(CascadeState, {"lows": _BAND, "highs": _BAND}, _ThresholdsAlone),
    "polyglot": _Tier(PolyglotState, {}, _ThresholdsAlone),
}


class StoredState(NamedTuple):
    """A state in its two stored parts."""

    arrays: dict[str, Array]
    values: bytes
    """JSON."""


def as_stored(values: dict[str, Any]) -> dict[str, Any]:
    """Return a state's values with the arrays as they are stored: contiguous, floats of 32 bits."""
    return {
        name: _as_stored(value) if isinstance(value, np.ndarray) else value
        for name, value in values.items()
    }


def _as_stored(array: Array) -> Array:
    real = np.issubdtype(array.dtype, np.floating)
    return np.ascontiguousarray(array, dtype=np.float32 if real else array.dtype)


def split_state(values: dict[str, Any]) -> StoredState:
    """Split a state's values into arrays, bytes among them, and JSON.

    Raises
    ------
    ValueError, TypeError
        If a value that is no array cannot be written as JSON.
    """
    arrays: dict[str, Array] = {}
    others = {}
    for name, value in as_stored(values).items():
        if isinstance(value, np.ndarray):
            arrays[name] = value
        elif isinstance(value, bytes):
            arrays[name] = np.frombuffer(value, np.uint8)
        else:
            others[name] = value
    return StoredState(arrays, _json(others))


def _json(values: dict[str, Any]) -> bytes:
    return json.dumps(values, ensure_ascii=False, separators=(",", ":")).encode()


def build_state(tier: str, stored: StoredState) -> State:
    """Return the state of a model from its stored parts, after checking them.

    Parameters
    ----------
    tier : str
        One of `TIERS`.
    stored : StoredState

    Raises
    ------
    ValueError
        Naming the array or value that is missing or is not of the form that the tier needs.
    """
    form = TIERS[tier]
    if set(stored.arrays) != set(form.arrays):
        mismatched = sorted(set(stored.arrays) ^ set(form.arrays))
        raise ValueError(f"an array is missing or not known: {', '.join(mismatched)[:200]}")
    for name, array in stored.arrays.items():
        _check(name, array, form.arrays[name])
    try:
        values = form.values.model_validate_json(stored.values).fields()
    except ValidationError as error:
        raise ValueError(first_problem(error)) from None
    packed = {name: stored.arrays[name].tobytes() for name in form.packed}
    state = form.state(**{**stored.arrays, **packed, **values})
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
