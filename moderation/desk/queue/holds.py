"""Holding a comment: while one person decides it, nobody else is given it.

Whatever changes a comment locks its row first, and looks at it in a statement of its own after
that: what a database answered before it waited may have changed while it did.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import sqlalchemy as sa

from moderation.database.store import Store
from moderation.database.tables import Moment, comments, decisions, holds, now, users
from moderation.desk.errors import AlreadyDecided, Held, NoSuchThing
from moderation.desk.queue.filters import conditions, is_common, sorted_by
from moderation.desk.types import Filters, Queue, Sort, User

MINUTES = 10
"""How long a comment is held; asking for it again begins anew."""
TRIES = 50


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which comment of a queue somebody wants: the first that is not passed over."""

    filters: Filters
    sort: Sort
    skip: Collection[int]


def not_held(user: User | None) -> sa.ColumnElement[bool]:
    """Return the condition that nobody else holds a comment."""
    # A list, not a question asked of each comment: few are held, and many may be looked at.
    others = sa.select(holds.c.comment_id).where(holds.c.until > now())
    if user is not None:
        others = others.where(holds.c.user_id != user.id)
    return comments.c.id.not_in(others)


def lock(connection: sa.Connection, number: int) -> Any:
    """Lock a comment's row against everybody else, and return it.

    Raises
    ------
    NoSuchThing
        If there is none, or it has been erased.
    """
    row = connection.execute(
        sa.select(comments.c.key, comments.c.queue, comments.c.length)
        .where(comments.c.id == number)
        .with_for_update()
    ).one_or_none()
    if row is None:
        raise NoSuchThing("There is no such comment.", where=f"comment {number}")
    if row.key is None:
        raise NoSuchThing("This comment has been erased.", where=f"comment {number}")
    return row


def check_open(connection: sa.Connection, user: User, number: int, queue: str) -> None:
    """Refuse a locked comment that is decided, or that somebody else holds.

    Raises
    ------
    AlreadyDecided, Held
    """
    if queue == Queue.DECIDED:
        made = connection.execute(
            sa.select(users.c.name, decisions.c.made)
            .select_from(comments)
            .join(decisions, decisions.c.id == comments.c.decision_id)
            .join(users, users.c.id == decisions.c.user_id)
            .where(comments.c.id == number)
        ).one()
        raise AlreadyDecided(made.name, made.made.isoformat(timespec="seconds"))
    holder = connection.scalar(
        sa.select(users.c.name)
        .join(holds, holds.c.user_id == users.c.id)
        .where(holds.c.comment_id == number, holds.c.until > now(), holds.c.user_id != user.id)
    )
    if holder is not None:
        raise Held(holder)


def hold_first(store: Store, connection: sa.Connection, user: User, wanted: Wanted) -> int | None:
    """Hold the first comment of a queue that nobody else holds; return its number.

    What the user holds already comes before the others.
    """
    filters, sort = wanted.filters, wanted.sort
    common = store.sqlite and is_common(connection, filters.words)
    passing = conditions(filters, sqlite=store.sqlite, common=common)
    chosen = sa.select(comments.c.id).where(*passing, comments.c.id.not_in(wanted.skip))
    own = chosen.join(holds, holds.c.comment_id == comments.c.id).where(
        holds.c.user_id == user.id, holds.c.until > now()
    )
    for query in (own, *[chosen.where(not_held(user))] * TRIES):
        first: int | None = connection.scalar(
            # Where the database locks rows, those that others are about to hold are passed over.
            sorted_by(query, filters, sort).limit(1).with_for_update(skip_locked=True, of=comments)
        )
        if first is not None and take_hold(store, connection, user, first):
            return first
        if first is None and query is not own:
            return None
    return None


def take_hold(store: Store, connection: sa.Connection, user: User, number: int) -> bool:
    """Hold a locked comment, unless somebody else does; return whether it is held now."""
    time = now()
    values = {"user_id": user.id, "since": time, "until": time + timedelta(minutes=MINUTES)}
    own = (holds.c.user_id == user.id) & (holds.c.until > time)
    kept = sa.case((own, holds.c.since), else_=sa.literal(time, Moment))
    statement = (
        store.insert(holds)
        .values(comment_id=number, **values)
        .on_conflict_do_update(
            index_elements=["comment_id"],
            set_=values | {"since": kept},
            where=(holds.c.until <= time) | (holds.c.user_id == user.id),
        )
        .returning(holds.c.comment_id)
    )
    return connection.scalar(statement) is not None


def let_go(connection: sa.Connection, number: int, user: User | None = None) -> None:
    """End the hold of a comment; with a user, only if it is that user's."""
    chosen = holds.delete().where(holds.c.comment_id == number)
    connection.execute(chosen if user is None else chosen.where(holds.c.user_id == user.id))


def let_go_others(connection: sa.Connection, number: int, user: User) -> None:
    """End a user's holds of all comments but one."""
    others = (holds.c.user_id == user.id) & (holds.c.comment_id != number)
    connection.execute(holds.delete().where(others))
