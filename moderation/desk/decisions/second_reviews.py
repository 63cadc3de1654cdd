"""Second reviews: decided comments judged again by somebody who does not see the decision."""

import secrets
from collections.abc import Collection
from dataclasses import replace
from datetime import timedelta
from typing import Any

import sqlalchemy as sa

from moderation.database.store import Store
from moderation.database.tables import comments, decisions, holds, now, skips, users
from moderation.database.work_tables import second_reviews
from moderation.desk.accounts.accounts import Audit, check_role
from moderation.desk.decisions.drawing import decision_stands, read_draw, set_share
from moderation.desk.decisions.peoples import added_peoples
from moderation.desk.decisions.rulings import check_ruling
from moderation.desk.errors import Held, NoSecondReview, NoSuchThing
from moderation.desk.queue.filters import in_sections
from moderation.desk.queue.holds import (
    SKIPPED_HOURS,
    TRIES,
    lock_comment,
    not_held,
    release,
    release_others,
    remember_skip,
    take_hold,
)
from moderation.desk.queue.rows import label_of, read_comment, read_decisions, ruling_of_row
from moderation.desk.types import (
    Role,
    Ruling,
    SecondReview,
    Section,
    User,
    blinded,
)
from moderation.errors import InvalidInput

IS_WAITING = second_reviews.c.made.is_(None)
MAX_SHARE = 100.0


