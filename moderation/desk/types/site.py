"""Comments as their sites see them: states, decisions as events, flags, appeals, webhooks."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from moderation.desk.types.rulings import Outcome
from moderation.taxonomy import Label
from moderation.verdict import Verdict


class SiteState(StrEnum):
    """The state of a comment for its site."""

    WAITING = "waiting"
    """A person is to decide, and none has."""
    APPROVED = "approved"
    """By a person, or by the policy."""
    REJECTED = "rejected"
    """By a person."""
    WITHDRAWN = "withdrawn"
    """By its site; the text is erased."""


class EventKind(StrEnum):
    """Something that happened to a decision."""

    DECIDED = "decided"
    UNDONE = "undone"


class MessageState(StrEnum):
    """The state of a webhook's message."""

    DUE = "due"
    DELIVERED = "delivered"
    FAILED = "failed"
    """For so long that it is not tried again, unless somebody has it sent again."""


OUTCOMES = {Outcome.APPROVE: SiteState.APPROVED, Outcome.REJECT: SiteState.REJECTED}
"""The states that follow from decisions."""


@dataclass(frozen=True, slots=True)
class SiteEvent:
    """A decision that was made or undone, as its site is told.

    Parameters
    ----------
    sequence : int
        Later events have greater numbers.
    kind : EventKind
    source, external_id : str
    revision : int
    outcome : SiteState
    reasons : tuple of str
    label : Label or None
    moderator : str
        A stable pseudonym, or the name where the settings show names.
    time : datetime
    note : str or None
        Where it was marked for the author.
    author_text : str or None
        The text for the author of a rejected comment.
    """

    sequence: int
    kind: EventKind
    source: str
    external_id: str
    revision: int
    outcome: SiteState
    reasons: tuple[str, ...]
    label: Label | None
    moderator: str
    time: datetime
    note: str | None
    author_text: str | None

    @property
    def is_approval(self) -> bool:
        """True if the comment is approved, False if it is rejected."""
        return self.outcome is SiteState.APPROVED

    def to_dict(self) -> dict[str, object]:
        """Return the event as built-in values, ready for JSON."""
        return {
            "sequence": self.sequence,
            "event": self.kind.value,
            "source": self.source,
            "id": self.external_id,
            "revision": self.revision,
            "outcome": self.outcome.value,
            "reasons": list(self.reasons),
            "label": self.label and self.label.value,
            "moderator": self.moderator,
            "at": self.time.isoformat(timespec="milliseconds"),
            "note": self.note,
            "author_text": self.author_text,
        }


@dataclass(frozen=True, slots=True)
class Revision:
    """One of a comment's texts: its number, when it came, and what became of it."""

    number: int
    received: datetime
    state: SiteState | None
    """None for a text that was edited before anybody decided on it."""


@dataclass(frozen=True, slots=True)
class SiteComment:
    """A comment as its site sees it.

    Parameters
    ----------
    number : int
        The desk's number of the latest revision.
    source, external_id : str
    revision : int
    state : SiteState
    verdict : Verdict
    decision : SiteEvent or None
        The decision that stands on the latest revision.
    revisions : tuple of Revision
        Oldest first.
    flags : int
    appealed : bool
        Whether an appeal waits for a moderator.
    """

    number: int
    source: str
    external_id: str
    revision: int
    state: SiteState
    verdict: Verdict
    decision: SiteEvent | None
    revisions: tuple[Revision, ...]
    flags: int
    appealed: bool


@dataclass(frozen=True, slots=True)
class Webhook:
    """An address to which events are sent."""

    id: str
    url: str
    source: str | None
    """The source whose events are sent; None sends all."""
    made: datetime


@dataclass(frozen=True, slots=True)
class FailedMessage:
    """A message that could not be delivered."""

    id: int
    webhook_url: str
    source: str
    external_id: str
    tries: int
    made: datetime
    failure: str
