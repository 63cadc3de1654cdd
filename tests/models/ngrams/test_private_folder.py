"""Compiled code is kept only in a folder that nobody but its user can write."""

import logging
import os
import stat
from collections.abc import Iterator
from pathlib import Path

import platformdirs
import pytest

from moderation.models.ngrams.numba_cache import NotPrivate, PrivateFolder, kernel_folder

pytestmark = pytest.mark.skipif(os.name != "posix", reason="POSIX says whose a folder is")

NOBODY = 65534
AS_ROOT = pytest.mark.skipif(os.name != "posix" or os.geteuid() != 0, reason="only root can give")


@pytest.fixture(autouse=True)
def _nothing_remembered(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    for name in ("NUMBA_CACHE_DIR", "CACHE_DIRECTORY", "XDG_CACHE_HOME"):
        monkeypatch.delenv(name, raising=False)
    kernel_folder.cache_clear()
    yield
    kernel_folder.cache_clear()


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_a_folder_and_all_that_is_made_above_it_are_closed_to_others(tmp_path: Path) -> None:
    folder = PrivateFolder(tmp_path / "a" / "b" / "kernels")
    folder.write("one", b"data")
    assert folder.read("one") == b"data"
    assert folder.read("another") is None
    for made in (folder.path, folder.path.parent, folder.path.parent.parent):
        assert mode(made) == 0o700
    assert mode(folder.path / "one") == 0o600
    assert [path.name for path in folder.path.iterdir()] == ["one"]


def test_a_folder_that_others_may_enter_is_not_used(tmp_path: Path) -> None:
    (tmp_path / "kernels").mkdir()
    (tmp_path / "kernels").chmod(0o755)
    with pytest.raises(NotPrivate, match="0700"):
        PrivateFolder(tmp_path / "kernels")


def test_a_link_is_not_followed(tmp_path: Path) -> None:
    real = PrivateFolder(tmp_path / "real").path
    (tmp_path / "kernels").symlink_to(real)
    with pytest.raises(NotPrivate, match="link"):
        PrivateFolder(tmp_path / "kernels")


@pytest.mark.parametrize("shared", [0o777, 0o1777, 0o2775])
def test_a_folder_in_which_others_may_write_is_no_place_for_it(tmp_path: Path, shared: int) -> None:
    above = tmp_path / "shared"
    above.mkdir()
    if shared == 0o2775:
        if os.geteuid() != 0:
            pytest.skip("only root can give a folder to a group")
        os.chown(above, -1, NOBODY)
    above.chmod(shared)
    with pytest.raises(NotPrivate, match="others may write in"):
        PrivateFolder(above / "kernels")


@AS_ROOT
@pytest.mark.parametrize("strangers", ["kernels", ""])
def test_a_folder_of_somebody_else_is_not_used(tmp_path: Path, strangers: str) -> None:
    PrivateFolder(tmp_path / "above" / "kernels")
    os.chown(tmp_path / "above" / strangers, NOBODY, NOBODY)
    with pytest.raises(NotPrivate):
        PrivateFolder(tmp_path / "above" / "kernels")


def test_a_file_is_reached_through_the_folder_that_was_looked_at(tmp_path: Path) -> None:
    folder = PrivateFolder(tmp_path / "kernels")
    folder.write("one", b"data")
    folder.path.rename(tmp_path / "away")
    (tmp_path / "kernels").mkdir()
    (tmp_path / "kernels").chmod(0o755)
    (tmp_path / "kernels" / "one").write_bytes(b"another's")
    with pytest.raises(NotPrivate):
        folder.read("one")


def test_a_file_that_others_may_write_is_not_read(tmp_path: Path) -> None:
    folder = PrivateFolder(tmp_path / "kernels")
    for name in ("good", "bad"):
        folder.write(name, b"data")
    (folder.path / "bad").chmod(0o622)
    with pytest.raises(NotPrivate):
        folder.read("bad")
    assert folder.read("good") == b"data"


def test_the_first_place_that_is_private_is_taken(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    chosen, service, user = (tmp_path / name for name in ("chosen", "service", "user"))
    chosen.mkdir()
    chosen.chmod(0o777)
    service.mkdir()
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(chosen))
    monkeypatch.setenv("CACHE_DIRECTORY", f"{service}:{tmp_path / 'second'}")
    monkeypatch.setenv("XDG_CACHE_HOME", str(user))
    found = kernel_folder()
    assert found is not None
    assert found.path == service / "kernels"
    assert not user.exists()
    chosen.chmod(0o700)
    kernel_folder.cache_clear()
    found = kernel_folder()
    assert found is not None
    assert found.path == chosen / "moderation-kernels"


@pytest.mark.parametrize("chosen", [None, "", "relative", "cache"])
def test_the_users_cache_folder_is_where_the_system_has_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, chosen: str | None
) -> None:
    """The folder stays that of `platformdirs`, so that kernels compiled before are found again."""
    home = tmp_path / "home"
    home.mkdir()
    monkeypatch.setenv("HOME", str(home))
    if chosen is not None:
        monkeypatch.setenv(
            "XDG_CACHE_HOME", str(tmp_path / chosen) if chosen == "cache" else chosen
        )
    folder = kernel_folder()
    assert folder is not None
    assert folder.path == platformdirs.user_cache_path("moderation", appauthor=False) / "kernels"


def test_a_user_without_a_home_gets_none_and_the_log_says_so_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path / "nothing" / "here"))
    caplog.set_level(logging.INFO)
    assert kernel_folder() is None
    assert kernel_folder() is None
    assert caplog.text.count("compiled kernels are not kept") == 1
    assert list(tmp_path.iterdir()) == []
