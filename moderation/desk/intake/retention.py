"""Retention: comments are erased after some time or on request, with all that was written of them.

Scores, decisions and counts stay. Every serving process erases what is older than the settings
allow.
"""

import asyncio
import logging
from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from threading import Event
from typing import Any, NamedTuple

import sqlalchemy as sa

from moderation.database.erasure import (
    finish_vacuum,
    mark_for_vacuum,
    needs_vacuum,
    record_erased,
    vacuum,
)
from moderation.database.site_tables import appeals, flags
from moderation.database.store import Store
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
from moderation.database.work_tables import second_reviews
from moderation.desk.accounts.accounts import Audit, check_role
from moderation.desk.errors import NoSuchThing
from moderation.desk.intake.records import author_hash, author_of, drop_old
from moderation.desk.intake.upload_store import erase_uploads
from moderation.desk.types import ERASED, Queue, Role, User
from moderation.errors import InvalidInput
from moderation.service.process import repeat

log = logging.getLogger(__name__)

CHUNK = 500
"""Comments erased in one transaction."""
ERASED_NAME = "…"
"""Kept in place of an author's name in the filters of a bulk decision."""

NOT_ERASED = comments.c.key.is_not(None)
_HAS_WORDS = (decisions.c.note != "") | (decisions.c.author_text != "")
_HAS_REMARKS = comments.c.id.in_(
    sa.union_all(
        sa.select(notes.c.comment_id),
        sa.select(decisions.c.comment_id).where(_HAS_WORDS),
    )
)
REMARKS_LEFT = comments.c.key.is_(None) & _HAS_REMARKS
"""Erased comments on which somebody wrote a remark while they were erased."""

EVERY_SECONDS = 3600.0
REMEMBERED = timedelta(days=30)
"""The time for which deliveries taken in, and erasures on request, are remembered."""
KEEPER = User(0, "(setting desk_retention_days)", Role.ADMIN)
"""The user who erases automatically, as the audit log names it."""


@dataclass(frozen=True, slots=True)
class Erased:
    """The result of an erasure.

    Parameters
    ----------
    comments : int
    swept : bool
        Whether the database's files hold the texts no more; False if another connection was
        reading an earlier state, after which the next vacuum removes them.
    """

    comments: int
    swept: bool


