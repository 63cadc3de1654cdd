"""Some of many decisions that are made at once."""

import sqlalchemy as sa

from moderation.desk.queue.holding import not_held
from moderation.desk.queue.where import conditions
from moderation.desk.store.moment import now
from moderation.desk.store.store import Store
from moderation.desk.store.tables import comments, decisions
from moderation.desk.words import Filters, Queue, Ruling, User


def decide_chunk(
    store: Store,
    by: tuple[User, int, Ruling],
    filters: Filters,
    part: tuple[int, int, int],
    connection: sa.Connection,
) -> list[int]:
    """Decide on the next comments that pass filters and that nobody holds.

    Parameters
    ----------
    store : Store
    by : tuple of User, int, Ruling
        Who, under which bulk's number, and what.
    filters : Filters
    part : tuple of int
        Comments after the first number, up to the second, and how many at most.
    connection : sqlalchemy.Connection

    Returns
    -------
    list of int
        The comments' numbers, rising.
    """
    (user, bulk_id, ruling), (last, newest, most) = by, part
    chosen = (
        sa.select(comments.c.id)
        .where(
            *conditions(filters, sqlite=store.sqlite),
            comments.c.id > last,
            comments.c.id <= newest,
            not_held(None),
        )
        .order_by(comments.c.id)
        .limit(most)
        .with_for_update(skip_locked=True, of=comments)
    )
    numbers = list(connection.scalars(chosen))
    if not numbers:
        return []
    time = now()
    rows = [
        {
            "comment_id": number,
            "user_id": user.id,
            "bulk_id": bulk_id,
            "outcome": ruling.outcome.value,
            "reason": ruling.reason and ruling.reason.value,
            "attributes": {},
            "note": "",
            "token": f"bulk {bulk_id} comment {number}",
            "made": time,
        }
        for number in numbers
    ]
    connection.execute(decisions.insert(), rows)
    made = (
        sa.select(decisions.c.id)
        .where(decisions.c.comment_id == comments.c.id, decisions.c.bulk_id == bulk_id)
        .scalar_subquery()
    )
    connection.execute(
        comments.update()
        .where(comments.c.id.in_(numbers))
        .values(queue=Queue.DECIDED.value, decided=time, decision_id=made)
    )
    return numbers
