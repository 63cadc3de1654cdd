"""Erasing texts."""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any, NamedTuple

import sqlalchemy as sa

from moderation.database.store import Store, forget, is_marked, mark, sweep
from moderation.database.tables import (
    bands,
    bulks,
    comments,
    corrections,
    decisions,
    holds,
    notes,
    texts,
)
from moderation.desk.accounts.accounts import Audit, check_role
from moderation.desk.errors import NoSuchThing
from moderation.desk.intake.records import author_hash, author_of, drop_old
from moderation.desk.types import ERASED, Queue, Role, User
from moderation.errors import InvalidInput

# FOLDED erasing: What erasing takes away, in one transaction.

CHUNK = 500
FORGOTTEN = "…"
"""What stands for a name in what was asked for."""

NOT_ERASED = comments.c.key.is_not(None)
_WRITTEN_ON = comments.c.id.in_(
    sa.union_all(
        sa.select(notes.c.comment_id),
        sa.select(decisions.c.comment_id).where(decisions.c.note != ""),
    )
)
REMARKS_LEFT = comments.c.key.is_(None) & _WRITTEN_ON
"""Comments on which somebody wrote about when they were erased."""


class Gone(NamedTuple):
    """How many comments and corrections were erased."""

    comments: int
    corrections: int


def erase_some(
    which: sa.ColumnElement[bool], connection: sa.Connection, *, on_request: bool
) -> Gone | None:
    """Erase some comments and what was written about them; None where there are none left.

    What is erased on request does not come back with a delivery that waits; what is erased for its
    age needs no note of it, as deliveries have theirs.
    """
    numbers = _first(connection, which & NOT_ERASED) or _first(connection, which & REMARKS_LEFT)
    if not numbers:
        return None
    # Locked before all else, and looked at again: somebody may have decided or undone meanwhile.
    rows = connection.execute(
        sa.select(comments.c.id, comments.c.key, comments.c.text_key, comments.c.author)
        .where(comments.c.id.in_(numbers), which)
        .order_by(comments.c.id)
        .with_for_update()
    ).all()
    numbers = [row.id for row in rows]
    for table in (holds, texts, bands, notes):
        column = table.c.id if table is texts else table.c.comment_id
        connection.execute(table.delete().where(column.in_(numbers)))
    connection.execute(
        decisions.update()
        .where(decisions.c.comment_id.in_(numbers), decisions.c.note != "")
        .values(note="")
    )
    undecided = comments.c.queue != Queue.DECIDED.value
    connection.execute(
        comments.update()
        .where(comments.c.id.in_(numbers))
        .values(
            key=None,
            text_key=None,
            author=None,
            title=None,
            external_id=None,
            queue=sa.case((undecided, ERASED), else_=comments.c.queue),
        )
    )
    keys = {row.text_key for row in rows if row.text_key}
    if on_request:
        forget(connection, [*keys, *(row.key for row in rows)])
    erased = sum(row.key is not None for row in rows)
    forget_author(connection, {row.author for row in rows if row.author})
    return Gone(erased, _forget_text(connection, keys))


def erase_corrections(connection: sa.Connection, which: sa.ColumnElement[bool]) -> int:
    """Delete corrections; return how many."""
    made: sa.CursorResult[Any] = connection.execute(corrections.delete().where(which))
    return made.rowcount


def forget_author(connection: sa.Connection, names: Collection[str]) -> int:
    """Blank names in what was asked for when many were decided at once; return how often."""
    if not names:
        return 0
    asked = connection.execute(
        sa.select(bulks.c.id, bulks.c.filters)
        .where(bulks.c.filters["author"].as_string().in_(names))
        .order_by(bulks.c.id)
        .with_for_update()
    ).all()
    for row in asked:
        connection.execute(
            bulks.update()
            .where(bulks.c.id == row.id)
            .values(filters={**row.filters, "author": FORGOTTEN})
        )
    return len(asked)


def _first(connection: sa.Connection, which: sa.ColumnElement[bool]) -> list[int]:
    return list(connection.scalars(sa.select(comments.c.id).where(which).limit(CHUNK)))


def _forget_text(connection: sa.Connection, keys: Collection[str]) -> int:
    """Erase texts where they stand besides; return how many corrections were of them."""
    connection.execute(
        texts.update().where(texts.c.parent_key.in_(keys)).values(parent=None, parent_key=None)
    )
    return erase_corrections(connection, corrections.c.text_key.in_(keys))


