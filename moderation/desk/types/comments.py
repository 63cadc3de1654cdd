"""Comments, as they come in and as the desk shows them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from moderation.taxonomy import Label
from moderation.verdict import Action, Span, Verdict

# FOLDED asking: How a queue is asked for.


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


# FOLDED rulings: What people say of comments.


class RejectionReason(StrEnum):
    """Why a comment is rejected."""

    ETHNIC_HOSTILITY = "ethnic_hostility"
    INFLAMMATORY = "inflammatory"
    THREAT = "threat"
    INSULT = "insult"
    PROFANITY = "profanity"
    PERSONAL_DATA = "personal_data"
    SPAM = "spam"
    OFF_TOPIC = "off_topic"
    OTHER = "other"


LABEL_OF = {
    RejectionReason.ETHNIC_HOSTILITY: Label.ETHNIC_HOSTILITY,
    RejectionReason.INFLAMMATORY: Label.INFLAMMATORY,
    RejectionReason.THREAT: Label.INFLAMMATORY,
    RejectionReason.INSULT: Label.INFLAMMATORY,
}
"""What a rejection says of the label; other reasons say nothing of it."""


@dataclass(frozen=True, slots=True)
class Ruling:
    """What a person says of a comment.

    Parameters
    ----------
    outcome : Outcome
    reason : RejectionReason, optional
        Needed to reject.
    label : Label, optional
        The right label; None agrees with the outcome only.
    attributes : mapping of str to float
        The right scores, of the attributes that are corrected.
    targets : tuple of str, optional
        The people attacked, of ``moderation.text.peoples.PEOPLES``; None leaves the model's.
    spans : tuple of Span, optional
        The right evidence; None leaves the model's.
    note : str
    token : str, optional
        Made by whoever asks, once a decision (a form's hidden field): asked again with the same
        one, after an answer that was lost, the desk gives the decision made and makes no other.
    """

    outcome: Outcome
    reason: RejectionReason | None = None
    label: Label | None = None
    attributes: Mapping[str, float] = field(default_factory=dict)
    targets: tuple[str, ...] | None = None
    spans: tuple[Span, ...] | None = None
    note: str = ""
    token: str | None = None


@dataclass(frozen=True, slots=True)
class Decision:
    """A ruling that was made."""

    id: int
    comment_id: int
    by: str
    ruling: Ruling
    time: datetime
    bulk_id: int | None = None
    undone: datetime | None = None


@dataclass(frozen=True, slots=True)
class Note:
    """What somebody wrote about a comment."""

    by: str
    text: str
    time: datetime


EXCERPT = 300
"""Most characters of a text in a list."""


@dataclass(frozen=True, slots=True)
class CommentRow:
    """A comment in a list: all but its whole text and its surroundings.

    Parameters
    ----------
    excerpt : str
        The text's first characters, at most `EXCERPT`; blank where the text was erased.
    length : int
        Characters of the whole text.
    worst : float
        The highest score that speaks against it, and `attribute` has it.
    uncertainty : float
        How near to even the chance was that it is harmful: 1 at one half, 0 at 0 or 1.
    held_by : str, optional
        Who has it on their desk now.
    decision : Decision, optional
        The one that holds.
    """

    id: int
    excerpt: str
    length: int
    label: Label
    action: Action
    attribute: str
    worst: float
    uncertainty: float
    received: datetime
    source: str
    page: str | None
    title: str | None
    author: str | None
    flags: int
    times: int
    """How often the same comment came."""
    targets: tuple[str, ...]
    erased: bool
    held_by: str | None = None
    decision: Decision | None = None


@dataclass(frozen=True, slots=True)
class Comment:
    """A comment with all that is known of it.

    Parameters
    ----------
    line : CommentRow
        What a list shows of it.
    text : str or None
        None once erased, and so are `parent`, `article` and the author's name.
    verdict : Verdict
    notes : tuple of Note
        Oldest first.
    decisions : tuple of Decision
        Oldest first, undone ones among them.
    """

    line: CommentRow
    text: str | None
    verdict: Verdict
    external_id: str | None
    community: str | None
    parent: str | None
    article: str | None
    notes: tuple[Note, ...] = ()
    decisions: tuple[Decision, ...] = ()

    @property
    def id(self) -> int:
        """Its number."""
        return self.line.id


@dataclass(frozen=True, slots=True)
class CommentPage:
    """One page of a queue; `more`, where there is more, is given to ask for the next page."""

    lines: tuple[CommentRow, ...]
    more: str | None = None


@dataclass(frozen=True, slots=True)
class History:
    """What became of an author's other comments; `latest` first."""

    approved: int
    rejected: int
    waiting: int
    latest: tuple[CommentRow, ...]


@dataclass(frozen=True, slots=True)
class Similar:
    """A decided comment that reads much like another; `share` of their words in common."""

    line: CommentRow
    share: float
