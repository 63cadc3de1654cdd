"""Comments come in."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from functools import partial
from typing import Any, NamedTuple

import sqlalchemy as sa

from moderation.database.store import Store
from moderation.database.tables import bands, comments, targets, texts
from moderation.desk.accounts.accounts import Audit, check_role
from moderation.desk.intake.imports import read_upload
from moderation.desk.intake.records import (
    UPLOAD,
    CommentRows,
    Delivery,
    key_of,
    mark,
    rows_of,
    still_wanted,
)
from moderation.desk.types import Role, Submission, User
from moderation.verdict import Action, Verdict

CHUNK = 500
"""Comments kept in one transaction: others wait for no longer than that takes."""
LATE = 100
"""Deliveries that had to wait, kept in one transaction."""


class Uploaded(NamedTuple):
    """What came of an upload: comments kept, let pass by the policy, and known already."""

    taken: int
    allowed: int
    known: int


Log = Callable[[sa.Connection, int, int], None]
"""Told in each transaction how many comments were new in it, and how many there were."""


class DeskIntake:
    """Keeps what a policy sends to people."""

    def __init__(self, store: Store, audit: Audit) -> None:
        self._store = store
        self._audit = audit

    def take(self, sent: Sequence[Submission]) -> list[int]:
        """Keep what the policy does not allow, or readers have flagged.

        The same comment is kept once, and counted, unless it is known to be the same delivery: one
        with an id counts once, and what a file or a batch run holds as often as it holds it.

        Returns
        -------
        list of int
            The numbers of the comments that were not known, in the order in which they were given.

        Raises
        ------
        DatabaseError
        """
        return self._take(sent, None)

    def take_delivery(self, delivery: Delivery) -> None:
        """Keep the comments of a delivery, unless it was taken in before.

        Raises
        ------
        DatabaseError
        """
        self._take(delivery.sent, None, delivery)

    def take_late(self, late: Sequence[Delivery]) -> None:
        """Keep the comments of deliveries that had to wait, in one transaction where they are few.

        Those that were taken in before are not counted again, and what was erased on request since
        it came does not come back. Comments are as old as their coming, not as their being taken
        in.

        Raises
        ------
        DatabaseError
        """
        few = [one for one in late if len(one.sent) <= CHUNK]
        for start in range(0, len(few), LATE):
            some = few[start : start + LATE]
            self._store.write(partial(self._keep_late, some), again=True)
        for one in late:
            if len(one.sent) > CHUNK:
                self._take(one.sent, None, one, late=True)

    def _keep_late(self, late: Sequence[Delivery], connection: sa.Connection) -> None:
        fresh = mark(connection, {_part(one, 0) for one in late})
        given = [
            (one, delivery.came)
            for delivery in late
            if _part(delivery, 0) in fresh
            for one in delivery.sent
            if _is_held(one)
        ]
        wanted = still_wanted(connection, given)
        came: dict[str, datetime] = {}
        for one, when in wanted:
            came.setdefault(key_of(one), when)
        by_key = _once([one for one, _ in wanted], came)
        self._keep({key: by_key[key] for key in sorted(by_key)}, None, "", connection)

    def _take(
        self,
        sent: Sequence[Submission],
        log: Log | None,
        delivery: Delivery | None = None,
        *,
        late: bool = False,
    ) -> list[int]:
        held = [one for one in sent if _is_held(one)]
        came: dict[str, datetime] = {}
        if delivery and late:
            came = {key_of(one): delivery.came for one in held}
        by_key = _once(held, came)
        # In one order, so that no two deliveries wait for each other.
        keys = sorted(by_key)
        erased: set[str] = set()
        if delivery and late:
            with self._store.reading() as connection:
                wanted = still_wanted(connection, [(one, delivery.came) for one in held])
            erased = set(keys) - {key_of(one) for one, _ in wanted}
        added: dict[str, int] = {}
        for start in range(0, len(keys) or 1, CHUNK):
            # What was erased leaves a gap: each part holds the same comments at every try.
            some = keys[start : start + CHUNK]
            rows = {key: by_key[key] for key in some if key not in erased}
            if rows or log:
                # Without a delivery, what is done again counts once too often at worst; the log
                # would say it twice.
                act = partial(self._keep, rows, log, _part(delivery, start))
                added |= self._store.write(act, again=log is None)
        return [added[key] for key in by_key if key in added]

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
            Its ending says what it is: ``.csv`` with a column ``text``, ``.jsonl`` with a field
            ``text``, or ``.txt``, a comment a line. The first two may also have ``author``,
            ``page``, ``title``, ``parent``, ``article``, ``id``, ``flags`` and ``time``.
        content : bytes
            In UTF-8.
        judge : callable

        Raises
        ------
        InvalidInput
            Naming the line that cannot be read; nothing is kept then.
        """
        check_role(user, Role.MODERATOR)
        given = read_upload(name, content)
        held: list[Submission] = []
        for start in range(0, len(given), CHUNK):
            part = given[start : start + CHUNK]
            verdicts = judge([one.text for one in part])
            sent = (
                Submission(verdict=verdict, source=UPLOAD, **one._asdict())
                for one, verdict in zip(part, verdicts, strict=True)
            )
            held += [one for one in sent if _is_held(one)]

        def log(connection: sa.Connection, fresh: int, comments: int) -> None:
            about = f"{len(given)} comments"
            self._audit.add(connection, user, "upload", about, taken=fresh, known=comments - fresh)

        taken = len(self._take(held, log))
        return Uploaded(taken, len(given) - len(held), len(held) - taken)

    def _keep(
        self, rows: dict[str, CommentRows], log: Log | None, part: str, connection: sa.Connection
    ) -> dict[str, int]:
        """Keep comments, unless their part of a delivery was; return the new ones' numbers."""
        if part and not mark(connection, {part}):
            return {}
        statement = self._store.insert(comments).on_conflict_do_nothing(index_elements=["key"])
        values = [one.comment for one in rows.values()]
        returned = statement.returning(comments.c.id, comments.c.key)
        fresh = connection.execute(returned, values) if values else ()
        ids = {row.key: row.id for row in fresh}
        _insert(connection, texts, [rows[key].text | {"id": ids[key]} for key in ids])
        named = [(rows[key], number) for key, number in ids.items()]
        _insert(
            connection,
            targets,
            [{"name": v, "comment_id": n} for one, n in named for v in set(one.targets)],
        )
        _insert(
            connection,
            bands,
            [{"hash": v, "comment_id": n} for one, n in named for v in set(one.bands)],
        )
        for key, one in rows.items():
            if key not in ids:
                _count_again(connection, one)
        if log:
            log(connection, len(ids), len(rows))
        return ids


