"""Standard input and output of the commands, and verdicts as lines of output.

`guarded_output` gives every command the manners of a tool in a pipe, however it prints: a reader
that goes away ends it in silence, and a full disk is one sentence.
"""

import csv
import errno
import io
import json
import math
import os
import select
import signal
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from typing import IO, Any, NamedTuple, cast

from rich.cells import set_cell_size

from moderation.errors import InvalidInput, ModerationError
from moderation.files import NOT_STORED
from moderation.taxonomy import ATTRIBUTE_NAMES
from moderation.text.display import escape_formulas, inert
from moderation.verdict import Verdict

STDIN = "-"
"""The path that stands for standard input."""
CLOSED_PIPE = 141
"""The exit status that shells give a program that SIGPIPE ends."""
INTERRUPTED = 130
"""The exit status that shells give a program that Ctrl-C ends."""
STDOUT = Path("standard output")


class OutputFormat(StrEnum):
    """The formats in which verdicts are written."""

    JSONL = "jsonl"
    CSV = "csv"
    TABLE = "table"


class ScoredLine(NamedTuple):
    """A line of input, and its verdict or the reason why it has none.

    Parameters
    ----------
    number : int
        From 1.
    text : str or None
        Without its end; None where the line is too long to be kept.
    result : Verdict or ModerationError
    """

    number: int
    text: str | None
    result: Verdict | ModerationError


@contextmanager
def open_input(path: Path) -> Iterator[tuple[io.BufferedReader, str]]:
    """Open a file, or standard input where the path is ``-``, for the block.

    Yields
    ------
    tuple
        The file, and its name for error messages.

    Raises
    ------
    InvalidInput
        If it cannot be opened.
    """
    if str(path) == STDIN:
        if sys.stdin is None:
            raise InvalidInput("Standard input is closed.", where="stdin")
        # A stream that a test or a caller has put there is theirs.
        own = sys.__stdin__
        if own is not None and sys.stdin is own and sys.platform != "win32":
            with _WokenInput(own.fileno()) as raw:
                yield io.BufferedReader(raw), "stdin"
        else:
            yield cast("io.BufferedReader", sys.stdin.buffer), "stdin"
        return
    try:
        file = path.open("rb")
    except OSError as error:
        raise InvalidInput(f"The file cannot be read: {error.strerror}.", where=str(path)) from None
    with file:
        yield file, str(path)


class _WokenInput(io.FileIO):
    """Standard input, where Ctrl-C ends a wait for more at whatever moment it comes.

    Python notes a signal and looks at its notes between two steps: one that comes after the last
    look and before the wait would not end it. Its number in a pipe of our own does.
    """

    def __init__(self, number: int) -> None:
        super().__init__(number, "rb", closefd=False)
        self._signals, self._noting = os.pipe()
        os.set_blocking(self._noting, False)
        self._before = signal.set_wakeup_fd(self._noting, warn_on_full_buffer=False)

    def readinto(self, buffer: Any) -> int:
        """Read into a buffer, once there is something to read."""
        select.select([self.fileno(), self._signals], [], [])
        return super().readinto(buffer)

    def close(self) -> None:
        """Give the pipe back; standard input itself stays open."""
        if not self.closed:
            signal.set_wakeup_fd(self._before)
            os.close(self._signals)
            os.close(self._noting)
        super().close()


@contextmanager
def guarded_output() -> Iterator[None]:
    """Guard standard output for the block, at whose end all of it has been written.

    Raises
    ------
    SystemExit
        With the status `CLOSED_PIPE` where the reader has gone.
    NotStored
        Where standard output cannot be written for another reason.
    """
    # A stream that a test or a caller has put there is theirs, and a console of Windows is no file.
    if sys.stdout is sys.__stdout__ and sys.stdout is not None and not _is_windows_console():
        sys.stdout = io.TextIOWrapper(
            io.BufferedWriter(_GuardedFile(sys.stdout.fileno(), "wb", closefd=False)),
            encoding=sys.stdout.encoding,
            errors=sys.stdout.errors,
            line_buffering=True,
        )
    try:
        yield
    finally:
        if sys.stdout is not None:
            sys.stdout.flush()


def _is_windows_console() -> bool:
    return sys.platform == "win32" and sys.stdout.isatty()


class _GuardedFile(io.FileIO):
    """Standard output: a failure is raised once, and what comes after it is dropped.

    Otherwise Python would try, fail and complain again for all that is left when it ends.
    """

    _failed = False

    def write(self, data: Any) -> int:
        if self._failed:
            return len(data)
        try:
            return super().write(data)
        except OSError as error:
            self._failed = True
            if error.errno == errno.EPIPE:
                # Not an exception: Rich and Typer end with status 1 where a pipe is closed.
                raise SystemExit(CLOSED_PIPE) from None
            raise NOT_STORED(error, STDOUT) from None


