"""A training that a lead starts at the desk: in the background, once, and with its outcome."""

import os
from pathlib import Path

import pytest

from moderation.desk import Desk
from moderation.desk.errors import AlreadyTraining, NotAllowed
from moderation.desk.jobs import training
from moderation.desk.jobs.training import start_training
from moderation.desk.learning.trainings import TrainingOutcome
from moderation.desk.types import User
from moderation.errors import InvalidInput
from moderation.settings import Settings

TRAINS = """
import os, sys
from moderation.desk import Desk
from moderation.desk.learning.trainings import TrainingOutcome

desk = Desk.open(os.environ["MODERATION_TRAIN_DECISIONS"])
with desk.trainings.attempt(int(sys.argv[2])) as attempt:
    attempt.outcome = TrainingOutcome.PROMOTED
    attempt.reason = f"priority {os.getpriority(os.PRIO_PROCESS, 0)}, {sys.argv[1]}"
"""
FAILS = 'import sys\nprint("error: There are no labels.", file=sys.stderr)\nsys.exit(1)\n'


def settings_with(folder: Path, script: str) -> Settings:
    (folder / "train.py").write_text(script, "utf-8")
    return Settings(desk_train=folder)


def test_it_runs_in_a_process_at_a_lower_priority_and_its_outcome_is_listed(
    desk: Desk, lead: User, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # At the lowest of all it might wait for whatever else this machine does.
    lower = min(os.getpriority(os.PRIO_PROCESS, 0) + 1, training.LOWEST)
    monkeypatch.setattr(training, "LOWEST", lower)
    start_training(desk, lead, settings_with(tmp_path, TRAINS)).join(200)
    (listed,) = desk.trainings.latest(5)
    assert (listed.by, listed.outcome) == (lead.name, TrainingOutcome.PROMOTED)
    assert listed.reason == f"priority {lower}, --attempt"


def test_one_that_fails_before_it_begins_is_listed_with_its_error(
    desk: Desk, lead: User, tmp_path: Path
) -> None:
    start_training(desk, lead, settings_with(tmp_path, FAILS)).join(200)
    start_training(desk, lead, settings_with(tmp_path, "raise SystemExit(7)")).join(200)
    silent, told = desk.trainings.latest(5)
    assert (told.outcome, told.reason) == (TrainingOutcome.FAILED, "There are no labels.")
    assert (silent.outcome, silent.reason) == (
        TrainingOutcome.FAILED,
        "train.py ended with status 7",
    )


def test_it_is_refused_without_its_folder_to_others_and_while_one_runs(
    desk: Desk, ana: User, lead: User, tmp_path: Path
) -> None:
    for folder in (None, tmp_path / "none"):
        with pytest.raises(InvalidInput, match="cannot be trained"):
            start_training(desk, lead, Settings(desk_train=folder))
    settings = settings_with(tmp_path, FAILS)
    with pytest.raises(NotAllowed):
        start_training(desk, ana, settings)
    desk.trainings.begin(lead)
    with pytest.raises(AlreadyTraining):
        start_training(desk, lead, settings)