def _is_held(one: Submission) -> bool:
    return one.flags > 0 or one.verdict.action is not Action.ALLOW


def _insert(connection: sa.Connection, table: sa.Table, values: list[dict[str, Any]]) -> None:
    if values:
        connection.execute(table.insert(), values)


def _count_again(connection: sa.Connection, one: CommentRows) -> None:
    """Count a comment that was known; no more flags than somebody has counted."""
    row = one.comment
    most = {
        name: sa.case((comments.c[name] < row[name], row[name]), else_=comments.c[name])
        for name in ("flags", "times")
    }
    if one.is_another:
        most["times"] = comments.c.times + row["times"]
    connection.execute(comments.update().where(comments.c.key == row["key"]).values(most))


def _part(delivery: Delivery | None, start: int) -> str:
    """Return the id of the comments of a delivery that are kept in one transaction."""
    return f"{delivery.id}.{start}" if delivery else ""


def _once(
    sent: Sequence[Submission], came: Mapping[str, datetime] | None = None
) -> dict[str, CommentRows]:
    """Return the rows of comments by key, those that came several times counted."""
    came = came or {}
    by_key: dict[str, list[Submission]] = {}
    for one in sent:
        by_key.setdefault(key_of(one), []).append(one)
    return {
        key: rows_of(
            replace(same[0], flags=max(one.flags for one in same)), len(same), came.get(key)
        )
        for key, same in by_key.items()
    }
