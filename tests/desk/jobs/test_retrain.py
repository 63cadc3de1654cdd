"""Decisions teach the next model, and only a better one goes live."""

import io
from collections.abc import Sequence
from pathlib import Path

import pytest
from rich.console import Console

from moderation.desk import Desk
from moderation.desk.errors import NoSuchThing, NotAllowed
from moderation.desk.jobs.retrain import Trained, compare, retrain, split_by_time
from moderation.desk.learning.trainings import TrainingAttempt, TrainingOutcome
from moderation.desk.types import Outcome, RejectionReason, Ruling, User
from moderation.errors import InvalidInput
from moderation.labels.records import Example
from moderation.models.base import Judgement
from moderation.taxonomy import ATTRIBUTE_NAMES, FLAGGED
from tests.desk.sending import sent

APPROVE = Ruling(Outcome.APPROVE)
REJECT = Ruling(Outcome.REJECT, RejectionReason.INSULT)
WORDS = ["bridge", "river", "road", "well", "market", "boat", "rice", "school", "temple", "farm"]


class Knows:
    """A model that is right about a text with "fool" in it, as surely as it is told to be."""

    def __init__(self, surely: float) -> None:
        self.surely = surely

    def judge(self, texts: Sequence[str]) -> list[Judgement]:
        """Judge by one word."""
        return [
            Judgement(
                dict.fromkeys(ATTRIBUTE_NAMES, self.surely if "fool" in text else 1 - self.surely),
                (),
                (),
            )
            for text in texts
        ]


def decided(desk: Desk, user: User, number: int) -> None:
    """Let somebody reject every other comment of many, as an insult."""
    texts = [
        f"{WORDS[n % 10]} {n} {'you fool' if n % 2 else 'is closed'} {WORDS[n // 10 % 10]} {n * 7}"
        for n in range(number)
    ]
    for comment in desk.intake.take([sent(text) for text in texts]):
        fool = "fool" in (desk.queue.get(comment).text or "")
        desk.decisions.decide(user, comment, REJECT if fool else APPROVE)


def quiet() -> Console:
    return Console(file=io.StringIO())


def test_the_newest_fifth_is_held_out_and_the_rest_teaches(desk: Desk, ana: User) -> None:
    decided(desk, ana, 20)
    learnt = list(desk.labels.labelled_decisions())
    parted = split_by_time(learnt)
    assert parted.newest == learnt[-4:]
    assert len(parted.older) == 16
    assert {one.split for one in parted.examples} == {"train"}


def test_only_a_better_model_wins(desk: Desk, ana: User) -> None:
    decided(desk, ana, 60)
    newest = list(desk.labels.labelled_decisions())
    assert sum(one.example.label in FLAGGED for one in newest) == 30
    assert compare(Knows(0.6), Knows(0.9), newest).better
    assert not compare(Knows(0.9), Knows(0.9), newest).better
    assert not compare(Knows(0.9), Knows(0.6), newest).better
    few = compare(Knows(0.1), Knows(0.9), newest[:20])
    assert not few.better
    assert "50 are needed" in few.reason


