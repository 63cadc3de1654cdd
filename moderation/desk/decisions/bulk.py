"""Bulk decisions: one decision on all comments that pass some filters, and undoing it.

They are made in chunks, each in a transaction of its own, so that nobody's own decision has to wait
for them.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from functools import partial
from typing import Any

import sqlalchemy as sa

from moderation.database.store import Store
from moderation.database.tables import bulks, comments, decisions, holds, now, users
from moderation.desk.accounts.accounts import Audit, check_role
from moderation.desk.decisions.corrections import settle
from moderation.desk.decisions.decisions import replace_decisions, take_back
from moderation.desk.decisions.events import record_events
from moderation.desk.decisions.rulings import check_ruling
from moderation.desk.errors import AlreadyUndone, NoSuchThing, OutOfDate
from moderation.desk.queue.filters import conditions
from moderation.desk.queue.holds import not_held
from moderation.desk.queue.previews import fingerprint, histogram, preview
from moderation.desk.types import (
    Bulk,
    EventKind,
    Filters,
    Outcome,
    Preview,
    Queue,
    RejectionReason,
    Role,
    Ruling,
    User,
)
from moderation.errors import InvalidInput
from moderation.taxonomy import Label

CHUNK = 500
"""Decisions in one transaction; a moderator's own decision waits for no longer than it takes."""
HIDDEN = "…"
"""Kept in place of the words that were searched for, which may be a comment's."""


