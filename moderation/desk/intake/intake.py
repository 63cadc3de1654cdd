"""Comments come in."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from typing import Any, NamedTuple

import sqlalchemy as sa

from moderation.desk.accounts.audit import Audit
from moderation.desk.accounts.roles import need
from moderation.desk.intake.rows import Rows, key_of, rows_of
from moderation.desk.intake.uploads import read_upload
from moderation.desk.store.store import Store
from moderation.desk.store.tables import bands, comments, targets, texts
from moderation.desk.words import Role, Sent, User
from moderation.verdict import Action, Verdict

CHUNK = 500
"""Comments kept in one transaction: others wait for no longer than that takes."""


class Uploaded(NamedTuple):
    """What came of an upload: comments kept, let pass by the policy, and known already."""

    taken: int
    allowed: int
    known: int


class Intake:
    """Keeps what a policy sends to people."""

    def __init__(self, store: Store, audit: Audit) -> None:
        self._store = store
        self._audit = audit

    def take(self, sent: Sequence[Sent]) -> list[int]:
        """Keep what the policy does not allow, or readers have flagged.

        The same comment is kept once, and counted.

        Returns
        -------
        list of int
            The numbers of the comments that were not known.

        Raises
        ------
        DatabaseError
        """
        wanted = [one for one in sent if one.flags or one.verdict.action is not Action.ALLOW]
        added: list[int] = []
        for start in range(0, len(wanted), CHUNK):
            rows = _once(wanted[start : start + CHUNK])
            added += self._store.write(partial(self._keep, rows))
        return added

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
        need(user, Role.MODERATOR)
        given = read_upload(name, content)
        taken = allowed = 0
        for start in range(0, len(given), CHUNK):
            part = given[start : start + CHUNK]
            verdicts = judge([one.text for one in part])
            sent = [
                Sent(verdict=verdict, source="upload", **one._asdict())
                for one, verdict in zip(part, verdicts, strict=True)
            ]
            allowed += sum(not one.flags and one.verdict.action is Action.ALLOW for one in sent)
            taken += len(self.take(sent))
        told = Uploaded(taken, allowed, len(given) - taken - allowed)
        self._store.write(
            lambda connection: self._audit.add(
                connection, user, "upload", f"{len(given)} comments", **told._asdict()
            )
        )
        return told

    def _keep(self, rows: dict[str, Rows], connection: sa.Connection) -> list[int]:
        statement = self._store.insert(comments).on_conflict_do_nothing(index_elements=["key"])
        fresh = connection.execute(
            statement.returning(comments.c.id, comments.c.key),
            [one.comment for one in rows.values()],
        )
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
        for key in rows.keys() - ids.keys():
            _count_again(connection, rows[key].comment)
        return list(ids.values())


def _insert(connection: sa.Connection, table: sa.Table, values: list[dict[str, Any]]) -> None:
    if values:
        connection.execute(table.insert(), values)


def _count_again(connection: sa.Connection, row: dict[str, Any]) -> None:
    more = comments.c.flags < row["flags"]
    connection.execute(
        comments.update()
        .where(comments.c.key == row["key"])
        .values(
            times=comments.c.times + row["times"],
            flags=sa.case((more, row["flags"]), else_=comments.c.flags),
        )
    )


def _once(sent: Sequence[Sent]) -> dict[str, Rows]:
    """Return the rows of comments by key, those that came several times counted."""
    by_key: dict[str, list[Sent]] = {}
    for one in sent:
        by_key.setdefault(key_of(one), []).append(one)
    return {
        key: rows_of(replace(same[0], flags=max(one.flags for one in same)), len(same))
        for key, same in sorted(by_key.items())
    }
