"""The queues: the next comment to decide on, lists, counts, single and related comments."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

import sqlalchemy as sa

from moderation.database.store import Store
from moderation.database.tables import bands, comments, targets, texts
from moderation.desk.accounts.accounts import check_role
from moderation.desk.accounts.desk_settings import read_options
from moderation.desk.queue.filters import (
    MAX_COUNTED,
    conditions,
    cursor,
    first_matches,
    is_common,
    order,
    sorted_by,
)
from moderation.desk.queue.harm import HarmOrder
from moderation.desk.queue.holds import (
    Selection,
    check_open,
    hold_another_first,
    hold_first,
    lock_comment,
    release,
    release_others,
    remember_skip,
    take_hold,
)
from moderation.desk.queue.rows import read_comment, read_comment_rows
from moderation.desk.queue.severe import has_seen_enough, is_severe_row
from moderation.desk.types import (
    Comment,
    CommentPage,
    Count,
    Filters,
    Queue,
    Role,
    Section,
    Similar,
    Sort,
    User,
)
from moderation.errors import InvalidInput
from moderation.policy import HARM
from moderation.text.near_duplicates import (
    MAX_CHARACTERS,
    RELATED,
    bands_of,
    shingles_of,
    similarity,
)

MAX_COUNT = 10_000
"""The largest exact count."""
MAX_LINES = 200
MAX_CANDIDATES, MAX_COMPARED = 200, 30
"""Comments with a sketch like another's that are looked up, and those whose texts are compared."""


class NextComment(NamedTuple):
    """The comment that comes next, None if there is none.

    `spared` is true if it came before a severe one, after many severe ones in a row.
    """

    comment: Comment | None
    spared: bool


