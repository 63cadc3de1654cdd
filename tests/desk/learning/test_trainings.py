"""Attempts to train a model: one at a time, and each with its outcome."""

from datetime import timedelta

import pytest

from moderation.database.tables import COMMAND, now
from moderation.desk import Desk
from moderation.desk.errors import AlreadyTraining, NotAllowed
from moderation.desk.learning.trainings import KILLED, SILENCE, TrainingOutcome, trainings
from moderation.desk.types import User
from moderation.errors import InvalidInput


def test_an_attempt_is_listed_with_what_became_of_it(desk: Desk, lead: User) -> None:
    with desk.trainings.attempt() as attempt:
        (listed,) = desk.trainings.latest(5)
        assert (listed.by, listed.outcome, listed.ended) == (
            COMMAND,
            TrainingOutcome.RUNNING,
            None,
        )
        attempt.model, attempt.reason = "fast@1-d7", "not better on the newest decisions"
    number = desk.trainings.begin(lead)
    with desk.trainings.attempt(number) as attempt:
        attempt.outcome = TrainingOutcome.PROMOTED
    new, old = desk.trainings.latest(5)
    assert (old.outcome, old.model, old.reason) == (
        TrainingOutcome.REFUSED,
        "fast@1-d7",
        "not better on the newest decisions",
    )
    assert (new.id, new.by, new.outcome) == (number, lead.name, TrainingOutcome.PROMOTED)
    assert new.ended is not None


def test_a_failure_has_its_error_as_the_reason(desk: Desk) -> None:
    with pytest.raises(InvalidInput), desk.trainings.attempt():
        raise InvalidInput("There is no decision to learn from.", where="--decisions")
    with pytest.raises(KeyboardInterrupt), desk.trainings.attempt():
        raise KeyboardInterrupt
    stopped, refused = desk.trainings.latest(5)
    assert {stopped.outcome, refused.outcome} == {TrainingOutcome.FAILED}
    assert "There is no decision to learn from." in refused.reason
    assert stopped.reason == "KeyboardInterrupt"


def test_one_runs_at_a_time_and_one_that_was_killed_bars_no_other(desk: Desk, lead: User) -> None:
    number = desk.trainings.begin(lead)
    with pytest.raises(AlreadyTraining):
        desk.trainings.begin(lead)
    with pytest.raises(AlreadyTraining), desk.trainings.attempt():
        pass
    silent = trainings.update().values(seen=now() - SILENCE - timedelta(seconds=1))
    desk.store.write(lambda connection: connection.execute(silent))
    (killed,) = desk.trainings.latest(5)
    assert (killed.outcome, killed.reason) == (TrainingOutcome.FAILED, KILLED)
    later = desk.trainings.begin(lead)
    assert [each.id for each in desk.trainings.latest(5)] == [later, number]
    desk.trainings.finish(number, TrainingOutcome.PROMOTED, "too late")
    assert desk.trainings.latest(5)[1].reason == KILLED


def test_only_leads_begin_one(desk: Desk, ana: User) -> None:
    with pytest.raises(NotAllowed):
        desk.trainings.begin(ana)
    assert desk.trainings.latest(5) == []
