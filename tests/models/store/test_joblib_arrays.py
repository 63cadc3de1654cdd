"""A folder of format 2 is loaded as before, and nothing that its file asks for is run."""

import contextlib
import io
import os
import pickle
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import joblib
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst
from joblib.numpy_pickle import NumpyArrayWrapper

from moderation.errors import InvalidModel
from moderation.models.encoder import EncoderModel
from moderation.models.fast import FastModel
from moderation.models.store import load_model
from moderation.models.store.arrays import read_joblib
from tests.models.store.folders import age, put

TEXTS = ["All Chinese are vermin.", "The ministry said on Monday.", "My mother has a damn boat."]


@pytest.fixture
def copy(tiny_model: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(tiny_model, tmp_path / "models" / "copy@1"))


def state_of(folder: Path) -> dict[str, Any]:
    model = load_model(folder, folder.parent)
    assert isinstance(model, FastModel | EncoderModel)
    values = model.state._asdict()
    return {
        name: value.copy() if isinstance(value, np.ndarray) else value
        for name, value in values.items()
    }


def test_a_model_of_the_format_before_judges_as_it_did(copy: Path) -> None:
    before = load_model(copy, copy.parent).judge(TEXTS)
    age(copy, state_of(copy))
    old = load_model(copy, copy.parent)
    assert old.judge(TEXTS) == before
    assert isinstance(old, FastModel)
    assert not old.state.weights.flags.writeable


def test_an_encoder_of_the_format_before_judges_as_it_did(
    small_encoder: Path, tmp_path: Path
) -> None:
    folder = Path(shutil.copytree(small_encoder, tmp_path / "small@1"))
    before = load_model(folder, tmp_path, threads=1).judge(TEXTS)
    state = state_of(folder)
    evidence = state.pop("evidence")
    state["word_thresholds"] = {name: limits.word for name, limits in evidence.items()}
    age(folder, state)
    assert load_model(folder, tmp_path, threads=1).judge(TEXTS) == before


VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**70), 2**70)
    | st.floats(allow_nan=False)
    | st.text()
    | st.binary(max_size=300),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner) | st.tuples(inner, inner),
    max_leaves=8,
)
ARRAYS = npst.arrays(
    st.sampled_from(["<i1", "<i4", "<i8", "<u1", "<f4", "<f8"]),
    npst.array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=5),
)


@settings(deadline=None, max_examples=25)
@given(values=st.dictionaries(st.text(), VALUES), arrays=st.dictionaries(st.text(), ARRAYS))
def test_what_joblib_wrote_is_read_as_joblib_reads_it(
    values: dict[str, Any], arrays: dict[str, Any]
) -> None:
    written = io.BytesIO()
    joblib.dump({**values, **arrays}, written)
    found = read_joblib(written.getvalue())
    for name, value in {**values, **arrays}.items():
        if isinstance(value, np.ndarray):
            assert found[name].dtype == value.dtype
            assert found[name].shape == value.shape
            assert found[name].tobytes() == value.tobytes()
        else:
            assert found[name] == value
            assert type(found[name]) is type(value)


class Command:
    """Runs a command where it is unpickled."""

    def __init__(self, canary: Path) -> None:
        self.command = f"touch {canary}"

    def __reduce__(self) -> tuple[Callable[[str], int], tuple[str]]:
        """Ask for the command."""
        return os.system, (self.command,)


def whole(command: Command, state: dict[str, Any]) -> bytes:
    return pickle.dumps(command)


def among_the_values(command: Command, state: dict[str, Any]) -> bytes:
    return dumped(state | {"slack": command})


def in_an_array_of_objects(command: Command, state: dict[str, Any]) -> bytes:
    return dumped(state | {"scales": np.array([command] * 9, dtype=object)})


def in_the_first_form_of_pickles(command: Command, state: dict[str, Any]) -> bytes:
    return f"cos\nsystem\n(S'{command.command}'\ntR.".encode()


def in_the_place_of_a_kind_of_number(command: Command, state: dict[str, Any]) -> bytes:
    class Kind(Command):
        hasobject = False
        itemsize = 4

    kind = Kind.__new__(Kind)
    kind.command = command.command
    wrapper = NumpyArrayWrapper(np.ndarray, (9,), "C", kind, allow_mmap=False)
    return pickle.dumps(state | {"scales": wrapper})


def behind_a_whole_model(command: Command, state: dict[str, Any]) -> bytes:
    # What stands behind the end is never looked at, by joblib neither; before it, it is.
    content = dumped(state)
    assert content.endswith(b".")
    return content[:-1] + pickle.dumps(command, protocol=2)[2:-1] + b"0."


ATTACKS = [
    whole,
    among_the_values,
    in_an_array_of_objects,
    in_the_first_form_of_pickles,
    in_the_place_of_a_kind_of_number,
    behind_a_whole_model,
]


