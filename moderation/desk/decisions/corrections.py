"""Corrections at the desk: kept with their comments, confirmed by decisions, or dismissed."""

import asyncio
import logging
from collections.abc import Collection
from dataclasses import replace
from datetime import datetime
from functools import partial
from typing import Any

import sqlalchemy as sa

from moderation.database.erasure import text_key
from moderation.database.store import Store
from moderation.database.tables import IS_OPEN, OPEN, comments, corrections, decisions, now
from moderation.desk.accounts.accounts import Audit, check_role
from moderation.desk.errors import NoSuchThing
from moderation.desk.intake.intake import DeskIntake
from moderation.desk.intake.records import rows_of
from moderation.desk.queue.holds import lock_comment
from moderation.desk.types import (
    CorrectionState,
    Outcome,
    RejectionReason,
    Role,
    Ruling,
    Submission,
    User,
)
from moderation.service.correction_store import (
    CorrectionStore,
    has_comment,
    id_of,
    insert_corrections,
    mark_at_desk,
)
from moderation.service.corrections import no_verdict
from moderation.service.intake import HARMS, Correction
from moderation.service.process import repeat
from moderation.taxonomy import PRESENT, Label

log = logging.getLogger(__name__)

MAX_BROUGHT = 500
"""Comments that wait at the desk only for the corrections of one key. A site that sends more does
not bury the others: what is over the limit follows when some of these are settled."""
EVERY_SECONDS = 600.0
CHUNK = 500
"""Corrections that are marked in one transaction."""

_REASONS = {
    "ethnic_hostility": RejectionReason.ETHNIC_HOSTILITY,
    "inflammatory": RejectionReason.INFLAMMATORY,
    "threat": RejectionReason.THREAT,
    "insult": RejectionReason.INSULT,
    "profanity": RejectionReason.PROFANITY,
}
"""The reasons for a rejection that an attribute names, the gravest first. Toxicity and attacks on
an identity name none: spam is reported as toxic by Akismet's clients, too."""


class DeskCorrections(CorrectionStore):
    """The corrections, with the comments that they are about.

    Parameters
    ----------
    store : Store
    intake : DeskIntake
    audit : Audit
    """

    def __init__(self, store: Store, intake: DeskIntake, audit: Audit) -> None:
        super().__init__(lambda: store)
        self._desk_store = store
        self._intake = intake
        self._audit = audit

    def _insert(self, connection: sa.Connection, correction: Correction) -> None:
        """Insert a correction, and its comment unless the desk has it."""
        if insert_corrections(connection, [correction]) and correction.comment is not None:
            self._bring(connection, id_of(correction), correction, correction.comment)

    def bring_waiting(self) -> int:
        """Bring the comments of corrections that the desk does not have; return their number.

        They came while no desk was served, or were over their key's limit. No model has judged
        these comments here; `moderation desk rescore` has it done.

        Raises
        ------
        DatabaseError
        """
        unknown = IS_OPEN & ~corrections.c.at_desk
        met = sa.select(corrections.c.id).where(unknown, has_comment()).limit(CHUNK)
        while numbers := self._read(met):
            self._desk_store.write(partial(mark_at_desk, ids=numbers), idempotent=True)
        brought = 0
        for key_id in self._read(sa.select(corrections.c.key_id).where(unknown).distinct()):
            which = unknown & _of_key(key_id)
            brought += self._desk_store.write(
                partial(self._bring_some, which, key_id), idempotent=True
            )
        return brought

    def dismiss(self, user: User, comment_id: int, correction_id: str) -> None:
        """Dismiss a correction of a comment: it teaches nothing; moderators only.

        Raises
        ------
        NotAllowed
        NoSuchThing
            If there is no such correction, or it has been settled.
        """
        check_role(user, Role.MODERATOR)

        def act(connection: sa.Connection) -> None:
            lock_comment(connection, comment_id)
            own = sa.select(comments.c.text_key).where(comments.c.id == comment_id)
            row = connection.execute(
                corrections.update()
                .where(
                    corrections.c.id == correction_id,
                    corrections.c.text_key == own.scalar_subquery(),
                    IS_OPEN,
                )
                .values(state=CorrectionState.DISMISSED.value, settled=now(), settled_by=user.id)
                .returning(corrections.c.text_key, corrections.c.harmful)
            ).one_or_none()
            if row is None:
                raise NoSuchThing("There is no such correction, or somebody has settled it.")
            if row.harmful:
                # It no longer counts as a reader's flag.
                connection.execute(
                    comments.update()
                    .where(comments.c.text_key == row.text_key, comments.c.flags > 0)
                    .values(flags=comments.c.flags - 1)
                )
            self._audit.add(connection, user, "dismiss", f"comment {comment_id}")

        self._desk_store.write(act)

    async def run(self) -> None:
        """Bring comments that are not at the desk, again and again, until cancelled."""
        bringing = partial(asyncio.to_thread, self.bring_waiting)
        await repeat(bringing, EVERY_SECONDS, log, "corrected comments could not be brought")

    def _read(self, chosen: sa.Select[tuple[Any]]) -> list[Any]:
        with self._desk_store.reading() as connection:
            return list(connection.scalars(chosen))

    def _bring_some(
        self, which: sa.ColumnElement[bool], key_id: str | None, connection: sa.Connection
    ) -> int:
        chosen = sa.select(corrections.c.id, corrections.c.record).where(which)
        chosen = chosen.order_by(corrections.c.made, corrections.c.id)
        rows = connection.execute(chosen.limit(_room(connection, key_id))).all()
        brought = 0
        for row in rows:
            correction = Correction.from_dict(row.record)
            brought += self._bring(connection, row.id, correction, comment_of(correction))
        mark_at_desk(connection, [row.id for row in rows])  # several may be about one text
        return brought

    def _bring(
        self, connection: sa.Connection, number: str, correction: Correction, comment: Submission
    ) -> bool:
        """Keep the comment of a correction, unless the desk has it; tell whether it has now."""
        known = sa.select(comments.c.id).where(comments.c.text_key == text_key(correction.text))
        if connection.scalar(known.limit(1)) is not None or not _room(connection, correction.key):
            return False
        arrived = datetime.fromisoformat(correction.time)
        rows = rows_of(replace(comment, flags=int(correction.is_harmful)), 1, arrived)
        self._intake.keep({rows.key: rows}, connection)
        connection.execute(
            corrections.update()
            .where(corrections.c.id == number)
            .values(brought=True, at_desk=True)
        )
        return True


