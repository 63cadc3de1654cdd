"""Intake of comments: from the service as it judges them, and from uploaded files."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from functools import partial
from typing import NamedTuple

import sqlalchemy as sa

from moderation.database.store import Store
from moderation.database.tables import comments
from moderation.desk.accounts.accounts import Audit, check_role
from moderation.desk.intake.records import (
    UPLOAD,
    CommentRows,
    Delivery,
    insert_comments,
    key_of,
    mark_taken,
    rows_of,
    without_erased,
)
from moderation.desk.intake.revisions import keep_revision
from moderation.desk.intake.uploads import read_upload
from moderation.desk.types import Role, Submission, User
from moderation.verdict import Verdict

CHUNK = 500
"""Comments kept in one transaction; others wait for no longer than it takes."""
LATE_CHUNK = 100
"""Late deliveries kept in one transaction."""

Log = Callable[[sa.Connection, int, int], None]
"""Called in each transaction with the number of new comments in it, and the number of all."""


class Uploaded(NamedTuple):
    """The result of an upload: the numbers of new comments, allowed ones, and known ones."""

    taken: int
    allowed: int
    known: int


class DeskIntake:
    """Keeps the comments that a policy sends to review or blocks, or that readers have flagged."""

    def __init__(self, store: Store, audit: Audit) -> None:
        self._store = store
        self._audit = audit

    def take(self, submissions: Sequence[Submission]) -> list[int]:
        """Keep those comments that the policy does not allow, or that readers have flagged.

        The same comment is kept once, and counted, unless it is known to be the same submission: a
        comment with an id counts once, and one of a file or a batch run as often as it is in there.

        Returns
        -------
        list of int
            The numbers of the new comments, in the order in which they were given.

        Raises
        ------
        DatabaseError
        """
        return self._take(submissions, None)

    def take_delivery(self, delivery: Delivery) -> None:
        """Keep the comments of a delivery, unless it was taken in before.

        Raises
        ------
        DatabaseError
        """
        self._take(delivery.submissions, None, delivery)

    def take_late(self, deliveries: Sequence[Delivery]) -> None:
        """Keep the comments of deliveries that had to wait; small ones share a transaction.

        Deliveries that were taken in before are not counted again, and comments that have been
        erased on request since they arrived do not come back. The age of a comment is that of its
        arrival.

        Raises
        ------
        DatabaseError
        """
        small = [delivery for delivery in deliveries if len(delivery.submissions) <= CHUNK]
        for start in range(0, len(small), LATE_CHUNK):
            chunk = small[start : start + LATE_CHUNK]
            self._store.write(partial(self._keep_late, chunk), idempotent=True)
        for delivery in deliveries:
            if len(delivery.submissions) > CHUNK:
                self._take(delivery.submissions, None, delivery, late=True)

    def upload(
        self,
        user: User | None,
        name: str,
        content: bytes,
        judge: Callable[[list[str]], list[Verdict]],
    ) -> Uploaded:
        """Judge and keep the comments of a file; moderators only.

        Parameters
        ----------
        user : User or None
        name : str
            The file's name, whose ending tells what it holds; see `read_upload`.
        content : bytes
        judge : callable
            Returns the verdicts on a list of texts.

        Raises
        ------
        InvalidInput
            If a line cannot be read, which the error names; nothing is kept then.
        """
        check_role(user, Role.MODERATOR)
        uploaded = read_upload(name, content)
        held: list[Submission] = []
        for start in range(0, len(uploaded), CHUNK):
            chunk = uploaded[start : start + CHUNK]
            verdicts = judge([comment.text for comment in chunk])
            submissions = (
                Submission(verdict=verdict, source=UPLOAD, **comment._asdict())
                for comment, verdict in zip(chunk, verdicts, strict=True)
            )
            held += filter(is_held, submissions)

        def log(connection: sa.Connection, new: int, comments: int) -> None:
            subject = f"{len(uploaded)} comments"
            self._audit.add(connection, user, "upload", subject, taken=new, known=comments - new)

        taken = len(self._take(held, log))
        return Uploaded(taken, len(uploaded) - len(held), len(held) - taken)

    def keep(self, rows: dict[str, CommentRows], connection: sa.Connection) -> dict[str, int]:
        """Keep comments by their keys, in a transaction; return the numbers of the new ones."""
        return self._keep(rows, None, "", connection)

    def _take(
        self,
        submissions: Sequence[Submission],
        log: Log | None,
        delivery: Delivery | None = None,
        *,
        late: bool = False,
    ) -> list[int]:
        held = [submission for submission in submissions if is_held(submission)]
        arrivals: dict[str, datetime] = {}
        if delivery and late:
            arrivals = {key_of(submission): delivery.arrived for submission in held}
        by_key = _unique_rows(held, arrivals)
        # In one order, so that no two deliveries wait for each other.
        keys = sorted(by_key)
        erased: set[str] = set()
        if delivery and late:
            with self._store.reading() as connection:
                left = without_erased(
                    connection, [(submission, delivery.arrived) for submission in held]
                )
            erased = set(keys) - {key_of(submission) for submission, _ in left}
        added: dict[str, int] = {}
        for start in range(0, len(keys) or 1, CHUNK):
            # Erased comments leave a gap, so that each chunk has the same comments at every try.
            chunk = keys[start : start + CHUNK]
            rows = {key: by_key[key] for key in chunk if key not in erased}
            if rows or log:
                # Without a delivery, a second attempt counts a comment once too often at worst;
                # with a log, it would add a second entry.
                act = partial(self._keep, rows, log, _part_id(delivery, start))
                added |= self._store.write(act, idempotent=log is None)
        return [added[key] for key in by_key if key in added]

    def _keep_late(self, deliveries: Sequence[Delivery], connection: sa.Connection) -> None:
        new = mark_taken(connection, {_part_id(delivery, 0) for delivery in deliveries})
        held = [
            (submission, delivery.arrived)
            for delivery in deliveries
            if _part_id(delivery, 0) in new
            for submission in delivery.submissions
            if is_held(submission)
        ]
        left = without_erased(connection, held)
        arrivals: dict[str, datetime] = {}
        for submission, arrived in left:
            arrivals.setdefault(key_of(submission), arrived)
        by_key = _unique_rows([submission for submission, _ in left], arrivals)
        # In one order, so that no two deliveries wait for each other; but a comment's revisions as
        # they came, of which the last counts.
        order = sorted(by_key, key=lambda key: by_key[key].site_key or key)
        self._keep({key: by_key[key] for key in order}, None, "", connection)

    def _keep(
        self, rows: dict[str, CommentRows], log: Log | None, part: str, connection: sa.Connection
    ) -> dict[str, int]:
        """Keep comments, unless their part of a delivery was kept; return the new ones' numbers."""
        if part and not mark_taken(connection, {part}):
            return {}
        others = {key: row for key, row in rows.items() if row.site_key is None}
        numbers = insert_comments(connection, others)
        for key, row in others.items():
            if key not in numbers:
                _count_again(connection, row)
        for key, row in rows.items():
            if row.site_key is not None:
                kept = keep_revision(connection, row)
                if kept is not None and kept.is_new:
                    numbers[key] = kept.number
        if log:
            log(connection, len(numbers), len(rows))
        return numbers


