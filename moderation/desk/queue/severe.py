"""Severe comments: threats and severe toxicity, of which nobody should read many in a row.

After as many in a row as a lead has set, the queue gives a person other comments first, if there
are any. Those that the person decided on, skipped or handed to a lead in the last hours count;
another comment between them ends the row.
"""

from collections.abc import Mapping
from datetime import timedelta

import sqlalchemy as sa

from moderation.database.site_tables import escalations
from moderation.database.tables import comments, decisions, now, skips
from moderation.desk.types import User

ATTRIBUTES = ("threat", "severe_toxicity")
DEFAULT_LIMIT = 0.5
"""Stands in where neither the policy nor the model has a threshold."""
HOURS = 12
"""Comments seen longer ago are of another working day."""


def severe_limits(policy: Mapping[str, float], model: Mapping[str, float]) -> dict[str, float]:
    """Return the scores from which a comment is severe, by attribute.

    Parameters
    ----------
    policy : mapping of str to float
        The policy's thresholds.
    model : mapping of str to float
        The model's, which stand in where the policy has none.
    """
    return {name: policy.get(name, model.get(name, DEFAULT_LIMIT)) for name in ATTRIBUTES}


def is_severe(scores: Mapping[str, float], limits: Mapping[str, float]) -> bool:
    """Tell whether a comment is severe by its scores; one that was not judged is not."""
    return any(scores.get(name, 0.0) >= limit > 0 for name, limit in limits.items())


def is_severe_row(limits: Mapping[str, float]) -> sa.ColumnElement[bool]:
    """Return the condition that a comment is severe."""
    return sa.or_(
        *(comments.c[f"score_{name}"] >= limit for name, limit in limits.items() if limit > 0),
        sa.false(),
    )


def has_seen_enough(
    connection: sa.Connection, user: User, most: int, limits: Mapping[str, float]
) -> bool:
    """Tell whether the latest `most` comments that a person dealt with were all severe.

    Comments that were decided on in bulk, which nobody opens one by one, do not count.
    """
    if most <= 0:
        return False
    since = now() - timedelta(hours=HOURS)
    seen = sa.union_all(
        *(
            sa.select(table.c.comment_id, table.c.made).where(
                table.c.user_id == user.id, table.c.made > since, *more
            )
            for table, more in (
                (decisions, (decisions.c.bulk_id.is_(None),)),
                (skips, ()),
                (escalations, ()),
            )
        )
    ).subquery()
    latest = (
        sa.select(seen.c.comment_id)
        .group_by(seen.c.comment_id)
        .order_by(sa.func.max(seen.c.made).desc())
        .limit(most)
    )
    chosen = sa.select(is_severe_row(limits)).where(
        comments.c.id.in_(list(connection.scalars(latest)))
    )
    severe = list(connection.scalars(chosen))
    return len(severe) == most and all(severe)
