"""A batch run judges with the model that was named, wherever its workers are."""

import shutil
from pathlib import Path

import pytest

from moderation.batch.judge import ModelSource
from moderation.errors import InvalidModel
from moderation.settings import shipped_models
from tests.models.store.folders import edit


def test_a_folder_with_a_shipped_models_name_is_not_taken_for_it(
    tiny_model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copytree(tiny_model, tmp_path / "fast@2026.12")
    monkeypatch.chdir(tmp_path)
    source = ModelSource.of("fast@2026.12")
    assert source.model_id == "fast@2026.12"
    (verdict,) = source.load(1).judge(["You vermin."])
    assert verdict.model == "fast@2026.12"


def test_a_shipped_model_goes_by_its_name_and_any_other_by_its_folder(
    tiny_model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert ModelSource.of(shipped_models() / "fast@2026.12").model == "fast@2026.12"
    monkeypatch.chdir(tiny_model.parent)
    assert ModelSource.of(tiny_model.name).model == str(tiny_model.resolve())


def test_a_model_that_was_changed_since_the_run_began_is_refused(
    tiny_model: Path, tmp_path: Path
) -> None:
    folder = Path(shutil.copytree(tiny_model, tmp_path / "copy@1"))
    source = ModelSource.of(folder)
    assert source.load(1).judge(["You vermin."])[0].model == "tiny@1"
    edit(folder, training="another")
    with pytest.raises(InvalidModel, match="another one than that of the run"):
        source.load(1)
