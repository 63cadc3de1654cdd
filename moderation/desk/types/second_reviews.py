"""Second reviews: decided comments judged again, the pairs of rulings, and their agreement."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum

from moderation.desk.types.comments import Comment
from moderation.desk.types.rulings import Decision, Ruling
from moderation.taxonomy import Label
from moderation.verdict import Action, Verdict


@dataclass(frozen=True, slots=True)
class SecondReview:
    """A decided comment that somebody judges again.

    Parameters
    ----------
    id : int
    comment : Comment
        The comment without all that tells of its decision, or of what the model says.
    ruling : Ruling, optional
        The ruling that the same person has made and taken back.
    """

    id: int
    comment: Comment
    ruling: Ruling | None = None


def blinded(comment: Comment) -> Comment:
    """Return a comment with its text and context alone: nothing of a verdict or a decision."""
    line = comment.line
    return Comment(
        line=replace(
            line,
            label=None,
            action=Action.REVIEW,
            attribute="",
            worst=0.0,
            uncertainty=0.0,
            flags=0,
            targets=(),
            held_by=None,
            decision=None,
            corrections=0,
            waits=True,
            state="",
        ),
        text=comment.text,
        verdict=Verdict(None, Action.REVIEW, {}, "", language=comment.verdict.language),
        external_id=None,
        community=comment.community,
        parent=comment.parent,
        article=comment.article,
        revision=comment.revision,
    )


class SettledAs(StrEnum):
    """The ruling by which a lead has settled a disagreement."""

    FIRST = "first"
    SECOND = "second"
    THIRD = "third"


@dataclass(frozen=True, slots=True)
class SecondRuling:
    """The ruling of the person who judged a decided comment again."""

    by: str
    ruling: Ruling
    time: datetime


@dataclass(frozen=True, slots=True)
class Settlement:
    """A lead's settlement of a disagreement; `decision_id` is the new decision, if one was made."""

    by: str
    time: datetime
    settled_as: SettledAs
    decision_id: int | None


@dataclass(frozen=True, slots=True)
class ReviewPair:
    """Two rulings on one text, neither made in sight of the other.

    Parameters
    ----------
    id : int
        The number of the second review.
    comment_id : int
    first : Decision
    second : SecondRuling
    model_label : Label or None
    settlement : Settlement, optional
    stands : bool
        Whether the first decision stands, on the latest text, and waits for nobody.
    """

    id: int
    comment_id: int
    first: Decision
    second: SecondRuling
    model_label: Label | None
    settlement: Settlement | None = None
    stands: bool = True

    @property
    def agrees(self) -> bool:
        """True if the rulings have the same action and imply the same label, or both none."""
        return self.first.ruling.agrees_with(self.second.ruling, self.model_label)

    def label(self, ruling: Ruling) -> Label | None:
        """Return the label that a ruling on this comment implies."""
        return ruling.implied_label(self.model_label)


@dataclass(slots=True)
class PairTally:
    """Numbers of pairs: all, those with the same action, and those with the same label."""

    pairs: int = 0
    same_action: int = 0
    same_label: int = 0


@dataclass(frozen=True, slots=True)
class ReviewAgreement:
    """The agreement of second reviews with the first decisions.

    Parameters
    ----------
    total : PairTally
    by_moderator : mapping
        The pairs in which somebody made one of the two rulings.
    alpha_action, alpha_label : float or None
        Krippendorff's alpha over the actions, and over the labels with "no label" as one more;
        None without pairs.
    waiting : int
        Comments that wait for a second review.
    disputed : int
        Disagreements that no lead has settled.
    """

    total: PairTally
    by_moderator: Mapping[str, PairTally] = field(default_factory=dict)
    alpha_action: float | None = None
    alpha_label: float | None = None
    waiting: int = 0
    disputed: int = 0
