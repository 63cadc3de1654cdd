"""How a queue is asked for."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from moderation.taxonomy import Label


class Queue(StrEnum):
    """Which comments are asked for."""

    REVIEW = "review"
    """Undecided, sent to review by a policy."""
    FLAGGED = "flagged"
    """Undecided, and readers have flagged them."""
    BLOCKED = "blocked"
    """Undecided, blocked by a policy."""
    DECIDED = "decided"


ERASED = "erased"
"""Where a comment stands that was erased before anybody decided it: in no queue."""


class Sort(StrEnum):
    """In which order; `DECIDED` comments by `NEWEST` are the latest decisions first."""

    WORST = "worst"
    OLDEST = "oldest"
    UNCERTAIN = "uncertain"
    NEWEST = "newest"


class Outcome(StrEnum):
    """What a person did with a comment."""

    APPROVE = "approve"
    REJECT = "reject"


@dataclass(frozen=True, slots=True)
class Filters:
    """Which comments of a queue; None and blank ask for no limit.

    Parameters
    ----------
    queue : Queue
    page, author, source, community : str, optional
        Exactly this one.
    attribute : str, optional
        The attribute that `low` and `high` are of, and that `Sort.WORST` sorts by; where None, a
        comment's worst attribute.
    low, high : float
        Bounds of the score, both included.
    label : Label, optional
        The model's.
    target : str, optional
        One of the people attacked, by name.
    since, until : datetime, optional
        When the comment came (`DECIDED`: when it was decided); `until` is excluded.
    words : str
        Words that all stand in the text; the last may be unfinished.
    outcome : Outcome, optional
        `DECIDED` only.
    by : str, optional
        `DECIDED` only: the name of who decided.
    """

    queue: Queue = Queue.REVIEW
    page: str | None = None
    author: str | None = None
    source: str | None = None
    community: str | None = None
    attribute: str | None = None
    low: float = 0.0
    high: float = 1.0
    label: Label | None = None
    target: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    words: str = ""
    outcome: Outcome | None = None
    by: str | None = None


@dataclass(frozen=True, slots=True)
class Count:
    """How many; at least `number` where it is not exact, so that counting takes no long time."""

    number: int
    exact: bool = True
