"""A manifest names files of its own folder alone, and a damaged one is refused in a sentence."""

import contextlib
import hashlib
import json
import os
import shutil
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from moderation.errors import InvalidModel
from moderation.models.store import MANIFEST, load_model
from moderation.models.store import manifest as files
from moderation.models.store.manifest import CONVERTED, find_folder, read_manifest
from moderation.moderator import Moderator
from moderation.policy import Policy
from tests.conftest import ROOT
from tests.models.store.folders import edit, put

SHIPPED = ROOT / "models"
GERMAN = "Die Gemeinde sollte ihre Rechnungen vor Montag veröffentlichen."
TEXT = ["All Chinese are vermin."]


@pytest.fixture
def copy(tiny_model: Path, tmp_path: Path) -> Path:
    """Return the folder of a model among others."""
    models = [Path(shutil.copytree(tiny_model, tmp_path / f"copy@{n}")) for n in range(3)]
    return models[1]


def entry(folder: Path, kind: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((folder / MANIFEST).read_text("utf-8"))["files"][kind]
    return found


@pytest.mark.parametrize("kind", ["arrays", "state"])
@pytest.mark.parametrize(
    "name",
    ["../outside/{}", "{absolute}", "./{}", "inner/{}", "inner\\{}", "..", ".", "", "a\0b", "C:{}"],
)
def test_a_file_outside_its_folder_is_not_opened_though_its_hash_is_right(
    copy: Path, kind: str, name: str
) -> None:
    found = entry(copy, kind)
    outside = copy.parent / "outside"
    shutil.copytree(copy, outside)
    shutil.copytree(copy, copy / "inner")
    absolute = str(outside / found["file"])
    named = found | {"file": name.format(found["file"], absolute=absolute)}
    kept = json.loads((copy / MANIFEST).read_text("utf-8"))["files"]
    edit(copy, files=kept | {kind: named})
    with pytest.raises(InvalidModel, match=f"files.{kind}.file") as caught:
        load_model(copy, copy.parent)
    assert str(copy / MANIFEST) in str(caught.value)
    assert load_model(copy.with_name("copy@0"), copy.parent).id == "tiny@1"


@pytest.mark.parametrize("kind", ["arrays", "state"])
def test_a_link_that_leads_out_of_the_folder_is_not_followed(copy: Path, kind: str) -> None:
    file = copy / entry(copy, kind)["file"]
    outside = copy.parent / file.name
    file.rename(outside)
    file.symlink_to(outside)
    with pytest.raises(InvalidModel, match=f"The {kind} cannot be read") as caught:
        load_model(copy, copy.parent)
    assert str(file) in str(caught.value)


def test_what_is_no_file_is_not_waited_for(copy: Path) -> None:
    file = copy / entry(copy, "arrays")["file"]
    file.unlink()
    os.mkfifo(file)
    with pytest.raises(InvalidModel, match="no file"):
        load_model(copy, copy.parent)
    file.unlink()
    file.mkdir()
    with pytest.raises(InvalidModel, match="cannot be read"):
        load_model(copy, copy.parent)
    put(copy, "arrays", "arrays-empty.safetensors", b"")
    with pytest.raises(InvalidModel, match="empty"):
        load_model(copy, copy.parent)


def test_the_file_that_was_hashed_is_the_one_that_is_loaded(
    copy: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    right = load_model(copy, copy.parent).judge(TEXT)
    swapped: list[str] = []

    class Swapping:
        """Replaces each file as soon as it is hashed."""

        @staticmethod
        def sha256(content: bytes) -> object:
            found = hashlib.sha256(content)
            for kind in ("arrays", "state"):
                file = copy / entry(copy, kind)["file"]
                if found.hexdigest() == entry(copy, kind)["sha256"]:
                    other = file.with_name("other")
                    other.write_bytes(b"\0" * len(content))
                    other.replace(file)
                    swapped.append(kind)
            return found

    monkeypatch.setattr(files, "hashlib", Swapping)
    assert load_model(copy, copy.parent).judge(TEXT) == right
    assert swapped == ["arrays", "state"]
    with pytest.raises(InvalidModel, match="do not load it as it is"):
        load_model(copy, copy.parent)


def test_only_the_very_model_that_is_expected_is_loaded(copy: Path) -> None:
    found = read_manifest(copy).sha256
    assert load_model(copy, copy.parent, 0, found).id == "tiny@1"
    edit(copy, training="another")
    with pytest.raises(InvalidModel, match=found):
        load_model(copy, copy.parent, 0, found)


@pytest.mark.parametrize("part", ["../copy@0", "/etc", "copy@0/../../x", "..", "", "copy@0\0"])
def test_a_part_is_named_by_an_id_and_by_no_path(copy: Path, part: str) -> None:
    parts = {"fast": {"id": part, "sha256": read_manifest(copy).sha256}}
    edit(copy, tier="cascade", parts=parts)
    with pytest.raises(InvalidModel, match=r"parts\.fast\.id"):
        load_model(copy, copy.parent)


def test_a_cascade_that_was_made_with_a_shipped_encoder_of_the_format_before_still_loads(
    tmp_path: Path,
) -> None:
    now = json.loads((SHIPPED / "cascade@2026.12" / MANIFEST).read_text("utf-8"))["parts"]
    before = {new: old for old, new in CONVERTED.items()}
    folder = Path(shutil.copytree(SHIPPED / "cascade@2026.12", tmp_path / "cascade@2026.12-d7"))
    edit(
        folder,
        parts={tier: part | {"sha256": before[part["sha256"]]} for tier, part in now.items()},
    )
    assert load_model(folder, SHIPPED, 1).judge(TEXT)
    swapped = {"fast": now["fast"], "encoder": now["encoder"] | {"sha256": now["fast"]["sha256"]}}
    edit(folder, parts=swapped)
    with pytest.raises(InvalidModel, match=r"another encoder@2026\.12"):
        load_model(folder, SHIPPED, 1)


def test_a_shipped_models_id_never_means_a_folder_where_the_user_is(
    copy: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = tmp_path / "here"
    shutil.copytree(copy, here / "copy@1")
    edit(here / "copy@1", id="foreign@1")
    monkeypatch.chdir(here)
    assert load_model("copy@1", copy.parent).id == "tiny@1"
    assert load_model("./copy@1", copy.parent / "none").id == "foreign@1"
    assert find_folder("x" * 5000, copy.parent) == Path("x" * 5000)


def test_a_model_whose_name_cannot_be_one_is_not_there(copy: Path) -> None:
    for name in ("x" * 5000, "a\0b", "", str(copy / MANIFEST)):
        with pytest.raises(InvalidModel):
            load_model(name, copy.parent / "none")


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=9),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=9), inner),
    max_leaves=6,
)


