"""Statistics of the desk's work: decisions by moderator and day, and appeals granted."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from statistics import median
from typing import Any

import sqlalchemy as sa

from moderation.database.site_tables import appeals
from moderation.database.store import Store
from moderation.database.tables import comments, decisions, users
from moderation.desk.accounts.accounts import Audit, check_role
from moderation.desk.decisions.export import BYTE_ORDER_MARK, csv_row
from moderation.desk.types import LABEL_OF, Outcome, Role, User
from moderation.errors import InvalidInput
from moderation.taxonomy import FLAGGED, Label

MAX_DAYS = 366
"""Days of one table."""
PAGE = 5_000
"""Decisions that are read at once: a year may have millions."""
COLUMNS = (
    *("day", "moderator", "approved", "rejected", "undone", "in_bulk"),
    *("median_seconds", "compared_with_model", "agree_with_model"),
)
_TOLD = frozenset(reason.value for reason in LABEL_OF)
"""The reasons for a rejection on which a model has an opinion."""
_FLAGGED = frozenset(label.value for label in FLAGGED)
_JUDGED = frozenset(label.value for label in Label)


@dataclass(slots=True)
class WorkTally:
    """Numbers of decisions.

    Parameters
    ----------
    approved, rejected : int
        Those made one at a time, whether or not they still stand.
    undone : int
        Those of them that somebody took back.
    in_bulk : int
        Those made by bulk decisions.
    compared, agreed : int
        Those made one at a time that stand and on which the model has an opinion; and those of them
        that agree with it.
    seconds : list of float
        The times that single decisions took, as far as they are known.
    """

    approved: int = 0
    rejected: int = 0
    undone: int = 0
    in_bulk: int = 0
    compared: int = 0
    agreed: int = 0
    seconds: list[float] = field(default_factory=list)

    @property
    def decided(self) -> int:
        """The number of decisions made one at a time."""
        return self.approved + self.rejected

    @property
    def median_seconds(self) -> float | None:
        """The median time of a decision, None where none is known."""
        return median(self.seconds) if self.seconds else None

    @property
    def agreement(self) -> float | None:
        """The share of decisions that agree with the model, None where none can be compared."""
        return self.agreed / self.compared if self.compared else None

    def add(self, row: Any) -> None:
        """Count a decision."""
        if row.bulk_id is not None:
            self.in_bulk += 1
            return
        if row.outcome == Outcome.APPROVE:
            self.approved += 1
        else:
            self.rejected += 1
        self.undone += row.undone is not None
        if row.seconds is not None:
            self.seconds.append(row.seconds)
        rejected = row.outcome == Outcome.REJECT
        told = not rejected or row.reason in _TOLD
        if row.undone is None and told and row.model_label in _JUDGED:
            self.compared += 1
            self.agreed += rejected == (row.model_label in _FLAGGED)


@dataclass(frozen=True, slots=True)
class DeskStatistics:
    """The statistics of a range of days, in UTC.

    Parameters
    ----------
    since, until : date
        The first and the last day.
    by_day : mapping
        By day and moderator, in order; only those with decisions.
    by_moderator : mapping
        Over all days.
    total : WorkTally
    appeals, granted : int
        Appeals that were settled by a decision, and those whose comment was approved then.
    """

    since: date
    until: date
    by_day: dict[tuple[date, str], WorkTally]
    by_moderator: dict[str, WorkTally]
    total: WorkTally
    appeals: int
    granted: int

    def per_day(self) -> list[tuple[date, int]]:
        """Return each day with the number of single decisions of all moderators."""
        counts: dict[date, int] = {}
        for (day, _), tally in self.by_day.items():
            counts[day] = counts.get(day, 0) + tally.decided
        days = (self.until - self.since).days + 1
        each = (self.since + timedelta(days=number) for number in range(days))
        return [(day, counts.get(day, 0)) for day in each]


class Statistics:
    """Statistics of the desk's work; leads only."""

    def __init__(self, store: Store, audit: Audit) -> None:
        self._store = store
        self._audit = audit

    def between(self, user: User | None, since: datetime, until: datetime) -> DeskStatistics:
        """Count the decisions that were made in a range of time.

        A decision agrees with the model if it rejects what the model's label flags, or approves
        what it does not flag. Rejections for what is no label, such as spam, are not compared.

        Parameters
        ----------
        user : User or None
        since, until : datetime
            The beginning of the first day, and of the day after the last.

        Raises
        ------
        NotAllowed
        InvalidInput
            If the range is empty, or longer than a year.
        """
        check_role(user, Role.LEAD)
        if not timedelta(0) < until - since <= timedelta(days=MAX_DAYS):
            raise InvalidInput(
                "Choose a range of 1 to %(most)s days.", where="until", values={"most": MAX_DAYS}
            )
        in_range = (decisions.c.made >= since, decisions.c.made < until)
        chosen = (
            sa.select(
                *(decisions.c[name] for name in ("id", "made", "outcome", "reason", "undone")),
                *(decisions.c[name] for name in ("seconds", "bulk_id")),
                users.c.name.label("by"),
                comments.c.label.label("model_label"),
            )
            .join(users, users.c.id == decisions.c.user_id)
            .join(comments, comments.c.id == decisions.c.comment_id)
            .where(*in_range)
        )
        settled = (
            sa.select(decisions.c.outcome, sa.func.count().label("number"))
            .join(appeals, appeals.c.decision_id == decisions.c.id)
            .where(*in_range, decisions.c.undone.is_(None))
            .group_by(decisions.c.outcome)
        )
        by_day: dict[tuple[date, str], WorkTally] = {}
        by_moderator: dict[str, WorkTally] = {}
        total = WorkTally()
        for row in self._pages(chosen):
            for tally in (
                by_day.setdefault((row.made.date(), row.by), WorkTally()),
                by_moderator.setdefault(row.by, WorkTally()),
                total,
            ):
                tally.add(row)
        with self._store.reading() as connection:
            outcomes = {row.outcome: row.number for row in connection.execute(settled)}
        return DeskStatistics(
            since.date(),
            until.date() - timedelta(days=1),
            dict(sorted(by_day.items())),
            dict(sorted(by_moderator.items())),
            total,
            sum(outcomes.values()),
            outcomes.get(Outcome.APPROVE.value, 0),
        )

    def _pages(self, chosen: sa.Select[Any]) -> Iterator[Any]:
        """Yield the decisions; no connection is held between two pages of them."""
        last = 0
        while True:
            page = chosen.where(decisions.c.id > last).order_by(decisions.c.id).limit(PAGE)
            with self._store.reading() as connection:
                rows = list(connection.execute(page))
            yield from rows
            if len(rows) < PAGE:
                return
            last = rows[-1].id

    def csv(self, user: User | None, since: datetime, until: datetime) -> Iterator[str]:
        """Yield the decisions by moderator and day as CSV, which is never a formula.

        Raises
        ------
        NotAllowed, InvalidInput
            At the call, before the first part.
        """
        statistics = self.between(user, since, until)
        self._store.write(
            lambda connection: self._audit.add(connection, user, "export", "statistics", form="csv")
        )
        return _lines(statistics.by_day.items())


def _lines(tallies: Iterable[tuple[tuple[date, str], WorkTally]]) -> Iterator[str]:
    yield BYTE_ORDER_MARK + csv_row(COLUMNS)
    for (day, moderator), tally in tallies:
        seconds = tally.median_seconds
        yield csv_row(
            [
                *(day.isoformat(), moderator, tally.approved, tally.rejected),
                *(tally.undone, tally.in_bulk, None if seconds is None else round(seconds, 1)),
                *(tally.compared, tally.agreed),
            ]
        )
