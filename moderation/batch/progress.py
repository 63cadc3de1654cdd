"""The progress of a batch run: a bar on a terminal, elsewhere a plain line every ten seconds."""

import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any, Protocol, TextIO

from rich.console import Console
from rich.progress import BarColumn, TaskProgressColumn, TextColumn
from rich.progress import Progress as Bars

from moderation.batch.summary import Tally

BETWEEN_LINES = 10.0
"""Seconds from one plain line to the next."""


@dataclass(frozen=True, slots=True)
class RunProgress:
    """The state of a run in progress.

    Parameters
    ----------
    share : float
        Of the input's bytes, from 0 to 1; an estimate where a size is not known.
    pages, comments, passages, held, failures : int
        Counts so far, those of earlier runs included.
    rate : float
        Pages and comments per second in this run.
    seconds_left : float or None
        Seconds until the end at this rate; None at the start.
    """

    share: float
    pages: int
    comments: int
    passages: int
    held: int
    failures: int
    rate: float
    seconds_left: float | None

    def __str__(self) -> str:
        """Return the state in one line of words."""
        left = "" if self.seconds_left is None else f", {format_duration(self.seconds_left)} left"
        comments = f"{self.comments} comments, " if self.comments else ""
        unit = "comments" if self.comments > self.pages else "pages"
        return (
            f"{self.pages} pages, {comments}{self.passages} passages, {self.held} held, "
            f"{self.failures} failed; {self.rate:.1f} {unit}/s{left}"
        )


class Listener(Protocol):
    """Receives the progress of a batch run: numbers, never a text."""

    def update(self, state: RunProgress) -> None:
        """Receive the state after a shard."""


class NullListener:
    """A listener that does nothing."""

    def update(self, state: RunProgress) -> None:
        """Do nothing."""


class Progress:
    """Adds up the finished shards, and reports to a listener.

    Parameters
    ----------
    listener : Listener
    size : int
        Bytes of the whole input.
    clock : callable
        Returns the time in seconds.
    """

    def __init__(
        self, listener: Listener, size: int, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._listener = listener
        self._size = size
        self._clock = clock
        self._began = clock()
        self._tally = Tally()
        self._bytes = self._new_bytes = self._new_pages = 0

    def skip(self, size: int, counts: Mapping[str, Any]) -> None:
        """Count a shard that an earlier run finished."""
        self._bytes += size
        self._tally.update(Tally.from_dict(counts))

    def done(self, size: int, tally: Tally) -> None:
        """Count a shard of this run, and report."""
        self._bytes += size
        self._new_bytes += size
        self._new_pages += tally.pages + tally.comments
        self._tally.update(tally)
        self._listener.update(self._state())

    def _state(self) -> RunProgress:
        seconds = max(self._clock() - self._began, 1e-9)
        left = None
        if self._new_bytes:
            left = max(0, self._size - self._bytes) * seconds / self._new_bytes
        actions = self._tally.actions
        return RunProgress(
            share=min(1.0, self._bytes / self._size) if self._size else 1.0,
            pages=self._tally.pages,
            comments=self._tally.comments,
            passages=self._tally.kinds.total(),
            held=sum(n for action, n in actions.items() if not action.endswith("/allow")),
            failures=self._tally.failures.total(),
            rate=self._new_pages / seconds,
            seconds_left=left,
        )


class PlainLines:
    """A listener that writes a line every ten seconds, and one at the end."""

    def __init__(self, stream: TextIO, clock: Callable[[], float] = time.monotonic) -> None:
        self._stream = stream
        self._clock = clock
        self._last = clock()
        self._pending: RunProgress | None = None

    def update(self, state: RunProgress) -> None:
        """Write the state, or keep it for later."""
        self._pending = state
        if self._clock() - self._last >= BETWEEN_LINES:
            self.write()

    def write(self) -> None:
        """Write the last state, unless it was written."""
        if self._pending is not None:
            # The run goes on where the line cannot be written, on a full disk or a closed pipe.
            with suppress(OSError):
                self._stream.write(f"[{self._pending.share:4.0%}] {self._pending}\n")
                self._stream.flush()
            self._pending = None
            self._last = self._clock()


class ProgressBar:
    """A listener that moves a progress bar."""

    def __init__(self, bars: Bars) -> None:
        self._bars = bars
        self._task = bars.add_task("", total=1.0, state="starting")

    def update(self, state: RunProgress) -> None:
        """Move the bar."""
        self._bars.update(self._task, completed=state.share, state=str(state))


def format_duration(seconds: float) -> str:
    """Return a time in its two largest units."""
    whole = round(seconds)
    if whole < 60:  # noqa: PLR2004  # seconds in a minute
        return f"{whole} s"
    minutes, hours = whole // 60, whole // 3600
    return f"{hours} h {minutes % 60} min" if hours else f"{minutes} min {whole % 60} s"


@contextmanager
def progress_listener(stream: TextIO | None = None) -> Iterator[Listener]:
    """Open the listener that fits `stream`, by default standard error, for the block."""
    stream = sys.stderr if stream is None else stream
    if not stream.isatty():
        lines = PlainLines(stream)
        try:
            yield lines
        finally:
            lines.write()
        return
    columns = (BarColumn(), TaskProgressColumn(), TextColumn("{task.fields[state]}"))
    with Bars(*columns, console=Console(file=stream)) as bars:
        yield ProgressBar(bars)
