"""The spool: on the disk, each line once, whichever process was killed meanwhile."""

import errno
import os
import stat
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from moderation.database.spool import Spool, SpoolFull

MAX_BYTES, RESERVE = 1 << 20, 1 << 16


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Give the folder of a spool, which is not there yet."""
    return tmp_path / "data" / "spool"


def spool_in(folder: Path) -> Spool:
    return Spool(folder, MAX_BYTES, RESERVE)


def taken_from(spool: Spool, lines: int = 3) -> list[bytes]:
    found: list[bytes] = []
    spool.take(found.extend, lines)
    return found


def test_lines_are_taken_in_the_order_in_which_they_came_and_once(folder: Path) -> None:
    spool = spool_in(folder)
    lines = [f"line {number} ".encode() + b"x" * number * 99 for number in range(100)]
    for line in lines:
        spool.append(line)
    assert spool.waiting == sum(len(line) + 1 for line in lines)
    assert taken_from(spool) == lines
    assert spool.waiting == 0
    assert taken_from(spool) == []
    spool.append(b"later")
    assert taken_from(spool) == [b"later"]


def test_only_the_owner_may_read_what_waits_and_nothing_is_left_of_it(folder: Path) -> None:
    spool = spool_in(folder)
    spool.append(b"peculiar")
    (file,) = folder.iterdir()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert b"peculiar" in file.read_bytes()
    taken_from(spool)
    assert b"peculiar" not in file.read_bytes()
    spool.close()
    assert list(folder.iterdir()) == []


def test_what_could_not_be_taken_stays(folder: Path) -> None:
    spool = spool_in(folder)
    for number in range(10):
        spool.append(b"%d" % number)
    taken: list[bytes] = []

    def take(lines: list[bytes]) -> None:
        if b"6" in lines:
            raise ValueError
        taken.extend(lines)

    with pytest.raises(ValueError):  # noqa: PT011  # the test's own
        spool.take(take, 3)
    spool.append(b"10")
    assert taken_from(spool) == [b"6", b"7", b"8", b"9", b"10"]
    assert taken == [b"%d" % number for number in range(6)]


def test_a_process_that_was_killed_leaves_all_it_acknowledged(folder: Path) -> None:
    command = [sys.executable, "-m", "tests.database.spooling", str(folder)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as running:
        assert running.stdout
        acknowledged = [int(running.stdout.readline()) for _ in range(60)]
        other = spool_in(folder)
        other.append(b"a neighbour")
        # While it lives, its file is nobody else's.
        other.adopt()
        assert taken_from(other) == [b"a neighbour"]
        running.kill()
        acknowledged += [int(line) for line in running.stdout if line.endswith("\n")]
    other.adopt()
    numbers = [int(line.split()[1]) for line in taken_from(other)]
    assert numbers == list(range(len(numbers)))
    assert set(acknowledged) <= set(numbers)
    # Only the living one's own file is left.
    assert len(list(folder.iterdir())) == 1


def test_a_line_that_was_half_written_spoils_no_other(folder: Path) -> None:
    spool = spool_in(folder)
    for line in (b"one", b"two"):
        spool.append(line)
    (file,) = folder.iterdir()
    spool.close()
    with file.open("r+b") as raw:
        raw.seek(len(b"one\ntwo\n"))
        raw.write(b'{"half')
    other = spool_in(folder)
    other.append(b"three")
    other.adopt()
    assert taken_from(other) == [b"one", b"two", b"three"]


def test_when_it_is_full_it_says_so_and_keeps_what_it_has(folder: Path) -> None:
    spool = spool_in(folder)
    kept = MAX_BYTES // 10_000
    for _ in range(kept):
        spool.append(b"x" * 9_999)
    with pytest.raises(SpoolFull):
        spool.append(b"x" * 9_999)
    assert sum(file.stat().st_size for file in folder.iterdir()) <= MAX_BYTES
    assert len(taken_from(spool)) == kept
    spool.append(b"there is room again")
    assert taken_from(spool) == [b"there is room again"]


def test_on_a_full_disk_there_is_the_room_that_was_set_aside(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    spool = spool_in(folder)
    spool.start()

    def full(*_: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "posix_fallocate", full)
    lines = [b"x" * 999] * (RESERVE // 1_000)
    for line in lines:
        spool.append(line)
    with pytest.raises(OSError, match="No space left"):
        spool.append(b"x" * 999)
    assert taken_from(spool) == lines
    spool.append(b"and again")


def test_a_file_that_somebody_deleted_is_made_anew(folder: Path) -> None:
    spool = spool_in(folder)
    spool.append(b"gone")
    (file,) = folder.iterdir()
    file.unlink()
    spool.append(b"there")
    assert taken_from(spool) == [b"there"]


def test_several_threads_append_without_spoiling_each_others_lines(folder: Path) -> None:
    spool = spool_in(folder)
    lines = [f"{number} ".encode() * 50 for number in range(200)]
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(spool.append, lines))
    assert sorted(taken_from(spool, 50)) == sorted(lines)
