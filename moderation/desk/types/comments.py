"""Comments at the desk, and the queues and filters that select them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from moderation.desk.types.rulings import Decision, Outcome
from moderation.desk.types.sections import Section
from moderation.service.intake import Correction
from moderation.taxonomy import Label
from moderation.verdict import Action, Verdict

ERASED = "erased"
"""The state of a comment that was erased undecided: it is in no queue."""
ALLOWED = "allowed"
"""That of a comment which its policy allows, kept for its site: it is in no queue."""
SUPERSEDED = "superseded"
"""That of a comment's earlier text on which nobody has decided: it is in no queue."""
EXCERPT = 300
"""The largest number of characters of a text in a list."""


class Queue(StrEnum):
    """A queue of comments."""

    REVIEW = "review"
    """Undecided, sent to review by a policy."""
    FLAGGED = "flagged"
    """Undecided, flagged by readers."""
    CORRECTED = "corrected"
    """Undecided, with a correction of a site's or reader's that nobody has settled."""
    APPEALED = "appealed"
    """Rejected, with an appeal of its author that nobody has settled."""
    LEADS = "leads"
    """Undecided, or to be decided anew: a moderator has asked for a lead's decision."""
    BLOCKED = "blocked"
    """Undecided, blocked by a policy."""
    DECIDED = "decided"


class CorrectionState(StrEnum):
    """The state of a correction: open until somebody decides on its comment, or dismisses it."""

    OPEN = "open"
    CONFIRMED = "confirmed"
    DISMISSED = "dismissed"


class Sort(StrEnum):
    """An order of a queue; `NEWEST` puts the latest decisions first in `DECIDED`.

    `HARM` is by expected harm, `WORST` by the highest score.
    """

    HARM = "harm"
    WORST = "worst"
    OLDEST = "oldest"
    UNCERTAIN = "uncertain"
    NEWEST = "newest"


@dataclass(frozen=True, slots=True)
class Filters:
    """A queue, and conditions on its comments; None and blank set no condition.

    Parameters
    ----------
    queue : Queue
    page, author, source, community : str, optional
        The exact value.
    attribute : str, optional
        The attribute of `low`, `high` and `Sort.WORST`; if None, each comment's worst attribute.
    low, high : float
        Bounds of the score, both included.
    label : Label, optional
        The label of the model.
    judged : bool, optional
        Whether a model judged the comment.
    target : str, optional
        The name of one of the groups of people attacked.
    since, until : datetime, optional
        Bounds of the comment's time (`DECIDED`: of the decision's); `until` is excluded.
    words : str
        Words that must be in the text, the headline, the author's name or the site's id, all of
        them; those in double quotes stand together, and the last may be unfinished.
    outcome : Outcome, optional
        `DECIDED` only.
    by : str, optional
        `DECIDED` only: the name of the user who decided.
    corrected : bool
        Only comments with a correction that nobody has settled.
    without : tuple of int
        The numbers of comments that a bulk decision leaves out.
    sections : tuple of Section
        Only comments of one of these; empty sets no condition.
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
    judged: bool | None = None
    target: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    words: str = ""
    outcome: Outcome | None = None
    by: str | None = None
    corrected: bool = False
    without: tuple[int, ...] = ()
    sections: tuple[Section, ...] = ()


@dataclass(frozen=True, slots=True)
class Count:
    """A number of comments; a lower bound if it is not exact, which keeps counting quick."""

    number: int
    exact: bool = True


@dataclass(frozen=True, slots=True)
class Note:
    """A remark on a comment."""

    by: str
    text: str
    time: datetime


@dataclass(frozen=True, slots=True)
class Escalation:
    """A moderator's request that a lead decide; `settled` once somebody has."""

    by: str
    time: datetime
    settled: bool


@dataclass(frozen=True, slots=True)
class ReceivedCorrection:
    """A correction of a comment that came by a protocol.

    Parameters
    ----------
    id : str
    correction : Correction
        Its words: source, key, community, scores.
    key_name : str or None
        The name of the API key that sent it, if one was asked for.
    time : datetime
    state : CorrectionState
    by : str or None
        The name of the user who has settled it.
    """

    id: str
    correction: Correction
    key_name: str | None
    time: datetime
    state: CorrectionState
    by: str | None


