"""A model on disk is loaded whole or refused with the reason."""

import json
import shutil
from pathlib import Path

import pytest

from moderation.errors import InvalidModel
from moderation.learning import store
from moderation.learning.store import MANIFEST, load_model, save_model


@pytest.fixture
def copy(tiny_model: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(tiny_model, tmp_path / "copy@1"))


def arrays(folder: Path) -> Path:
    (file,) = folder.glob("arrays-*.joblib")
    return file


def test_a_model_is_found_by_its_id_and_by_its_folder(copy: Path) -> None:
    assert load_model("copy@1", copy.parent).id == "tiny@1"
    assert load_model(copy, Path("nowhere")).id == "tiny@1"


def test_arrays_that_were_changed_are_refused_before_they_are_loaded(copy: Path) -> None:
    content = bytearray(arrays(copy).read_bytes())
    content[len(content) // 2] ^= 1
    arrays(copy).write_bytes(content)
    expected = json.loads((copy / MANIFEST).read_text("utf-8"))["arrays"]["sha256"]
    with pytest.raises(InvalidModel, match="do not load it as it is") as caught:
        load_model(copy, copy.parent)
    assert expected in str(caught.value)
    assert str(arrays(copy)) in str(caught.value)


def test_an_unknown_id_is_answered_with_the_ones_there_are(copy: Path) -> None:
    with pytest.raises(InvalidModel, match="copy@1"):
        load_model("fast@1900.01", copy.parent)


@pytest.mark.parametrize("damage", ["{", '{"format": 99, "attributes": []}'])
def test_a_manifest_that_cannot_be_used_is_named(copy: Path, damage: str) -> None:
    (copy / MANIFEST).write_text(damage, "utf-8")
    with pytest.raises(InvalidModel, match=r"manifest\.json"):
        load_model(copy, copy.parent)


def test_missing_arrays_are_named(copy: Path) -> None:
    file = arrays(copy)
    file.unlink()
    with pytest.raises(InvalidModel, match=file.name):
        load_model(copy, copy.parent)


def test_an_interrupted_save_leaves_the_old_model_whole(
    copy: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = load_model(copy, copy.parent)
    text = ["your words here"]
    before = old.judge(text)
    state = old.state._replace(biases=old.state.biases + 1)

    def interrupted(path: Path, text: str) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(store, "replace_text", interrupted)
    with pytest.raises(KeyboardInterrupt):
        save_model(copy, state, {"id": "tiny@1"}, "card")
    assert load_model(copy, copy.parent).judge(text) == before
    monkeypatch.undo()
    save_model(copy, state, {"id": "tiny@1"}, "card")
    assert load_model(copy, copy.parent).judge(text) != before
    assert not list(copy.glob(".*"))


def test_loaded_arrays_are_shared_with_other_processes(copy: Path) -> None:
    weights = load_model(copy, copy.parent).state.weights
    assert type(weights).__name__ == "memmap"
    assert not weights.flags.writeable
