"""Some of many decisions that are made at once, or taken back."""

from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from moderation.database.moment import now
from moderation.database.store import Store
from moderation.database.tables import bulks, comments, decisions, holds
from moderation.desk.deciding.back import take_back
from moderation.desk.queue.holding import not_held
from moderation.desk.queue.where import conditions
from moderation.desk.words import Filters, Queue, Ruling, User


@dataclass(frozen=True, slots=True)
class Many:
    """Who decides on many at once, under which number, on what, and how."""

    user: User
    bulk_id: int
    filters: Filters
    ruling: Ruling


def decide_chunk(
    store: Store, many: Many, chosen: Sequence[int], connection: sa.Connection
) -> bool:
    """Decide on those of some comments that still pass, and that nobody else holds.

    Returns
    -------
    bool
        Whether to go on; not where it has been undone meanwhile.
    """
    connection.execute(
        sa.select(comments.c.id)
        .where(comments.c.id.in_(chosen))
        .order_by(comments.c.id)
        .with_for_update()
    )
    undone = connection.execute(
        sa.select(bulks.c.undone).where(bulks.c.id == many.bulk_id).with_for_update()
    ).scalar_one()
    if undone is not None:
        return False
    # Read one after the other, the few texts need no index of words.
    passing = conditions(many.filters, sqlite=store.sqlite, common=True)
    free = sa.select(comments.c.id).where(comments.c.id.in_(chosen), *passing, not_held(many.user))
    numbers = list(connection.scalars(free))
    if numbers:
        _decide(connection, many, numbers)
    return True


def _decide(connection: sa.Connection, many: Many, numbers: Sequence[int]) -> None:
    time, ruling = now(), many.ruling
    rows: list[dict[str, object]] = [
        {
            "comment_id": number,
            "user_id": many.user.id,
            "bulk_id": many.bulk_id,
            "outcome": ruling.outcome.value,
            "reason": ruling.reason and ruling.reason.value,
            "attributes": {},
            "note": "",
            "made": time,
        }
        for number in numbers
    ]
    connection.execute(decisions.insert(), rows)
    made = (
        sa.select(decisions.c.id)
        .where(decisions.c.comment_id == comments.c.id, decisions.c.bulk_id == many.bulk_id)
        .scalar_subquery()
    )
    connection.execute(
        comments.update()
        .where(comments.c.id.in_(numbers))
        .values(queue=Queue.DECIDED.value, decided=time, decision_id=made)
    )
    connection.execute(holds.delete().where(holds.c.comment_id.in_(numbers)))


def holding_of(bulk_id: int | sa.ColumnElement[int]) -> sa.Select[int]:
    """Return the query of comments decided at once whose decision holds and can be taken back."""
    return (
        sa.select(decisions.c.comment_id)
        .join(comments, comments.c.id == decisions.c.comment_id)
        .where(
            decisions.c.bulk_id == bulk_id,
            decisions.c.undone.is_(None),
            comments.c.key.is_not(None),
        )
    )


def undo_chunk(user: User, bulk_id: int, most: int, connection: sa.Connection) -> int | None:
    """Take some back; return how many, None where none is left."""
    found = holding_of(bulk_id).order_by(decisions.c.comment_id).limit(most)
    numbers = list(connection.scalars(found))
    if not numbers:
        return None
    return len(take_back(connection, user, numbers, decisions.c.bulk_id == bulk_id))
