"""Types for leads and admins: users and sessions, the audit log, thresholds, promoted models."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from moderation.desk.types.comments import CommentRow, Filters
from moderation.desk.types.rulings import Outcome, RejectionReason
from moderation.taxonomy import Label


class Role(StrEnum):
    """A user's role, which includes the rights of the roles before it."""

    READER = "reader"
    """Read comments, decisions and figures."""
    MODERATOR = "moderator"
    """Decide, add notes, undo their own decisions."""
    LEAD = "lead"
    """Decide in bulk, undo others' decisions, export, change the policy and the model."""
    ADMIN = "admin"
    """Add and disable users, erase texts, read the audit log."""

    def may(self, needed: "Role") -> bool:
        """Tell whether this role includes the rights of `needed`."""
        order = list(Role)
        return order.index(self) >= order.index(needed)


class Blur(StrEnum):
    """Comments whose texts are blurred for a user until asked for."""

    ALWAYS = "always"
    SEVERE = "severe"
    NEVER = "never"


@dataclass(frozen=True, slots=True)
class Preferences:
    """A user's own preferences.

    Parameters
    ----------
    blur : Blur
    pause_minutes : int
        Minutes of deciding after which the user is reminded to pause; 0 for never.
    """

    blur: Blur = Blur.NEVER
    pause_minutes: int = 50


@dataclass(frozen=True, slots=True)
class DeskOptions:
    """The desk's own settings, which leads change.

    Parameters
    ----------
    severe_in_a_row : int
        Severe comments after which the queue gives others first; 0 for no limit.
    site_name : str
        The name under which texts to authors are signed.
    rules : str
        The address of the rules for comments.
    """

    severe_in_a_row: int = 5
    site_name: str = ""
    rules: str = ""


@dataclass(frozen=True, slots=True)
class People:
    """A people that was added at the desk, with other names by which it is found."""

    name: str
    forms: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class User:
    """A user of the desk."""

    id: int
    name: str
    role: Role
    disabled: bool = False
    has_code: bool = False
    """Whether signing in takes a code of the user's app too."""
    preferences: Preferences = field(default_factory=Preferences, compare=False)


@dataclass(frozen=True, slots=True)
class Session:
    """The session of a user who has signed in.

    Parameters
    ----------
    token : str
        Sent in the cookie, and kept nowhere else; the database has its hash.
    csrf : str
        Sent in each form; a request without it is refused.
    user : User
    device : str
        Sent in a cookie that outlives the session and makes the browser known at the next sign-in;
        empty except in the session that `Accounts.sign_in` returns.
    all_sections : bool
        Whether the queues show comments of other sections than the user's too.
    """

    token: str
    csrf: str
    user: User
    device: str = field(default="", compare=False)
    all_sections: bool = False


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """An entry of the audit log, which never holds a comment's text."""

    id: int
    time: datetime
    by: str
    act: str
    subject: str
    details: Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Preview:
    """The effect that a bulk decision would have.

    Parameters
    ----------
    count : int
        The number of comments.
    labels : mapping of Label or None to int
        The same comments counted by the model's label, None where they were not judged.
    examples : tuple of CommentRow
        All of them where they are few, else some from both ends and the middle of the range.
    newest : int
        The number of the newest comment counted; later ones are left alone.
    seen : str
        A fingerprint of exactly these comments.
    """

    count: int
    labels: Mapping[Label | None, int]
    examples: tuple[CommentRow, ...]
    newest: int
    seen: str = ""


@dataclass(frozen=True, slots=True)
class Bulk:
    """A bulk decision.

    Parameters
    ----------
    filters : Filters
        The filters applied, with "…" in place of words.
    count : int
        The number of decisions made, whether or not they still stand.
    undone : datetime, optional
        The time at which they were taken back; None while one of them stands.
    reason : RejectionReason, optional
    note : str
    """

    id: int
    by: str
    outcome: Outcome
    filters: Filters
    count: int
    time: datetime
    undone: datetime | None = None
    reason: RejectionReason | None = None
    note: str = ""


@dataclass(frozen=True, slots=True)
class Point:
    """The effect that a threshold would have had on the decided comments.

    Parameters
    ----------
    precision : float or None
        The share of comments held that have the attribute by the decisions; None if none is held.
    recall : float or None
        The share of comments with the attribute that are held; None if none has it.
    held : int
        The number of comments at or above the threshold.
    hours : float
        The moderators' time to decide on these.
    """

    threshold: float
    precision: float | None
    recall: float | None
    held: int
    hours: float


@dataclass(frozen=True, slots=True)
class Curve:
    """Precision, recall and cost by threshold, on the desk's own decisions.

    Only comments that came to the desk are counted; of those that the policy allowed, the desk has
    none.

    Parameters
    ----------
    decided : int
        The number of decisions that tell whether the comment has the attribute.
    rejected : int
        The number of those that tell that it has.
    """

    attribute: str
    points: tuple[Point, ...]
    decided: int
    rejected: int
    seconds: float
    """The median time of a decision."""


@dataclass(frozen=True, slots=True)
class LiveModel:
    """A model that was promoted, and the figures on which it was.

    Parameters
    ----------
    id : int
    model : str
        The id of the model.
    folder : str
        Its folder on the machine that trained it.
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