def test_what_is_better_goes_live_and_a_lead_may_go_back(
    desk: Desk, ana: User, lead: User, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    decided(desk, ana, 300)
    (tmp_path / "manifest.json").write_text("{}", "utf-8")
    models = {"old": Knows(0.6), str(tmp_path): Knows(0.9), "worse": Knows(0.2)}
    monkeypatch.setattr(
        "moderation.desk.jobs.retrain.load_model",
        lambda name, *_, **__: _named(models[str(name)], str(name)),
    )
    taught: list[Example] = []

    def train(examples: list[Example], suffix: str, champion: object) -> Trained:
        taught.extend(examples)
        assert champion is models["old"]
        return Trained(f"fast@1-{suffix}", tmp_path, [], {"challenger": {"macro_f1": 0.5}})

    attempt = TrainingAttempt(1)
    live = retrain(desk, train, "old", quiet(), attempt)
    assert live is not None
    assert (attempt.outcome, attempt.model) == (TrainingOutcome.PROMOTED, live.model)
    assert live == desk.models.live()
    assert live.figures["against"] == "old"
    assert live.figures["gate"] == {"challenger": {"macro_f1": 0.5}}
    parted = split_by_time(list(desk.labels.labelled_decisions()))
    assert taught == parted.examples
    assert live.model == f"fast@1-d{parted.older[-1].decision.id}"
    worse = Trained("worse", Path("worse"), [], {})
    assert retrain(desk, lambda *_, **__: worse, "old", quiet()) is None
    fails = Trained("gated", tmp_path, ["auc is too low"], {})
    attempt = TrainingAttempt(2)
    assert retrain(desk, lambda *_, **__: fails, "old", quiet(), attempt) is None
    assert (attempt.outcome, attempt.model) == (TrainingOutcome.REFUSED, "gated")
    assert attempt.reason == "not used: auc is too low"
    assert [one.model for one in desk.models.promoted()] == [live.model]
    with pytest.raises(NotAllowed):
        desk.models.roll_back(ana)
    assert desk.models.roll_back(lead) is None
    assert desk.models.live() is None
    with pytest.raises(NoSuchThing):
        desk.models.roll_back(lead)


def _named(model: Knows, name: str) -> Knows:
    model.id = name  # type: ignore[attr-defined]
    return model


def test_going_back_gives_the_model_before(desk: Desk, lead: User) -> None:
    for name in ("one", "two"):
        desk.models.promote(lead, name, Path(name), {})
    back = desk.models.roll_back(lead)
    assert back is not None
    assert back.model == "one"
    assert [(one.model, one.live) for one in desk.models.promoted()] == [
        ("two", False),
        ("one", True),
    ]


def test_without_decisions_there_is_nothing_to_learn(desk: Desk) -> None:
    with pytest.raises(InvalidInput, match="no decision"):
        retrain(desk, lambda *_, **__: Trained("x", Path("x"), [], {}), "old", quiet())


def test_a_model_that_was_rolled_back_waits_for_new_decisions(
    desk: Desk, ana: User, lead: User, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    decided(desk, ana, 300)
    models = {"old": Knows(0.6), str(tmp_path): Knows(0.9)}
    monkeypatch.setattr(
        "moderation.desk.jobs.retrain.load_model",
        lambda name, *_, **__: _named(models[str(name)], str(name)),
    )
    trained = Trained("fast@1-d9", tmp_path, [], {})
    runs: list[str] = []

    def train(examples: list[Example], suffix: str, champion: object) -> Trained:
        runs.append(suffix)
        return trained

    assert retrain(desk, train, "old", quiet()) is not None
    desk.models.roll_back(lead)
    said = io.StringIO()
    assert retrain(desk, train, "old", Console(file=said)) is None
    assert "fast@1-d9 learned from all these decisions, and was rolled back" in said.getvalue()
    assert len(runs) == 1
    (late,) = desk.intake.take([sent("a well that nobody has spoken of until this evening")])
    desk.decisions.decide(ana, late, APPROVE)
    assert retrain(desk, train, "old", quiet()) is not None
    assert len(runs) == 2


def test_a_lead_that_one_comment_makes_is_chance(desk: Desk, ana: User) -> None:
    """The challenger is a hair less sure everywhere, and right once where the champion is wrong."""
    decided(desk, ana, 60)
    newest = list(desk.labels.labelled_decisions())
    once = newest[0].text

    class Slips(Knows):
        def judge(self, texts: Sequence[str]) -> list[Judgement]:
            wrong = dict.fromkeys(ATTRIBUTE_NAMES, 0.01 if "fool" in once else 0.99)
            judged = zip(texts, super().judge(texts), strict=True)
            return [Judgement(wrong, (), ()) if text == once else one for text, one in judged]

    found = compare(Slips(0.8), Knows(0.79), newest)
    assert found.champion is not None
    assert found.challenger is not None
    assert found.challenger.loss < found.champion.loss
    assert found.challenger.auc > found.champion.auc
    assert not found.better
    assert compare(Knows(0.79), Knows(0.8), newest).better


def test_models_are_compared_on_comments_as_they_came(desk: Desk, ana: User) -> None:
    decided(desk, ana, 60)
    for number in range(60):
        text = f"Mr Sok Dara said {WORDS[number % 10]} {number} {WORDS[number // 10]} {number * 7}"
        (comment,) = desk.intake.take([sent(text)])
        desk.decisions.decide(ana, comment, APPROVE)
    newest = list(desk.labels.labelled_decisions())
    judged: list[str] = []

    class Listens(Knows):
        def judge(self, texts: Sequence[str]) -> list[Judgement]:
            judged.extend(texts)
            return super().judge(texts)

    compare(Listens(0.6), Knows(0.9), newest)
    assert sum("Mr Sok Dara" in text for text in judged) == 60
    assert all("Sok Dara" not in one.example.text for one in newest)
