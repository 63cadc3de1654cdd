"""Erasing texts."""

from datetime import datetime
from functools import partial

import sqlalchemy as sa

from moderation.desk.accounts.audit import Audit
from moderation.desk.accounts.roles import need
from moderation.desk.errors import NoSuchThing
from moderation.desk.queue.holding import let_go
from moderation.desk.store.store import Store
from moderation.desk.store.tables import bands, comments, corrections, decisions, notes, texts
from moderation.desk.words import Queue, Role, User

CHUNK = 500
ERASED = "erased"
"""The queue of what was erased before anybody decided it."""


class Retention:
    """Erases texts, what was written about them, and names; scores, decisions and counts stay."""

    def __init__(self, store: Store, audit: Audit) -> None:
        self._store = store
        self._audit = audit

    def purge(self, by: User | None, before: datetime) -> int:
        """Erase what was decided before a time, and corrections that came before it; admins only.

        What waits for a decision is kept.

        Returns
        -------
        int
            How many comments were erased.

        Raises
        ------
        NotAllowed
        """
        need(by, Role.ADMIN)
        old = sa.and_(comments.c.queue == Queue.DECIDED.value, comments.c.decided < before)
        self._store.write(
            lambda connection: connection.execute(
                corrections.delete().where(corrections.c.made < before)
            )
        )
        return self._erase(by, old, f"decided before {before.isoformat()}")

    def erase(self, by: User | None, comment_id: int) -> None:
        """Erase one comment, on request; admins only.

        Raises
        ------
        NotAllowed, NoSuchThing
        """
        need(by, Role.ADMIN)
        if not self._erase(by, comments.c.id == comment_id, f"comment {comment_id}"):
            raise NoSuchThing("There is no such comment, or no text of it.", where=str(comment_id))

    def erase_author(self, by: User | None, author: str) -> int:
        """Erase all comments by an author, on request; admins only; return how many.

        Raises
        ------
        NotAllowed
        """
        need(by, Role.ADMIN)
        # The log must not keep the name that is to be forgotten.
        return self._erase(by, comments.c.author == author, "an author’s comments")

    def _erase(self, by: User | None, which: sa.ColumnElement[bool], subject: str) -> int:
        act = partial(_erase_some, which)
        total = 0
        while erased := self._store.write(act):
            total += erased
        self._store.write(
            lambda connection: self._audit.add(connection, by, "erase", subject, count=total)
        )
        self._store.sweep()
        return total


def _erase_some(which: sa.ColumnElement[bool], connection: sa.Connection) -> int:
    rows = connection.execute(
        sa.select(comments.c.id, comments.c.text_key)
        .where(which, comments.c.key.is_not(None))
        .limit(CHUNK)
    ).all()
    numbers = [row.id for row in rows]
    for number in numbers:
        let_go(connection, number)
    for table in (texts, bands, notes):
        column = table.c.id if table is texts else table.c.comment_id
        connection.execute(table.delete().where(column.in_(numbers)))
    connection.execute(
        corrections.delete().where(corrections.c.text_key.in_([row.text_key for row in rows]))
    )
    connection.execute(
        decisions.update().where(decisions.c.comment_id.in_(numbers)).values(note="")
    )
    undecided = comments.c.queue != Queue.DECIDED.value
    connection.execute(
        comments.update()
        .where(comments.c.id.in_(numbers))
        .values(
            key=None,
            text_key=None,
            author=None,
            external_id=None,
            queue=sa.case((undecided, ERASED), else_=comments.c.queue),
        )
    )
    return len(numbers)
