"""Attempts to train a model with the desk's decisions, one at a time, and their outcomes."""

import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

import sqlalchemy as sa

from moderation.database.store import Store, insert_into
from moderation.database.tables import COMMAND, Id, Moment, metadata, now
from moderation.desk.accounts.accounts import Audit, check_role
from moderation.desk.errors import AlreadyTraining
from moderation.desk.types import Role, User
from moderation.errors import DatabaseError, ModerationError

log = logging.getLogger(__name__)

BEAT_SECONDS = 30.0
"""The time between two signs of life of an attempt."""
SILENCE = timedelta(minutes=10)
"""The time without a sign of life after which an attempt counts as killed."""
KILLED = "it was stopped before its end"
MAX_REASON = 1_000

trainings = sa.Table(
    "trainings",
    metadata,
    sa.Column("id", Id, primary_key=True),
    # The name of the person who started it, or `COMMAND`.
    sa.Column("by", sa.Text, nullable=False),
    sa.Column("started", Moment, nullable=False),
    # Its last sign of life.
    sa.Column("seen", Moment, nullable=False),
    sa.Column("ended", Moment),
    # Null while it runs.
    sa.Column("outcome", sa.Text),
    sa.Column("model", sa.Text),
    sa.Column("reason", sa.Text, nullable=False),
    # A unique index lets one row that has not ended have it.
    sa.Column("running", sa.Boolean, nullable=False),
)
_RUNNING = trainings.c.ended.is_(None)


class TrainingOutcome(StrEnum):
    """The outcome of an attempt to train a model."""

    RUNNING = "running"
    PROMOTED = "promoted"
    """The new model is live."""
    REFUSED = "refused"
    """The gate or the comparison with the live model refused it, or there was nothing to learn."""
    FAILED = "failed"
    """It ended with an error, or was killed."""


@dataclass(frozen=True, slots=True)
class Training:
    """An attempt to train a model.

    Parameters
    ----------
    id : int
    by : str
        The name of the person who started it, or `COMMAND`.
    started : datetime
    ended : datetime, optional
    outcome : TrainingOutcome
    model : str, optional
        The id of the new model, if one was trained.
    reason : str
        The reason for the outcome.
    """

    id: int
    by: str
    started: datetime
    ended: datetime | None
    outcome: TrainingOutcome
    model: str | None
    reason: str


@dataclass(slots=True)
class TrainingAttempt:
    """An attempt that runs, and what is known of its outcome so far.

    Parameters
    ----------
    id : int
    outcome : TrainingOutcome
    model : str, optional
    reason : str
    """

    id: int
    outcome: TrainingOutcome = TrainingOutcome.REFUSED
    model: str | None = None
    reason: str = ""


class Trainings:
    """The attempts to train a model."""

    def __init__(self, store: Store, audit: Audit) -> None:
        self._store = store
        self._audit = audit

    def latest(self, limit: int) -> list[Training]:
        """Return the latest attempts, latest first."""
        chosen = sa.select(trainings).order_by(trainings.c.id.desc()).limit(limit)
        with self._store.reading() as connection:
            return [_training(row) for row in connection.execute(chosen)]

    def begin(self, by: User | None) -> int:
        """Record that an attempt begins, and return its number; leads only.

        Raises
        ------
        NotAllowed
        AlreadyTraining
            If another one is running.
        """
        check_role(by, Role.LEAD)

        def act(connection: sa.Connection) -> int | None:
            time = now()
            silent = trainings.update().where(_RUNNING, trainings.c.seen < time - SILENCE)
            connection.execute(silent.values(_ended(TrainingOutcome.FAILED, KILLED)))
            statement = insert_into(connection, trainings).on_conflict_do_nothing()
            values = {
                "by": by.name if by else COMMAND,
                "started": time,
                "seen": time,
                "reason": "",
                "running": True,
            }
            number: int | None = connection.scalar(
                statement.values(values).returning(trainings.c.id)
            )
            if number is not None:
                self._audit.add(connection, by, "model.train", f"training {number}")
            return number

        number = self._store.write(act)
        if number is None:
            raise AlreadyTraining
        return number

    def finish(
        self, number: int, outcome: TrainingOutcome, reason: str, model: str | None = None
    ) -> None:
        """Record the outcome of an attempt, unless one is recorded."""
        values = _ended(outcome, reason) | {"model": model}
        running = trainings.update().where(trainings.c.id == number, _RUNNING)
        self._store.write(
            lambda connection: connection.execute(running.values(values)), idempotent=True
        )

    @contextmanager
    def attempt(self, number: int | None = None) -> Iterator[TrainingAttempt]:
        """Yield an attempt, show that it is alive, and record its outcome at the end.

        An error that leaves the block makes it a failure with the error as its reason.

        Parameters
        ----------
        number : int, optional
            That of an attempt that was begun for this process; by default, one of the command line
            begins.

        Raises
        ------
        AlreadyTraining
        """
        attempt = TrainingAttempt(self.begin(None) if number is None else number)
        done = threading.Event()
        beating = threading.Thread(target=self._beat, args=(attempt.id, done), daemon=True)
        beating.start()
        try:
            yield attempt
        except BaseException as error:
            words = str(error) if isinstance(error, ModerationError) else type(error).__name__
            # The error itself is what the caller must see.
            with suppress(DatabaseError):
                self.finish(attempt.id, TrainingOutcome.FAILED, words, attempt.model)
            raise
        else:
            self.finish(attempt.id, attempt.outcome, attempt.reason, attempt.model)
        finally:
            done.set()
            beating.join()

    def _beat(self, number: int, done: threading.Event) -> None:
        alive = trainings.update().where(trainings.c.id == number, _RUNNING)
        while not done.wait(BEAT_SECONDS):
            try:
                self._store.write(lambda connection: connection.execute(alive.values(seen=now())))
            except DatabaseError as error:
                log.warning("a training cannot show that it is alive: %s", error)


def _ended(outcome: TrainingOutcome, reason: str) -> dict[str, object]:
    return {
        "ended": now(),
        "running": False,
        "outcome": outcome.value,
        "reason": reason[:MAX_REASON],
    }


def _training(row: Any) -> Training:
    outcome = TrainingOutcome(row.outcome or TrainingOutcome.RUNNING)
    reason = row.reason
    if outcome is TrainingOutcome.RUNNING and row.seen < now() - SILENCE:
        outcome, reason = TrainingOutcome.FAILED, KILLED
    return Training(row.id, row.by, row.started, row.ended, outcome, row.model, reason)
