"""The comments of one author: how many were approved, rejected or wait, and the list of them."""

from typing import Any

import sqlalchemy as sa

from moderation.database.store import Store
from moderation.database.tables import comments, decisions
from moderation.desk.queue.filters import cursor, order, sorted_by
from moderation.desk.queue.rows import read_comment_rows
from moderation.desk.types import (
    Comment,
    CommentPage,
    Filters,
    History,
    Outcome,
    Queue,
    Sort,
)

MAX_OF_AUTHOR = 1_000
"""Comments of an author that are counted, the latest."""
WAITING = frozenset(
    {Queue.REVIEW.value, Queue.FLAGGED.value, Queue.BLOCKED.value, Queue.LEADS.value}
)
"""The states in which a comment waits for a decision, appeals excepted. One that its policy allows
waits for nobody, nor does an earlier text of one that was edited."""


class Authors:
    """The authors of comments, as far as their sites name them."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def history(self, comment: Comment, limit: int = 5) -> History:
        """Return the outcomes of the author's other comments, up to the last thousand."""
        if comment.line.author is None:
            return History(0, 0, 0, ())
        own = comments.c.author == comment.line.author
        return self._history([own, comments.c.id != comment.id], limit)

    def standing(self, author: str, source: str | None = None) -> History:
        """Return the outcomes of an author's comments, up to the last thousand, without the list.

        Parameters
        ----------
        author : str
        source : str, optional
            The source that the comments came through: the same name elsewhere may be another
            person's.
        """
        return self._history(_by(author, source), 0)

    def lines(
        self, author: str, source: str | None = None, more: str | None = None, limit: int = 50
    ) -> CommentPage:
        """Return a page of an author's comments in any state, newest first.

        Parameters
        ----------
        author : str
        source : str, optional
        more : str, optional
            The `more` of the page before.
        limit : int

        Raises
        ------
        InvalidInput
            If `more` is not valid.
        """
        filters, sort = Filters(author=author), Sort.NEWEST
        column, _ = order(filters, sort, comments.c.worst)
        chosen = sa.select(comments.c.id, column.label("position")).where(*_by(author, source))
        query = sorted_by(chosen, filters, sort, comments.c.worst, more).limit(limit + 1)
        with self._store.reading() as connection:
            rows = connection.execute(query).all()
            shown = rows[:limit]
            lines = tuple(read_comment_rows(connection, [row.id for row in shown]))
        following = cursor(shown[-1].position, shown[-1].id) if len(rows) > limit else None
        return CommentPage(lines, following)

    def _history(self, which: list[sa.ColumnElement[bool]], limit: int) -> History:
        latest = (
            sa.select(comments.c.id, comments.c.queue, comments.c.decision_id)
            .where(*which)
            .order_by(comments.c.received.desc())
            .limit(MAX_OF_AUTHOR)
            .subquery()
        )
        with self._store.reading() as connection:
            rows: list[Any] = list(
                connection.execute(
                    sa.select(latest.c.id, latest.c.queue, decisions.c.outcome).outerjoin_from(
                        latest, decisions, decisions.c.id == latest.c.decision_id
                    )
                )
            )
            lines = read_comment_rows(connection, [row.id for row in rows[:limit]])
        settled = [row.outcome for row in rows if row.queue not in WAITING]
        return History(
            approved=settled.count(Outcome.APPROVE),
            rejected=settled.count(Outcome.REJECT),
            waiting=len(rows) - len(settled),
            latest=tuple(lines),
        )


def _by(author: str, source: str | None) -> list[sa.ColumnElement[bool]]:
    own = [comments.c.author == author]
    return own if source is None else [*own, comments.c.source == source]
