"""What people say of comments."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from moderation.desk.words.asking import Outcome
from moderation.taxonomy import Label
from moderation.verdict import Span


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
