"""Escalations: a moderator asks a lead to decide on a comment, which then waits for leads alone."""

from collections.abc import Collection

import sqlalchemy as sa

from moderation.database.site_tables import escalations
from moderation.database.store import Store
from moderation.database.tables import comments, notes, now
from moderation.desk.accounts.accounts import Audit, check_role
from moderation.desk.decisions.notes import check_note
from moderation.desk.errors import InvalidRuling
from moderation.desk.queue.holds import check_open, lock_comment, release
from moderation.desk.types import Queue, Role, User


class Escalations:
    """Requests that a lead decide."""

    def __init__(self, store: Store, audit: Audit) -> None:
        self._store = store
        self._audit = audit

    def ask(self, user: User, comment_id: int, note: str = "") -> None:
        """Hand a comment over to the leads, with a note if one is given; moderators only.

        Raises
        ------
        NotAllowed, NoSuchThing, AlreadyDecided, Edited, Held, ForLeads
        InvalidRuling
            If it is with the leads already, an appeal waits, or the note cannot be kept.
        """
        check_role(user, Role.MODERATOR)
        if note.strip():
            check_note(note)

        def act(connection: sa.Connection) -> None:
            row = lock_comment(connection, comment_id)
            check_open(connection, user, comment_id, row)
            if row.queue == Queue.LEADS:
                raise InvalidRuling("A lead has already been asked.", where="lead")
            if row.queue == Queue.APPEALED:
                raise InvalidRuling("An appeal is for any other moderator to decide.", where="lead")
            about = {"comment_id": comment_id, "user_id": user.id, "made": now()}
            connection.execute(escalations.insert().values(about))
            if note.strip():
                connection.execute(notes.insert().values(about | {"text": note}))
            connection.execute(
                comments.update().where(comments.c.id == comment_id).values(queue=Queue.LEADS.value)
            )
            release(connection, comment_id)
            self._audit.add(connection, user, "escalate", f"comment {comment_id}")

        self._store.write(act)


def end_escalations(connection: sa.Connection, numbers: Collection[int]) -> None:
    """End the escalations of comments that have just been decided."""
    made = (
        sa.select(comments.c.decision_id)
        .where(comments.c.id == escalations.c.comment_id)
        .scalar_subquery()
    )
    connection.execute(
        escalations.update()
        .where(escalations.c.comment_id.in_(numbers), escalations.c.decision_id.is_(None))
        .values(decision_id=made)
    )


def reopen_escalations(connection: sa.Connection, undone: Collection[int]) -> None:
    """Return the comments to the leads whose escalations undone decisions had ended."""
    reopened = connection.scalars(
        escalations.update()
        .where(escalations.c.decision_id.in_(undone))
        .values(decision_id=None)
        .returning(escalations.c.comment_id)
    ).all()
    connection.execute(
        comments.update().where(comments.c.id.in_(reopened)).values(queue=Queue.LEADS.value)
    )
