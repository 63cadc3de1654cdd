"""Many decisions at once, by score range."""

from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime
from functools import partial
from typing import Any

import sqlalchemy as sa

from moderation.desk.accounts.audit import Audit
from moderation.desk.accounts.roles import need
from moderation.desk.deciding.back import take_back
from moderation.desk.deciding.chunks import decide_chunk
from moderation.desk.deciding.previews import histogram, preview
from moderation.desk.deciding.rulings import check_ruling
from moderation.desk.errors import AlreadyUndone, NoSuchThing
from moderation.desk.store.moment import now
from moderation.desk.store.store import Store
from moderation.desk.store.tables import bulks, decisions, users
from moderation.desk.words import (
    Bulk,
    Filters,
    Outcome,
    Preview,
    Queue,
    Reason,
    Role,
    Ruling,
    User,
)
from moderation.errors import InvalidInput
from moderation.taxonomy import Label

CHUNK = 500
"""Decisions in one transaction: a moderator's own waits for no longer than that takes."""


class Bulks:
    """Decides on all comments that pass some filters; leads only."""

    def __init__(self, store: Store, audit: Audit) -> None:
        self._store = store
        self._audit = audit

    def histogram(self, filters: Filters, bands: int = 20) -> list[int]:
        """Count comments by score of `filters.attribute` (the worst one where None).

        Element ``i`` counts scores from ``i / bands``; bounds in `filters` are not looked at.
        """
        with self._store.reading() as connection:
            return histogram(connection, filters, bands, sqlite=self._store.sqlite)

    def preview(self, user: User, filters: Filters) -> Preview:
        """Tell what deciding on all that pass would do, without doing it.

        Raises
        ------
        NotAllowed, InvalidInput
        """
        _check(user, filters)
        with self._store.reading() as connection:
            return preview(connection, filters, sqlite=self._store.sqlite)

    def apply(
        self,
        user: User,
        filters: Filters,
        newest: int,
        outcome: Outcome,
        reason: Reason | None = None,
    ) -> Bulk:
        """Decide on all that pass, and are not newer than the preview's `newest`.

        Comments that somebody holds are left alone. The decisions are made a few hundred at a
        time: if the process ends on the way, those that were made hold, and can be undone.

        Raises
        ------
        NotAllowed, InvalidInput, InvalidRuling
        """
        _check(user, filters)
        ruling = Ruling(outcome, reason)
        check_ruling(ruling, 0)
        made = now()

        def begin(connection: sa.Connection) -> int:
            row = {
                "user_id": user.id,
                "outcome": outcome.value,
                "filters": _plain(filters),
                "made": made,
            }
            number: int = connection.execute(
                bulks.insert().values(row).returning(bulks.c.id)
            ).scalar_one()
            self._audit.add(
                connection, user, "bulk", f"bulk {number}", outcome=outcome.value, **_plain(filters)
            )
            return number

        number = self._store.write(begin)
        count, last = 0, 0
        while True:
            part = (last, newest, CHUNK)
            act = partial(decide_chunk, self._store, (user, number, ruling), filters, part)
            done = self._store.write(act)
            if not done:
                break
            count, last = count + len(done), max(done)
        self._store.write(
            lambda connection: self._audit.add(
                connection, user, "bulk.done", f"bulk {number}", count=count
            )
        )
        return Bulk(number, user.name, outcome, filters, count, made)

    def undo(self, user: User, bulk_id: int) -> int:
        """Take those decisions back that still hold; return how many.

        Raises
        ------
        NotAllowed, NoSuchThing
        AlreadyUndone
            If none holds any more.
        """
        need(user, Role.LEAD)
        taken = 0
        while back := self._store.write(
            lambda connection: take_back(connection, user, _some_of(bulk_id))
        ):
            taken += len(back)
        if not taken:
            self._refuse(bulk_id)

        def finish(connection: sa.Connection) -> None:
            connection.execute(bulks.update().where(bulks.c.id == bulk_id).values(undone=now()))
            self._audit.add(connection, user, "bulk.undo", f"bulk {bulk_id}", count=taken)

        self._store.write(finish)
        return taken

    def _refuse(self, bulk_id: int) -> None:
        with self._store.reading() as connection:
            there = connection.scalar(sa.select(bulks.c.id).where(bulks.c.id == bulk_id))
        if there is None:
            raise NoSuchThing("Nothing was decided at once under this number.", where=str(bulk_id))
        raise AlreadyUndone("None of these decisions holds any more.")

    def latest(self, limit: int = 10) -> list[Bulk]:
        """Return what was decided at once, latest first."""
        count = (
            sa.select(sa.func.count())
            .where(decisions.c.bulk_id == bulks.c.id)
            .scalar_subquery()
            .label("count")
        )
        chosen = (
            sa.select(bulks, users.c.name, count)
            .join(users, users.c.id == bulks.c.user_id)
            .order_by(bulks.c.id.desc())
            .limit(limit)
        )
        with self._store.reading() as connection:
            return [_bulk(row) for row in connection.execute(chosen)]


def _check(user: User, filters: Filters) -> None:
    need(user, Role.LEAD)
    if filters.queue is Queue.DECIDED:
        raise InvalidInput("These have been decided.", where="queue")


def _some_of(bulk_id: int) -> sa.ColumnElement[bool]:
    some = (
        sa.select(decisions.c.id)
        .where(decisions.c.bulk_id == bulk_id, decisions.c.undone.is_(None))
        .limit(CHUNK)
    )
    return decisions.c.id.in_(some)


def _plain(filters: Filters) -> dict[str, Any]:
    """Return what filters say, for JSON; not the words sought, which may be from a comment."""
    said = {name: value for name, value in asdict(filters).items() if value not in (None, "")}
    return {
        name: value.isoformat() if isinstance(value, datetime) else value
        for name, value in said.items()
        if name != "words"
    }


def _filters(record: Mapping[str, Any]) -> Filters:
    times = {
        name: datetime.fromisoformat(record[name]) for name in ("since", "until") if name in record
    }
    label = {"label": Label(record["label"])} if "label" in record else {}
    return Filters(**{**record, **times, **label, "queue": Queue(record["queue"])})


def _bulk(row: Any) -> Bulk:
    return Bulk(
        row.id,
        row.name,
        Outcome(row.outcome),
        _filters(row.filters),
        row.count,
        row.made,
        row.undone,
    )
