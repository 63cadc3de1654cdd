"""What the desk counts."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from moderation.desk.types.comments import CommentRow, Filters, Outcome
from moderation.taxonomy import Label


@dataclass(frozen=True, slots=True)
class Preview:
    """What deciding many at once would do.

    Parameters
    ----------
    count : int
    labels : mapping of Label to int
        The same comments by the model's label.
    examples : tuple of CommentRow
        From both ends of the range and between.
    newest : int
        The newest comment that was counted; later ones are left alone.
    seen : str
        Stands for exactly these comments.
    """

    count: int
    labels: Mapping[Label, int]
    examples: tuple[CommentRow, ...]
    newest: int
    seen: str = ""


@dataclass(frozen=True, slots=True)
class Bulk:
    """Many decisions made at once.

    Parameters
    ----------
    filters : Filters
        What was asked for; of words sought, "…" alone.
    count : int
        How many were made, whatever became of them.
    undone : datetime, optional
        When they were taken back; None while one can be.
    """

    id: int
    by: str
    outcome: Outcome
    filters: Filters
    count: int
    time: datetime
    undone: datetime | None = None


@dataclass(frozen=True, slots=True)
class Point:
    """What one threshold would have done with the comments that people decided.

    Parameters
    ----------
    precision : float or None
        Share of those held that have the attribute, as people said; None where none is held.
    recall : float or None
        Share of those that have it that are held; None where none has.
    held : int
        Comments at or over it.
    hours : float
        Moderators' time to decide those.
    """

    threshold: float
    precision: float | None
    recall: float | None
    held: int
    hours: float


@dataclass(frozen=True, slots=True)
class Curve:
    """Precision, recall and cost by threshold, on the desk's own decisions.

    Only comments that came to the desk are counted: of what the policy let pass nothing is known.

    Parameters
    ----------
    decided : int
        Decisions that say something of the attribute.
    rejected : int
        Those that say that a comment has it.
    """

    attribute: str
    points: tuple[Point, ...]
    decided: int
    rejected: int
    seconds: float
    """Median time that a decision takes."""


@dataclass(frozen=True, slots=True)
class LiveModel:
    """A model that was promoted, and the figures that spoke for it.

    Parameters
    ----------
    id : int
    model : str
        Its id.
    folder : str
        Where it was put on the machine that trained it.
    by : str
    time : datetime
    figures : mapping
    live : bool
    manifest : str
        The SHA-256 of its manifest.
    """

    id: int
    model: str
    folder: str
    by: str
    time: datetime
    figures: Mapping[str, object]
    live: bool
    manifest: str