class SecondReviews:
    """The second reviews that wait, and the share of decisions that are drawn for one."""

    def __init__(self, store: Store, audit: Audit) -> None:
        self._store = store
        self._audit = audit

    def share(self) -> float:
        """Return the share of decided comments that are drawn, in percent."""
        with self._store.reading() as connection:
            return read_draw(connection).share

    def set_share(self, user: User | None, share: float) -> None:
        """Set the share of decided comments that are drawn, in percent; leads only.

        It holds for decisions from now on. Of what was drawn before, as much waits as the share
        reaches.

        Raises
        ------
        NotAllowed
        InvalidInput
            If it is not a number from 0 to 100.
        """
        check_role(user, Role.LEAD)
        if not 0 <= share <= MAX_SHARE:
            raise InvalidInput("A share is a number from 0 to 100.", where="share")

        def act(connection: sa.Connection) -> None:
            before = set_share(connection, share)
            details = {"before": before.share, "share": share}
            self._audit.add(connection, user, "second_review.share", "second reviews", **details)

        self._store.write(act, idempotent=True)

    def waiting(self, user: User, sections: tuple[Section, ...] = ()) -> int:
        """Count the comments that wait for a second review that `user` may make."""
        with self._store.reading() as connection:
            chosen = _waiting_for(connection, user, sections).with_only_columns(sa.func.count())
            return connection.scalar(chosen.where(not_held(user))) or 0

    def next(
        self, user: User, sections: tuple[Section, ...] = (), skip: Collection[int] = ()
    ) -> SecondReview | None:
        """Hold the comment that has waited longest for a second review, and return it.

        It is one that `user` has never decided on and that nobody else holds; one that `user` holds
        already comes first, and those that `user` has skipped come last.

        Parameters
        ----------
        user : User
            A moderator.
        sections : tuple of Section
            Comments of these alone; empty sets no condition.
        skip : collection of int
            The numbers of second reviews to pass over.

        Raises
        ------
        NotAllowed
        """
        check_role(user, Role.MODERATOR)

        def act(connection: sa.Connection) -> SecondReview | None:
            chosen = _waiting_for(connection, user, sections).where(
                second_reviews.c.id.not_in(skip)
            )
            own = sa.exists().where(
                holds.c.comment_id == comments.c.id,
                holds.c.user_id == user.id,
                holds.c.until > now(),
            )
            skipped = sa.select(skips.c.comment_id).where(
                skips.c.user_id == user.id, skips.c.made > now() - timedelta(hours=SKIPPED_HOURS)
            )
            free = chosen.where(not_held(user))
            for query in (
                chosen.where(own),
                free.where(comments.c.id.not_in(skipped)),
                free,
            ):
                number = self._take_first(connection, user, query)
                if number is not None:
                    return self._read(connection, user, number)
            return None

        return self._store.write(act, idempotent=True)

    def hold(self, user: User, number: int) -> SecondReview:
        """Hold a comment that waits for a second review of `user`, and return it.

        Raises
        ------
        NotAllowed, NoSecondReview, Held
        """
        check_role(user, Role.MODERATOR)

        def act(connection: sa.Connection) -> SecondReview:
            row = self._lock(connection, user, number)
            if not take_hold(self._store, connection, user, row.comment_id):
                raise Held(_holder(connection, row.comment_id))
            release_others(connection, row.comment_id, user)
            return self._read(connection, user, number)

        return self._store.write(act, idempotent=True)

    def held_by(self, user: User, comment_id: int) -> int | None:
        """Return the second review that `user` is making of a comment, None if there is none."""
        held = sa.exists().where(
            holds.c.comment_id == comment_id, holds.c.user_id == user.id, holds.c.until > now()
        )
        with self._store.reading() as connection:
            chosen = _waiting_for(connection, user, ()).where(comments.c.id == comment_id, held)
            number: int | None = connection.scalar(chosen)
            return number

    def review(self, user: User, number: int, ruling: Ruling) -> None:
        """Keep a second ruling beside the first decision, which it does not change.

        Called again with the same token it changes nothing.

        Raises
        ------
        NotAllowed, InvalidRuling
        NoSecondReview
            If the comment does not wait for a second review of `user` any more.
        Held
            If somebody else holds it.
        """
        check_role(user, Role.MODERATOR)
        ruling = replace(ruling, token=ruling.token or secrets.token_hex(16))

        def act(connection: sa.Connection) -> None:
            if _was_made(connection, user, number, ruling.token):
                return
            row = self._lock(connection, user, number)
            if not take_hold(self._store, connection, user, row.comment_id):
                raise Held(_holder(connection, row.comment_id))
            check_ruling(ruling, row.length, added_peoples(connection, ruling.targets or ()))
            self._keep(connection, user, row, ruling)

        self._store.write(act, idempotent=True)

    def _keep(self, connection: sa.Connection, user: User, row: Any, ruling: Ruling) -> None:
        time = now()
        since = connection.scalar(
            sa.select(holds.c.since).where(holds.c.comment_id == row.comment_id)
        )
        (first,) = read_decisions(connection, decisions.c.id == row.decision_id, [row.decision_id])
        connection.execute(
            second_reviews.update()
            .where(second_reviews.c.id == row.id)
            .values(
                user_id=user.id,
                outcome=ruling.outcome.value,
                reason=ruling.reason and ruling.reason.value,
                label=ruling.label and ruling.label.value,
                attributes=dict(ruling.attributes),
                targets=None if ruling.targets is None else list(ruling.targets),
                spans=None if ruling.spans is None else [each.to_dict() for each in ruling.spans],
                note=ruling.note,
                token=ruling.token,
                seconds=since and (time - since).total_seconds(),
                made=time,
                agrees=first.ruling.agrees_with(ruling, label_of(row.model_label)),
            )
        )
        release(connection, row.comment_id, user)
        self._audit.add(
            connection,
            user,
            "second_review",
            f"comment {row.comment_id}",
            decision=row.decision_id,
            outcome=ruling.outcome.value,
            reason=ruling.reason and ruling.reason.value,
            label=ruling.label and ruling.label.value,
        )

    def skip(self, user: User, number: int) -> None:
        """Leave a comment to others: it comes to `user` again after all others.

        Raises
        ------
        NotAllowed
        """
        check_role(user, Role.MODERATOR)
        chosen = sa.select(second_reviews.c.comment_id).where(second_reviews.c.id == number)

        def act(connection: sa.Connection) -> None:
            if (comment_id := connection.scalar(chosen)) is not None:
                remember_skip(self._store, connection, user, comment_id)

        self._store.write(act, idempotent=True)

    def latest(self, user: User) -> int | None:
        """Return the latest second ruling of `user` that can be taken back."""
        chosen = (
            sa.select(second_reviews.c.id)
            .join(comments, comments.c.id == second_reviews.c.comment_id)
            .where(
                second_reviews.c.user_id == user.id,
                second_reviews.c.made.is_not(None),
                second_reviews.c.settled.is_(None),
                decision_stands(),
            )
            .order_by(second_reviews.c.made.desc(), second_reviews.c.id.desc())
            .limit(1)
        )
        with self._store.reading() as connection:
            return connection.scalar(chosen)

    def undo(self, user: User, number: int) -> None:
        """Take back one's own second ruling that nobody has settled; the comment waits again.

        Raises
        ------
        NotAllowed
        NoSecondReview
            If it cannot be taken back.
        """
        check_role(user, Role.MODERATOR)

        def act(connection: sa.Connection) -> None:
            row = _lock_row(connection, number)
            if row.user_id != user.id or row.made is None or row.settled or not row.stands:
                raise NoSecondReview
            connection.execute(
                second_reviews.update()
                .where(second_reviews.c.id == number)
                .values(made=None, agrees=None, token=None)
            )
            take_hold(self._store, connection, user, row.comment_id)
            subject = f"comment {row.comment_id}"
            self._audit.add(connection, user, "second_review.undo", subject)

        self._store.write(act)

    def _take_first(
        self, connection: sa.Connection, user: User, query: sa.Select[Any]
    ) -> int | None:
        """Hold the comment of the first second review of a query; None if there is none."""
        for _ in range(TRIES):
            row = connection.execute(
                query.add_columns(comments.c.id.label("comment_id"))
                .order_by(second_reviews.c.id)
                .limit(1)
                # If the database locks rows, those that others are about to hold are skipped.
                .with_for_update(skip_locked=True, of=comments)
            ).one_or_none()
            if row is None:
                return None
            if take_hold(self._store, connection, user, row.comment_id):
                number: int = row.id
                return number
        return None

    def _lock(self, connection: sa.Connection, user: User, number: int) -> Any:
        """Lock a second review with its comment, and check that it waits for `user`."""
        row = _lock_row(connection, number)
        known = sa.exists().where(
            decisions.c.comment_id == row.comment_id, decisions.c.user_id == user.id
        )
        if row.made is not None or not row.stands or connection.scalar(sa.select(known)):
            raise NoSecondReview
        return row

    def _read(self, connection: sa.Connection, user: User, number: int) -> SecondReview:
        row = connection.execute(
            sa.select(second_reviews).where(second_reviews.c.id == number)
        ).one()
        own = row.user_id == user.id and row.outcome is not None
        comment = blinded(read_comment(connection, row.comment_id))
        return SecondReview(number, comment, ruling_of_row(row) if own else None)


