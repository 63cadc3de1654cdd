"""Events: decisions that were made or undone, in the one order in which sites are told of them.

Numbers are given out under a lock that is held until the transaction ends, so that an event never
becomes visible after a later one: whoever reads on from a number misses none.
"""

from collections.abc import Collection, Sequence
from typing import Any

import sqlalchemy as sa

from moderation.database.site_tables import events, messages, webhooks
from moderation.database.store import Store
from moderation.database.tables import comments, decisions, now, users
from moderation.desk.types import OUTCOMES, EventKind, MessageState, Outcome, SiteEvent
from moderation.taxonomy import Label

LOCK = 7_366_271_508_001
"""The number of PostgreSQL's advisory lock under which events are numbered."""
_columns = (
    events.c.sequence,
    events.c.kind,
    events.c.made,
    comments.c.source,
    comments.c.external_id,
    comments.c.revision,
    decisions.c.outcome,
    decisions.c.reason,
    decisions.c.label,
    decisions.c.note,
    decisions.c.for_author,
    decisions.c.author_text,
    users.c.name,
    users.c.pseudonym,
)
EVENTS = sa.select(*_columns).select_from(
    events.join(decisions, decisions.c.id == events.c.decision_id)
    .join(comments, comments.c.id == decisions.c.comment_id)
    .join(users, users.c.id == decisions.c.user_id)
)
"""The query of events, with all that their sites are told."""


class Events:
    """The events of decisions on comments that have an id of their site's.

    Parameters
    ----------
    store : Store
    names : bool
        Whether moderators are named, and not only told apart.
    """

    def __init__(self, store: Store, *, names: bool = False) -> None:
        self._store = store
        self._names = names

    def after(self, sequence: int, limit: int, source: str | None = None) -> list[SiteEvent]:
        """Return the events after a number, oldest first.

        Those whose comment was erased are left out, since its id is not known any more.

        Parameters
        ----------
        sequence : int
        limit : int
        source : str, optional
            Only events of this source.
        """
        chosen = EVENTS.where(events.c.sequence > sequence, comments.c.external_id.is_not(None))
        if source is not None:
            chosen = chosen.where(comments.c.source == source)
        with self._store.reading() as connection:
            rows = connection.execute(chosen.order_by(events.c.sequence).limit(limit)).all()
        return [event_of(row, names=self._names) for row in rows]

    def of_decision(self, connection: sa.Connection, decision_id: int) -> SiteEvent | None:
        """Return the latest event of a decision."""
        chosen = EVENTS.where(
            events.c.decision_id == decision_id, comments.c.external_id.is_not(None)
        )
        row = connection.execute(chosen.order_by(events.c.sequence.desc()).limit(1)).one_or_none()
        return event_of(row, names=self._names) if row else None

    def numbered(self, connection: sa.Connection, numbers: Collection[int]) -> dict[int, SiteEvent]:
        """Return events by their numbers; those whose comment was erased are left out."""
        chosen = EVENTS.where(events.c.sequence.in_(numbers), comments.c.external_id.is_not(None))
        rows = connection.execute(chosen).all()
        return {row.sequence: event_of(row, names=self._names) for row in rows}


def event_of(row: Any, *, names: bool) -> SiteEvent:
    """Return the event of a row of `EVENTS`."""
    return SiteEvent(
        sequence=row.sequence,
        kind=EventKind(row.kind),
        source=row.source,
        external_id=row.external_id,
        revision=row.revision,
        outcome=OUTCOMES[Outcome(row.outcome)],
        reasons=(row.reason,) if row.reason else (),
        label=row.label and Label(row.label),
        moderator=row.name if names else row.pseudonym,
        time=row.made,
        note=row.note if row.for_author and row.note else None,
        author_text=row.author_text or None,
    )


def record_events(connection: sa.Connection, kind: EventKind, decision_ids: Sequence[int]) -> None:
    """Record that decisions were made or undone, and a message for each webhook.

    This comes last in its transaction: all others that decide wait from here to its end.
    """
    if not decision_ids:
        return
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({LOCK})")
    time = now()
    last = connection.scalar(sa.select(sa.func.max(events.c.sequence))) or 0
    told = (
        sa.select(sa.literal(kind.value), decisions.c.id, sa.literal(time, events.c.made.type))
        .join(comments, comments.c.id == decisions.c.comment_id)
        .where(decisions.c.id.in_(decision_ids), comments.c.external_id.is_not(None))
        .order_by(decisions.c.id)
    )
    connection.execute(events.insert().from_select(["kind", "decision_id", "made"], told))
    about = sa.func.coalesce(comments.c.site_key, sa.cast(comments.c.id, sa.Text))
    sent = (
        sa.select(
            webhooks.c.id,
            events.c.sequence,
            about,
            sa.literal(MessageState.DUE.value),
            sa.literal(0),
            sa.literal(time, messages.c.made.type),
            sa.literal(time, messages.c.due.type),
        )
        .select_from(
            events.join(decisions, decisions.c.id == events.c.decision_id)
            .join(comments, comments.c.id == decisions.c.comment_id)
            .join(
                webhooks,
                sa.or_(webhooks.c.source.is_(None), webhooks.c.source == comments.c.source),
            )
        )
        .where(events.c.sequence > last)
        .order_by(events.c.sequence)
    )
    names = ["webhook_id", "sequence", "about", "state", "tries", "made", "due"]
    connection.execute(messages.insert().from_select(names, sent))
