"""Rulings of people on comments, the reasons for a rejection, and the decisions that they make."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from moderation.taxonomy import Label
from moderation.verdict import Span


class Outcome(StrEnum):
    """The outcome of a decision."""

    APPROVE = "approve"
    REJECT = "reject"


class RejectionReason(StrEnum):
    """A reason for rejecting a comment."""

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
"""The label that a reason implies; the other reasons imply none."""


@dataclass(frozen=True, slots=True)
class Ruling:
    """A person's ruling on a comment.

    Parameters
    ----------
    outcome : Outcome
    reason : RejectionReason, optional
        Required to reject.
    label : Label, optional
        The right label; None gives the outcome only.
    attributes : mapping of str to float
        The right scores of the attributes that are corrected.
    targets : tuple of str, optional
        The groups attacked, from ``moderation.text.peoples.PEOPLES``; None leaves the model's.
    spans : tuple of Span, optional
        The right evidence; None leaves the model's.
    note : str
    note_for_author : bool
        Whether the note is sent to the comment's site, for its author.
    author_text : str
        What the author is told of a rejection, by way of the comment's site; blank for nothing.
    token : str, optional
        A token that the caller makes for each decision, such as a form's hidden field. If the
        same call comes again, after a lost response, the desk returns the decision it has made.
    """

    outcome: Outcome
    reason: RejectionReason | None = None
    label: Label | None = None
    attributes: Mapping[str, float] = field(default_factory=dict)
    targets: tuple[str, ...] | None = None
    spans: tuple[Span, ...] | None = None
    note: str = ""
    token: str | None = None
    note_for_author: bool = False
    author_text: str = ""

    def implied_label(self, model: Label | None) -> Label | None:
        """Return the label that the ruling implies on a comment that the model labelled so.

        An approval without a label means that the passage is not harmful. None where it implies
        none, as a rejection of an advertisement.
        """
        if self.label is not None:
            return self.label
        if self.outcome is Outcome.APPROVE:
            return Label.NEWS if model is Label.NEWS else Label.CIVIL
        return LABEL_OF.get(self.reason) if self.reason else None

    def agrees_with(self, other: "Ruling", model: Label | None) -> bool:
        """Tell whether another ruling has the same outcome and implies the same label, or none."""
        same_label = self.implied_label(model) == other.implied_label(model)
        return self.outcome == other.outcome and same_label


@dataclass(frozen=True, slots=True)
class Decision:
    """A ruling that a user made on a comment."""

    id: int
    comment_id: int
    by: str
    ruling: Ruling
    time: datetime
    bulk_id: int | None = None
    undone: datetime | None = None
