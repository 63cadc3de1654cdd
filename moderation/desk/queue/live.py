"""Changes while a page is open: the numbers of comments, new ones, and the state of one.

Open pages ask every few seconds. Numbers are counted once for all of them, so that the cost does
not grow with the people at the desk.
"""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

import sqlalchemy as sa

from moderation.database.store import Store
from moderation.database.tables import comments, decisions, holds, now, users
from moderation.desk.errors import NoSuchThing
from moderation.desk.queue.filters import conditions
from moderation.desk.queue.queue import Queues
from moderation.desk.types import Count, Filters, Outcome, Queue, Section

FRESH_SECONDS = 4.0
"""The time for which a number that was counted is shown to others."""
MAX_VIEWS = 100
"""Filtered queues whose numbers are kept."""
MAX_ARRIVED = 100
"""The largest number of new comments that is counted, among the latest ten times as many."""

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class CommentNow:
    """The present state of a comment.

    Parameters
    ----------
    state : str
        The queue that it is in, or another state.
    erased, withdrawn : bool
    latest : int or None
        The number of the entry of its latest text, where this is an earlier one.
    decision : int or None
        The number of the decision that stands.
    by : str or None
        The name of the user who made it.
    outcome : Outcome or None
    held_by : str or None
        The name of the user who holds it.
    """

    state: str
    erased: bool
    withdrawn: bool
    latest: int | None
    decision: int | None
    by: str | None
    outcome: Outcome | None
    held_by: str | None


class Live:
    """The numbers and states that open pages ask for."""

    def __init__(self, store: Store, queues: Queues) -> None:
        self._store = store
        self._queues = queues
        self._counts: Remembered[dict[Queue, Count]] = Remembered()
        self._views: Remembered[Count] = Remembered()

    def counts(self, sections: tuple[Section, ...] = ()) -> dict[Queue, Count]:
        """Count the comments of each queue, of some sections alone if any are given.

        They were counted a few seconds ago at most.
        """
        return self._counts.get(sections, lambda: self._queues.counts(sections))

    def count(self, filters: Filters) -> Count:
        """Count the comments that pass the filters, a few seconds ago at most."""
        return self._views.get(filters, lambda: self._queues.count(filters))

    def newest(self) -> int:
        """Return the number of the newest comment, 0 if there is none."""
        with self._store.reading() as connection:
            return connection.scalar(sa.select(sa.func.max(comments.c.id))) or 0

    def arrived(self, filters: Filters, after: int) -> int:
        """Count the comments that pass the filters and came after another one."""
        later = sa.select(comments.c.id).where(comments.c.id > after)
        later = later.order_by(comments.c.id.desc()).limit(10 * MAX_ARRIVED)
        with self._store.reading() as connection:
            numbers = list(connection.scalars(later))
            if not numbers:
                return 0
            # By their numbers: the index of the queue would lead through all of it.
            some = (
                sa.select(comments.c.id)
                .where(comments.c.id.in_(numbers), *conditions(filters, sqlite=self._store.sqlite))
                .limit(MAX_ARRIVED)
                .subquery()
            )
            return connection.scalar(sa.select(sa.func.count()).select_from(some)) or 0

    def comment(self, comment_id: int) -> CommentNow:
        """Return the present state of a comment.

        Raises
        ------
        NoSuchThing
        """
        holder, later = users.alias(), comments.alias()
        latest = (
            sa.select(later.c.id)
            .where(later.c.site_key == comments.c.site_key, later.c.latest)
            .limit(1)
            .scalar_subquery()
        )
        chosen = (
            sa.select(
                comments.c.queue,
                comments.c.key,
                comments.c.withdrawn,
                sa.case((comments.c.latest, None), else_=latest).label("latest"),
                comments.c.decision_id,
                users.c.name.label("by"),
                decisions.c.outcome,
                holder.c.name.label("held_by"),
            )
            .select_from(comments)
            .outerjoin(decisions, decisions.c.id == comments.c.decision_id)
            .outerjoin(users, users.c.id == decisions.c.user_id)
            .outerjoin(holds, (holds.c.comment_id == comments.c.id) & (holds.c.until > now()))
            .outerjoin(holder, holder.c.id == holds.c.user_id)
            .where(comments.c.id == comment_id)
        )
        with self._store.reading() as connection:
            row = connection.execute(chosen).one_or_none()
        if row is None:
            raise NoSuchThing("There is no such comment.")
        return CommentNow(
            state=row.queue,
            erased=row.key is None,
            withdrawn=row.withdrawn is not None,
            latest=row.latest,
            decision=row.decision_id,
            by=row.by,
            outcome=row.outcome and Outcome(row.outcome),
            held_by=row.held_by,
        )


class Remembered(Generic[T]):
    """Values that are made anew after `FRESH_SECONDS`, by one thread for all."""

    def __init__(self) -> None:
        self._values: dict[object, tuple[float, T]] = {}
        self._lock = threading.Lock()

    def get(self, key: object, make: Callable[[], T]) -> T:
        """Return the value of a key, made by `make` if there is no fresh one."""
        with self._lock:
            time_made, value = self._values.get(key, (0.0, None))
            if value is not None and time.monotonic() - time_made < FRESH_SECONDS:
                return value
            value = make()
            if len(self._values) >= MAX_VIEWS:
                self._values.clear()
            self._values[key] = (time.monotonic(), value)
            return value
