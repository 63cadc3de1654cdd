"""When another model goes live, what waits is judged by it."""

from dataclasses import replace
from pathlib import Path

from moderation.desk import Desk
from moderation.desk.jobs.rescore import rescore, rescore_waiting
from moderation.desk.types import Filters, Outcome, Queue, Role, Ruling, Sort, User
from moderation.settings import Settings
from moderation.verdict import Action, Span, Verdict
from tests.desk.conftest import person
from tests.desk.sending import sent, verdict


def by_next(text: str) -> Verdict:
    """Judge as the next model does, which the policy would let pass."""
    scores = {"ethnic_hostility": 0.49 if text == "sure before" else 0.001}
    spans = (Span(0, 4, "ethnic_hostility", 0.5),)
    found = verdict(scores, Action.ALLOW, ("Thai",), spans)
    return replace(found, model="next@2", reasons=())


def test_what_waits_is_judged_anew_and_what_is_decided_or_held_is_not(
    desk: Desk, ana: User, bo: User, admin: User
) -> None:
    texts = ["decided before", "held by somebody", "sure before", "unsure before"]
    decided, held, sure, unsure = (
        number
        for text, score in zip(texts, (0.5, 0.5, 0.01, 0.5), strict=True)
        for number in desk.intake.take(
            [sent(text, verdict=verdict({"ethnic_hostility": score}, targets=("Lao",)))]
        )
    )
    desk.decisions.decide(ana, decided, Ruling(Outcome.APPROVE))
    desk.queue.hold(bo, held)
    asked: list[str] = []

    def judge(batch: list[str]) -> list[Verdict]:
        asked.extend(batch)
        return [by_next(text) for text in batch]

    assert rescore(desk, judge, "next@2") == 2
    assert asked == ["sure before", "unsure before"]
    order = [line.id for line in desk.queue.lines(Filters(), Sort.UNCERTAIN).lines]
    assert order.index(sure) < order.index(unsure)
    new = desk.queue.get(sure)
    assert new.verdict.model == "next@2"
    assert new.verdict.scores["ethnic_hostility"] == 0.49
    assert new.verdict.targets == ("Thai",)
    assert [span.end for span in new.verdict.spans] == [4]
    assert new.verdict.action is Action.REVIEW
    assert new.verdict.reasons == ("toxicity",)
    assert desk.queue.get(held).verdict.model == desk.queue.get(decided).verdict.model == "fake@1"
    assert desk.queue.count(Filters(Queue.REVIEW, target="Thai")).number == 2
    assert [e.act for e in desk.audit.read(admin)].count("rescore") == 1
    assert rescore(desk, judge, "next@2") == 0


def test_the_live_model_judges_what_waits(desk: Desk, tiny_model: Path) -> None:
    person(desk, "Ana", Role.MODERATOR)
    (number,) = desk.intake.take([sent("The Thai are vermin, they ruin every bridge we build.")])
    done = rescore_waiting(desk, Settings(model=str(tiny_model)))
    assert done == (1, "tiny@1")
    assert desk.queue.get(number).verdict.model == "tiny@1"
