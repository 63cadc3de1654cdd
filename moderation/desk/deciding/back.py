"""Taking decisions back."""

from collections.abc import Collection

import sqlalchemy as sa

from moderation.database.moment import now
from moderation.database.tables import comments, decisions
from moderation.desk.intake.rows import QUEUES
from moderation.desk.words import User


def take_back(
    connection: sa.Connection,
    user: User,
    numbers: Collection[int],
    which: sa.ColumnElement[bool],
) -> list[int]:
    """Take decisions on some comments back that still hold; return those comments' numbers.

    Where the text has been erased meanwhile, nobody could decide anew: those stay.
    """
    there = connection.scalars(
        sa.select(comments.c.id)
        .where(comments.c.id.in_(numbers), comments.c.key.is_not(None))
        .order_by(comments.c.id)
        .with_for_update()
    ).all()
    taken = list(
        connection.scalars(
            decisions.update()
            .where(which, decisions.c.comment_id.in_(there), decisions.c.undone.is_(None))
            .values(undone=now(), undone_by=user.id)
            .returning(decisions.c.comment_id)
        )
    )
    queues = {action.value: queue.value for action, queue in QUEUES.items()}
    connection.execute(
        comments.update()
        .where(comments.c.id.in_(taken))
        .values(
            queue=sa.case(queues, value=comments.c.action),
            decision_id=None,
            decided=None,
        )
    )
    return taken