class Bulks:
    """Decisions on all comments that pass some filters; for leads only, except for counts.

    Comments that no model judged have no scores, and pass only if the filters ask for them.
    """

    def __init__(self, store: Store, audit: Audit) -> None:
        self._store = store
        self._audit = audit

    def histogram(self, filters: Filters, bands: int = 20) -> list[int]:
        """Count comments by score of `filters.attribute` (the worst one if None).

        Element ``i`` counts scores from ``i / bands``; the bounds in `filters` are ignored.
        """
        with self._store.reading() as connection:
            return histogram(connection, filters, bands, sqlite=self._store.sqlite)

    def preview(self, user: User, filters: Filters) -> Preview:
        """Return the effect of deciding on all comments that pass, without deciding.

        Raises
        ------
        NotAllowed, InvalidInput
        """
        _check(user, filters)
        with self._store.reading() as connection:
            return preview(connection, user, filters, sqlite=self._store.sqlite)

    def apply(  # noqa: PLR0913, PLR0917  # filters, the preview and the ruling
        self,
        user: User,
        filters: Filters,
        newest: int,
        outcome: Outcome,
        reason: RejectionReason | None = None,
        seen: str = "",
        note: str = "",
    ) -> Bulk:
        """Decide on all comments that pass and are not newer than the preview's `newest`.

        Comments that somebody else holds or decides meanwhile are left alone. The decisions are
        made in chunks: if the process ends on the way, those made so far stand, and can be undone.
        Once they are being undone, no more are made.

        Parameters
        ----------
        user : User
            A lead.
        filters : Filters
            Comments of its `without` are left to be decided one by one.
        newest : int
        outcome : Outcome
        reason : RejectionReason, optional
        seen : str
            The preview's `seen`. If given, nothing is decided unless the same comments pass now.
        note : str
            Kept with each of the decisions.

        Raises
        ------
        NotAllowed, InvalidInput, InvalidRuling
        OutOfDate
            If other comments pass now than in the preview.
        """
        _check(user, filters)
        without = filters.without
        # Two of these filter decided comments only; the preview's `seen` counts those left out.
        filters = replace(filters, by=None, outcome=None, without=())
        ruling = Ruling(outcome, reason, note=note.strip())
        check_ruling(ruling, 0)
        passing = conditions(filters, sqlite=self._store.sqlite, scored=True)
        free = not_held(user).label("free")
        chosen = sa.select(comments.c.id, free).where(*passing, comments.c.id <= newest)
        made = now()
        row = {
            "user_id": user.id,
            "outcome": outcome.value,
            "filters": _to_record(filters),
            "made": made,
        }

        def begin(connection: sa.Connection) -> tuple[int, list[int]]:
            rows = connection.execute(chosen).all()
            numbers = sorted(row.id for row in rows if row.free and row.id not in without)
            if seen and seen != fingerprint(len(rows), sum(row.id for row in rows)):
                raise OutOfDate(
                    "The comments in this range have changed since the preview; nothing was "
                    "decided.",
                    remedy="Preview again.",
                )
            added = connection.execute(bulks.insert().values(row).returning(bulks.c.id))
            number: int = added.scalar_one()
            subject, asked = f"bulk {number}", _filter_names(filters)
            said = {"outcome": outcome.value, "reason": reason and reason.value, "asked": asked}
            self._audit.add(connection, user, "bulk", subject, **said)
            return number, numbers

        number, numbers = self._store.write(begin)
        bulk = BulkRuling(user, number, filters, ruling)
        for start in range(0, len(numbers), CHUNK):
            act = partial(decide_chunk, self._store, bulk, numbers[start : start + CHUNK])
            if not self._store.write(act, idempotent=True):
                break

        def end(connection: sa.Connection) -> int:
            counted = sa.select(sa.func.count()).where(decisions.c.bulk_id == number)
            count = connection.execute(counted).scalar_one()
            self._audit.add(connection, user, "bulk.done", f"bulk {number}", count=count)
            return count

        count = self._store.write(end)
        return Bulk(
            number, user.name, outcome, filters, count, made, reason=reason, note=ruling.note
        )

    def undo(self, user: User, bulk_id: int) -> int:
        """Take back those of the decisions that still stand; return their number.

        Chunks that are still to be decided are not. If the process ends on the way, another call
        continues.

        Raises
        ------
        NotAllowed, NoSuchThing
        AlreadyUndone
            If none stands any more.
        """
        check_role(user, Role.LEAD)

        def begin(connection: sa.Connection) -> None:
            # `decide_chunk` locks this row too: it has committed its chunk, or sees the undoing.
            row = connection.execute(
                sa.select(bulks.c.undone).where(bulks.c.id == bulk_id).with_for_update()
            ).one_or_none()
            if row is None:
                raise NoSuchThing("There is no bulk decision with this number.", where=str(bulk_id))
            if connection.scalar(_undoable(bulk_id).limit(1)) is None:
                raise AlreadyUndone("All of these decisions have already been undone.")
            connection.execute(bulks.update().where(bulks.c.id == bulk_id).values(undone=now()))
            self._audit.add(connection, user, "bulk.undo", f"bulk {bulk_id}")

        self._store.write(begin)
        act, undone = partial(_undo_chunk, user, bulk_id, CHUNK), 0
        while (number := self._store.write(act)) is not None:
            undone += number
        self._store.write(
            lambda connection: self._audit.add(
                connection, user, "bulk.undone", f"bulk {bulk_id}", count=undone
            )
        )
        return undone

    def latest(self, limit: int = 10) -> list[Bulk]:
        """Return the latest bulk decisions, latest first."""
        count = (
            sa.select(sa.func.count())
            .where(decisions.c.bulk_id == bulks.c.id)
            .scalar_subquery()
            .label("count")
        )
        stands = _undoable(bulks.c.id).correlate(bulks).exists().label("stands")
        # All of them have the same reason and note, so that one is asked.
        reason, note = (
            sa.select(column)
            .where(decisions.c.bulk_id == bulks.c.id)
            .limit(1)
            .scalar_subquery()
            .label(column.name)
            for column in (decisions.c.reason, decisions.c.note)
        )
        chosen = (
            sa.select(bulks, users.c.name, count, stands, reason, note)
            .join(users, users.c.id == bulks.c.user_id)
            .order_by(bulks.c.id.desc())
            .limit(limit)
        )
        with self._store.reading() as connection:
            return [_bulk_of(row) for row in connection.execute(chosen)]


@dataclass(frozen=True, slots=True)
class BulkRuling:
    """A ruling on all comments that pass some filters, by a user, with its number."""

    user: User
    bulk_id: int
    filters: Filters
    ruling: Ruling


def decide_chunk(
    store: Store, bulk: BulkRuling, chosen: Sequence[int], connection: sa.Connection
) -> bool:
    """Decide on those of the chosen comments that still pass and nobody else holds.

    Returns
    -------
    bool
        Whether to go on; False if the bulk decision has been undone meanwhile.
    """
    connection.execute(
        sa.select(comments.c.id)
        .where(comments.c.id.in_(chosen))
        .order_by(comments.c.id)
        .with_for_update()
    )
    undone = connection.execute(
        sa.select(bulks.c.undone).where(bulks.c.id == bulk.bulk_id).with_for_update()
    ).scalar_one()
    if undone is not None:
        return False
    # These few texts are read one after the other, which needs no index of words.
    passing = conditions(bulk.filters, sqlite=store.sqlite, common=True, scored=True)
    free = sa.select(comments.c.id).where(comments.c.id.in_(chosen), *passing, not_held(bulk.user))
    numbers = list(connection.scalars(free))
    if numbers:
        _decide(connection, bulk, numbers)
    return True


