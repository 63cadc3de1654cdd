"""Decisions, one at a time."""

import secrets
from dataclasses import replace
from typing import Any

import sqlalchemy as sa

from moderation.desk.accounts.audit import Audit
from moderation.desk.accounts.roles import need
from moderation.desk.deciding.back import take_back
from moderation.desk.deciding.rulings import check_note, check_ruling
from moderation.desk.errors import AlreadyUndone, NoSuchThing, NotAllowed
from moderation.desk.queue import holding
from moderation.desk.queue.reading import DECISIONS, decision_of, read_comment
from moderation.desk.store.moment import now
from moderation.desk.store.store import Store
from moderation.desk.store.tables import comments, decisions, holds, notes
from moderation.desk.words import Comment, Decision, Note, Queue, Role, Ruling, User


class Decisions:
    """What people decide."""

    def __init__(self, store: Store, audit: Audit) -> None:
        self._store = store
        self._audit = audit

    def decide(self, user: User, comment_id: int, ruling: Ruling) -> Decision:
        """Decide on a comment that nobody else holds; moderators only.

        Asked again with the same token, it returns the decision that was made.

        Raises
        ------
        NotAllowed, NoSuchThing, InvalidRuling
        AlreadyDecided
        Held
            By somebody else.
        """
        need(user, Role.MODERATOR)
        # One of its own where none came, so that a try after a lost connection decides nothing
        # a second time.
        ruling = replace(ruling, token=ruling.token or secrets.token_hex(16))
        return self._store.write(
            lambda connection: self._decide(connection, user, comment_id, ruling)
        )

    def _decide(
        self, connection: sa.Connection, user: User, number: int, ruling: Ruling
    ) -> Decision:
        made = connection.execute(
            DECISIONS.where(
                decisions.c.token == ruling.token,
                decisions.c.user_id == user.id,
                decisions.c.comment_id == number,
            )
        ).one_or_none()
        if made:
            return decision_of(made)
        # Its row is locked from here on.
        length = connection.scalar(
            comments.update()
            .where(
                comments.c.id == number,
                comments.c.queue != Queue.DECIDED.value,
                holding.not_held(user),
            )
            .values(queue=Queue.DECIDED.value)
            .returning(comments.c.length)
        )
        if length is None:
            holding.refuse(connection, number)
        check_ruling(ruling, length)
        decision_id, time = self._insert(connection, user, number, ruling)
        connection.execute(
            comments.update()
            .where(comments.c.id == number)
            .values(decision_id=decision_id, decided=time)
        )
        holding.let_go(connection, number)
        self._audit.add(
            connection,
            user,
            "decide",
            f"comment {number}",
            decision=decision_id,
            outcome=ruling.outcome.value,
            reason=ruling.reason and ruling.reason.value,
            label=ruling.label and ruling.label.value,
        )
        return Decision(decision_id, number, user.name, ruling, time)

    def _insert(
        self, connection: sa.Connection, user: User, number: int, ruling: Ruling
    ) -> tuple[int, Any]:
        time = now()
        since = connection.scalar(
            sa.select(holds.c.since).where(holds.c.comment_id == number, holds.c.user_id == user.id)
        )
        spans = None if ruling.spans is None else [span.to_dict() for span in ruling.spans]
        statement = decisions.insert().values(
            comment_id=number,
            user_id=user.id,
            outcome=ruling.outcome.value,
            reason=ruling.reason and ruling.reason.value,
            label=ruling.label and ruling.label.value,
            attributes=dict(ruling.attributes),
            targets=None if ruling.targets is None else list(ruling.targets),
            spans=spans,
            note=ruling.note,
            token=ruling.token,
            seconds=since and (time - since).total_seconds(),
            made=time,
        )
        return connection.execute(statement.returning(decisions.c.id)).scalar_one(), time

    def undo(self, user: User, decision_id: int) -> Comment:
        """Take a decision back; its comment returns to its queue, held for `user`.

        Raises
        ------
        NoSuchThing
        AlreadyUndone
        NotAllowed
            If it is another's, or one of many at once, and `user` is no lead.
        """
        need(user, Role.MODERATOR)
        return self._store.write(lambda connection: self._undo(connection, user, decision_id))

    def _undo(self, connection: sa.Connection, user: User, decision_id: int) -> Comment:
        row = connection.execute(
            sa.select(decisions).where(decisions.c.id == decision_id)
        ).one_or_none()
        if row is None:
            raise NoSuchThing("There is no such decision.", where=f"decision {decision_id}")
        if row.user_id != user.id and not user.role.may(Role.LEAD):
            raise NotAllowed("This is somebody else’s decision.", remedy="Ask a lead.")
        taken = take_back(connection, user, decisions.c.id == decision_id)
        if not taken:
            raise AlreadyUndone("This decision does not hold any more, or its text was erased.")
        holding.take_hold(self._store, connection, user, row.comment_id)
        self._audit.add(connection, user, "undo", f"comment {row.comment_id}", decision=decision_id)
        return read_comment(connection, row.comment_id)

    def latest(self, user: User) -> Decision | None:
        """Return the last decision that `user` made one at a time and that holds."""
        chosen = (
            DECISIONS.where(
                decisions.c.user_id == user.id,
                decisions.c.undone.is_(None),
                decisions.c.bulk_id.is_(None),
            )
            .order_by(None)
            .order_by(decisions.c.made.desc(), decisions.c.id.desc())
            .limit(1)
        )
        with self._store.reading() as connection:
            row = connection.execute(chosen).one_or_none()
        return decision_of(row) if row else None

    def note(self, user: User, comment_id: int, text: str) -> Note:
        """Leave a note; moderators only.

        Raises
        ------
        NotAllowed, NoSuchThing, InvalidRuling
        """
        need(user, Role.MODERATOR)
        check_note(text)
        note = Note(user.name, text, now())

        def act(connection: sa.Connection) -> Note:
            there = connection.scalar(sa.select(comments.c.id).where(comments.c.id == comment_id))
            if there is None:
                raise NoSuchThing("There is no such comment.", where=f"comment {comment_id}")
            connection.execute(
                notes.insert().values(
                    comment_id=comment_id, user_id=user.id, text=text, made=note.time
                )
            )
            self._audit.add(connection, user, "note", f"comment {comment_id}")
            return note

        return self._store.write(act)
