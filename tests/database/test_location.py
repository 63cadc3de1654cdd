"""The database's place when no setting names one."""

from pathlib import Path

import platformdirs
import pytest

from moderation.database.location import FILE, database_url
from moderation.desk import Desk
from moderation.settings import Settings

PRIVATE = 0o700


@pytest.mark.parametrize("name", ["plain", "what? 100% #1 and ខ្មែរ"])
def test_the_database_is_in_a_folder_of_its_owner_alone_whatever_it_is_called(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    folder = tmp_path / name
    monkeypatch.delenv("MODERATION_CORRECTIONS")
    monkeypatch.delenv("MODERATION_KEYS_FILE")
    monkeypatch.setattr(platformdirs, "user_data_path", lambda *_, **__: folder)
    Desk.open(database_url(Settings())).close()
    assert [path.name for path in tmp_path.iterdir()] == [name]
    assert (folder / FILE).is_file()
    assert folder.stat().st_mode & 0o777 == PRIVATE