def is_held(submission: Submission) -> bool:
    """Tell whether a comment is kept; an allowed one of a site's may be an edit of a kept one."""
    return submission.of_site or submission.flags > 0 or not submission.is_allowed


def _unique_rows(
    submissions: Sequence[Submission], arrivals: Mapping[str, datetime]
) -> dict[str, CommentRows]:
    """Return the rows of comments by key; a comment that is there several times is counted."""
    by_key: dict[str, list[Submission]] = {}
    for submission in submissions:
        by_key.setdefault(key_of(submission), []).append(submission)
    return {
        key: rows_of(
            replace(same[0], flags=max(submission.flags for submission in same)),
            len(same),
            arrivals.get(key),
        )
        for key, same in by_key.items()
    }


def _part_id(delivery: Delivery | None, start: int) -> str:
    """Return the id of the comments of a delivery that are kept in one transaction."""
    return f"{delivery.id}.{start}" if delivery else ""


def _count_again(connection: sa.Connection, rows: CommentRows) -> None:
    """Count a known comment again; of flags, keep the highest number that was reported."""
    row = rows.comment
    highest = {
        name: sa.case((comments.c[name] < row[name], row[name]), else_=comments.c[name])
        for name in ("flags", "times")
    }
    if rows.counts_again:
        highest["times"] = comments.c.times + row["times"]
    connection.execute(comments.update().where(comments.c.key == row["key"]).values(highest))
