"""A model on disk is loaded whole or refused with the reason."""

import json
import mmap
import shutil
from pathlib import Path

import numpy as np
import pytest

from moderation.errors import InvalidModel
from moderation.models.cascade import CascadeModel, CascadeState
from moderation.models.fast import FastModel
from moderation.models.store import MANIFEST, load_model, save_model
from moderation.models.store import manifest as files
from moderation.models.store.models import component_of
from moderation.taxonomy import ATTRIBUTE_NAMES, FLAGGED, LABELLING


@pytest.fixture
def copy(tiny_model: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(tiny_model, tmp_path / "copy@1"))


def arrays(folder: Path) -> Path:
    (file,) = folder.glob("arrays-*.safetensors")
    return file


def test_a_model_is_found_by_its_id_and_by_its_folder(copy: Path) -> None:
    assert load_model("copy@1", copy.parent).id == "tiny@1"
    assert load_model(copy, Path("nowhere")).id == "tiny@1"


def test_arrays_that_were_changed_are_refused_before_they_are_loaded(copy: Path) -> None:
    content = bytearray(arrays(copy).read_bytes())
    content[len(content) // 2] ^= 1
    arrays(copy).write_bytes(content)
    expected = json.loads((copy / MANIFEST).read_text("utf-8"))["files"]["arrays"]["sha256"]
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
    assert isinstance(old, FastModel)
    text = ["your words here"]
    before = old.judge(text)
    state = old.state._replace(biases=old.state.biases + 1)

    def interrupted(path: Path, text: str, **_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(files, "write_text", interrupted)
    with pytest.raises(KeyboardInterrupt):
        save_model(copy, state, {"id": "tiny@1", "tier": "fast"}, "card")
    assert load_model(copy, copy.parent).judge(text) == before
    monkeypatch.undo()
    save_model(copy, state, {"id": "tiny@1", "tier": "fast"}, "card")
    assert load_model(copy, copy.parent).judge(text) != before
    assert not list(copy.glob(".*"))


def test_loaded_arrays_are_shared_with_other_processes(copy: Path) -> None:
    model = load_model(copy, copy.parent)
    assert isinstance(model, FastModel)
    weights = model.state.weights
    base: object = weights
    while isinstance(base, np.ndarray):
        base = base.base
    assert isinstance(base, memoryview)
    assert isinstance(base.obj, mmap.mmap)
    assert not weights.flags.writeable


def edit(folder: Path, **changes: object) -> None:
    manifest = json.loads((folder / MANIFEST).read_text("utf-8"))
    (folder / MANIFEST).write_text(json.dumps(manifest | changes), "utf-8")


def test_a_tier_that_this_version_does_not_know_is_refused(copy: Path) -> None:
    edit(copy, tier="oracle")
    with pytest.raises(InvalidModel, match="'oracle'") as caught:
        load_model(copy, copy.parent)
    assert "Install the version" in str(caught.value)


def test_a_network_that_was_changed_is_refused_before_it_is_loaded(
    small_encoder: Path, tmp_path: Path
) -> None:
    folder = Path(shutil.copytree(small_encoder, tmp_path / "small@1"))
    (network,) = folder.glob("network-*.onnx")
    with network.open("ab") as file:
        file.write(b"more")
    with pytest.raises(InvalidModel, match="do not load it as it is") as caught:
        load_model(folder, tmp_path)
    assert str(network) in str(caught.value)
    network.unlink()
    with pytest.raises(InvalidModel, match="network cannot be read"):
        load_model(folder, tmp_path)


@pytest.fixture
def both(tiny_model: Path, small_encoder: Path, tmp_path: Path) -> Path:
    """Return the folder of a cascade, its parts beside it."""
    parts = {}
    for tier, source in (("fast", tiny_model), ("encoder", small_encoder)):
        folder = Path(shutil.copytree(source, tmp_path / source.name))
        parts[tier] = component_of(load_model(folder, tmp_path), folder).model_dump()
    ones = np.ones(len(ATTRIBUTE_NAMES))
    labels, reviews = (dict.fromkeys(map(str, names), 0.5) for names in (LABELLING, FLAGGED))
    state = CascadeState(0.5 * ones, 2 * ones, labels, reviews)
    folder = tmp_path / "both@1"
    save_model(folder, state, {"id": "both@1", "tier": "cascade", "parts": parts}, "card")
    return folder


def test_a_cascade_is_loaded_with_its_parts_wherever_they_lie_together(
    both: Path, tmp_path: Path
) -> None:
    model = load_model(both, Path("nowhere"))
    assert isinstance(model, CascadeModel)
    assert (model.id, model.fast.id, model.encoder.id) == ("both@1", "tiny@1", "small@1")
    alone = Path(shutil.copytree(both, tmp_path / "elsewhere" / "both@1"))
    assert load_model(alone, tmp_path).id == "both@1"


@pytest.mark.parametrize("part", ["tiny@1", "small@1"])
def test_a_cascade_whose_part_was_replaced_is_refused_by_the_name_of_the_part(
    both: Path, part: str
) -> None:
    edit(both.parent / part, training="another")
    with pytest.raises(InvalidModel, match=f"another {part}") as caught:
        load_model(both, both.parent)
    assert "train.py --cascade" in str(caught.value)


def test_a_cascade_whose_part_is_missing_is_refused_by_the_name_of_the_part(both: Path) -> None:
    shutil.rmtree(both.parent / "small@1")
    with pytest.raises(InvalidModel, match="small@1"):
        load_model(both, both.parent)


def test_parts_of_the_wrong_tier_are_refused(both: Path) -> None:
    parts = json.loads((both / MANIFEST).read_text("utf-8"))["parts"]
    edit(both, parts={"fast": parts["encoder"], "encoder": parts["fast"]})
    with pytest.raises(InvalidModel, match="'cascade' or one of its parts"):
        load_model(both, both.parent)
