"""The ledger of a run: a line that identifies the run, then one for each finished shard."""

import hashlib
import json
import os
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, NamedTuple

from moderation.batch.types import Shard
from moderation.errors import InvalidInput, ModerationError
from moderation.files import explain_as, storing, write_bytes

FORMAT = 3
NOTES = ("thresholds",)
"""Values of the head that are found out while the run works."""
AFRESH_REMEDY = "Give another folder with --out, or begin anew with --afresh."
RESUME_REMEDY = "run the same command again: it goes on where it stopped."

unwritable = explain_as(
    full=f"Make room, and {RESUME_REMEDY}", otherwise=f"Mend that, and {RESUME_REMEDY}"
)
"""Makes the error for an output file that cannot be written."""


class OtherRun(ModerationError):
    """The output folder holds a run of another model, policy or version, or of other inputs."""

    code = "other_run"


class ShardKey(NamedTuple):
    """The values by which two shards are the same."""

    source: str
    start: int
    end: int
    digest: str

    @classmethod
    def of(cls, shard: Shard) -> "ShardKey":
        """Return a shard's key."""
        return cls(shard.source, shard.start, shard.end, shard.digest())


@dataclass(frozen=True, slots=True)
class LedgerEntry:
    """A finished shard.

    Parameters
    ----------
    source, start, end, digest
        The input, the range in it, and the SHA-256 of the bytes there.
    passages, failures : str or None
        The names of the files that hold its rows; None where it has no failures.
    sha256 : str
        Of the file of passages.
    counts : dict
        Its tally.
    seconds : dict of str to float
        The time spent in each stage.
    """

    source: str
    start: int
    end: int
    digest: str
    passages: str
    failures: str | None
    sha256: str
    counts: dict[str, Any]
    seconds: dict[str, float]

    @property
    def key(self) -> ShardKey:
        """The key of the shard."""
        return ShardKey(self.source, self.start, self.end, self.digest)


class Ledger:
    """The ledger's file.

    A line is added when the shard's rows are written, so a shard in the ledger is finished, and any
    other is processed again. A line that was cut off when the run was killed is ignored.

    Parameters
    ----------
    path : Path
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.head: dict[str, Any] = {}
        self.entries: dict[ShardKey, LedgerEntry] = {}
        if path.exists():
            self._read()

    def begin(self, head: Mapping[str, Any]) -> None:
        """Resume this ledger, or begin it.

        Raises
        ------
        OtherRun
            If it was begun with another head; the message names the difference.
        """
        head = {"format": FORMAT, **head, "finished": False}
        # What the workers found out is not known at the beginning.
        head |= {name: self.head[name] for name in NOTES if name in self.head}
        earlier = {**self.head, "finished": False} if self.head else head
        for name in sorted(set(head) | set(earlier)):
            if head.get(name) != earlier.get(name):
                message = _difference(name, head, earlier)
                raise OtherRun(message, where=str(self.path), remedy=AFRESH_REMEDY)
        self.head = head
        self.rewrite(self.entries.values())

    @property
    def finished(self) -> bool:
        """True if all of the input was processed."""
        return bool(self.head.get("finished"))

    def check_format(self) -> None:
        """Check that this version can read the counts of the run.

        Raises
        ------
        OtherRun
        """
        if self.head.get("format") != FORMAT:
            raise OtherRun(
                "The folder holds a run of another version of this program.",
                where=str(self.path),
                remedy="Run the batch again, with --afresh, or use that version.",
            )

    def close(self, entries: Iterable[LedgerEntry]) -> None:
        """Mark the run as finished, with these shards."""
        self.head["finished"] = True
        self.rewrite(entries)

    def note(self, name: str, value: Any) -> None:
        """Add a value of `NOTES` to the head, unless it is there.

        Raises
        ------
        NotStored
        """
        if value and self.head.get(name) != value:
            self.head[name] = value
            self.rewrite(self.entries.values())

    def add(self, entry: LedgerEntry) -> None:
        """Add a finished shard.

        Raises
        ------
        NotStored
            If it cannot be written; then the ledger is unchanged.
        """
        with storing(self.path, unwritable):
            end = self.path.stat().st_size
            try:
                with self.path.open("ab") as file:
                    file.write(_line(asdict(entry)))
                    file.flush()
                    os.fsync(file.fileno())
            except OSError:
                with suppress(OSError):
                    os.truncate(self.path, end)
                raise
        self.entries[entry.key] = entry

    def rewrite(self, entries: Iterable[LedgerEntry]) -> None:
        """Write the ledger with only these entries."""
        kept = list(entries)
        lines = b"".join(map(_line, (self.head, *map(asdict, kept))))
        write_bytes(self.path, lines, explain=unwritable)
        self.entries = {entry.key: entry for entry in kept}

    def _read(self) -> None:
        lines = self.path.read_bytes().splitlines(keepends=True)
        if lines and not lines[-1].endswith(b"\n"):
            lines.pop()
        try:
            values = [json.loads(line) for line in lines]
            self.head = dict(values[0]) if values else {}
            entries = [LedgerEntry(**value) for value in values[1:]]
        except (ValueError, TypeError):
            raise InvalidInput(
                "The ledger is damaged.", where=str(self.path), remedy=AFRESH_REMEDY
            ) from None
        self.entries = {entry.key: entry for entry in entries}


def file_digest(data: bytes) -> str:
    """Return the SHA-256 of a file's bytes."""
    return hashlib.sha256(data).hexdigest()


def _line(value: Mapping[str, Any]) -> bytes:
    return json.dumps(value, ensure_ascii=False).encode() + b"\n"


def _difference(name: str, head: Mapping[str, Any], earlier: Mapping[str, Any]) -> str:
    subject = name.replace("_", " ")
    if name in {"inputs", "limits", "columns"} or name.endswith("digest"):
        return f"The folder holds a run with another {subject}."
    return (
        f"The folder holds a run with another {subject}: "
        f"{earlier.get(name)}, and not {head.get(name)}."
    )
