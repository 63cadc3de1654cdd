"""Types of uploaded files: their states, and what became of each."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from moderation.errors import InvalidInput


class UploadState(StrEnum):
    """The state of an uploaded file."""

    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    """It is no file of comments; nothing of it was added."""
    CANCELLED = "cancelled"
    """By a person; what had been added by then stays."""


@dataclass(frozen=True, slots=True)
class Upload:
    """An uploaded file, and what became of it.

    Parameters
    ----------
    id : int
    by : str
        The name of the person who uploaded it.
    name, sheet : str
        The file's name, and the sheet of a workbook that was chosen.
    state : UploadState
    made : datetime
    ended : datetime, optional
    total : int or None
        Its comments; None until it has been read.
    done : int
        Comments that have been judged.
    taken, allowed, known : int
        New comments, those that the policy allows, and those that were here already, or stand in
        the file once more.
    faulty : int
        Rows that are not sound.
    faults : tuple of InvalidInput
        The errors of the first of them; only where one upload is read.
    failure : InvalidInput, optional
        The reason why the file could not be taken in.
    """

    id: int
    by: str
    name: str
    sheet: str
    state: UploadState
    made: datetime
    ended: datetime | None
    total: int | None
    done: int
    taken: int
    allowed: int
    known: int
    faulty: int
    faults: tuple[InvalidInput, ...] = ()
    failure: InvalidInput | None = None

    @property
    def is_open(self) -> bool:
        """True while there is something to take in."""
        return self.ended is None

    @property
    def percent(self) -> int:
        """The share of its comments that has been judged."""
        return 100 * self.done // self.total if self.total else 0
