"""Tells a person how a batch run goes: a bar on a terminal, a plain line a page elsewhere."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol, TextIO

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from moderation.batch.summary import Failure
from moderation.batch.visible import visible_text


class Listener(Protocol):
    """What a batch run tells while it goes on. It is told paths and numbers, never a text."""

    def started(self, pages: int) -> None:
        """Tell how many files will be read."""

    def page_done(self, page: str, *, passages: int, held: int) -> None:
        """Tell that a page is judged, and that `held` of its `passages` are not simply allowed."""

    def failed(self, failure: Failure) -> None:
        """Tell of an input without a file, before `started`, or of a file, after it."""


class Silent:
    """Tells nothing."""

    def started(self, pages: int) -> None:
        """Do nothing."""

    def page_done(self, page: str, *, passages: int, held: int) -> None:
        """Do nothing."""

    def failed(self, failure: Failure) -> None:
        """Do nothing."""


class PlainLines:
    """Writes one line a page."""

    def __init__(self, stream: TextIO) -> None:
        self.stream = stream
        self.pages = self.done = 0

    def started(self, pages: int) -> None:
        """Remember how many pages there are."""
        self.pages = pages

    def page_done(self, page: str, *, passages: int, held: int) -> None:
        """Write the page's numbers."""
        self._write(f"{visible_text(page)}: {passages} passages, {held} held")

    def failed(self, failure: Failure) -> None:
        """Write the reason."""
        self._write(_skipped(failure))

    def _write(self, line: str) -> None:
        self.done += self.pages > 0
        count = f"[{self.done}/{self.pages}] " if self.pages else ""
        self.stream.write(count + line + "\n")
        self.stream.flush()


class Bar:
    """Moves a progress bar, and writes failures above it."""

    def __init__(self, progress: Progress) -> None:
        self.progress = progress
        self.held = 0
        self.task = progress.add_task("Judging pages", total=None, held=0)

    def started(self, pages: int) -> None:
        """Set the bar's length."""
        self.progress.update(self.task, total=pages)

    def page_done(self, page: str, *, passages: int, held: int) -> None:  # noqa: ARG002  # the protocol has it
        """Move the bar by a page."""
        self.held += held
        self.progress.update(self.task, advance=1, held=self.held)

    def failed(self, failure: Failure) -> None:
        """Write the reason above the bar."""
        self.progress.console.print(_skipped(failure), markup=False, highlight=False)
        if self.progress.tasks[0].total is not None:
            self.progress.advance(self.task)


def _skipped(failure: Failure) -> str:
    return f"skipped {visible_text(failure.page)}: {visible_text(failure.reason)}"


@contextmanager
def progress(stream: TextIO | None = None) -> Iterator[Listener]:
    """Lend the listener that fits `stream`, standard error when not given."""
    stream = sys.stderr if stream is None else stream
    if not stream.isatty():
        yield PlainLines(stream)
        return
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[held]} held"),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=Console(file=stream)) as bar:
        yield Bar(bar)
