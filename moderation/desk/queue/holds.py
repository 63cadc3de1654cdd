"""Holds: while one person decides on a comment, nobody else is given it.

A transaction that changes a comment locks its row first, and reads it in a separate statement
after that, since the row may have changed while the transaction waited for the lock.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, NamedTuple

import sqlalchemy as sa

from moderation.database.store import Store
from moderation.database.tables import Moment, comments, decisions, holds, now, skips, users
from moderation.desk.errors import AlreadyDecided, Edited, ForLeads, Held, NoSuchThing, OwnDecision
from moderation.desk.queue.filters import conditions, is_common, sorted_by
from moderation.desk.types import Filters, Queue, Role, Sort, User

MINUTES = 10
"""The duration of a hold; asking for the comment again starts it anew."""
SKIPPED_HOURS = 12
"""For so long a comment that somebody skipped comes to that person after all others: until the
next working day, in whichever time zone."""
TRIES = 50
"""Comments of a queue that are tried in turn, if others hold them first."""


@dataclass(frozen=True, slots=True)
class Selection:
    """The selection of a comment from a queue: the first that is not to be skipped."""

    filters: Filters
    sort: Sort
    skip: Collection[int]
    harm: sa.ColumnElement[float] = comments.c.worst
    """The column of the order by harm."""


def not_held(user: User | None) -> sa.ColumnElement[bool]:
    """Return the condition that nobody else holds a comment."""
    # One list, not a subquery for each comment: few comments are held, and many may be compared.
    others = sa.select(holds.c.comment_id).where(holds.c.until > now())
    if user is not None:
        others = others.where(holds.c.user_id != user.id)
    return comments.c.id.not_in(others)


def lock_comment(connection: sa.Connection, number: int) -> Any:
    """Lock a comment's row until the transaction ends, and return it.

    Raises
    ------
    NoSuchThing
        If there is no such comment, or it has been erased.
    """
    row = connection.execute(
        sa.select(
            comments.c.key,
            comments.c.queue,
            comments.c.length,
            comments.c.latest,
            comments.c.site_key,
            comments.c.decision_id,
        )
        .where(comments.c.id == number)
        .with_for_update()
    ).one_or_none()
    if row is None:
        raise NoSuchThing("There is no such comment.", where=f"comment {number}")
    if row.key is None:
        raise NoSuchThing("This comment has been erased.", where=f"comment {number}")
    return row


def check_open(connection: sa.Connection, user: User, number: int, row: Any) -> None:
    """Check that a locked comment waits for a decision of `user`, and that nobody else holds it.

    Raises
    ------
    Edited
        If its site has sent another text since.
    AlreadyDecided, OwnDecision, ForLeads, Held
    """
    if not row.latest:
        newer = sa.select(comments.c.id).where(
            comments.c.site_key == row.site_key, comments.c.latest
        )
        raise Edited(connection.scalar(newer))
    if row.queue == Queue.APPEALED and _decided_by(connection, row.decision_id) == user.id:
        raise OwnDecision
    if row.queue == Queue.LEADS and not user.role.may(Role.LEAD):
        raise ForLeads
    if row.queue == Queue.DECIDED:
        decision = connection.execute(
            sa.select(users.c.name, decisions.c.made)
            .select_from(comments)
            .join(decisions, decisions.c.id == comments.c.decision_id)
            .join(users, users.c.id == decisions.c.user_id)
            .where(comments.c.id == number)
        ).one()
        raise AlreadyDecided(decision.name, decision.made.isoformat(timespec="seconds"))
    holder = connection.scalar(
        sa.select(users.c.name)
        .join(holds, holds.c.user_id == users.c.id)
        .where(holds.c.comment_id == number, holds.c.until > now(), holds.c.user_id != user.id)
    )
    if holder is not None:
        raise Held(holder)


def _decided_by(connection: sa.Connection, decision_id: int | None) -> int | None:
    made = sa.select(decisions.c.user_id).where(decisions.c.id == decision_id)
    return connection.scalar(made)


def not_own_appeal(user: User) -> sa.ColumnElement[bool]:
    """Return the condition that a comment is none that waits for somebody else than `user`."""
    own = sa.exists().where(
        decisions.c.id == comments.c.decision_id, decisions.c.user_id == user.id
    )
    return sa.not_(sa.and_(comments.c.queue == Queue.APPEALED.value, own))


def hold_first(
    store: Store, connection: sa.Connection, user: User, selection: Selection
) -> int | None:
    """Hold the first comment of a queue that nobody else holds; return its number, None if none.

    Comments that the user holds already come before the others, and those that the user has
    skipped lately behind them.
    """
    own, fresh, free = _tiers(store, connection, user, selection)
    return (
        _take_first(store, connection, user, selection, own, 1)
        or _take_first(store, connection, user, selection, fresh, TRIES)
        or _take_first(store, connection, user, selection, free, TRIES)
    )


def hold_another_first(
    store: Store,
    connection: sa.Connection,
    user: User,
    selection: Selection,
    avoided: sa.ColumnElement[bool],
) -> int | None:
    """Hold the first comment that is not to be avoided, where one of those would come next.

    None means that the order gives another by itself, or that there is no other.
    """
    own, fresh, _ = _tiers(store, connection, user, selection)
    following = sorted_by(fresh, selection.filters, selection.sort, selection.harm).limit(1)
    first = connection.scalar(following)
    is_avoided = sa.select(avoided).where(comments.c.id == first)
    if connection.scalar(own.limit(1)) is not None or not connection.scalar(is_avoided):
        return None
    return _take_first(store, connection, user, selection, fresh.where(sa.not_(avoided)), TRIES)


class _Tiers(NamedTuple):
    """A selection's comments: those that the user holds, new ones, and also those skipped."""

    own: sa.Select[Any]
    fresh: sa.Select[Any]
    free: sa.Select[Any]