class Retention:
    """Erases texts, the remarks on them, and authors' names; scores, decisions and counts stay.

    Each transaction adds its own entry to the audit log.
    """

    def __init__(self, store: Store, audit: Audit) -> None:
        self._store = store
        self._audit = audit

    def purge(
        self, by: User | None, before: datetime, stop: Callable[[], bool] = lambda: False
    ) -> Erased:
        """Erase what is older, and complete earlier erasures; admins only.

        The age of a decided comment is that of its decision; that of others, and of corrections,
        is that of their arrival.

        Parameters
        ----------
        by : User or None
        before : datetime
        stop : callable
            Called after each chunk of comments; if it returns True, the rest is left.

        Raises
        ------
        NotAllowed
        """
        check_role(by, Role.ADMIN)
        subject = f"older than {before.isoformat(timespec='seconds')}"

        def erase_old_corrections(connection: sa.Connection) -> None:
            number = erase_corrections(connection, corrections.c.made < before)
            if number:
                self._log(connection, by, subject, corrections=number)
            # Files that still wait go too: their comments are older than what is kept.
            if erase_uploads(connection, before):
                mark_for_vacuum(self._store, connection)

        self._store.write(erase_old_corrections, idempotent=True)
        # A comment is decided after its arrival, so the index of arrivals finds both.
        decided = comments.c.decided.is_(None) | (comments.c.decided < before)
        which = (comments.c.taken < before) & decided
        return self._erase(by, which, subject, stop, on_request=False)

    def tidy(self, before: datetime) -> None:
        """Delete the ids of deliveries, and the hashes of what was erased, from before a time."""
        self._store.write(lambda connection: drop_old(connection, before), idempotent=True)

    def finish_vacuum(self) -> None:
        """Finish the erasures that a process which ended has begun."""
        finish_vacuum(self._store)

    def erase(self, by: User | None, comment_id: int) -> Erased:
        """Erase one comment, on request; admins only.

        Raises
        ------
        NotAllowed, NoSuchThing
        """
        check_role(by, Role.ADMIN)
        this = comments.c.id == comment_id
        erasable = sa.select(comments.c.id).where(this, NOT_ERASED | REMARKS_LEFT)
        with self._store.reading() as connection:
            number = connection.scalar(erasable)
        if number is None:
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
            If no name is given: comments without a name have many authors.
        """
        check_role(by, Role.ADMIN)
        name = author_of(author)
        if name is None:
            raise InvalidInput("The author’s name is missing.", where="author")
        # The audit log must not keep the name that is to be erased.
        subject = "an author’s comments"

        def erase_name(connection: sa.Connection) -> None:
            # Deliveries that wait to be taken in must not bring the name back.
            record_erased(connection, [author_hash(name)])
            if number := blank_author(connection, {name}):
                self._log(connection, by, subject, bulks=number)

        self._store.write(erase_name, idempotent=True)
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
        while (erased := self._store.write(act, idempotent=True)) is not None:
            total += erased
            if stop():
                break
        unswept = total or needs_vacuum(self._store)
        return Erased(total, swept=not unswept or vacuum(self._store))

    def _erase_some(
        self,
        by: User | None,
        which: sa.ColumnElement[bool],
        subject: str,
        on_request: bool,  # noqa: FBT001  # `partial` gives it by position
        connection: sa.Connection,
    ) -> int | None:
        erased = erase_some(which, connection, on_request=on_request)
        if erased is None:
            return None
        self._log(connection, by, subject, count=erased.comments, corrections=erased.corrections)
        return erased.comments

    def _log(
        self, connection: sa.Connection, by: User | None, subject: str, **details: object
    ) -> None:
        self._audit.add(connection, by, "erase", subject, **details)
        mark_for_vacuum(self._store, connection)


class ErasedCount(NamedTuple):
    """The numbers of comments and corrections erased in one transaction."""

    comments: int
    corrections: int


def erase_some(
    which: sa.ColumnElement[bool], connection: sa.Connection, *, on_request: bool
) -> ErasedCount | None:
    """Erase up to `CHUNK` comments with all remarks on them.

    The hashes of comments erased on request are kept, so that a delivery that waits does not bring
    them back. Those erased for their age need none: deliveries of that age are dropped.

    Returns
    -------
    ErasedCount or None
        None if no comment is left to erase.
    """
    numbers = _first(connection, which & NOT_ERASED) or _first(connection, which & REMARKS_LEFT)
    if not numbers:
        return None
    # Locked first and read again: a decision may have been made or undone meanwhile.
    rows = connection.execute(
        sa.select(
            comments.c.id,
            comments.c.key,
            comments.c.site_key,
            comments.c.text_key,
            comments.c.author,
        )
        .where(comments.c.id.in_(numbers), which)
        .order_by(comments.c.id)
        .with_for_update()
    ).all()
    numbers = [row.id for row in rows]
    for table in (holds, texts, bands, notes, flags, second_reviews):
        column = table.c.id if table is texts else table.c.comment_id
        connection.execute(table.delete().where(column.in_(numbers)))
    connection.execute(
        decisions.update()
        .where(decisions.c.comment_id.in_(numbers), _HAS_WORDS)
        .values(note="", author_text="")
    )
    connection.execute(
        appeals.update().where(appeals.c.comment_id.in_(numbers)).values(statement="")
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
        record_erased(connection, [*keys, *(row.site_key or row.key for row in rows)])
    erased = sum(row.key is not None for row in rows)
    blank_author(connection, {row.author for row in rows if row.author})
    return ErasedCount(erased, _erase_copies(connection, keys))


def erase_corrections(connection: sa.Connection, which: sa.ColumnElement[bool]) -> int:
    """Delete corrections; return their number."""
    result: sa.CursorResult[Any] = connection.execute(corrections.delete().where(which))
    return result.rowcount


def blank_author(connection: sa.Connection, names: Collection[str]) -> int:
    """Blank authors' names in the filters of bulk decisions; return the number of these."""
    if not names:
        return 0
    rows = connection.execute(
        sa.select(bulks.c.id, bulks.c.filters)
        .where(bulks.c.filters["author"].as_string().in_(names))
        .order_by(bulks.c.id)
        .with_for_update()
    ).all()
    for row in rows:
        connection.execute(
            bulks.update()
            .where(bulks.c.id == row.id)
            .values(filters={**row.filters, "author": ERASED_NAME})
        )
    return len(rows)


def _first(connection: sa.Connection, which: sa.ColumnElement[bool]) -> list[int]:
    """Return the numbers of up to `CHUNK` comments."""
    return list(connection.scalars(sa.select(comments.c.id).where(which).limit(CHUNK)))


def _erase_copies(connection: sa.Connection, keys: Collection[str]) -> int:
    """Erase texts where they are parents or corrected; return the number of corrections."""
    connection.execute(
        texts.update().where(texts.c.parent_key.in_(keys)).values(parent=None, parent_key=None)
    )
    return erase_corrections(connection, corrections.c.text_key.in_(keys))


class Keeper:
    """Erases the comments older than the settings allow, every hour.

    Several processes may do so at once.

    Parameters
    ----------
    retention : Retention
    days : int or None
        None erases nothing; erasures that others began are finished.
    """

    def __init__(self, retention: Retention, days: int | None) -> None:
        self._retention = retention
        self._days = days
        self._stopped = Event()

    async def run(self) -> None:
        """Erase again and again, until cancelled."""
        try:
            erasing = partial(asyncio.to_thread, self.erase)
            await repeat(erasing, EVERY_SECONDS, log, "what is old could not be erased")
        finally:
            # The thread finishes its transaction; the rest waits for the next hour.
            self._stopped.set()

    def erase(self) -> None:
        """Erase the comments that are too old."""
        self._retention.tidy(datetime.now(UTC) - REMEMBERED)
        if self._days is None:
            self._retention.finish_vacuum()
            return
        before = datetime.now(UTC) - timedelta(days=self._days)
        self._retention.purge(KEEPER, before, self._stopped.is_set)
