"""Many decisions at once, by score range."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from functools import partial
from typing import Any

import sqlalchemy as sa

from moderation.database.store import Store
from moderation.database.tables import bulks, comments, decisions, holds, now, users
from moderation.desk.accounts.accounts import Audit, check_role
from moderation.desk.decisions import thresholds as previews
from moderation.desk.decisions.decisions import check_ruling, take_back
from moderation.desk.errors import AlreadyUndone, NoSuchThing, OutOfDate
from moderation.desk.queue.filters import conditions
from moderation.desk.queue.holds import not_held
from moderation.desk.types import (
    Bulk,
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

# FOLDED asked: What was asked for when many were decided at once, as it is kept.

SOME_WORDS = "…"
"""What is kept of words that were sought."""


def plain(filters: Filters) -> dict[str, Any]:
    """Return what filters say, for JSON; of words sought, which may be a comment's, only that."""
    filters = replace(filters, words=SOME_WORDS if filters.words.strip() else "")
    said = {name: value for name, value in asdict(filters).items() if value not in (None, "")}
    return {
        name: value.isoformat() if isinstance(value, datetime) else value
        for name, value in said.items()
    }


def names(filters: Filters) -> list[str]:
    """Return by what was asked, not for what: names and words are a comment's."""
    said = asdict(filters).items()
    return sorted(name for name, value in said if value != getattr(Filters(), name))


def _filters(record: Mapping[str, Any]) -> Filters:
    times = {
        name: datetime.fromisoformat(record[name]) for name in ("since", "until") if name in record
    }
    label = {"label": Label(record["label"])} if "label" in record else {}
    return Filters(**{**record, **times, **label, "queue": Queue(record["queue"])})


def bulk_of(row: Any) -> Bulk:
    """Return what was decided at once, of its row."""
    return Bulk(
        row.id,
        row.name,
        Outcome(row.outcome),
        _filters(row.filters),
        row.count,
        row.made,
        None if row.holds else row.undone,
    )


# FOLDED chunks: Some of many decisions that are made at once, or taken back.


@dataclass(frozen=True, slots=True)
class Many:
    """Who decides on many at once, under which number, on what, and how."""

    user: User
    bulk_id: int
    filters: Filters
    ruling: Ruling


def decide_chunk(
    store: Store, many: Many, chosen: Sequence[int], connection: sa.Connection
) -> bool:
    """Decide on those of some comments that still pass, and that nobody else holds.

    Returns
    -------
    bool
        Whether to go on; not where it has been undone meanwhile.
    """
    connection.execute(
        sa.select(comments.c.id)
        .where(comments.c.id.in_(chosen))
        .order_by(comments.c.id)
        .with_for_update()
    )
    undone = connection.execute(
        sa.select(bulks.c.undone).where(bulks.c.id == many.bulk_id).with_for_update()
    ).scalar_one()
    if undone is not None:
        return False
    # Read one after the other, the few texts need no index of words.
    passing = conditions(many.filters, sqlite=store.sqlite, common=True)
    free = sa.select(comments.c.id).where(comments.c.id.in_(chosen), *passing, not_held(many.user))
    numbers = list(connection.scalars(free))
    if numbers:
        _decide(connection, many, numbers)
    return True


def _decide(connection: sa.Connection, many: Many, numbers: Sequence[int]) -> None:
    time, ruling = now(), many.ruling
    rows: list[dict[str, object]] = [
        {
            "comment_id": number,
            "user_id": many.user.id,
            "bulk_id": many.bulk_id,
            "outcome": ruling.outcome.value,
            "reason": ruling.reason and ruling.reason.value,
            "attributes": {},
            "note": "",
            "made": time,
        }
        for number in numbers
    ]
    connection.execute(decisions.insert(), rows)
    made = (
        sa.select(decisions.c.id)
        .where(decisions.c.comment_id == comments.c.id, decisions.c.bulk_id == many.bulk_id)
        .scalar_subquery()
    )
    connection.execute(
        comments.update()
        .where(comments.c.id.in_(numbers))
        .values(queue=Queue.DECIDED.value, decided=time, decision_id=made)
    )
    connection.execute(holds.delete().where(holds.c.comment_id.in_(numbers)))


def holding_of(bulk_id: int | sa.ColumnElement[int]) -> sa.Select[int]:
    """Return the query of comments decided at once whose decision holds and can be taken back."""
    return (
        sa.select(decisions.c.comment_id)
        .join(comments, comments.c.id == decisions.c.comment_id)
        .where(
            decisions.c.bulk_id == bulk_id,
            decisions.c.undone.is_(None),
            comments.c.key.is_not(None),
        )
    )


def undo_chunk(user: User, bulk_id: int, most: int, connection: sa.Connection) -> int | None:
    """Take some back; return how many, None where none is left."""
    found = holding_of(bulk_id).order_by(decisions.c.comment_id).limit(most)
    numbers = list(connection.scalars(found))
    if not numbers:
        return None
    return len(take_back(connection, user, numbers, decisions.c.bulk_id == bulk_id))


CHUNK = 500
"""Decisions in one transaction: a moderator's own waits for no longer than that takes."""


