"""Memory does not grow with what was judged, and what is not used is given back."""

import subprocess
import sys

import pytest

from moderation.service import resources as memory
from moderation.service.resources import GROWN_BYTES, Memory
from tests.conftest import ROOT

JUDGE = """
import threading
from moderation.moderator import Moderator
from moderation.service.resources import give_back, resident

moderator = Moderator.load(threads=1)
moderator.judge(["The ferry was late again and nobody said why."] * 32)
give_back()
idle = resident()
heavy = [chr(0x1F600 + number % 80) for number in range(1500)]
threads = [threading.Thread(target=moderator.judge, args=(["".join(heavy)],)) for _ in range(2)]
for each in threads:
    each.start()
for each in threads:
    each.join()
print((resident() - idle) >> 20)
give_back()
print((resident() - idle) >> 20)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="Linux tells how much memory a process holds")
def test_comments_of_emoji_leave_little_behind() -> None:
    command = [sys.executable, "-c", JUDGE]
    done = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True)
    grown, left = map(int, done.stdout.split())
    # It was 170 MB when 4,096 wordpieces went through the network at once.
    assert grown < 130
    assert left < 100


@pytest.fixture
def held(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Return the process's memory before and after it gives memory back."""
    sizes = [GROWN_BYTES * 2, GROWN_BYTES]
    monkeypatch.setattr(memory, "resident", lambda: sizes[0])
    monkeypatch.setattr(memory, "give_back", lambda: sizes.pop(0))
    return sizes


def test_memory_is_given_back_once_the_process_has_grown_and_nothing_is_under_way(
    held: list[int],
) -> None:
    watch = Memory(every=2)
    assert [watch.look(idle=True) for _ in range(6)] == [False, True] + [False] * 4
    held[:] = [GROWN_BYTES * 3, GROWN_BYTES]
    assert [watch.look(idle=False) for _ in range(4)] == [False] * 4
    assert watch.look(idle=True)