@dataclass(frozen=True, slots=True)
class ReaderFlag:
    """A reader's flag of a comment, with the reason that the reader gave."""

    reason: str
    time: datetime


@dataclass(frozen=True, slots=True)
class Appeal:
    """An author's appeal against a rejection; `settled` once it was decided on."""

    statement: str
    time: datetime
    settled: bool


@dataclass(frozen=True, slots=True)
class EarlierText:
    """An earlier text of a comment: the number of its entry, and the text, None once erased."""

    id: int
    revision: int
    text: str | None


@dataclass(frozen=True, slots=True)
class CommentRow:
    """A comment in a list, without its whole text and its context.

    Parameters
    ----------
    excerpt : str
        The text's first characters, at most `EXCERPT`; blank once the text is erased.
    length : int
        The number of characters of the whole text.
    label : Label or None
        None if no model judged it, for example because of its `language`.
    language : str or None
        The ISO 639 code of its language, if that is certain.
    worst : float
        The highest score of a harmful attribute, which is `attribute`; 0 without a label.
    uncertainty : float
        The uncertainty whether it is harmful: 1 at a score of one half, 0 at 0 or 1 or without a
        label.
    held_by : str, optional
        The name of the user who holds it now.
    decision : Decision, optional
        The decision that stands.
    """

    id: int
    excerpt: str
    length: int
    label: Label | None
    language: str | None
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
    """The number of times that the same comment came."""
    targets: tuple[str, ...]
    erased: bool
    held_by: str | None = None
    decision: Decision | None = None
    corrections: int = 0
    """The number of corrections that nobody has settled."""
    waits: bool = True
    """Whether somebody may decide on it, once more where a decision stands."""
    state: str = ""
    """The queue that it is in, or another state."""
    scores: Mapping[str, float] = field(default_factory=dict)
    """By attribute; none if no model judged it."""


@dataclass(frozen=True, slots=True)
class Comment:
    """A comment with its text, its context, notes and decisions.

    Parameters
    ----------
    line : CommentRow
        The comment as in a list.
    text : str or None
        None once erased, and so are `parent`, `article` and the author's name.
    verdict : Verdict
    notes : tuple of Note
        Oldest first.
    decisions : tuple of Decision
        Oldest first, including undone ones.
    corrections : tuple of ReceivedCorrection
        The open ones first, then the newest; not all, if there are many.
    revision : int
    latest : int or None
        The number of the entry of its latest text, where this is an earlier one.
    earlier : tuple of EarlierText
        Its latest earlier texts, newest first.
    reader_flags : tuple of ReaderFlag
        The latest ones, newest first.
    appeals : tuple of Appeal
        Oldest first.
    escalations : tuple of Escalation
        Oldest first.
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
    corrections: tuple[ReceivedCorrection, ...] = ()
    revision: int = 1
    latest: int | None = None
    earlier: tuple[EarlierText, ...] = ()
    reader_flags: tuple[ReaderFlag, ...] = ()
    appeals: tuple[Appeal, ...] = ()
    escalations: tuple[Escalation, ...] = ()

    @property
    def id(self) -> int:
        """The number of the comment."""
        return self.line.id


@dataclass(frozen=True, slots=True)
class CommentPage:
    """A page of a queue; `more` is the cursor for the next page, None if there is none."""

    lines: tuple[CommentRow, ...]
    more: str | None = None


@dataclass(frozen=True, slots=True)
class History:
    """The numbers of an author's comments by outcome, and the `latest` of them.

    A comment that waits to be decided anew counts as waiting, whatever stands until then.
    """

    approved: int
    rejected: int
    waiting: int
    latest: tuple[CommentRow, ...]


@dataclass(frozen=True, slots=True)
class Similar:
    """A decided comment that is similar to another; they share this `share` of their shingles."""

    line: CommentRow
    share: float
