"""Holding a comment: while one person decides it, nobody else is given it."""

from collections.abc import Collection
from datetime import timedelta

import sqlalchemy as sa

from moderation.desk.errors import AlreadyDecided, Held, NoSuchThing
from moderation.desk.queue.search import is_common
from moderation.desk.queue.where import conditions, sorted_by
from moderation.desk.store.moment import Moment, now
from moderation.desk.store.store import Store
from moderation.desk.store.tables import comments, decisions, holds, users
from moderation.desk.words import Filters, Queue, Sort, User

MINUTES = 10
"""How long a comment is held; asking for it again begins anew."""
TRIES = 50


def not_held(user: User | None) -> sa.ColumnElement[bool]:
    """Return the condition that nobody else holds a comment."""
    # A list, not a question asked of each comment: few are held, and many may be looked at.
    others = sa.select(holds.c.comment_id).where(holds.c.until > now())
    if user is not None:
        others = others.where(holds.c.user_id != user.id)
    return comments.c.id.not_in(others)


def hold_first(
    store: Store,
    connection: sa.Connection,
    user: User,
    queue: tuple[Filters, Sort],
    skip: Collection[int],
) -> int | None:
    """Hold the first comment of a queue that nobody else holds; return its number.

    What the user holds already comes before the others.
    """
    filters, sort = queue
    common = store.sqlite and is_common(connection, filters.words)
    passing = conditions(filters, sqlite=store.sqlite, common=common)
    chosen = sa.select(comments.c.id).where(*passing, comments.c.id.not_in(skip))
    own = chosen.join(holds, holds.c.comment_id == comments.c.id).where(
        holds.c.user_id == user.id, holds.c.until > now()
    )
    first: int | None = connection.scalar(sorted_by(own, filters, sort).limit(1))
    if first is not None:
        take_hold(store, connection, user, first)
        return first
    free = sorted_by(chosen.where(not_held(user)), filters, sort).limit(1)
    for _ in range(TRIES):
        # Where the database locks rows, those that others are about to hold are passed over.
        first = connection.scalar(free.with_for_update(skip_locked=True, of=comments))
        if first is None or take_hold(store, connection, user, first):
            return first
    return None


def take_hold(store: Store, connection: sa.Connection, user: User, number: int) -> bool:
    """Hold a comment, unless somebody else does; return whether it is held now."""
    time = now()
    values = {"user_id": user.id, "since": time, "until": time + timedelta(minutes=MINUTES)}
    kept = sa.case((holds.c.user_id == user.id, holds.c.since), else_=sa.literal(time, Moment))
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


def refuse(connection: sa.Connection, number: int) -> None:
    """Say why a comment cannot be had.

    Raises
    ------
    NoSuchThing, AlreadyDecided, Held
    """
    queue = connection.scalar(sa.select(comments.c.queue).where(comments.c.id == number))
    if queue is None:
        raise NoSuchThing("There is no such comment.", where=f"comment {number}")
    if queue == Queue.DECIDED:
        made = connection.execute(
            sa.select(users.c.name, decisions.c.made)
            .select_from(comments)
            .join(decisions, decisions.c.id == comments.c.decision_id)
            .join(users, users.c.id == decisions.c.user_id)
            .where(comments.c.id == number)
        ).one()
        raise AlreadyDecided(made.name, made.made.isoformat(timespec="seconds"))
    name = connection.scalar(
        sa.select(users.c.name)
        .join(holds, holds.c.user_id == users.c.id)
        .where(holds.c.comment_id == number)
    )
    raise Held(name or "Somebody")