class Queues:
    """The comments that wait for people, and those that have been decided."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._harm = HarmOrder(store, HARM)

    def weigh(self, weights: Mapping[str, float]) -> None:
        """Sort by expected harm with a policy's weights from now on.

        Raises
        ------
        DatabaseError
        """
        self._harm = HarmOrder(self._store, weights)
        self._harm.prepare()

    @property
    def weights(self) -> Mapping[str, float]:
        """The weights of the order by harm."""
        return self._harm.weights

    def next(
        self,
        user: User,
        filters: Filters,
        sort: Sort = Sort.HARM,
        skip: Collection[int] = (),
    ) -> Comment | None:
        """Hold the first comment of a queue that nobody else holds for `user`, and return it.

        A comment that `user` holds already comes first. A hold ends after ten minutes.

        Parameters
        ----------
        user : User
            A moderator.
        filters : Filters
        sort : Sort
        skip : collection of int
            The numbers of comments to pass over.

        Raises
        ------
        NotAllowed, InvalidInput
        """
        check_role(user, Role.LEAD if filters.queue is Queue.LEADS else Role.MODERATOR)

        def act(connection: sa.Connection) -> Comment | None:
            selection = Selection(filters, sort, skip, self._harm.column)
            number = hold_first(self._store, connection, user, selection)
            return None if number is None else read_comment(connection, number)

        return self._store.write(act, idempotent=True)

    def next_sparing(
        self,
        user: User,
        filters: Filters,
        sort: Sort,
        skip: Collection[int],
        limits: Mapping[str, float],
    ) -> NextComment:
        """Return the next comment as `next` does; after many severe ones, another comes first.

        Parameters
        ----------
        user, filters, sort, skip
            As `next` takes them.
        limits : mapping of str to float
            The scores from which a comment is severe (`severe_limits`).

        Raises
        ------
        NotAllowed, InvalidInput
        """
        check_role(user, Role.LEAD if filters.queue is Queue.LEADS else Role.MODERATOR)

        def act(connection: sa.Connection) -> NextComment:
            selection = Selection(filters, sort, skip, self._harm.column)
            number, most = None, read_options(connection).severe_in_a_row
            if has_seen_enough(connection, user, most, limits):
                number = hold_another_first(
                    self._store, connection, user, selection, is_severe_row(limits)
                )
            spared = number is not None
            number = number or hold_first(self._store, connection, user, selection)
            comment = None if number is None else read_comment(connection, number)
            return NextComment(comment, spared=spared)

        return self._store.write(act, idempotent=True)

    def hold(self, user: User, comment_id: int) -> Comment:
        """Hold one comment for `user`, a moderator, and end that user's other holds.

        Raises
        ------
        NotAllowed, AlreadyDecided, Held
        NoSuchThing
            If there is no such comment, or it has been erased.
        """
        check_role(user, Role.MODERATOR)

        def act(connection: sa.Connection) -> Comment:
            row = lock_comment(connection, comment_id)
            check_open(connection, user, comment_id, row)
            take_hold(self._store, connection, user, comment_id)
            release_others(connection, comment_id, user)
            return read_comment(connection, comment_id)

        return self._store.write(act, idempotent=True)

    def release(self, user: User, comment_id: int) -> None:
        """End the hold of a comment, if it is that of `user`."""
        self._store.write(lambda connection: release(connection, comment_id, user), idempotent=True)

    def skip(self, user: User, comment_id: int) -> None:
        """Leave a comment to others: it comes to `user` again behind all others, or the next day.

        Raises
        ------
        NotAllowed
        """
        check_role(user, Role.MODERATOR)
        self._store.write(
            lambda connection: remember_skip(self._store, connection, user, comment_id),
            idempotent=True,
        )

    def lines(
        self,
        filters: Filters,
        sort: Sort = Sort.HARM,
        more: str | None = None,
        limit: int = 50,
    ) -> CommentPage:
        """Return a page of a queue.

        Parameters
        ----------
        filters : Filters
        sort : Sort
        more : str, optional
            The `more` of the page before.
        limit : int
            At most 200.

        Raises
        ------
        InvalidInput
            If `more` is not valid, or there is no such attribute.
        """
        limit = min(limit, MAX_LINES)
        harm = self._harm.column
        column, _ = order(filters, sort, harm)
        with self._store.reading() as connection:
            common = self._store.sqlite and is_common(connection, filters.words)
            passing = conditions(filters, sqlite=self._store.sqlite, common=common)
            chosen = sa.select(comments.c.id, column.label("position")).where(*passing)
            rows: Sequence[sa.Row[tuple[int, float]]] = connection.execute(
                sorted_by(chosen, filters, sort, harm, more).limit(limit + 1)
            ).all()
            shown = rows[:limit]
            lines = tuple(read_comment_rows(connection, [row.id for row in shown]))
        more = cursor(shown[-1].position, shown[-1].id) if len(rows) > limit else None
        return CommentPage(lines, more)

    def count(self, filters: Filters) -> Count:
        """Count the comments of a queue that pass the filters, up to 10,000."""
        first = first_matches(filters.words) if self._store.sqlite else None
        passing = conditions(
            filters if first is None else replace(filters, words=""), sqlite=self._store.sqlite
        )
        some = sa.select(sa.literal(1)).select_from(comments).where(*passing)
        if first is not None:
            some = some.where(comments.c.id.in_(first))
        with self._store.reading() as connection:
            number = _count_rows(connection, some.limit(MAX_COUNT + 1))
            whole = first is None or _count_rows(connection, first) < MAX_COUNTED
        return Count(min(number, MAX_COUNT), exact=number <= MAX_COUNT and whole)

    def counts(self, sections: tuple[Section, ...] = ()) -> dict[Queue, Count]:
        """Count the comments of each queue, of some sections alone if any are given."""
        return {queue: self.count(Filters(queue, sections=sections)) for queue in Queue}

    def get(self, comment_id: int) -> Comment:
        """Return a comment with its notes and decisions.

        Raises
        ------
        NoSuchThing
        """
        with self._store.reading() as connection:
            return read_comment(connection, comment_id)

    def similar(self, comment: Comment, limit: int = 5) -> list[Similar]:
        """Return decided comments that are similar, most similar first."""
        with self._store.reading() as connection:
            return _similar(connection, comment, limit)

    def choices(self, field: str, limit: int = 100) -> list[str]:
        """Return the most common values of ``page``, ``source``, ``target`` or ``community``.

        Raises
        ------
        InvalidInput
            If `field` is none of these.
        """
        with self._store.reading() as connection:
            return _choices(connection, field, limit)


def _count_rows(connection: sa.Connection, chosen: sa.Select[Any]) -> int:
    return connection.scalar(sa.select(sa.func.count()).select_from(chosen.subquery())) or 0


def _similar(connection: sa.Connection, comment: Comment, limit: int) -> list[Similar]:
    if comment.text is None:
        return []
    shingles = shingles_of(comment.text)
    # A text may have been copied thousands of times, of which a few are enough.
    near = (
        sa.select(bands.c.comment_id)
        .join(comments, comments.c.id == bands.c.comment_id)
        .where(
            bands.c.hash.in_(bands_of(shingles)),
            bands.c.comment_id != comment.id,
            # Not by the queue: SQLite would begin with all decided comments.
            comments.c.decision_id.is_not(None),
        )
        .limit(MAX_CANDIDATES)
        .subquery()
    )
    candidates = connection.execute(
        sa.select(texts.c.id, sa.func.substr(texts.c.text, 1, MAX_CHARACTERS).label("text"))
        .join(near, near.c.comment_id == texts.c.id)
        .group_by(texts.c.id, texts.c.text)
        .order_by(sa.func.count().desc(), texts.c.id.desc())
        .limit(MAX_COMPARED)
    )
    shares = {row.id: similarity(shingles, shingles_of(row.text)) for row in candidates}
    related = [number for number, share in shares.items() if share >= RELATED]
    best = sorted(related, key=lambda number: -shares[number])
    return [Similar(line, shares[line.id]) for line in read_comment_rows(connection, best[:limit])]


def _choices(connection: sa.Connection, field: str, limit: int) -> list[str]:
    columns = {name: comments.c[name] for name in ("page", "source", "community")}
    column = (columns | {"target": targets.c.name}).get(field)
    if column is None:
        raise InvalidInput("Comments cannot be filtered by this.", where=field)
    chosen = (
        sa.select(column)
        .where(column.is_not(None))
        .group_by(column)
        .order_by(sa.func.count().desc(), column)
        .limit(limit)
    )
    return list(connection.scalars(chosen))
