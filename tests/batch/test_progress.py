"""What a person sees while a run goes on."""

import io
from pathlib import Path

from moderation.batch import run_batch
from moderation.batch.progress import Bar, PlainLines, progress
from moderation.settings import Settings
from tests.batch.fakes import FakeJudge, write_pages


class Terminal(io.StringIO):
    """A stream that says it is a terminal."""

    def isatty(self) -> bool:
        """Say so."""
        return True


def run_with(stream: io.StringIO, tmp_path: Path) -> str:
    folder = write_pages(tmp_path / "in", pages=2)
    (folder / "page05.txt").write_bytes(b"\0")
    with progress(stream) as listener:
        assert isinstance(listener, Bar if stream.isatty() else PlainLines)
        inputs: list[str | Path] = [folder, "missing\x1b.txt"]
        run_batch(inputs, tmp_path / "out", FakeJudge(), Settings(), listener)
    return stream.getvalue()


def test_a_file_or_a_pipe_gets_one_plain_line_a_page(tmp_path: Path) -> None:
    lines = run_with(io.StringIO(), tmp_path).splitlines()
    folder = (tmp_path / "in").as_posix()
    reason = "The file is not text: it holds NUL bytes. Save a text in UTF-16 or UTF-32 as UTF-8."
    assert lines == [
        "skipped missing[U+001B].txt: No such file or folder.",
        f"[1/3] {folder}/page0.txt: 9 passages, 1 held",
        f"[2/3] skipped {folder}/page05.txt: {reason}",
        f"[3/3] {folder}/page1.txt: 9 passages, 1 held",
    ]


def test_a_terminal_gets_a_bar_that_ends_full_and_the_failures(tmp_path: Path) -> None:
    shown = run_with(Terminal(), tmp_path)
    assert "3/3" in shown
    assert "2 held" in shown
    assert "skipped missing[U+001B].txt" in shown


def test_progress_tells_no_text_of_a_page(tmp_path: Path) -> None:
    assert "hostileword" not in run_with(io.StringIO(), tmp_path)