def _tiers(store: Store, connection: sa.Connection, user: User, selection: Selection) -> _Tiers:
    filters = selection.filters
    common = store.sqlite and is_common(connection, filters.words)
    passing = conditions(filters, sqlite=store.sqlite, common=common)
    if filters.queue is Queue.APPEALED:
        passing.append(not_own_appeal(user))
    chosen = sa.select(comments.c.id).where(*passing, comments.c.id.not_in(selection.skip))
    own = chosen.join(holds, holds.c.comment_id == comments.c.id).where(
        holds.c.user_id == user.id, holds.c.until > now()
    )
    free = chosen.where(not_held(user))
    skipped = sa.select(skips.c.comment_id).where(
        skips.c.user_id == user.id, skips.c.made > now() - timedelta(hours=SKIPPED_HOURS)
    )
    return _Tiers(own, free.where(comments.c.id.not_in(skipped)), free)


def _take_first(
    store: Store,
    connection: sa.Connection,
    user: User,
    selection: Selection,
    query: sa.Select[Any],
    tries: int,
) -> int | None:
    """Hold the first comment of a query; return its number, None if there is none."""
    for _ in range(tries):
        first: int | None = connection.scalar(
            # If the database locks rows, those that others are about to hold are skipped.
            sorted_by(query, selection.filters, selection.sort, selection.harm)
            .limit(1)
            .with_for_update(skip_locked=True, of=comments)
        )
        if first is None:
            return None
        if take_hold(store, connection, user, first):
            return first
    return None


def remember_skip(store: Store, connection: sa.Connection, user: User, number: int) -> None:
    """End the hold of a comment, if it is the user's, and keep that the user has skipped it."""
    release(connection, number, user)
    time = now()
    old = skips.c.made <= time - timedelta(hours=SKIPPED_HOURS)
    connection.execute(skips.delete().where(skips.c.user_id == user.id, old))
    known = sa.exists().where(comments.c.id == number)
    if connection.scalar(sa.select(known)):
        connection.execute(
            store.insert(skips)
            .values(user_id=user.id, comment_id=number, made=time)
            .on_conflict_do_update(index_elements=["user_id", "comment_id"], set_={"made": time})
        )


def take_hold(store: Store, connection: sa.Connection, user: User, number: int) -> bool:
    """Hold a locked comment unless somebody else does; return whether the user holds it now."""
    time = now()
    values = {"user_id": user.id, "since": time, "until": time + timedelta(minutes=MINUTES)}
    own = (holds.c.user_id == user.id) & (holds.c.until > time)
    since = sa.case((own, holds.c.since), else_=sa.literal(time, Moment))
    statement = (
        store.insert(holds)
        .values(comment_id=number, **values)
        .on_conflict_do_update(
            index_elements=["comment_id"],
            set_=values | {"since": since},
            where=(holds.c.until <= time) | (holds.c.user_id == user.id),
        )
        .returning(holds.c.comment_id)
    )
    return connection.scalar(statement) is not None


def release(connection: sa.Connection, number: int, user: User | None = None) -> None:
    """End the hold of a comment; if a user is given, only that user's."""
    chosen = holds.delete().where(holds.c.comment_id == number)
    connection.execute(chosen if user is None else chosen.where(holds.c.user_id == user.id))


def release_others(connection: sa.Connection, number: int, user: User) -> None:
    """End a user's holds of all comments but one."""
    others = (holds.c.user_id == user.id) & (holds.c.comment_id != number)
    connection.execute(holds.delete().where(others))