def _decide(connection: sa.Connection, bulk: BulkRuling, numbers: Sequence[int]) -> None:
    time, ruling = now(), bulk.ruling
    standing = sa.select(comments.c.id, comments.c.decision_id).where(comments.c.id.in_(numbers))
    replaced = {row.id: row.decision_id for row in connection.execute(standing)}
    rows: list[dict[str, object]] = [
        {
            "comment_id": number,
            "user_id": bulk.user.id,
            "bulk_id": bulk.bulk_id,
            "outcome": ruling.outcome.value,
            "reason": ruling.reason and ruling.reason.value,
            "attributes": {},
            "note": ruling.note,
            "for_author": False,
            "author_text": "",
            "replaces": replaced[number],
            "made": time,
        }
        for number in numbers
    ]
    connection.execute(decisions.insert(), rows)
    made = (
        sa.select(decisions.c.id)
        .where(decisions.c.comment_id == comments.c.id, decisions.c.bulk_id == bulk.bulk_id)
        .scalar_subquery()
    )
    connection.execute(
        comments.update()
        .where(comments.c.id.in_(numbers))
        .values(queue=Queue.DECIDED.value, decided=time, decision_id=made)
    )
    replace_decisions(connection, bulk.user, numbers)
    connection.execute(holds.delete().where(holds.c.comment_id.in_(numbers)))
    settle(connection, bulk.user, numbers, rejected=ruling.outcome is Outcome.REJECT)
    made_ids = sa.select(comments.c.decision_id).where(comments.c.id.in_(numbers))
    record_events(connection, EventKind.DECIDED, list(connection.scalars(made_ids)))


def _undoable(bulk_id: int | sa.ColumnElement[int]) -> sa.Select[int]:
    """Return the query of the comments of a bulk decision that can be taken back."""
    return (
        sa.select(decisions.c.comment_id)
        .join(comments, comments.c.id == decisions.c.comment_id)
        .where(
            decisions.c.bulk_id == bulk_id,
            decisions.c.undone.is_(None),
            comments.c.key.is_not(None),
        )
    )


def _undo_chunk(user: User, bulk_id: int, limit: int, connection: sa.Connection) -> int | None:
    """Take back some of the decisions; return their number, None if none is left."""
    chosen = _undoable(bulk_id).order_by(decisions.c.comment_id).limit(limit)
    numbers = list(connection.scalars(chosen))
    if not numbers:
        return None
    return len(take_back(connection, user, numbers, decisions.c.bulk_id == bulk_id))


def _to_record(filters: Filters) -> dict[str, Any]:
    """Return the record of filters for JSON, with `HIDDEN` in place of words."""
    filters = replace(filters, words=HIDDEN if filters.words.strip() else "")
    return {
        name: value.isoformat() if isinstance(value, datetime) else value
        for name, value in asdict(filters).items()
        if value not in (None, "", ())
    }


def _from_record(record: Mapping[str, Any]) -> Filters:
    times = {
        name: datetime.fromisoformat(record[name]) for name in ("since", "until") if name in record
    }
    label = {"label": Label(record["label"])} if "label" in record else {}
    return Filters(**{**record, **times, **label, "queue": Queue(record["queue"])})


def _filter_names(filters: Filters) -> list[str]:
    """Return the names of the filters that are set, without their values, which may be personal."""
    default = Filters()
    return sorted(
        name for name, value in asdict(filters).items() if value != getattr(default, name)
    )


def _bulk_of(row: Any) -> Bulk:
    return Bulk(
        row.id,
        row.name,
        Outcome(row.outcome),
        _from_record(row.filters),
        row.count,
        row.made,
        None if row.stands else row.undone,
        row.reason and RejectionReason(row.reason),
        row.note or "",
    )


def _check(user: User, filters: Filters) -> None:
    check_role(user, Role.LEAD)
    if filters.queue is Queue.DECIDED:
        raise InvalidInput("These comments have already been decided.", where="queue")
    if filters.queue is Queue.APPEALED:
        raise InvalidInput("Appeals are decided one by one.", where="queue")
    if filters.queue is Queue.LEADS:
        raise InvalidInput("What leads were asked is decided one by one.", where="queue")
