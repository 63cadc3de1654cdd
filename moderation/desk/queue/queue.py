"""The queues."""

from collections.abc import Collection, Sequence
from dataclasses import replace
from typing import Any

import sqlalchemy as sa

from moderation.database.store import Store
from moderation.database.tables import comments
from moderation.desk.accounts.accounts import check_role
from moderation.desk.queue import holds as holding
from moderation.desk.queue.filters import (
    MAX_COUNTED,
    conditions,
    cursor,
    first_found,
    is_common,
    order,
    sorted_by,
)
from moderation.desk.queue.rows import commonest, history, read_comment, read_lines, similar
from moderation.desk.types import (
    Comment,
    CommentPage,
    Count,
    Filters,
    History,
    Queue,
    Role,
    Similar,
    Sort,
    User,
)

COUNTED = 10_000
"""Most that are counted; more are told as "at least so many"."""
MAX_LINES = 200


class Queues:
    """What waits for people, and what has been decided."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def next(
        self,
        user: User,
        filters: Filters,
        sort: Sort = Sort.WORST,
        skip: Collection[int] = (),
    ) -> Comment | None:
        """Give the first comment of a queue that nobody else holds, and hold it for `user`.

        What `user` holds already is given first. A hold ends after ten minutes.

        Parameters
        ----------
        user : User
            A moderator.
        filters : Filters
        sort : Sort
        skip : collection of int
            Comments that are not to be given.

        Raises
        ------
        NotAllowed, InvalidInput
        """
        check_role(user, Role.MODERATOR)

        def act(connection: sa.Connection) -> Comment | None:
            wanted = holding.Wanted(filters, sort, skip)
            number = holding.hold_first(self._store, connection, user, wanted)
            return None if number is None else read_comment(connection, number)

        return self._store.write(act, again=True)

    def hold(self, user: User, comment_id: int) -> Comment:
        """Hold one comment for `user`, a moderator, who lets go of those held before.

        Raises
        ------
        NotAllowed, AlreadyDecided, Held
        NoSuchThing
            If there is none, or it has been erased.
        """
        check_role(user, Role.MODERATOR)

        def act(connection: sa.Connection) -> Comment:
            row = holding.lock(connection, comment_id)
            holding.check_open(connection, user, comment_id, row.queue)
            holding.take_hold(self._store, connection, user, comment_id)
            holding.let_go_others(connection, comment_id, user)
            return read_comment(connection, comment_id)

        return self._store.write(act, again=True)

    def release(self, user: User, comment_id: int) -> None:
        """Let go of a comment, if `user` holds it."""
        self._store.write(
            lambda connection: holding.let_go(connection, comment_id, user), again=True
        )

    def lines(
        self,
        filters: Filters,
        sort: Sort = Sort.WORST,
        more: str | None = None,
        limit: int = 50,
    ) -> CommentPage:
        """Return a page of a queue.

        Parameters
        ----------
        filters : Filters
        sort : Sort
        more : str, optional
            What the page before gave.
        limit : int
            At most 200.

        Raises
        ------
        InvalidInput
            If `more` is no place in a queue, or there is no such attribute.
        """
        limit = min(limit, MAX_LINES)
        column, _ = order(filters, sort)
        with self._store.reading() as connection:
            common = self._store.sqlite and is_common(connection, filters.words)
            passing = conditions(filters, sqlite=self._store.sqlite, common=common)
            chosen = sa.select(comments.c.id, column.label("place")).where(*passing)
            rows: Sequence[sa.Row[tuple[int, float]]] = connection.execute(
                sorted_by(chosen, filters, sort, more).limit(limit + 1)
            ).all()
            shown = rows[:limit]
            lines = tuple(read_lines(connection, [row.id for row in shown]))
        more = cursor(shown[-1].place, shown[-1].id) if len(rows) > limit else None
        return CommentPage(lines, more)

    def count(self, filters: Filters) -> Count:
        """Count the comments of a queue that pass the filters, up to 10,000."""
        first = first_found(filters.words) if self._store.sqlite else None
        passing = conditions(
            filters if first is None else replace(filters, words=""), sqlite=self._store.sqlite
        )
        some = sa.select(sa.literal(1)).select_from(comments).where(*passing)
        if first is not None:
            some = some.where(comments.c.id.in_(first))
        with self._store.reading() as connection:
            number = _counted(connection, some.limit(COUNTED + 1))
            whole = first is None or _counted(connection, first) < MAX_COUNTED
        return Count(min(number, COUNTED), exact=number <= COUNTED and whole)

    def counts(self) -> dict[Queue, Count]:
        """Count the comments of each queue."""
        return {queue: self.count(Filters(queue)) for queue in Queue}

    def get(self, comment_id: int) -> Comment:
        """Return a comment with its notes and decisions.

        Raises
        ------
        NoSuchThing
        """
        with self._store.reading() as connection:
            return read_comment(connection, comment_id)

    def history(self, comment: Comment, limit: int = 5) -> History:
        """Tell what became of other comments by the same author, of the last thousand."""
        with self._store.reading() as connection:
            return history(connection, comment, limit)

    def similar(self, comment: Comment, limit: int = 5) -> list[Similar]:
        """Return decided comments that read much alike, most alike first."""
        with self._store.reading() as connection:
            return similar(connection, comment, limit)

    def choices(self, field: str, limit: int = 100) -> list[str]:
        """Return the commonest values of ``page``, ``source``, ``target`` or ``community``.

        Raises
        ------
        InvalidInput
            If `field` is none of these.
        """
        with self._store.reading() as connection:
            return commonest(connection, field, limit)


def _counted(connection: sa.Connection, chosen: sa.Select[Any]) -> int:
    return connection.scalar(sa.select(sa.func.count()).select_from(chosen.subquery())) or 0
