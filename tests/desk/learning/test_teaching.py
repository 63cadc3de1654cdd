"""Decisions teach the next model, and only a better one goes live."""

import io
from collections.abc import Sequence
from pathlib import Path

import pytest
from rich.console import Console

from moderation.desk import Desk
from moderation.desk.errors import NoSuchThing, NotAllowed
from moderation.desk.learning.challenge import compare, part
from moderation.desk.learning.teaching import Trained, teach
from moderation.desk.words import Outcome, Reason, Ruling, User
from moderation.errors import InvalidInput
from moderation.labelling.record import Example
from moderation.learning.judgement import Judgement
from moderation.taxonomy import ATTRIBUTE_NAMES, FLAGGED
from tests.desk.sending import sent

APPROVE = Ruling(Outcome.APPROVE)
REJECT = Ruling(Outcome.REJECT, Reason.INSULT)
WORDS = ["bridge", "river", "road", "well", "market", "boat", "rice", "school", "temple", "farm"]


class Knows:
    """A model that is right about a text with "fool" in it, as surely as it is told to be."""

    def __init__(self, surely: float) -> None:
        self.surely = surely

    def judge(self, texts: Sequence[str]) -> list[Judgement]:
        """Judge by the one word."""
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
    learnt = list(desk.labels.learnt())
    parted = part(learnt)
    assert [one.example.text for one in learnt[-4:]] == [one.text for one in parted.newest]
    assert len(parted.older) == 16
    assert {one.split for one in parted.older} == {"train"}


def test_only_a_better_model_wins(desk: Desk, ana: User) -> None:
    decided(desk, ana, 60)
    newest = [one.example for one in desk.labels.learnt()]
    assert sum(one.label in FLAGGED for one in newest) == 30
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
    models = {"old": Knows(0.6), str(tmp_path): Knows(0.9), "worse": Knows(0.2)}
    monkeypatch.setattr(
        "moderation.desk.learning.teaching.load_model",
        lambda name, _: _named(models[str(name)], str(name)),
    )
    taught: list[Example] = []

    def train(examples: list[Example], word: str) -> Trained:
        taught.extend(examples)
        return Trained(f"fast@1-{word}", tmp_path, [])

    live = teach(desk, train, "old", quiet())
    assert live is not None
    assert live == desk.models.live()
    assert live.figures["against"] == "old"
    assert taught == part(list(desk.labels.learnt())).older
    assert teach(desk, lambda *_: Trained("worse", Path("worse"), []), "old", quiet()) is None
    fails = Trained("gated", tmp_path, ["auc is too low"])
    assert teach(desk, lambda *_: fails, "old", quiet()) is None
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
        teach(desk, lambda *_: Trained("x", Path("x"), []), "old", quiet())
