"""Where what people say against a verdict is kept, until the labelled set learns from it."""

import fcntl
import json
import os
import uuid
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from http import HTTPStatus
from pathlib import Path
from typing import Any, Protocol

from platformdirs import user_data_path

from moderation.errors import ModerationError
from moderation.settings import Settings
from moderation.verdict import Span

FILE = "corrections.jsonl"
PRIVATE = 0o600


class NotStored(ModerationError):
    """A correction could not be kept."""

    code = "not_stored"
    status = HTTPStatus.SERVICE_UNAVAILABLE


@dataclass(frozen=True, slots=True)
class Correction:
    """What a passage's scores should have been, in somebody's judgement.

    Parameters
    ----------
    text : str
        The passage as received.
    scores : mapping of attribute name to probability
        The right scores, of the attributes that something was said of.
    source : str
        The protocol by which it came.
    spans : tuple of Span
        The right scores of parts of the text.
    languages : tuple of str
        The text's languages, as far as the sender said.
    community, client_token, session : str, optional
        What the sender calls its community, the comment and the visit.
    id, time : str
        The correction's own id, and when it came (ISO 8601, UTC).
    """

    text: str
    scores: Mapping[str, float]
    source: str
    spans: tuple[Span, ...] = ()
    languages: tuple[str, ...] = ()
    community: str | None = None
    client_token: str | None = None
    session: str | None = None
    id: str = field(default_factory=lambda: uuid.uuid4().hex)
    time: str = field(default_factory=lambda: datetime.now(UTC).isoformat(timespec="milliseconds"))

    def to_dict(self) -> dict[str, Any]:
        """Return the correction as built-in values, ready for JSON."""
        return asdict(self) | {"scores": dict(self.scores)}

    @classmethod
    def from_dict(cls, record: dict[str, Any]) -> "Correction":
        """Return the correction that `to_dict` wrote."""
        spans = tuple(Span(**span) for span in record["spans"])
        return cls(**record | {"spans": spans, "languages": tuple(record["languages"])})


class Corrections(Protocol):
    """A store of corrections."""

    def add(self, correction: Correction) -> None:
        """Keep a correction; when this returns, it outlives the process and the machine.

        Raises
        ------
        NotStored
        """


class CorrectionsFile:
    """Corrections in a file that only grows, one JSON object a line.

    Several processes may add to it: each line is written whole under a lock, and is on the disk
    before `add` returns. A line that a machine's end left half-written spoils no other.

    Parameters
    ----------
    path : Path
        Made, with its folder, when the first correction comes; only its owner may read it.
    """

    def __init__(self, path: Path) -> None:
        self.path = path

    def add(self, correction: Correction) -> None:
        """Append a correction.

        Raises
        ------
        NotStored
            If the file cannot be written to, or the disk is full.
        """
        line = json.dumps(correction.to_dict(), ensure_ascii=False).encode("utf-8") + b"\n"
        try:
            self._append(line)
        except OSError as error:
            raise NotStored(
                f"The correction could not be stored: {error.strerror}.",
                where="setting corrections",
                remedy="Make room, or name a file that the service may write to.",
            ) from None

    def read(self) -> Iterator[Correction]:
        """Yield the corrections in the order in which they came, without half-written lines."""
        if not self.path.exists():
            return
        with self.path.open("rb") as file:
            for line in file:
                try:
                    record = json.loads(line)
                except ValueError:
                    continue
                yield Correction.from_dict(record)

    def _append(self, line: bytes) -> None:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(self.path, os.O_RDWR | os.O_APPEND | os.O_CREAT, PRIVATE)
        with os.fdopen(descriptor, "r+b", buffering=0) as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            size = file.seek(0, os.SEEK_END)
            if size and os.pread(file.fileno(), 1, size - 1) != b"\n":
                line = b"\n" + line
            try:
                _write_all(file.fileno(), line)
                os.fsync(file.fileno())
            except OSError:
                # What is not sure to be on the disk is not there: the sender will send it again.
                os.ftruncate(file.fileno(), size)
                raise


def _write_all(descriptor: int, content: bytes) -> None:
    while content:
        content = content[os.write(descriptor, content) :]


def corrections_path(settings: Settings) -> Path:
    """Return the file that corrections are added to."""
    return settings.corrections or user_data_path("moderation", appauthor=False) / FILE
