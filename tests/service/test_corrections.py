"""A correction that was taken is kept, whatever becomes of the process that took it."""

import json
import multiprocessing
import stat
from pathlib import Path

import pytest

from moderation.service.corrections import (
    Correction,
    CorrectionsFile,
    NotStored,
    corrections_path,
)
from moderation.settings import Settings
from moderation.verdict import Span

ONE = Correction(
    "a 😀 text\nof two lines",
    {"toxicity": 0.0},
    "perspective",
    spans=(Span(2, 3, "toxicity", 0.25),),
    languages=("en",),
    community="Coral:https://example.org",
    client_token="comment:1",  # noqa: S106  # the protocol's name for an opaque string
)
EACH = 40


@pytest.fixture
def file(tmp_path: Path) -> CorrectionsFile:
    return CorrectionsFile(tmp_path / "data" / "corrections.jsonl")


def test_a_correction_is_read_as_it_was_added_one_a_line(file: CorrectionsFile) -> None:
    other = Correction("another", {"insult": 1.0}, "desk")
    file.add(ONE)
    file.add(other)
    assert list(file.read()) == [ONE, other]
    assert len(file.path.read_bytes().splitlines()) == 2
    assert json.loads(file.path.read_bytes().splitlines()[0])["text"] == ONE.text


def test_nothing_is_read_before_anything_is_added(file: CorrectionsFile) -> None:
    assert list(file.read()) == []
    assert not file.path.exists()


def test_only_the_owner_may_read_the_comments(file: CorrectionsFile) -> None:
    file.add(ONE)
    assert stat.S_IMODE(file.path.stat().st_mode) == 0o600


def add_many(path: Path, name: str) -> None:
    for number in range(EACH):
        # Long enough that a write in two parts would show.
        text = f"{name} {number} " + "x" * 5_000 * (number % 4)
        CorrectionsFile(path).add(Correction(text, {"toxicity": 1.0}, "test"))


def test_several_processes_add_without_spoiling_each_others_lines(file: CorrectionsFile) -> None:
    context = multiprocessing.get_context("spawn")
    processes = [context.Process(target=add_many, args=(file.path, name)) for name in "abc"]
    for process in processes:
        process.start()
    for process in processes:
        process.join(60)
        assert process.exitcode == 0
    seen = [correction.text.split()[:2] for correction in file.read()]
    for name in "abc":
        own = [number for other, number in seen if other == name]
        assert own == list(map(str, range(EACH)))


@pytest.mark.parametrize("half", [b'{"text": "half of a li', b'{"text": "a \xf0\x9f', b"\n"])
def test_a_half_written_line_spoils_no_other(file: CorrectionsFile, half: bytes) -> None:
    file.add(ONE)
    with file.path.open("ab") as out:
        out.write(half)
    file.add(ONE)
    assert list(file.read()) == [ONE, ONE]


def test_what_cannot_be_stored_is_said_without_the_text(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(NotStored, match="setting corrections") as caught:
        CorrectionsFile(tmp_path / "file" / "below").add(ONE)
    assert ONE.text not in str(caught.value)


def test_a_full_disk_leaves_no_half_of_a_correction(
    file: CorrectionsFile, monkeypatch: pytest.MonkeyPatch
) -> None:
    file.add(ONE)

    def full(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(NotStored, match="No space left"):
        file.add(ONE)
    assert list(file.read()) == [ONE]


def test_the_setting_names_the_file(tmp_path: Path) -> None:
    assert corrections_path(Settings(corrections=tmp_path / "x")) == tmp_path / "x"
    assert corrections_path(Settings()).name == "corrections.jsonl"