def _waiting_for(
    connection: sa.Connection, user: User, sections: tuple[Section, ...]
) -> sa.Select[Any]:
    """Return the query of the second reviews that wait for a user, held by others or not."""
    known = sa.exists().where(
        decisions.c.comment_id == comments.c.id, decisions.c.user_id == user.id
    )
    return (
        sa.select(second_reviews.c.id)
        .join(comments, comments.c.id == second_reviews.c.comment_id)
        .where(
            IS_WAITING,
            second_reviews.c.draw < read_draw(connection).limit,
            decision_stands(),
            sa.not_(known),
            in_sections(sections),
        )
    )


def _lock_row(connection: sa.Connection, number: int) -> Any:
    """Lock the comment of a second review, and return both rows as one.

    Raises
    ------
    NoSecondReview
    """
    chosen = sa.select(second_reviews.c.comment_id).where(second_reviews.c.id == number)
    comment_id = connection.scalar(chosen)
    if comment_id is None:
        # What was drawn goes with its decision or its comment.
        raise NoSecondReview
    try:
        lock_comment(connection, comment_id)
    except NoSuchThing:
        raise NoSecondReview from None
    row = connection.execute(
        sa.select(
            second_reviews,
            comments.c.length,
            comments.c.label.label("model_label"),
            decision_stands().label("stands"),
        )
        .join(comments, comments.c.id == second_reviews.c.comment_id)
        .where(second_reviews.c.id == number)
    ).one_or_none()
    if row is None:
        raise NoSecondReview
    return row


def _was_made(connection: sa.Connection, user: User, number: int, token: str | None) -> bool:
    same = sa.exists().where(
        second_reviews.c.id == number,
        second_reviews.c.user_id == user.id,
        second_reviews.c.token == token,
        second_reviews.c.made.is_not(None),
    )
    return bool(connection.scalar(sa.select(same)))


def _holder(connection: sa.Connection, comment_id: int) -> str:
    chosen = sa.select(users.c.name).join(holds, holds.c.user_id == users.c.id)
    return connection.scalar(chosen.where(holds.c.comment_id == comment_id)) or ""
