"""Taking decisions back."""

import sqlalchemy as sa

from moderation.desk.intake.rows import QUEUES
from moderation.desk.store.moment import now
from moderation.desk.store.tables import comments, decisions
from moderation.desk.words import User


def take_back(connection: sa.Connection, user: User, which: sa.ColumnElement[bool]) -> list[int]:
    """Take decisions back that still hold; return their comments' numbers.

    Where the text has been erased meanwhile, nobody could decide anew: those stay.
    """
    there = sa.exists().where(comments.c.id == decisions.c.comment_id, comments.c.key.is_not(None))
    taken = list(
        connection.scalars(
            decisions.update()
            .where(which, decisions.c.undone.is_(None), there)
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
