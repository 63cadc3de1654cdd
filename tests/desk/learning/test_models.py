"""Promoted models reach every instance of the desk, through the database."""

import json
import shutil
from pathlib import Path

import pytest
import sqlalchemy as sa

from moderation.database.tables import model_files
from moderation.desk import Desk
from moderation.desk.learning.models import KEPT_MODELS
from moderation.desk.types import User
from moderation.errors import InvalidModel
from moderation.models.store import MANIFEST, load_model
from moderation.models.store.manifest import digest


@pytest.fixture(autouse=True)
def other_instance(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give an instance a data folder of its own."""
    folder = tmp_path / "other instance"
    monkeypatch.setenv("XDG_DATA_HOME", str(folder))
    return folder / "moderation" / "models"


def trained(tiny_model: Path, folder: Path, **manifest: object) -> Path:
    """Return a model of another name, made of the tiny one."""
    shutil.copytree(tiny_model, folder)
    file = folder / MANIFEST
    values = json.loads(file.read_text("utf-8")) | {"id": folder.name} | manifest
    file.write_text(json.dumps(values), "utf-8")
    return folder


def kept_models(desk: Desk) -> set[int]:
    with desk.store.reading() as connection:
        return set(connection.scalars(sa.select(model_files.c.model_id).distinct()))


def test_a_model_that_was_trained_elsewhere_is_fetched_once_and_judges_alike(
    desk: Desk, lead: User, tiny_model: Path, tmp_path: Path, other_instance: Path
) -> None:
    folder = trained(tiny_model, tmp_path / "trainer" / "next@2")
    sound = load_model(folder, tmp_path).judge(["calm", "vile"])
    live = desk.models.promote(lead, "next@2", folder, {})
    shutil.rmtree(folder.parent)
    fetched = desk.models.folder_of(live, [])
    assert other_instance in fetched.parents
    assert load_model(fetched, tmp_path, expected=live.manifest).judge(["calm", "vile"]) == sound
    written = (fetched / MANIFEST).stat().st_mtime_ns
    assert desk.models.folder_of(live, []) == fetched
    assert (fetched / MANIFEST).stat().st_mtime_ns == written


def test_the_machine_that_trained_a_model_reads_it_from_its_own_folder(
    desk: Desk, lead: User, tiny_model: Path, tmp_path: Path, other_instance: Path
) -> None:
    folder = trained(tiny_model, tmp_path / "trainer" / "next@2")
    live = desk.models.promote(lead, "next@2", folder, {})
    assert desk.models.folder_of(live, []) == folder
    assert not other_instance.exists()


def test_tiers_come_with_the_model_that_is_made_of_them(
    desk: Desk, lead: User, tiny_model: Path, tmp_path: Path
) -> None:
    tier = trained(tiny_model, tmp_path / "trainer" / "tier@2")
    trained(tiny_model, tmp_path / "trainer" / "stranger@2")
    parts = {"fast": {"id": "tier@2", "sha256": digest(tier / MANIFEST)}}
    folder = trained(tiny_model, tmp_path / "trainer" / "next@2", parts=parts)
    live = desk.models.promote(lead, "next@2", folder, {})
    files = {file.name for file in tier.iterdir()}
    shutil.rmtree(folder.parent)
    fetched = desk.models.folder_of(live, [])
    assert {each.name for each in fetched.parent.iterdir()} == {"next@2", "tier@2"}
    assert {file.name for file in (fetched.parent / "tier@2").iterdir()} == files


def test_what_was_fetched_in_part_is_fetched_again(
    desk: Desk, lead: User, tiny_model: Path, tmp_path: Path
) -> None:
    folder = trained(tiny_model, tmp_path / "trainer" / "next@2")
    live = desk.models.promote(lead, "next@2", folder, {})
    shutil.rmtree(folder.parent)
    fetched = desk.models.folder_of(live, [])
    # As a kill leaves it: a file is there whole or not at all, and the manifest comes last.
    (fetched / MANIFEST).unlink()
    next(fetched.glob("arrays-*")).unlink()
    assert desk.models.folder_of(live, []) == fetched
    assert load_model(fetched, tmp_path).id == "next@2"


def test_a_damaged_model_is_not_promoted_and_the_one_before_stays(
    desk: Desk, lead: User, tiny_model: Path, tmp_path: Path
) -> None:
    first = trained(tiny_model, tmp_path / "trainer" / "first@1")
    second = trained(tiny_model, tmp_path / "trainer" / "second@2")
    desk.models.promote(lead, "first@1", first, {})
    arrays = next(second.glob("arrays-*"))
    arrays.write_bytes(arrays.read_bytes()[:-1])
    with pytest.raises(InvalidModel, match="is not the one that its manifest names"):
        desk.models.promote(lead, "second@2", second, {})
    arrays.unlink()
    with pytest.raises(InvalidModel, match="cannot be read"):
        desk.models.promote(lead, "second@2", second, {})
    live = desk.models.live()
    assert live is not None
    assert live.model == "first@1"
    assert kept_models(desk) == {live.id}


def test_files_of_the_latest_models_alone_are_kept(
    desk: Desk, lead: User, tiny_model: Path, tmp_path: Path
) -> None:
    folder = trained(tiny_model, tmp_path / "trainer" / "next@2")
    promoted = [desk.models.promote(lead, "next@2", folder, {}) for _ in range(KEPT_MODELS + 2)]
    assert kept_models(desk) == {live.id for live in promoted[2:]}
    shutil.rmtree(folder.parent)
    assert desk.models.folder_of(promoted[2], []).is_dir()


def test_a_model_whose_files_are_nowhere_is_named_with_what_to_do(
    desk: Desk, lead: User, tmp_path: Path
) -> None:
    live = desk.models.promote(lead, "gone@1", tmp_path / "gone@1", {})
    with pytest.raises(InvalidModel, match=r"gone@1 is missing.*roll back"):
        desk.models.folder_of(live, [])
