"""Erasing texts."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import partial

import sqlalchemy as sa

from moderation.database.forgotten import forget
from moderation.database.store import Store
from moderation.database.tables import comments, corrections
from moderation.database.vacuum import is_marked, mark, sweep
from moderation.desk.accounts.audit import Audit
from moderation.desk.accounts.roles import check_role
from moderation.desk.errors import NoSuchThing
from moderation.desk.intake.deliveries import author_hash, drop_old
from moderation.desk.intake.erasing import (
    NOT_ERASED,
    REMARKS_LEFT,
    erase_corrections,
    erase_some,
    forget_author,
)
from moderation.desk.intake.rows import author_of
from moderation.desk.words import Role, User
from moderation.errors import InvalidInput


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
