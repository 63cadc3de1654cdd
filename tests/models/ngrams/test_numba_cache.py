"""Compiled kernels are kept; whatever happens to the files costs a compilation, never a start."""

import os
import subprocess
import sys
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numba
import pytest

from moderation.models.ngrams import numba_cache as module
from moderation.models.ngrams.numba_cache import (
    HEAD_BYTES,
    KernelCache,
    PrivateFolder,
    packed,
    unpacked,
)

ROOT = Path(__file__).parents[2]
FACTOR = 3


def times(number):  # type: ignore[no-untyped-def]  # Numba infers it
    return FACTOR * number


def compiled(folder: PrivateFolder | None, function: Callable[[Any], Any] = times) -> Any:
    """Compile a function anew, as a process does that starts."""
    dispatcher = numba.njit(function)
    dispatcher._cache = KernelCache(function, lambda: folder)
    return dispatcher


def was_kept(dispatcher: Any) -> bool:
    """Tell whether every kernel that was called came from the cache."""
    return not sum(dispatcher.stats.cache_misses.values())


@pytest.fixture
def folder(tmp_path: Path) -> PrivateFolder:
    """Return a folder that keeps one kernel of the two signatures of `times`."""
    folder = PrivateFolder(tmp_path / "kernels")
    kernel = compiled(folder)
    assert (kernel(2), kernel(0.5)) == (6, 1.5)
    assert not was_kept(kernel)
    return folder


def files(folder: PrivateFolder) -> list[Path]:
    return sorted(folder.path.iterdir())


def flipped(data: bytes, at: int) -> bytes:
    return data[:at] + bytes([data[at] ^ 4]) + data[at + 1 :]


def test_what_was_compiled_once_is_loaded(folder: PrivateFolder) -> None:
    kernel = compiled(folder)
    assert (kernel(2), kernel(0.5)) == (6, 1.5)
    assert was_kept(kernel)


DAMAGES: Mapping[str, Callable[[bytes], bytes]] = {
    "nothing is in it": lambda _: b"",
    "its end is missing": lambda data: data[:-1],
    "half of it is missing": lambda data: data[: len(data) // 2],
    "only its head is there": lambda data: data[:HEAD_BYTES],
    "its end is zeros": lambda data: data[:1000] + bytes(len(data) - 1000),
    "a bit of the head is flipped": lambda data: flipped(data, HEAD_BYTES - 1),
    "a bit of the code is flipped": lambda data: flipped(data, len(data) // 2),
    "something is behind it": lambda data: data + b"\0",
    "another program wrote it": lambda _: b"garbage " * 500,
    "it is whole, and no pickle": lambda _: packed(b"garbage"),
    "it is whole, and another thing": lambda _: packed(b"\x80\x04K\x05."),
}


@pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES.keys())
def test_a_damaged_file_costs_a_compilation_and_the_one_beside_it_nothing(
    folder: PrivateFolder, damage: Callable[[bytes], bytes]
) -> None:
    kept = {path: path.read_bytes() for path in files(folder)}
    victim = min(kept)
    victim.write_bytes(damage(kept[victim]))
    kernel = compiled(folder)
    assert (kernel(2), kernel(0.5)) == (6, 1.5)
    assert sum(kernel.stats.cache_misses.values()) == 1
    assert files(folder) == sorted(kept)
    assert all(unpacked(path.read_bytes()) for path in kept)
    again = compiled(folder)
    assert (again(2), again(0.5)) == (6, 1.5)
    assert was_kept(again)


def test_a_kernel_is_compiled_anew_when_a_number_that_it_uses_is_another(
    folder: PrivateFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(globals(), "FACTOR", 4)
    kernel = compiled(folder)
    assert kernel(2) == 8
    assert not was_kept(kernel)


def test_without_a_folder_kernels_are_compiled_in_memory() -> None:
    kernel = compiled(None)
    assert (kernel(2), kernel(0.5)) == (6, 1.5)
    assert kernel.stats.cache_path is None


def test_a_disk_that_is_full_costs_the_kernels_their_place_only(
    folder: PrivateFolder, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    for path in files(folder):
        path.unlink()
    caplog.set_level("INFO")
    monkeypatch.setattr(module, "_refused", set())
    monkeypatch.setattr(PrivateFolder, "write", full)
    kernel = compiled(folder)
    assert (kernel(2), kernel(0.5)) == (6, 1.5)
    assert caplog.text.count("No space left on device") == 1


PAIR = """
import numpy as np
from moderation.models.ngrams import kernels
{before}
print(kernels.hash_pair(np.uint64(1), np.uint64(2)))
"""


def paired(cache: Path, before: str = "") -> str:
    """Return the result of one of our kernels for two numbers, in a process of its own."""
    environment = os.environ | {"XDG_CACHE_HOME": str(cache)}
    environment.pop("NUMBA_CACHE_DIR", None)
    done = subprocess.run(
        [sys.executable, "-c", PAIR.format(before=before)],
        cwd=ROOT,
        env=environment,
        check=True,
        capture_output=True,
        text=True,
    )
    assert done.stderr == ""
    return done.stdout


def test_processes_that_start_at_once_and_ones_that_find_ruins_do_the_same(tmp_path: Path) -> None:
    with ThreadPoolExecutor(2) as pool:
        first, second = pool.map(paired, [tmp_path / "cache"] * 2)
    assert first == second != ""
    kept = sorted((tmp_path / "cache" / "moderation" / "kernels").iterdir())
    assert {path.suffix for path in kept} == {".kernel"}
    for path in kept:
        path.write_bytes(b"")
    assert paired(tmp_path / "cache") == first
    assert all(unpacked(path.read_bytes()) for path in kept)


@pytest.mark.skipif(os.name != "posix", reason="limits are POSIX limits")
def test_a_process_that_may_write_no_file_judges_and_leaves_none(tmp_path: Path) -> None:
    limit = "import resource; resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))"
    assert paired(tmp_path / "cache", limit)
    assert list((tmp_path / "cache" / "moderation" / "kernels").iterdir()) == []
