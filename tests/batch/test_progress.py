"""The progress bar and the lines that a person sees during a run."""

import io
from pathlib import Path

import pytest

from moderation.batch import Options, run_batch
from moderation.batch.progress import (
    PlainLines,
    Progress,
    ProgressBar,
    RunProgress,
    format_duration,
    progress_listener,
)
from moderation.batch.summary import Tally
from moderation.settings import Settings
from tests.batch.fakes import FakeSource, write_pages
from tests.batch.rows import ALONE


class Terminal(io.StringIO):
    """A stream that says it is a terminal."""

    def isatty(self) -> bool:
        """Say so."""
        return True


class Clock:
    """A clock that stands until it is moved."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        """Tell the time."""
        return self.now


class Kept:
    """Keeps what it is told."""

    def __init__(self) -> None:
        self.states: list[RunProgress] = []

    def update(self, state: RunProgress) -> None:
        """Keep it."""
        self.states.append(state)


def run_with(stream: io.StringIO, tmp_path: Path) -> str:
    folder = write_pages(tmp_path / "in", pages=2)
    # A single NUL would be replaced; a page of nothing else is no text.
    (folder / "page05.txt").write_bytes(b"\0" * 99)
    with progress_listener(stream) as listener:
        assert isinstance(listener, ProgressBar if stream.isatty() else PlainLines)
        options = Options(ALONE, shard_pages=1)
        inputs: list[str | Path] = [folder, "missing.txt"]
        run_batch(inputs, tmp_path / "out", FakeSource(), Settings(), options, listener)
    return stream.getvalue()


def test_a_file_or_a_pipe_gets_few_plain_lines_and_one_at_the_end(tmp_path: Path) -> None:
    lines = run_with(io.StringIO(), tmp_path).splitlines()
    assert lines[-1].startswith("[100%] 2 pages, 18 passages, 2 held, 2 failed; ")
    assert lines[-1].endswith(" pages/s, 0 s left")


def test_a_terminal_gets_a_bar_that_ends_full(tmp_path: Path) -> None:
    shown = run_with(Terminal(), tmp_path)
    assert "100%" in shown
    assert "2 held" in shown


def test_progress_tells_no_text_of_a_page(tmp_path: Path) -> None:
    assert "hostileword" not in run_with(io.StringIO(), tmp_path)


def test_the_rate_and_the_time_left_are_of_this_run_alone() -> None:
    clock, kept = Clock(), Kept()
    counted = Progress(kept, 1000, clock)
    counted.skip(500, Tally(pages=50).to_dict())
    clock.now += 10
    counted.done(100, Tally(pages=20))
    [state] = kept.states
    assert (state.share, state.pages, state.rate, state.seconds_left) == (0.6, 70, 2.0, 40.0)


def test_plain_lines_are_written_only_now_and_then() -> None:
    clock, stream = Clock(), io.StringIO()
    lines = PlainLines(stream, clock)
    for pages in range(100):
        clock.now += 0.5
        lines.update(RunProgress(pages / 100, pages, 0, 0, 0, 0, 2.0, None))
    assert len(stream.getvalue().splitlines()) == 5


@pytest.mark.parametrize(
    ("seconds", "shown"), [(0.4, "0 s"), (59, "59 s"), (61, "1 min 1 s"), (7300, "2 h 1 min")]
)
def test_a_time_is_shown_in_two_units(seconds: float, shown: str) -> None:
    assert format_duration(seconds) == shown
