"""Files that the desk writes: whole, in one step, and as private as they were."""

import errno
import os
import shutil
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from moderation.cli import app
from moderation.desk.decisions.thresholds import lock_policy, set_threshold
from moderation.errors import InvalidInput, InvalidPolicy
from moderation.verdict import Action


def test_a_policy_keeps_its_permissions_when_a_threshold_changes(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    set_threshold(path, Action.BLOCK, "threat", 0.9)
    path.chmod(0o640)
    set_threshold(path, Action.BLOCK, "threat", 0.8)
    assert path.stat().st_mode & 0o777 == 0o640


def test_a_policy_whose_folder_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    path = tmp_path / "file" / "mine.toml"
    with pytest.raises(InvalidPolicy, match="The policy cannot be written"), lock_policy(path):
        pass


def test_an_export_that_cannot_be_written_leaves_the_old_file_and_nothing_else(
    tmp_path: Path,
    tmp_path_factory: pytest.TempPathFactory,
    sqlite_file: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    out = tmp_path / "labels.jsonl"
    out.write_text("before\n")

    def full(*_: Any) -> Path:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(Path, "replace", full)
    # A copy: the entry in its audit log would be in the databases of all later tests.
    database = f"sqlite:///{shutil.copy(sqlite_file, tmp_path_factory.mktemp('database'))}"
    done = CliRunner().invoke(
        app, ["desk", "export-labels", "--database", database, "--out", str(out)]
    )
    assert isinstance(done.exception, InvalidInput)
    assert done.exception.message == "The disk is full."
    assert out.read_text() == "before\n"
    assert list(tmp_path.iterdir()) == [out]