class Bulks:
    """Decides on all comments that pass some filters; leads only, but for what it only counts."""

    def __init__(self, store: Store, audit: Audit) -> None:
        self._store = store
        self._audit = audit

    def histogram(self, filters: Filters, bands: int = 20) -> list[int]:
        """Count comments by score of `filters.attribute` (the worst one where None).

        Element ``i`` counts scores from ``i / bands``; bounds in `filters` are not looked at.
        """
        with self._store.reading() as connection:
            return previews.histogram(connection, filters, bands, sqlite=self._store.sqlite)

    def preview(self, user: User, filters: Filters) -> Preview:
        """Tell what deciding on all that pass would do, without doing it.

        Raises
        ------
        NotAllowed, InvalidInput
        """
        _check(user, filters)
        with self._store.reading() as connection:
            return previews.preview(connection, user, filters, sqlite=self._store.sqlite)

    def apply(
        self,
        user: User,
        filters: Filters,
        newest: int,
        outcome: Outcome,
        reason: RejectionReason | None = None,
        seen: str = "",
    ) -> Bulk:
        """Decide on all that pass, and are not newer than the preview's `newest`.

        Comments that somebody takes or decides meanwhile are left alone. The decisions are made a
        few hundred at a time: if the process ends on the way, those that were made hold, and can
        be undone. Once they are being undone, no more are made.

        Parameters
        ----------
        user : User
            A lead.
        filters : Filters
        newest : int
        outcome : Outcome
        reason : RejectionReason, optional
        seen : str
            The preview's; where given, nothing is decided unless the same comments pass now.

        Raises
        ------
        NotAllowed, InvalidInput, InvalidRuling
        OutOfDate
            If other comments pass than those that were seen.
        """
        _check(user, filters)
        # These two are asked of what is decided alone.
        filters = replace(filters, by=None, outcome=None)
        ruling = Ruling(outcome, reason)
        check_ruling(ruling, 0)
        passing = conditions(filters, sqlite=self._store.sqlite)
        free = not_held(user).label("free")
        chosen = sa.select(comments.c.id, free).where(*passing, comments.c.id <= newest)
        made = now()
        row = {
            "user_id": user.id,
            "outcome": outcome.value,
            "filters": plain(filters),
            "made": made,
        }

        def begin(connection: sa.Connection) -> tuple[int, list[int]]:
            rows = connection.execute(chosen).all()
            numbers = sorted(row.id for row in rows if row.free)
            if seen and seen != previews.seen(len(rows), sum(row.id for row in rows)):
                raise OutOfDate(
                    "The comments in this range have changed since the preview; nothing was "
                    "decided.",
                    remedy="Preview again.",
                )
            added = connection.execute(bulks.insert().values(row).returning(bulks.c.id))
            number: int = added.scalar_one()
            subject, asked = f"bulk {number}", names(filters)
            self._audit.add(connection, user, "bulk", subject, outcome=outcome.value, asked=asked)
            return number, numbers

        number, numbers = self._store.write(begin)
        many = Many(user, number, filters, ruling)
        for start in range(0, len(numbers), CHUNK):
            act = partial(decide_chunk, self._store, many, numbers[start : start + CHUNK])
            if not self._store.write(act, again=True):
                break

        def end(connection: sa.Connection) -> int:
            counted = sa.select(sa.func.count()).where(decisions.c.bulk_id == number)
            count = connection.execute(counted).scalar_one()
            self._audit.add(connection, user, "bulk.done", f"bulk {number}", count=count)
            return count

        return Bulk(number, user.name, outcome, filters, self._store.write(end), made)

    def undo(self, user: User, bulk_id: int) -> int:
        """Take those decisions back that still hold; return how many.

        What is still being decided stops. If the process ends on the way, asking again goes on.

        Raises
        ------
        NotAllowed, NoSuchThing
        AlreadyUndone
            If none holds any more.
        """
        check_role(user, Role.LEAD)

        def begin(connection: sa.Connection) -> None:
            # Whoever is deciding the next few has them decided, or sees that this has begun.
            row = connection.execute(
                sa.select(bulks.c.undone).where(bulks.c.id == bulk_id).with_for_update()
            ).one_or_none()
            if row is None:
                raise NoSuchThing("There is no bulk decision with this number.", where=str(bulk_id))
            if connection.scalar(holding_of(bulk_id).limit(1)) is None:
                raise AlreadyUndone("None of these decisions stands any more.")
            connection.execute(bulks.update().where(bulks.c.id == bulk_id).values(undone=now()))
            self._audit.add(connection, user, "bulk.undo", f"bulk {bulk_id}")

        self._store.write(begin)
        act, taken = partial(undo_chunk, user, bulk_id, CHUNK), 0
        while (back := self._store.write(act)) is not None:
            taken += back
        self._store.write(
            lambda connection: self._audit.add(
                connection, user, "bulk.undone", f"bulk {bulk_id}", count=taken
            )
        )
        return taken

    def latest(self, limit: int = 10) -> list[Bulk]:
        """Return what was decided at once, latest first."""
        count = (
            sa.select(sa.func.count())
            .where(decisions.c.bulk_id == bulks.c.id)
            .scalar_subquery()
            .label("count")
        )
        holds = holding_of(bulks.c.id).correlate(bulks).exists().label("holds")
        chosen = (
            sa.select(bulks, users.c.name, count, holds)
            .join(users, users.c.id == bulks.c.user_id)
            .order_by(bulks.c.id.desc())
            .limit(limit)
        )
        with self._store.reading() as connection:
            return [bulk_of(row) for row in connection.execute(chosen)]


def _check(user: User, filters: Filters) -> None:
    check_role(user, Role.LEAD)
    if filters.queue is Queue.DECIDED:
        raise InvalidInput("These comments have already been decided.", where="queue")