def comment_of(correction: Correction) -> Submission:
    """Return the comment of a correction that came without one: no model has judged it."""
    return Submission(
        correction.text,
        no_verdict(),
        correction.source,
        external_id=correction.client_token,
        community=correction.community,
    )


def ruling_of(correction: Correction) -> Ruling | None:
    """Return the ruling that a correction asks for.

    None where it says that the comment is harmful, and no reason for a rejection follows from it.
    """
    if not correction.is_harmful:
        news = correction.scores.get(Label.NEWS.value, 0.0) >= PRESENT
        label = Label.NEWS if news else None
        return Ruling(Outcome.APPROVE, label=label, attributes=dict(correction.scores))
    spans = tuple(
        span for span in correction.spans if span.attribute in HARMS and span.score >= PRESENT
    )
    high = {name for name, score in correction.scores.items() if score >= PRESENT}
    high |= {span.attribute for span in spans}
    reason = next((reason for name, reason in _REASONS.items() if name in high), None)
    if reason is None:
        return None
    return Ruling(Outcome.REJECT, reason, attributes=dict(correction.scores), spans=spans or None)


def settle(
    connection: sa.Connection, user: User, numbers: Collection[int], *, rejected: bool
) -> None:
    """Settle the open corrections of comments that have just been decided.

    A decision with the same outcome confirms a correction, another dismisses it.
    """
    decided = comments.c.id.in_(numbers)
    made = (
        sa.select(sa.func.max(comments.c.decision_id))
        .where(decided, comments.c.text_key == corrections.c.text_key)
        .scalar_subquery()
    )
    connection.execute(
        corrections.update()
        .where(
            IS_OPEN,
            corrections.c.text_key.in_(sa.select(comments.c.text_key).where(decided)),
        )
        .values(
            state=sa.case(
                (corrections.c.harmful == rejected, CorrectionState.CONFIRMED.value),
                else_=CorrectionState.DISMISSED.value,
            ),
            decision_id=made,
            settled=now(),
            settled_by=user.id,
        )
    )


def reopen(connection: sa.Connection, numbers: Collection[int]) -> None:
    """Open the corrections again that were settled by decisions on comments which do not stand."""
    undone = sa.select(decisions.c.id).where(
        decisions.c.comment_id.in_(numbers), decisions.c.undone.is_not(None)
    )
    connection.execute(
        corrections.update()
        .where(corrections.c.decision_id.in_(undone))
        .values(state=OPEN, decision_id=None, settled=None, settled_by=None)
    )


def _of_key(key_id: str | None) -> sa.ColumnElement[bool]:
    return corrections.c.key_id.is_(None) if key_id is None else corrections.c.key_id == key_id


def _room(connection: sa.Connection, key_id: str | None) -> int:
    """Return the number of comments that may still be brought to the desk for a key."""
    brought = sa.select(sa.func.count()).where(_of_key(key_id), IS_OPEN, corrections.c.brought)
    return max(0, MAX_BROUGHT - (connection.scalar(brought) or 0))
