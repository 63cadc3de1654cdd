"""A model's state is checked as it is read, before a compiled loop relies on it."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from moderation.errors import InvalidModel
from moderation.models.fast import FastModel, FastState
from moderation.models.store import load_model, save_model
from moderation.models.store.states import StoredState, build_state, split_state
from tests.models.store.folders import put


@pytest.fixture(scope="module")
def state(tiny_model: Path) -> FastState:
    model = load_model(tiny_model, tiny_model.parent)
    assert isinstance(model, FastModel)
    return model.state


def test_a_state_is_the_same_after_it_was_stored(state: FastState) -> None:
    found = build_state("fast", split_state(state._asdict()))
    for name, value in state._asdict().items():
        if isinstance(value, np.ndarray):
            np.testing.assert_array_equal(getattr(found, name), value)
        else:
            assert getattr(found, name) == value


def test_the_same_state_is_stored_as_the_same_bytes(state: FastState) -> None:
    assert split_state(state._asdict()).values == split_state(state._asdict()).values


@pytest.mark.parametrize(
    "change",
    [
        {"char_ngrams": [1, 7]},
        {"char_ngrams": [0, 2]},
        {"char_ngrams": [5, 3]},
        {"char_ngrams": [3, 9]},
        {"char_ngrams": [3.5, 5]},
        {"char_ngrams": [3]},
        {"frequent": "the\na\0b"},
        {"frequent": "the\n\x03"},
        {"frequent": "\n".join(map(str, range(2**15)))},
        {"frequent": ["the"]},
        {"frequent": None},
        {"slack": "1"},
        {"slack": float("nan")},
        {"target_bias": float("inf")},
        {"thresholds": {"news": 0.5}},
        {"review_thresholds": {}},
        {"thresholds": {"rudeness": 0.5}},
        {"thresholds": {"news": "0.5"}},
        {"thresholds": [0.5]},
        {"sentences": {}},
        {"sentences": {"abbreviations": [], "collocations": [["a"]], "starters": []}},
        {"more": 1},
    ],
)
def test_a_value_of_the_wrong_kind_is_refused_by_its_name(
    state: FastState, change: dict[str, Any]
) -> None:
    stored = split_state(state._asdict())
    values = json.loads(stored.values) | change
    (name,) = change
    told = {"frequent": "frequent", "thresholds": "threshold", "review_thresholds": "threshold"}
    with pytest.raises(ValueError, match=told.get(name, name)):
        build_state("fast", StoredState(stored.arrays, json.dumps(values).encode()))


@pytest.mark.parametrize(
    "change",
    [
        lambda s: {"weights": s.weights[:-1]},
        lambda s: {"weights": s.weights[:1]},
        lambda s: {"weights": s.weights[:0]},
        lambda s: {"weights": s.weights[:, :-1]},
        lambda s: {"weights": s.weights.astype(np.int16)},
        lambda s: {"weights": s.weights.ravel()},
        lambda s: {"scales": s.scales[:-1]},
        lambda s: {"scales": s.scales.astype(np.float64)},
        lambda s: {"biases": s.biases * np.float32("nan")},
        lambda s: {"slopes": s.slopes * np.float32("inf")},
        lambda s: {"target_weights": s.target_weights[:-1]},
        lambda _: {"offsets": None},
        lambda s: {"more": s.scales},
    ],
)
def test_an_array_that_no_loop_has_room_for_is_refused_by_its_name(
    state: FastState, change: Callable[[FastState], dict[str, Any]]
) -> None:
    stored = split_state(state._asdict())
    changed = change(state)
    arrays = {n: a for n, a in (stored.arrays | changed).items() if a is not None}
    with pytest.raises(ValueError, match=next(iter(changed))):
        build_state("fast", StoredState(arrays, stored.values))


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"\xff", b"[" * 100_000, b"null"])
def test_values_that_are_not_json_are_refused_by_the_models_name(
    tiny_model: Path, tmp_path: Path, content: bytes
) -> None:
    folder = Path(shutil.copytree(tiny_model, tmp_path / "copy@1"))
    put(folder, "state", "state-00.json", content)
    with pytest.raises(InvalidModel, match="copy@1"):
        load_model(folder, tmp_path)


def test_what_could_not_be_loaded_again_is_not_written(state: FastState, tmp_path: Path) -> None:
    broken = state._replace(char_ngrams=(1, 7))
    with pytest.raises(InvalidModel, match="char_ngrams"):
        save_model(tmp_path / "broken@1", broken, {"id": "broken@1", "tier": "fast"}, "card")
    assert not (tmp_path / "broken@1").exists()


def test_a_network_that_is_none_is_refused_by_the_models_name(
    small_encoder: Path, tmp_path: Path
) -> None:
    folder = Path(shutil.copytree(small_encoder, tmp_path / "small@1"))
    content = next(folder.glob("network-*")).read_bytes()
    for damage in (b"no graph", content[: len(content) // 2], b"\x08\x07"):
        put(folder, "network", "network-00.onnx", damage)
        with pytest.raises(InvalidModel, match="small@1 is damaged"):
            load_model(folder, tmp_path)
    put(folder, "network", "network-00.onnx", content)
    assert load_model(folder, tmp_path).id == "small@1"


def test_a_network_that_names_another_file_is_refused(small_encoder: Path, tmp_path: Path) -> None:
    import onnx  # noqa: PLC0415  # the small encoder needs it too

    folder = Path(shutil.copytree(small_encoder, tmp_path / "small@1"))
    graph = onnx.load_model_from_string(next(folder.glob("network-*")).read_bytes())
    numbers = graph.graph.initializer[0]
    (folder / "numbers").write_bytes(numbers.raw_data)
    numbers.ClearField("raw_data")
    numbers.data_location = onnx.TensorProto.EXTERNAL
    numbers.external_data.add(key="location", value="numbers")
    put(folder, "network", "network-00.onnx", graph.SerializeToString())
    with pytest.raises(InvalidModel, match="names another file"):
        load_model(folder, tmp_path)


def test_a_vocabulary_that_is_cut_off_is_refused_by_the_models_name(
    small_encoder: Path, tmp_path: Path
) -> None:
    from moderation.models.encoder import EncoderModel  # noqa: PLC0415
    from moderation.models.store.arrays import write_arrays  # noqa: PLC0415

    folder = Path(shutil.copytree(small_encoder, tmp_path / "small@1"))
    model = load_model(folder, tmp_path)
    assert isinstance(model, EncoderModel)
    packed = model.state.packed_vocabulary
    for damage in (packed[:-20], b"", b"no vocabulary", packed[: len(packed) // 2]):
        arrays = split_state(model.state._replace(packed_vocabulary=damage)._asdict()).arrays
        put(folder, "arrays", "arrays-00.safetensors", write_arrays(arrays))
        with pytest.raises(InvalidModel, match="small@1 is damaged"):
            load_model(folder, tmp_path)