@dataclass(frozen=True, slots=True)
class Erased:
    """What came of erasing.

    Parameters
    ----------
    comments : int
    swept : bool
        Whether the database has overwritten them; if not, it will: somebody was reading.
    """

    comments: int
    swept: bool


class Retention:
    """Erases texts, what was written about them, and names; scores, decisions and counts stay.

    The log tells of each transaction in the transaction itself.
    """

    def __init__(self, store: Store, audit: Audit) -> None:
        self._store = store
        self._audit = audit

    def purge(
        self, by: User | None, before: datetime, stop: Callable[[], bool] = lambda: False
    ) -> Erased:
        """Erase what is older, and finish what was begun; admins only.

        Decided comments are as old as their decision, others and corrections as their coming in.

        Parameters
        ----------
        by : User or None
        before : datetime
        stop : callable
            Asked after some hundred comments each; where it says so, the rest waits.

        Raises
        ------
        NotAllowed
        """
        check_role(by, Role.ADMIN)
        subject = f"older than {before.isoformat(timespec='seconds')}"

        def forget_old(connection: sa.Connection) -> None:
            number = erase_corrections(connection, corrections.c.made < before)
            if number:
                self._log(connection, by, subject, corrections=number)

        self._store.write(forget_old, again=True)
        # Nothing is decided before it came in: this one index finds both.
        decided = comments.c.decided.is_(None) | (comments.c.decided < before)
        which = (comments.c.taken < before) & decided
        return self._erase(by, which, subject, stop, on_request=False)

    def tidy(self, before: datetime) -> None:
        """Forget which deliveries were taken in, and what was erased on request, before a time."""
        self._store.write(lambda connection: drop_old(connection, before), again=True)

    def erase(self, by: User | None, comment_id: int) -> Erased:
        """Erase one comment, on request; admins only.

        Raises
        ------
        NotAllowed, NoSuchThing
        """
        check_role(by, Role.ADMIN)
        this = comments.c.id == comment_id
        left = sa.select(comments.c.id).where(this, NOT_ERASED | REMARKS_LEFT)
        with self._store.reading() as connection:
            there = connection.scalar(left)
        if there is None:
            raise NoSuchThing(
                "There is no such comment, or its text has already been erased.",
                where=str(comment_id),
            )
        return self._erase(by, this, f"comment {comment_id}")

    def erase_author(self, by: User | None, author: str) -> Erased:
        """Erase all comments by an author, on request; admins only.

        Raises
        ------
        NotAllowed
        InvalidInput
            If no name is given: nameless comments are by many.
        """
        check_role(by, Role.ADMIN)
        name = author_of(author)
        if name is None:
            raise InvalidInput("The author’s name is missing.", where="author")
        # The log must not keep the name that is to be forgotten.
        subject = "an author’s comments"

        def forget_name(connection: sa.Connection) -> None:
            # What waits to be taken in, anywhere, is not to bring the name back.
            forget(connection, [author_hash(name)])
            if number := forget_author(connection, {name}):
                self._log(connection, by, subject, bulks=number)

        self._store.write(forget_name, again=True)
        return self._erase(by, comments.c.author == name, subject)

    def _erase(
        self,
        by: User | None,
        which: sa.ColumnElement[bool],
        subject: str,
        stop: Callable[[], bool] = lambda: False,
        *,
        on_request: bool = True,
    ) -> Erased:
        act = partial(self._erase_some, by, which, subject, on_request)
        total = 0
        while (erased := self._store.write(act, again=True)) is not None:
            total += erased
            if stop():
                break
        waiting = total or is_marked(self._store)
        return Erased(total, swept=not waiting or sweep(self._store))

    def _erase_some(
        self,
        by: User | None,
        which: sa.ColumnElement[bool],
        subject: str,
        on_request: bool,  # noqa: FBT001  # it is given by `partial`
        connection: sa.Connection,
    ) -> int | None:
        gone = erase_some(which, connection, on_request=on_request)
        if gone is None:
            return None
        self._log(connection, by, subject, count=gone.comments, corrections=gone.corrections)
        return gone.comments

    def _log(
        self, connection: sa.Connection, by: User | None, subject: str, **details: object
    ) -> None:
        self._audit.add(connection, by, "erase", subject, **details)
        mark(self._store, connection)
