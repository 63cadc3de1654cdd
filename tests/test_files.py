"""A file is there whole or not at all, whoever is killed while it is written."""

import errno
import os
import resource
import signal
import stat
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from moderation.errors import InvalidPolicy
from moderation.files import (
    PRIVATE,
    NotStored,
    explain_as,
    file_lock,
    remove_drafts,
    replacing,
    write_bytes,
    write_text,
)
from tests.conftest import ROOT


@contextmanager
def umask(mask: int) -> Iterator[None]:
    before = os.umask(mask)
    try:
        yield
    finally:
        os.umask(before)


def mode_of(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_a_reader_sees_the_old_content_until_the_new_one_is_whole(tmp_path: Path) -> None:
    path = tmp_path / "a"
    write_text(path, "old")
    with replacing(path) as file:
        file.write(b"new")
        file.flush()
        assert path.read_bytes() == b"old"
    assert path.read_bytes() == b"new"
    assert [each.name for each in tmp_path.iterdir()] == ["a"]


def test_an_error_while_writing_is_passed_on_and_leaves_the_old_content(tmp_path: Path) -> None:
    path = tmp_path / "a"
    write_text(path, "old")

    def break_off() -> None:
        with replacing(path) as file:
            file.write(b"half")
            raise KeyError

    with pytest.raises(KeyError):
        break_off()
    assert path.read_bytes() == b"old"
    assert [each.name for each in tmp_path.iterdir()] == ["a"]


def test_text_is_written_in_utf_8_with_its_own_line_ends(tmp_path: Path) -> None:
    write_text(tmp_path / "a", "é\r\n\u2028\n")
    assert (tmp_path / "a").read_bytes() == "é\r\n\u2028\n".encode()


def test_a_private_file_is_private_from_its_first_moment_and_over_a_public_one(
    tmp_path: Path,
) -> None:
    path = tmp_path / "a"
    with umask(0):
        write_bytes(path, b"public")
        assert mode_of(path) == 0o666
        with replacing(path, mode=PRIVATE):
            (draft,) = [each for each in tmp_path.iterdir() if each != path]
            assert mode_of(draft) == PRIVATE
    assert mode_of(path) == PRIVATE


def test_the_permissions_that_somebody_gave_a_file_stay(tmp_path: Path) -> None:
    path = tmp_path / "a"
    write_bytes(path, b"old")
    path.chmod(0o640)
    write_bytes(path, b"new")
    assert (path.read_bytes(), mode_of(path)) == (b"new", 0o640)


def test_a_name_may_be_as_long_as_the_file_system_allows(tmp_path: Path) -> None:
    path = tmp_path / ("a" * 255)
    write_bytes(path, b"x")
    assert path.read_bytes() == b"x"


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT])
def test_a_full_disk_is_told_in_the_error_that_the_caller_chose(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    def full(_: int) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(os, "fsync", full)
    explain = explain_as(InvalidPolicy, full="Make room, and save it again.")
    with pytest.raises(InvalidPolicy) as caught:
        write_bytes(tmp_path / "a", b"x", explain=explain)
    assert caught.value.where == str(tmp_path / "a")
    assert caught.value.message == "The disk is full."
    assert caught.value.remedy == "Make room, and save it again."
    assert list(tmp_path.iterdir()) == []


def test_another_cause_is_named(tmp_path: Path) -> None:
    explain = explain_as(InvalidPolicy, message="The policy cannot be written: %(cause)s.")
    with pytest.raises(InvalidPolicy, match="The policy cannot be written: No such file"):
        write_bytes(tmp_path / "none" / "a", b"x", explain=explain)


def test_what_breaks_off_half_way_leaves_nothing(tmp_path: Path) -> None:
    path = tmp_path / "a"
    write_bytes(path, b"before")
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100, limits[1]))
    try:
        with pytest.raises(NotStored, match="File too large"):
            write_bytes(path, b"x" * 101)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert path.read_bytes() == b"before"
    assert list(tmp_path.iterdir()) == [path]


def test_file_and_folder_are_on_the_disk_before_the_write_returns(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    synced: list[tuple[str, bool]] = []
    real = os.fsync

    def fsync(descriptor: int) -> None:
        kind = "folder" if stat.S_ISDIR(os.fstat(descriptor).st_mode) else "file"
        synced.append((kind, (tmp_path / "a").exists()))
        real(descriptor)

    monkeypatch.setattr(os, "fsync", fsync)
    write_bytes(tmp_path / "a", b"x")
    # The content before the name, and the name after that.
    assert synced == [("file", False), ("folder", True)]


WRITER = """
import sys
from pathlib import Path
from moderation.files import write_bytes
size = 1 << 20
number = 0
print("on", flush=True)
while True:
    number = (number + 1) % 200
    write_bytes(Path(sys.argv[1]), bytes([number]) * size)
"""


def test_a_writer_that_is_killed_at_any_moment_leaves_a_whole_file(tmp_path: Path) -> None:
    path = tmp_path / "a"
    write_bytes(path, b"\xff" * (1 << 20))
    for step in range(8):
        command = [sys.executable, "-c", WRITER, str(path)]
        with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE) as writer:
            assert writer.stdout
            writer.stdout.readline()
            time.sleep(0.013 * step)
            writer.send_signal(signal.SIGKILL)
        content = path.read_bytes()
        assert len(content) == 1 << 20
        assert len(set(content)) == 1
    remove_drafts(tmp_path)
    assert list(tmp_path.iterdir()) == [path]


def test_two_who_write_at_once_both_write_a_whole_file(tmp_path: Path) -> None:
    path = tmp_path / "a"
    contents = [bytes([number]) * (1 << 16) for number in range(8)]
    threads = [threading.Thread(target=write_bytes, args=(path, each)) for each in contents]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert path.read_bytes() in contents
    assert list(tmp_path.iterdir()) == [path]


HOLDER = """
import sys, time
from pathlib import Path
from moderation.files import file_lock
with file_lock(Path(sys.argv[1])) as held:
    print(held, flush=True)
    time.sleep(600)
"""


def test_a_lock_keeps_others_out_until_its_holder_is_killed(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    command = [sys.executable, "-c", HOLDER, str(path)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as holder:
        assert holder.stdout
        assert holder.stdout.readline() == "True\n"
        with file_lock(path, wait=False) as held:
            assert not held
        holder.send_signal(signal.SIGKILL)
    with file_lock(path) as held:
        assert held
        assert mode_of(path) == PRIVATE


def test_a_lock_holds_between_threads(tmp_path: Path) -> None:
    inside: list[int] = []
    most: list[int] = []

    def work() -> None:
        with file_lock(tmp_path / "lock") as held:
            assert held
            inside.append(1)
            most.append(len(inside))
            time.sleep(0.01)
            inside.pop()

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert most == [1, 1, 1, 1]


def test_a_lock_that_cannot_be_made_is_told_in_the_callers_error(tmp_path: Path) -> None:
    explain = explain_as(InvalidPolicy, message="The policy cannot be written: %(cause)s.")
    (tmp_path / "file").write_text("")
    with (
        pytest.raises(InvalidPolicy, match="The policy cannot be written"),
        file_lock(tmp_path / "file" / "lock", explain=explain),
    ):
        pass


def test_a_file_system_without_locks_keeps_nobody_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import fcntl  # noqa: PLC0415  # what is replaced

    def flock(_: int, __: int) -> None:
        raise OSError(errno.ENOLCK, os.strerror(errno.ENOLCK))

    monkeypatch.setattr(fcntl, "flock", flock)
    with file_lock(tmp_path / "lock") as held:
        assert held