def places(values: Any, above: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Return the path to every value in a JSON document."""
    inner = values.items() if isinstance(values, dict) else enumerate(values)
    return [
        path
        for key, value in inner
        for path in (
            (*above, key),
            *(places(value, (*above, key)) if isinstance(value, dict | list) else ()),
        )
    ]


@pytest.fixture(scope="module")
def damaged(tiny_model: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return Path(shutil.copytree(tiny_model, tmp_path_factory.mktemp("damaged") / "copy@1"))


@settings(deadline=None, max_examples=150, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data())
def test_a_manifest_with_anything_wrong_in_it_is_refused_in_a_sentence(
    tiny_model: Path, damaged: Path, data: st.DataObject
) -> None:
    sound = (tiny_model / MANIFEST).read_text("utf-8")
    values = json.loads(sound)
    matters = ("format", "id", "tier", "attributes", "files", "parts")
    values = {name: values.get(name, {}) for name in matters}
    *way, last = data.draw(st.sampled_from(places(values)))
    inner = values
    for key in way:
        inner = inner[key]
    if data.draw(st.booleans()):
        inner[last] = data.draw(ANYTHING)
    else:
        del inner[last]
    text = json.dumps(values)
    cut = data.draw(st.just(len(text)) | st.integers(0, len(text)))
    (damaged / MANIFEST).write_text(text[:cut], "utf-8")
    with contextlib.suppress(InvalidModel):
        assert load_model(damaged, damaged.parent).judge(TEXT)
    (damaged / MANIFEST).write_text(sound, "utf-8")
    assert load_model(damaged, damaged.parent).id == "tiny@1"


@pytest.mark.parametrize(
    "content", [b"\xff\xfe", b"[" * 100_000, b"[]", b"null", b'{"format": 1e999}', b"9" * 9000]
)
def test_a_manifest_that_is_no_object_is_refused(copy: Path, content: bytes) -> None:
    (copy / MANIFEST).write_bytes(content)
    with pytest.raises(InvalidModel, match=r"manifest\.json"):
        load_model(copy, copy.parent)


def test_a_model_knows_the_languages_of_its_manifest_and_else_english(copy: Path) -> None:
    policy = Policy.load()
    assert Moderator(load_model(copy, copy.parent), policy).languages == ("en",)
    edit(copy, languages=["en", "de"])
    model = load_model(copy, copy.parent)
    assert Moderator(model, policy).languages == ("en", "de")
    assert Moderator(model, policy).judge([GERMAN])[0].judged
    assert not Moderator(model, policy, ["en"]).judge([GERMAN])[0].judged


@pytest.mark.parametrize("languages", [[], "en", ["English"], [1], None, ["EN"]])
def test_what_is_no_list_of_languages_is_refused(copy: Path, languages: object) -> None:
    edit(copy, languages=languages)
    with pytest.raises(InvalidModel, match="languages"):
        load_model(copy, copy.parent)
