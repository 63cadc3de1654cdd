"""What a decision says of an attribute, as a column of a query."""

from collections.abc import Iterable

import sqlalchemy as sa

from moderation.database.tables import decisions
from moderation.desk.words import LABEL_OF, Outcome, RejectionReason
from moderation.taxonomy import FLAGGED, Label

_BY_REASON = {reason.value: label.value for reason, label in LABEL_OF.items()}
_YES = {
    "news": {Label.NEWS},
    "inflammatory": {Label.INFLAMMATORY},
    "ethnic_hostility": {Label.ETHNIC_HOSTILITY},
    "identity_attack": {Label.ETHNIC_HOSTILITY},
    "toxicity": FLAGGED,
}
"""Labels that have an attribute; of one that none has, only reasons and corrections say so."""
_HARMLESS = {Label.CIVIL, Label.NEWS}
_NO = {
    "news": {Label.CIVIL, *FLAGGED},
    # It outranks the other harm: what is that alone is not this.
    "ethnic_hostility": {*_HARMLESS, Label.INFLAMMATORY},
}
_REASONS = {"toxicity": {RejectionReason.PROFANITY}}
"""Reasons that say yes besides the one of the attribute's own name."""


def has_attribute(attribute: str) -> sa.ColumnElement[int | None]:
    """Return 1 where a decision says that a comment has an attribute, 0 where not.

    NULL where it says nothing of it, as a rejection as spam does. A corrected score comes first,
    then the reason, then the label, corrected or as the reason or the approval has it.
    """
    corrected = decisions.c.attributes[attribute].as_float()
    label = sa.func.coalesce(
        decisions.c.label,
        sa.case(_BY_REASON, value=decisions.c.reason, else_=None),
        # What is approved is harmless, whether reported or said.
        sa.case((decisions.c.outcome == Outcome.APPROVE.value, _approved(attribute)), else_=None),
    )
    reasons = {RejectionReason(attribute)} if attribute in set(RejectionReason) else set()
    return sa.case(
        (corrected >= 0.5, 1),  # noqa: PLR2004  # half, as everywhere
        (corrected < 0.5, 0),  # noqa: PLR2004  # half, as above
        (decisions.c.reason.in_(_values(reasons | _REASONS.get(attribute, set()))), 1),
        (label.in_(_values(_YES.get(attribute, ()))), 1),
        (label.in_(_values(_NO.get(attribute, _HARMLESS))), 0),
        else_=None,
    )


def _approved(attribute: str) -> sa.ColumnElement[str | None]:
    return sa.literal(None if attribute == "news" else Label.CIVIL.value, sa.Text)


def _values(names: Iterable[Label | RejectionReason]) -> list[str]:
    return [name.value for name in names]
