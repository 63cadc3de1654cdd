"""Comments by their sites' ids: sent and edited, withdrawn, flagged by readers, appealed."""

import hashlib
from typing import Any, NamedTuple

import sqlalchemy as sa

from moderation.database.erasure import mark_for_vacuum, record_erased, text_key
from moderation.database.site_tables import appeals, flags
from moderation.database.store import Store, insert_into
from moderation.database.tables import comments, decisions, now, texts
from moderation.desk.decisions.events import Events
from moderation.desk.errors import NoSuchThing
from moderation.desk.intake.records import rows_of, site_key
from moderation.desk.intake.retention import erase_some
from moderation.desk.intake.revisions import keep_revision, lock_latest
from moderation.desk.queue.rows import label_of, scores_of, spans_of
from moderation.desk.site.errors import AlreadyAppealed, NotRejected
from moderation.desk.types import (
    ALLOWED,
    OUTCOMES,
    SUPERSEDED,
    Outcome,
    Queue,
    Revision,
    SiteComment,
    SiteEvent,
    SiteState,
    Submission,
)
from moderation.verdict import Action, Verdict


class Standing(NamedTuple):
    """A text's standing at the desk: whether its comment is known, and the decision on it."""

    known: bool
    decision: SiteEvent | None


class SiteComments:
    """The comments of sites, each by its source and its id there.

    Parameters
    ----------
    store : Store
    events : Events
    """

    def __init__(self, store: Store, events: Events) -> None:
        self._store = store
        self._events = events

    def standing(self, source: str, external_id: str, text: str) -> Standing:
        """Return the decision that stands on a comment, if this is the text that was decided on.

        Raises
        ------
        DatabaseError
        """
        with self._store.reading() as connection:
            row = connection.execute(_latest(source, external_id)).one_or_none()
            decision = None
            if row and row.text_key == text_key(text) and row.decision_id is not None:
                decision = self._events.of_decision(connection, row.decision_id)
        return Standing(row is not None, decision)

    def put(self, submission: Submission) -> SiteComment:
        """Keep a comment, or an edit of it, and return it.

        Parameters
        ----------
        submission : Submission
            With `of_site`, and an id.

        Raises
        ------
        DatabaseError
        """
        rows = rows_of(submission, 1)

        def act(connection: sa.Connection) -> SiteComment:
            keep_revision(connection, rows, allowed_too=True)
            return self._read(connection, submission.source, str(submission.external_id))

        return self._store.write(act, idempotent=True)

    def get(self, source: str, external_id: str) -> SiteComment:
        """Return a comment.

        Raises
        ------
        NoSuchThing
        DatabaseError
        """
        with self._store.reading() as connection:
            return self._read(connection, source, external_id)

    def withdraw(self, source: str, external_id: str) -> SiteComment:
        """Take a comment out of every queue, and erase its texts; decisions stay as they are.

        Raises
        ------
        NoSuchThing
        DatabaseError
        """
        key = site_key(source, external_id)

        def act(connection: sa.Connection) -> SiteComment:
            _lock(connection, source, external_id)
            of_comment = comments.c.site_key == key
            # Its copies as other comments' parents go too; what waits outside must not return.
            while erase_some(of_comment, connection, on_request=False):
                pass
            record_erased(connection, [key])
            connection.execute(
                comments.update()
                .where(of_comment)
                .values(
                    external_id=external_id,
                    withdrawn=sa.func.coalesce(
                        comments.c.withdrawn, sa.literal(now(), comments.c.withdrawn.type)
                    ),
                )
            )
            mark_for_vacuum(self._store, connection)
            return self._read(connection, source, external_id)

        return self._store.write(act, idempotent=True)

    def flag(self, source: str, external_id: str, by: str, reason: str) -> SiteComment:
        """Count a reader's flag, once for each reader; an approved comment comes to its queue.

        Parameters
        ----------
        source, external_id : str
        by : str
            The reader's id at the site, of which a hash is kept.
        reason : str

        Raises
        ------
        NoSuchThing
        DatabaseError
        """
        reader = hashlib.sha256(f"{source}\0{by}".encode()).hexdigest()

        def act(connection: sa.Connection) -> SiteComment:
            row = _lock_present(connection, source, external_id)
            new = insert_into(connection, flags).on_conflict_do_nothing().returning(flags.c.by)
            values = {"comment_id": row.id, "by": reader, "reason": reason, "made": now()}
            if connection.scalar(new.values(values)) is not None:
                waits = row.queue == ALLOWED or (
                    row.queue == Queue.DECIDED and _outcome(connection, row) is Outcome.APPROVE
                )
                connection.execute(
                    comments.update()
                    .where(comments.c.id == row.id)
                    .values(
                        flags=comments.c.flags + 1,
                        queue=Queue.FLAGGED.value if waits else row.queue,
                    )
                )
            return self._read(connection, source, external_id)

        return self._store.write(act, idempotent=True)

    def appeal(self, source: str, external_id: str, statement: str) -> SiteComment:
        """Let a rejected comment be decided once more, by somebody else.

        Raises
        ------
        NoSuchThing
        NotRejected
        AlreadyAppealed
            If an appeal of it waits; the same one again does no harm.
        DatabaseError
        """

        def act(connection: sa.Connection) -> SiteComment:
            row = _lock_present(connection, source, external_id)
            waiting = sa.select(appeals.c.statement).where(
                appeals.c.comment_id == row.id, appeals.c.decision_id.is_(None)
            )
            open_statement = connection.scalar(waiting)
            if open_statement == statement:
                return self._read(connection, source, external_id)
            if open_statement is not None:
                raise AlreadyAppealed
            if _outcome(connection, row) is not Outcome.REJECT:
                raise NotRejected
            connection.execute(
                appeals.insert().values(comment_id=row.id, statement=statement, made=now())
            )
            connection.execute(
                comments.update().where(comments.c.id == row.id).values(queue=Queue.APPEALED.value)
            )
            return self._read(connection, source, external_id)

        return self._store.write(act, idempotent=True)

    def _read(self, connection: sa.Connection, source: str, external_id: str) -> SiteComment:
        key = site_key(source, external_id)
        rows = connection.execute(
            sa.select(comments, decisions.c.outcome, texts.c.spans)
            .select_from(
                comments.outerjoin(decisions, decisions.c.id == comments.c.decision_id).outerjoin(
                    texts, texts.c.id == comments.c.id
                )
            )
            .where(comments.c.site_key == key)
            .order_by(comments.c.revision)
        ).all()
        if not rows:
            raise _no_comment()
        latest = rows[-1]
        decision = None
        if latest.decision_id is not None:
            decision = self._events.of_decision(connection, latest.decision_id)
        open_appeal = sa.exists().where(
            appeals.c.comment_id == latest.id, appeals.c.decision_id.is_(None)
        )
        return SiteComment(
            number=latest.id,
            source=source,
            external_id=external_id,
            revision=latest.revision,
            state=_state(latest) or SiteState.WAITING,
            verdict=_verdict(latest),
            decision=decision,
            revisions=tuple(Revision(row.revision, row.taken, _state(row)) for row in rows),
            flags=latest.flags,
            appealed=bool(connection.scalar(sa.select(open_appeal))),
        )


