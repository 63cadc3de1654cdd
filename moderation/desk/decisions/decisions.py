"""Decisions on single comments: checked, made, and taken back; notes on comments."""

import secrets
from collections.abc import Collection
from dataclasses import replace
from typing import Any

import sqlalchemy as sa

from moderation.database.site_tables import appeals
from moderation.database.store import Store
from moderation.database.tables import comments, decisions, holds, notes, now
from moderation.desk.accounts.accounts import Audit, check_role
from moderation.desk.decisions.corrections import reopen, settle
from moderation.desk.decisions.drawing import draw, drop_draws, reopen_disagreements
from moderation.desk.decisions.escalations import end_escalations, reopen_escalations
from moderation.desk.decisions.events import record_events
from moderation.desk.decisions.notes import check_note
from moderation.desk.decisions.peoples import added_peoples
from moderation.desk.decisions.rulings import check_ruling
from moderation.desk.errors import AlreadyUndone, NoSuchThing, NotAllowed
from moderation.desk.intake.records import QUEUES
from moderation.desk.queue.holds import check_open, lock_comment, release, take_hold
from moderation.desk.queue.rows import DECISIONS, decision_of, read_comment
from moderation.desk.types import (
    Comment,
    Decision,
    EventKind,
    Note,
    Outcome,
    Queue,
    Role,
    Ruling,
    User,
)


class Decisions:
    """Decisions on single comments, and notes."""

    def __init__(self, store: Store, audit: Audit) -> None:
        self._store = store
        self._audit = audit

    def decide(
        self, user: User, comment_id: int, ruling: Ruling, *, at_desk: bool = True
    ) -> Decision:
        """Decide on a comment that nobody else holds; moderators only.

        Called again with the same token and the same ruling, it returns the decision made before,
        unless that was undone: then it decides again. A decision that was not made at the desk is
        never drawn for a second review.

        Raises
        ------
        NotAllowed, InvalidRuling
        NoSuchThing
            If there is no such comment, or it has been erased.
        AlreadyDecided
        Held
            If somebody else holds the comment.
        """
        check_role(user, Role.MODERATOR)
        # A token of its own if there is none, so that another attempt after a lost connection
        # finds the decision and makes no second one.
        ruling = replace(ruling, token=ruling.token or secrets.token_hex(16))

        def act(connection: sa.Connection) -> Decision:
            made, is_new = self._decide(connection, user, comment_id, ruling)
            if is_new and at_desk:
                draw(connection, comment_id, made.id)
            if is_new:
                record_events(connection, EventKind.DECIDED, [made.id])
            return made

        return self._store.write(act, idempotent=True)

    def decide_anew(
        self, connection: sa.Connection, user: User, number: int, row: Any, ruling: Ruling
    ) -> Decision:
        """Replace the decision that stands on a locked comment, which waits for nobody."""
        check_ruling(ruling, row.length)
        made = self._make(connection, user, number, ruling, row.decision_id)
        record_events(connection, EventKind.DECIDED, [made.id])
        return made

    def _decide(
        self, connection: sa.Connection, user: User, number: int, ruling: Ruling
    ) -> tuple[Decision, bool]:
        """Return the decision, and whether it is new."""
        row = lock_comment(connection, number)
        token = ruling.token
        while made := _find_decision(connection, user, number, token):
            if made.undone is None and replace(made.ruling, token=ruling.token) == ruling:
                return made, False
            if made.undone is None:
                break
            # The form was loaded before the decision was undone. The next token is derived from
            # that decision, so that this request, sent again, finds its own decision too.
            token = f"{ruling.token} after {made.id}"
        check_open(connection, user, number, row)
        check_ruling(ruling, row.length, added_peoples(connection, ruling.targets or ()))
        ruling = replace(ruling, token=token)
        return self._make(connection, user, number, ruling, row.decision_id), True

    def _make(
        self,
        connection: sa.Connection,
        user: User,
        number: int,
        ruling: Ruling,
        replaced: int | None,
    ) -> Decision:
        made = self._insert(connection, user, number, ruling, replaced)
        connection.execute(
            comments.update()
            .where(comments.c.id == number)
            .values(queue=Queue.DECIDED.value, decision_id=made.id, decided=made.time)
        )
        replace_decisions(connection, user, [number])
        release(connection, number)
        settle(connection, user, [number], rejected=ruling.outcome is Outcome.REJECT)
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
        self,
        connection: sa.Connection,
        user: User,
        number: int,
        ruling: Ruling,
        replaced: int | None,
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
            for_author=ruling.note_for_author,
            author_text=ruling.author_text,
            replaces=replaced,
            token=ruling.token,
            seconds=since and (time - since).total_seconds(),
            made=time,
        )
        decision_id = connection.execute(statement.returning(decisions.c.id)).scalar_one()
        return Decision(decision_id, number, user.name, ruling, time)

    def undo(self, user: User, decision_id: int) -> Comment:
        """Take back a decision; its comment returns to its queue, held for `user`.

        Raises
        ------
        NoSuchThing
        AlreadyUndone
            If it does not stand any more, or the comment has been erased.
        NotAllowed
            If it is another user's, or part of a bulk decision, and `user` is no lead.
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
        # Somebody may hold it who was judging it again, of which nothing is left to do.
        release(connection, row.comment_id)
        take_hold(self._store, connection, user, row.comment_id)
        self._audit.add(connection, user, "undo", f"comment {row.comment_id}", decision=decision_id)
        return read_comment(connection, row.comment_id)

    def latest(self, user: User) -> Decision | None:
        """Return the latest single decision of `user` that can be taken back."""
        present = sa.exists().where(
            comments.c.id == decisions.c.comment_id, comments.c.key.is_not(None)
        )
        chosen = (
            DECISIONS.where(
                decisions.c.user_id == user.id,
                decisions.c.undone.is_(None),
                decisions.c.bulk_id.is_(None),
                present,
            )
            .order_by(None)
            .order_by(decisions.c.made.desc(), decisions.c.id.desc())
            .limit(1)
        )
        with self._store.reading() as connection:
            row = connection.execute(chosen).one_or_none()
        return decision_of(row) if row else None

    def note(self, user: User, comment_id: int, text: str) -> Note:
        """Add a note to a comment; moderators only.

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
            lock_comment(connection, comment_id)
            connection.execute(
                notes.insert().values(
                    comment_id=comment_id, user_id=user.id, text=text, made=note.time
                )
            )
            self._audit.add(connection, user, "note", f"comment {comment_id}")
            return note

        return self._store.write(act)


