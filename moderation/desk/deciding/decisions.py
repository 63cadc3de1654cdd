"""Decisions, one at a time."""

import secrets
from dataclasses import replace

import sqlalchemy as sa

from moderation.database.moment import now
from moderation.database.store import Store
from moderation.database.tables import comments, decisions, holds, notes
from moderation.desk.accounts.audit import Audit
from moderation.desk.accounts.roles import check_role
from moderation.desk.deciding.back import take_back
from moderation.desk.deciding.rulings import check_note, check_ruling
from moderation.desk.errors import AlreadyUndone, NoSuchThing, NotAllowed
from moderation.desk.queue import holding
from moderation.desk.queue.reading import DECISIONS, decision_of, read_comment
from moderation.desk.words import Comment, Decision, Note, Queue, Role, Ruling, User


class Decisions:
    """What people decide."""

    def __init__(self, store: Store, audit: Audit) -> None:
        self._store = store
        self._audit = audit

    def decide(self, user: User, comment_id: int, ruling: Ruling) -> Decision:
        """Decide on a comment that nobody else holds; moderators only.

        Asked again with the same token and the same ruling, it returns the decision that was made,
        unless that was undone: then it decides anew.

        Raises
        ------
        NotAllowed, InvalidRuling
        NoSuchThing
            If there is no such comment, or it has been erased.
        AlreadyDecided
        Held
            By somebody else.
        """
        check_role(user, Role.MODERATOR)
        # One of its own where none came, so that a try after a lost connection decides nothing
        # a second time.
        ruling = replace(ruling, token=ruling.token or secrets.token_hex(16))
        return self._store.write(
            lambda connection: self._decide(connection, user, comment_id, ruling), again=True
        )

    def _decide(
        self, connection: sa.Connection, user: User, number: int, ruling: Ruling
    ) -> Decision:
        row = holding.lock(connection, number)
        token = ruling.token
        while made := _made(connection, user, number, token):
            if made.undone is None and replace(made.ruling, token=ruling.token) == ruling:
                return made
            if made.undone is None:
                break
            # A form shown before it was undone. The next token follows from what there is, so
            # that this request, sent again, finds its decision too.
            token = f"{ruling.token} after {made.id}"
        holding.check_open(connection, user, number, row.queue)
        check_ruling(ruling, row.length)
        made = self._insert(connection, user, number, replace(ruling, token=token))
        connection.execute(
            comments.update()
            .where(comments.c.id == number)
            .values(queue=Queue.DECIDED.value, decision_id=made.id, decided=made.time)
        )
        holding.let_go(connection, number)
        self._audit.add(
            connection,
            user,
            "decide",
            f"comment {number}",
            decision=made.id,
            outcome=ruling.outcome.value,
            reason=ruling.reason and ruling.reason.value,
            label=ruling.label and ruling.label.value,
        )
        return made

    def _insert(
        self, connection: sa.Connection, user: User, number: int, ruling: Ruling
    ) -> Decision:
        time = now()
        since = connection.scalar(
            sa.select(holds.c.since).where(
                holds.c.comment_id == number, holds.c.user_id == user.id, holds.c.until > time
            )
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
        decision_id = connection.execute(statement.returning(decisions.c.id)).scalar_one()
        return Decision(decision_id, number, user.name, ruling, time)

    def undo(self, user: User, decision_id: int) -> Comment:
        """Take a decision back; its comment returns to its queue, held for `user`.

        Raises
        ------
        NoSuchThing
        AlreadyUndone
            If it does not hold any more, or the comment has been erased.
        NotAllowed
            If it is another's, or one of many at once, and `user` is no lead.
        """
        check_role(user, Role.MODERATOR)
        return self._store.write(lambda connection: self._undo(connection, user, decision_id))

    def _undo(self, connection: sa.Connection, user: User, decision_id: int) -> Comment:
        row = connection.execute(
            sa.select(decisions).where(decisions.c.id == decision_id)
        ).one_or_none()
        if row is None:
            raise NoSuchThing("There is no such decision.", where=f"decision {decision_id}")
        own = row.user_id == user.id and row.bulk_id is None
        if not own and not user.role.may(Role.LEAD):
            raise NotAllowed(
                "This decision was made by somebody else, or in bulk.",
                remedy="Ask a lead to undo it.",
            )
        if not take_back(connection, user, [row.comment_id], decisions.c.id == decision_id):
            raise AlreadyUndone(
                "This decision has already been undone, or the comment’s text has been erased."
            )
        # Nobody else can: a comment that is decided is not held, and its row is locked.
        holding.take_hold(self._store, connection, user, row.comment_id)
        self._audit.add(connection, user, "undo", f"comment {row.comment_id}", decision=decision_id)
        return read_comment(connection, row.comment_id)

    def latest(self, user: User) -> Decision | None:
        """Return the last decision that `user` made one at a time and could take back."""
        there = sa.exists().where(
            comments.c.id == decisions.c.comment_id, comments.c.key.is_not(None)
        )
        chosen = (
            DECISIONS.where(
                decisions.c.user_id == user.id,
                decisions.c.undone.is_(None),
                decisions.c.bulk_id.is_(None),
                there,
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
        NotAllowed, InvalidRuling
        NoSuchThing
            If there is no such comment, or it has been erased.
        """
        check_role(user, Role.MODERATOR)
        check_note(text)
        note = Note(user.name, text, now())

        def act(connection: sa.Connection) -> Note:
            holding.lock(connection, comment_id)
            connection.execute(
                notes.insert().values(
                    comment_id=comment_id, user_id=user.id, text=text, made=note.time
                )
            )
            self._audit.add(connection, user, "note", f"comment {comment_id}")
            return note

        return self._store.write(act)


def _made(connection: sa.Connection, user: User, number: int, token: str | None) -> Decision | None:
    row = connection.execute(
        DECISIONS.where(
            decisions.c.token == token,
            decisions.c.user_id == user.id,
            decisions.c.comment_id == number,
        )
    ).one_or_none()
    return decision_of(row) if row else None