def dumped(values: object) -> bytes:
    written = io.BytesIO()
    joblib.dump(values, written)
    return written.getvalue()


@pytest.mark.parametrize("attack", ATTACKS)
def test_no_command_in_a_model_is_run_and_the_models_around_it_load(
    copy: Path, attack: Callable[[Command, dict[str, Any]], bytes], tmp_path: Path
) -> None:
    state, canary = state_of(copy), tmp_path / "canary"
    models = [Path(shutil.copytree(copy, copy.parent / f"other@{n}")) for n in range(4)]
    for folder in (models[0], models[2], copy):
        age(folder, state)
    bad = put(copy, "arrays", "arrays-00.joblib", attack(Command(canary), state))
    assert [load_model(folder, copy.parent).id for folder in models] == ["tiny@1"] * 4
    with pytest.raises(InvalidModel, match="copy@1"):
        load_model(copy, copy.parent)
    assert not canary.exists()
    # The command is a real one: whoever unpickles the file runs it.
    with contextlib.suppress(Exception):  # some of them are no models afterwards
        joblib.load(bad)
    assert canary.exists()


def cut_off(state: dict[str, Any]) -> bytes:
    return dumped(state)[:-40]


def cut_off_in_an_array(state: dict[str, Any]) -> bytes:
    return dumped({"weights": state["weights"]})[:2000]


def of_a_huge_shape(state: dict[str, Any]) -> bytes:
    wrapper = NumpyArrayWrapper(np.ndarray, (2**40, 9), "C", np.dtype("i1"), allow_mmap=True)
    return pickle.dumps(state | {"weights": wrapper}, protocol=4)


def of_a_negative_shape(state: dict[str, Any]) -> bytes:
    wrapper = NumpyArrayWrapper(np.ndarray, (-1, -9), "C", np.dtype("i1"), allow_mmap=True)
    return pickle.dumps(state | {"weights": wrapper}, protocol=4)


def that_grows_when_written_out(state: dict[str, Any]) -> bytes:
    grown: list[Any] = ["word"] * 10
    for _ in range(40):
        grown = [grown] * 10
    return dumped(state | {"sentences": grown})


def that_holds_itself(state: dict[str, Any]) -> bytes:
    endless: list[Any] = []
    endless.append(endless)
    return dumped(state | {"sentences": endless})


def that_says_a_text_is_huge(state: dict[str, Any]) -> bytes:
    return b"\x80\x04\x8d" + (2**62).to_bytes(8, "little") + b"abc."


DAMAGES = [
    cut_off,
    cut_off_in_an_array,
    of_a_huge_shape,
    of_a_negative_shape,
    that_grows_when_written_out,
    that_holds_itself,
    that_says_a_text_is_huge,
    lambda _: b"",
    lambda _: b".",
    lambda _: b"\x80\x04K\x01K\x02.",
    lambda _: b"\x80\x04h\x07.",
    lambda _: b"\x80\x04]u.",
    lambda _: dumped([1, 2]),
    lambda state: dumped(state | {"weights": state["weights"].astype(complex)}),
    lambda state: dumped(state | {"frequent": None}),
    lambda state: dumped({1: state["weights"]}),
]


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_file_is_refused_by_the_models_name(
    copy: Path, damage: Callable[[dict[str, Any]], bytes]
) -> None:
    state = state_of(copy)
    age(copy, state)
    put(copy, "arrays", "arrays-00.joblib", damage(state))
    with pytest.raises(InvalidModel) as caught:
        load_model(copy, copy.parent)
    assert str(copy) in str(caught.value)


SMALL = dumped({"a": np.arange(6, dtype=np.float32), "b": {"c": [1, 2.5, "d"]}, "e": b"fgh"})


@settings(deadline=None, max_examples=300)
@given(
    at=st.integers(0, len(SMALL) - 1),
    byte=st.integers(0, 255),
    end=st.integers(0, len(SMALL)) | st.just(len(SMALL)),
)
def test_whatever_is_damaged_nothing_but_a_sentence_comes_of_it(
    at: int, byte: int, end: int
) -> None:
    damaged = bytearray(SMALL)
    damaged[at] = byte
    with contextlib.suppress(ValueError):
        assert all(type(name) is str for name in read_joblib(bytes(damaged[:end])))


def test_only_pipes_between_our_processes_and_our_own_kernels_are_unpickled() -> None:
    """No other module loads a pickle, or a file that may hold one."""
    words = ("joblib.load", "pickle.load", "allow_pickle=True", "Unpickler", "torch.load")
    package = Path(__file__).parents[3] / "moderation"
    found = {
        str(file.relative_to(package))
        for file in package.rglob("*.py")
        if any(word in file.read_text("utf-8") for word in words)
    }
    pipes = {"pages/sandbox.py"}
    # Numba's cache is one: it lies in a folder that nobody else can enter.
    assert found == pipes | {"models/ngrams/numba_cache.py"}