def take_back(
    connection: sa.Connection,
    user: User,
    numbers: Collection[int],
    which: sa.ColumnElement[bool],
) -> list[int]:
    """Take back those decisions on some comments that still stand; return the comments' numbers.

    Decisions on comments whose text has been erased stay, since nobody could decide on it again.

    Parameters
    ----------
    connection : sqlalchemy.Connection
    user : User
        The person who takes them back.
    numbers : collection of int
        The comments.
    which : sqlalchemy.ColumnElement
        The condition that a decision must fulfil.
    """
    present = connection.scalars(
        sa.select(comments.c.id)
        .where(comments.c.id.in_(numbers), comments.c.key.is_not(None), comments.c.latest)
        .order_by(comments.c.id)
        .with_for_update()
    ).all()
    undone = connection.execute(
        decisions.update()
        .where(which, decisions.c.comment_id.in_(present), decisions.c.undone.is_(None))
        .values(undone=now(), undone_by=user.id)
        .returning(decisions.c.id, decisions.c.comment_id, decisions.c.replaces)
    ).all()
    taken = [row.comment_id for row in undone]
    queues = {action.value: queue.value for action, queue in QUEUES.items()}
    connection.execute(
        comments.update()
        .where(comments.c.id.in_(taken))
        .values(
            queue=sa.case(queues, value=comments.c.action),
            decision_id=None,
            decided=None,
        )
    )
    reopen(connection, taken)
    drop_draws(connection, [row.id for row in undone])
    restored = [row.replaces for row in undone if row.replaces is not None]
    _restore(connection, [row.id for row in undone], restored)
    reopen_escalations(connection, [row.id for row in undone])
    record_events(connection, EventKind.UNDONE, [row.id for row in undone])
    record_events(connection, EventKind.DECIDED, restored)
    return taken


def replace_decisions(connection: sa.Connection, user: User, numbers: Collection[int]) -> None:
    """End the decisions that new ones on the same comments replace, appeals and escalations."""
    made = (
        sa.select(comments.c.decision_id)
        .where(comments.c.id == appeals.c.comment_id)
        .scalar_subquery()
    )
    replaced = sa.select(decisions.c.replaces).where(
        decisions.c.id.in_(sa.select(comments.c.decision_id).where(comments.c.id.in_(numbers))),
        decisions.c.replaces.is_not(None),
    )
    connection.execute(
        decisions.update()
        .where(decisions.c.id.in_(list(connection.scalars(replaced))))
        .values(undone=now(), undone_by=user.id)
    )
    connection.execute(
        appeals.update()
        .where(appeals.c.comment_id.in_(numbers), appeals.c.decision_id.is_(None))
        .values(decision_id=made)
    )
    end_escalations(connection, numbers)


def _restore(connection: sa.Connection, undone: Collection[int], restored: Collection[int]) -> None:
    """Let the decisions stand again that undone ones had replaced, and open the appeals again."""
    connection.execute(
        decisions.update().where(decisions.c.id.in_(restored)).values(undone=None, undone_by=None)
    )
    reopened = connection.scalars(
        appeals.update()
        .where(appeals.c.decision_id.in_(undone))
        .values(decision_id=None)
        .returning(appeals.c.comment_id)
    ).all()
    disputed = reopen_disagreements(connection, undone)
    for row in connection.execute(
        sa.select(decisions.c.id, decisions.c.comment_id, decisions.c.made).where(
            decisions.c.id.in_(restored)
        )
    ).all():
        queue = Queue.APPEALED if row.comment_id in reopened else Queue.FLAGGED
        if row.comment_id in disputed:
            queue = Queue.DECIDED
        connection.execute(
            comments.update()
            .where(comments.c.id == row.comment_id)
            .values(queue=queue.value, decision_id=row.id, decided=row.made)
        )


def _find_decision(
    connection: sa.Connection, user: User, number: int, token: str | None
) -> Decision | None:
    row = connection.execute(
        DECISIONS.where(
            decisions.c.token == token,
            decisions.c.user_id == user.id,
            decisions.c.comment_id == number,
        )
    ).one_or_none()
    return decision_of(row) if row else None