def open_output() -> IO[bytes]:
    """Return standard output as a binary file.

    Raises
    ------
    NotStored
        If it is closed.
    """
    if sys.stdout is None:
        raise NOT_STORED(OSError(errno.EBADF, "it is closed"), STDOUT)
    return sys.stdout.buffer


def write_output(text: str) -> None:
    """Write to standard output, in UTF-8 everywhere, so that a reader has it at once.

    Raises
    ------
    NotStored
    """
    file = open_output()
    file.write(text.encode("utf-8"))
    file.flush()


def print_json(value: object) -> None:
    """Print built-in values as JSON; a figure of nothing (NaN) is null."""
    # ASCII, as a terminal or a console may have another encoding.
    sys.stdout.write(json.dumps(_finite(value), indent=2, allow_nan=False) + "\n")


def _finite(value: object) -> object:
    if isinstance(value, dict):
        return {name: _finite(one) for name, one in value.items()}
    if isinstance(value, (list, tuple)):
        return [_finite(one) for one in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


class LineWriter:
    """Writes verdicts on lines to standard output, after the head that the format has.

    Parameters
    ----------
    form : OutputFormat
    with_text : bool
        Whether to write the texts too.
    """

    def __init__(self, form: OutputFormat, *, with_text: bool = False) -> None:
        self._with_text = with_text
        self._columns = [
            *("line", *(["text"] if with_text else []), "label", "action", "judged", "language"),
            *ATTRIBUTE_NAMES,
            *("targets", "reasons", "spans", "model", "error"),
        ]
        formats: dict[OutputFormat, tuple[str, Callable[[ScoredLine], str]]] = {
            OutputFormat.JSONL: ("", self._json),
            OutputFormat.CSV: (_csv_row(self._columns), self._csv),
            OutputFormat.TABLE: (_table_row(_HEADINGS, "text" if with_text else ""), self._table),
        }
        self._head, self._row = formats[form]

    def write(self, lines: Sequence[ScoredLine]) -> None:
        """Write some lines; the first call writes the head, too.

        Raises
        ------
        NotStored
        """
        write_output(self._head + "".join(map(self._row, lines)))
        self._head = ""

    def _json(self, line: ScoredLine) -> str:
        return json.dumps(self._record(line), ensure_ascii=False) + "\n"

    def _record(self, line: ScoredLine) -> dict[str, Any]:
        text = {"text": line.text} if self._with_text else {}
        return {"line": line.number, **text, **line.result.to_dict()}

    def _csv(self, line: ScoredLine) -> str:
        record = self._record(line)
        record |= record.pop("scores", {})
        if isinstance(line.result, ModerationError):
            record["error"] = line.result.message
        return _csv_row([_cell(record.get(column)) for column in self._columns])

    def _table(self, line: ScoredLine) -> str:
        text = " ".join(inert(line.text, _SHOWN).split()) if self._with_text else ""
        if isinstance(line.result, ModerationError):
            return _table_row([str(line.number), "error", line.result.message], text)
        verdict = line.result
        label = verdict.label or f"not judged ({verdict.language})"
        scores = [f"{verdict.scores[name]:.3f}" if verdict.judged else "" for name in _SCORES]
        targets = ", ".join(verdict.targets)
        return _table_row([str(line.number), verdict.action, label, *scores, targets], text)


_SCORES = ("toxicity", "inflammatory", "ethnic_hostility")
_HEADINGS = ("line", "action", "label", *_SCORES, "targets")
_WIDTHS = (8, 6, 16, 8, 12, 16, 20)
_SHOWN = 1_000
"""Characters of a text in a table."""


def _table_row(cells: Sequence[str], text: str) -> str:
    # The widths are fixed, as Rich's tables wait for the last line to choose theirs.
    *fixed, last = [*cells, text] if text else cells
    padded = [
        cell if len(cell) > width else set_cell_size(cell, width)
        for cell, width in zip(fixed, _WIDTHS, strict=False)
    ]
    return "  ".join([*padded, last]).rstrip() + "\n"


def _csv_row(cells: Sequence[object]) -> str:
    row = io.StringIO(newline="")
    csv.writer(row, lineterminator="\n").writerow(cells)
    return row.getvalue()


def _cell(value: object) -> object:
    if isinstance(value, (list, dict)):
        return json.dumps(value, ensure_ascii=False)
    return escape_formulas(value) if isinstance(value, str) else value