def _latest(source: str, external_id: str) -> sa.Select[Any]:
    return sa.select(comments.c.id, comments.c.text_key, comments.c.decision_id).where(
        comments.c.site_key == site_key(source, external_id), comments.c.latest
    )


def _lock(connection: sa.Connection, source: str, external_id: str) -> Any:
    """Lock the latest revision of a comment, and return its row."""
    row = lock_latest(connection, site_key(source, external_id))
    if row is None:
        raise _no_comment()
    return row


def _lock_present(connection: sa.Connection, source: str, external_id: str) -> Any:
    """Lock the latest revision of a comment that has its text, and return its row."""
    row = _lock(connection, source, external_id)
    if row.key is None:
        raise _no_comment()
    return row


def _no_comment() -> NoSuchThing:
    return NoSuchThing(
        "There is no such comment.",
        where="source and id",
        remedy="Send it first: PUT /v1/comments/{source}/{id}.",
    )


def _outcome(connection: sa.Connection, row: Any) -> Outcome | None:
    made = sa.select(decisions.c.outcome).where(decisions.c.id == row.decision_id)
    outcome = connection.scalar(made)
    return outcome and Outcome(outcome)


def _state(row: Any) -> SiteState | None:
    """Return the state of a revision, None for an earlier one that nobody has decided on."""
    if row.withdrawn is not None:
        return SiteState.WITHDRAWN
    if row.outcome is not None:
        return OUTCOMES[Outcome(row.outcome)]
    if row.queue == SUPERSEDED:
        return None
    return SiteState.APPROVED if row.queue == ALLOWED else SiteState.WAITING


def _verdict(row: Any) -> Verdict:
    return Verdict(
        label=label_of(row.label),
        action=Action(row.action),
        scores=scores_of(row, row.label),
        model=row.model,
        spans=spans_of(row.spans or ()),
        targets=tuple(row.targets),
        reasons=tuple(row.reasons),
        language=row.language,
    )
