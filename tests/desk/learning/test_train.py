"""`python train.py --decisions DB`, from the decisions to the model that is live."""

import subprocess
import sys
from pathlib import Path

import pytest

from moderation.desk import Desk
from moderation.desk.learning.trainings import TrainingOutcome
from moderation.desk.types import Outcome, RejectionReason, Role, Ruling
from tests.conftest import ROOT
from tests.desk.conftest import person
from tests.desk.sending import sent
from tests.tiny import GATE

pytestmark = pytest.mark.slow

FOOL = "you brainless greedy fool number {}, nobody likes what you said at the {}"
PLAIN = "the council should tell us by {} what it will do about the {} this year"
PLACES = ("mill", "dam", "pier", "bank", "hall", "gate", "shop", "lane", "ferry", "tower")


def test_a_model_learns_what_people_decided_and_goes_live_if_it_is_better(
    tiny_labels: Path, tiny_model: Path, tmp_path: Path
) -> None:
    """The tiny model does not know these insults, and the one that decisions teach does."""
    file = tmp_path / "desk.db"
    desk = Desk.open(f"sqlite:///{file}")
    ana = person(desk, "Ana", Role.MODERATOR)
    for number in range(260):
        text = (FOOL, PLAIN)[number % 2].format(number * 37, PLACES[number // 2 % 10])
        text += f" {PLACES[number // 20 % 10]} {PLACES[number // 7 % 10]} {number * 91}"
        (comment,) = desk.intake.take([sent(text)])
        insult = Ruling(Outcome.REJECT, RejectionReason.INSULT)
        desk.decisions.decide(ana, comment, Ruling(Outcome.APPROVE) if number % 2 else insult)
    gates, nowhere = tmp_path / "gates", tmp_path / "corpora"
    gates.mkdir()
    nowhere.mkdir()
    (gates / "fast.toml").write_text(GATE, "utf-8")
    options = {
        "--labels": tiny_labels,
        "--models": tmp_path / "models",
        "--gates": gates,
        "--reports": tmp_path / "reports",
        "--corpora": nowhere,
        "--version": "1",
        "--decisions": file,
    }
    done = subprocess.run(
        [sys.executable, "train.py", *(str(word) for pair in options.items() for word in pair)],
        cwd=ROOT,
        env={"MODERATION_MODEL": str(tiny_model), "PATH": "", "HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    live = desk.models.live()
    (training,) = desk.trainings.latest(5)
    desk.close()
    assert done.returncode == 0, done.stderr[-2000:]
    assert live is not None
    assert (training.outcome, training.model) == (TrainingOutcome.PROMOTED, live.model)
    assert live.model.startswith("fast@1-d")
    assert Path(live.folder, "manifest.json").is_file()
    assert "log loss" in str(live.figures["reason"])
