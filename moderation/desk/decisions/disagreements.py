"""The agreement of second reviews with the first decisions, and settling where they disagree."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from moderation.database.store import Store
from moderation.database.tables import comments, decisions, now, users
from moderation.database.work_tables import second_reviews
from moderation.desk.accounts.accounts import Audit, check_role
from moderation.desk.decisions.decisions import Decisions
from moderation.desk.decisions.drawing import decision_stands, read_draw
from moderation.desk.decisions.second_reviews import IS_WAITING
from moderation.desk.errors import AlreadySettled, InvalidRuling, NoSuchThing
from moderation.desk.queue.holds import lock_comment
from moderation.desk.queue.rows import label_of, read_decisions, ruling_of_row
from moderation.desk.types import (
    Outcome,
    PairTally,
    RejectionReason,
    ReviewAgreement,
    ReviewPair,
    Role,
    Ruling,
    SecondRuling,
    SettledAs,
    Settlement,
    User,
)
from moderation.taxonomy import Label

PAGE = 5_000
"""Pairs that are read at once."""
NO_LABEL = "none"
"""The value of a ruling that implies no label, as a rejection of an advertisement, in alpha."""
IS_DISPUTED = sa.and_(second_reviews.c.agrees == sa.false(), second_reviews.c.settled.is_(None))
COUNTS = sa.and_(
    second_reviews.c.made.is_not(None),
    comments.c.latest,
    sa.or_(
        comments.c.decision_id == second_reviews.c.decision_id,
        comments.c.decision_id == second_reviews.c.settling_id,
    ),
)
"""The condition that a pair counts: the first decision stands, or the one that settled it."""
_second, _settler = users.alias("second"), users.alias("settler")


class Disagreements:
    """Pairs of rulings on one comment: their agreement, and those to settle; leads only."""

    def __init__(self, store: Store, audit: Audit, made: Decisions) -> None:
        self._store = store
        self._audit = audit
        self._decisions = made

    def agreement(self, user: User | None, since: datetime, until: datetime) -> ReviewAgreement:
        """Compare the second rulings that were made in a range of time with the first decisions.

        Raises
        ------
        NotAllowed
        """
        check_role(user, Role.LEAD)
        # Only this page needs it, and it takes a while to import.
        from moderation.labels.agreement import alpha  # noqa: PLC0415

        total, by_moderator = PairTally(), dict[str, PairTally]()
        actions: list[tuple[str, str, str]] = []
        labels: list[tuple[str, str, str]] = []
        for row in self._rows(since, until):
            model = label_of(row.model_label)
            first, second = (
                Ruling(
                    Outcome(outcome),
                    reason and RejectionReason(reason),
                    label and Label(label),
                )
                for outcome, reason, label in (
                    (row.first_outcome, row.first_reason, row.first_label),
                    (row.outcome, row.reason, row.label),
                )
            )
            ours, theirs = first.implied_label(model), second.implied_label(model)
            for tally in (
                total,
                by_moderator.setdefault(row.first_by, PairTally()),
                by_moderator.setdefault(row.second_by, PairTally()),
            ):
                tally.pairs += 1
                tally.same_action += first.outcome is second.outcome
                tally.same_label += ours is theirs
            actions.append((str(row.id), first.outcome, second.outcome))
            labels.append((str(row.id), ours or NO_LABEL, theirs or NO_LABEL))
        with self._store.reading() as connection:
            waiting = connection.scalar(
                _count(IS_WAITING, second_reviews.c.draw < read_draw(connection).limit)
            )
            disputed = connection.scalar(_count(IS_DISPUTED))
        return ReviewAgreement(
            total=total,
            by_moderator=dict(sorted(by_moderator.items())),
            alpha_action=alpha(actions) if actions else None,
            alpha_label=alpha(labels) if labels else None,
            waiting=waiting or 0,
            disputed=disputed or 0,
        )

    def _rows(self, since: datetime, until: datetime) -> Sequence[Any]:
        first = users.alias("first")
        chosen = (
            sa.select(
                *(second_reviews.c[name] for name in ("id", "outcome", "reason", "label")),
                *(
                    decisions.c[name].label(f"first_{name}")
                    for name in ("outcome", "reason", "label")
                ),
                first.c.name.label("first_by"),
                _second.c.name.label("second_by"),
                comments.c.label.label("model_label"),
            )
            .join(comments, comments.c.id == second_reviews.c.comment_id)
            .join(decisions, decisions.c.id == second_reviews.c.decision_id)
            .join(first, first.c.id == decisions.c.user_id)
            .join(_second, _second.c.id == second_reviews.c.user_id)
            .where(COUNTS, second_reviews.c.made >= since, second_reviews.c.made < until)
            .order_by(second_reviews.c.id)
            .limit(PAGE)
        )
        found: list[Any] = []
        page = chosen
        while True:
            # No connection is held between two pages.
            with self._store.reading() as connection:
                rows = connection.execute(page).all()
            found += rows
            if len(rows) < PAGE:
                return found
            page = chosen.where(second_reviews.c.id > rows[-1].id)

    def to_settle(self, user: User | None, limit: int = 50) -> list[ReviewPair]:
        """Return the disagreements that nobody has settled, the oldest first.

        Raises
        ------
        NotAllowed
        """
        check_role(user, Role.LEAD)
        with self._store.reading() as connection:
            return _read_pairs(connection, IS_DISPUTED, decision_stands(), limit=limit)

    def get(self, user: User | None, number: int) -> ReviewPair:
        """Return a pair by the number of its second review.

        Raises
        ------
        NotAllowed, NoSuchThing
        """
        check_role(user, Role.LEAD)
        with self._store.reading() as connection:
            pairs = _read_pairs(
                connection, second_reviews.c.id == number, second_reviews.c.made.is_not(None)
            )
        if not pairs:
            raise NoSuchThing("There is no such second review.", where=str(number))
        return pairs[0]

    def settle(
        self, user: User, number: int, settled_as: SettledAs, ruling: Ruling | None = None
    ) -> ReviewPair:
        """Settle a disagreement with one of the two rulings, or with a third one.

        The first ruling is confirmed as it is. Any other becomes a new decision of `user`, which
        replaces the first one as any decision does: the site is told of it, and it can be undone.
        Settled again in the same way by the same person, nothing is changed.

        Parameters
        ----------
        user : User
        number : int
            The number of the second review.
        settled_as : SettledAs
        ruling : Ruling, optional
            The third ruling.

        Raises
        ------
        NotAllowed, NoSuchThing, InvalidRuling
        AlreadySettled
            If somebody has settled it, or the first decision does not stand any more.
        """
        check_role(user, Role.LEAD)
        if (ruling is not None) != (settled_as is SettledAs.THIRD):
            raise InvalidRuling("Choose one of the two rulings, or make a third one.", where="with")
        pair = self.get(user, number)

        def act(connection: sa.Connection) -> None:
            try:
                row = lock_comment(connection, pair.comment_id)
            except NoSuchThing:
                raise AlreadySettled from None
            pairs = _read_pairs(connection, second_reviews.c.id == number)
            known = pairs[0].settlement if pairs else None
            if known and known.by == user.name and known.settled_as is settled_as:
                return
            if not pairs or known or not pairs[0].stands:
                raise AlreadySettled
            self._settle(connection, user, pairs[0], row, settled_as, ruling)

        self._store.write(act, idempotent=True)
        return self.get(user, number)

    def _settle(
        self,
        connection: sa.Connection,
        user: User,
        pair: ReviewPair,
        row: Any,
        settled_as: SettledAs,
        ruling: Ruling | None,
    ) -> None:
        if settled_as is SettledAs.SECOND:
            # Its note stays its author's, and no form of the lead's had its token.
            ruling = replace(pair.second.ruling, note="", token=None)
        values = {"settled": now(), "settled_by": user.id, "settled_as": settled_as.value}
        self._audit.add(
            connection,
            user,
            "second_review.settle",
            f"comment {pair.comment_id}",
            decision=pair.first.id,
            settled_as=settled_as.value,
        )
        change = second_reviews.update().where(second_reviews.c.id == pair.id)
        connection.execute(change.values(values))
        if ruling is not None:
            made = self._decisions.decide_anew(connection, user, pair.comment_id, row, ruling)
            connection.execute(change.values(settling_id=made.id))


def _count(*conditions: sa.ColumnElement[bool]) -> sa.Select[Any]:
    return (
        sa.select(sa.func.count())
        .select_from(second_reviews.join(comments, comments.c.id == second_reviews.c.comment_id))
        .where(*conditions, decision_stands())
    )


def _read_pairs(
    connection: sa.Connection, *conditions: sa.ColumnElement[bool], limit: int = 1
) -> list[ReviewPair]:
    rows = connection.execute(
        sa.select(
            second_reviews,
            _second.c.name.label("second_by"),
            _settler.c.name.label("settler"),
            comments.c.label.label("model_label"),
            decision_stands().label("stands"),
        )
        .join(comments, comments.c.id == second_reviews.c.comment_id)
        .join(_second, _second.c.id == second_reviews.c.user_id)
        .outerjoin(_settler, _settler.c.id == second_reviews.c.settled_by)
        .where(*conditions)
        .order_by(second_reviews.c.made, second_reviews.c.id)
        .limit(limit)
    ).all()
    numbers = [row.decision_id for row in rows]
    first = {
        decision.id: decision
        for decision in read_decisions(connection, decisions.c.id.in_(numbers), numbers)
    }
    return [_pair_of(row, first) for row in rows]


def _pair_of(row: Any, first: dict[int, Any]) -> ReviewPair:
    settlement = None
    if row.settled is not None:
        settlement = Settlement(
            row.settler, row.settled, SettledAs(row.settled_as), row.settling_id
        )
    return ReviewPair(
        id=row.id,
        comment_id=row.comment_id,
        first=first[row.decision_id],
        second=SecondRuling(row.second_by, ruling_of_row(row), row.made),
        model_label=label_of(row.model_label),
        settlement=settlement,
        stands=bool(row.stands),
    )
