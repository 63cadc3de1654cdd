"""Thresholds: held against what decisions say of an attribute, and written by one at a time."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from moderation.desk import Desk
from moderation.desk.decisions.thresholds import MIN_DECISIONS, confidence
from moderation.desk.types import Outcome, RejectionReason, Ruling, User
from moderation.errors import DatabaseError, InvalidInput
from moderation.policy import Policy
from moderation.taxonomy import ATTRIBUTE_NAMES, Label
from moderation.verdict import Action
from tests.desk.sending import sent, unread

APPROVE = Ruling(Outcome.APPROVE)
SPAM = Ruling(Outcome.REJECT, RejectionReason.SPAM)
THREAT = Ruling(Outcome.REJECT, RejectionReason.THREAT)
HOSTILE = Ruling(Outcome.REJECT, RejectionReason.ETHNIC_HOSTILITY)
PROFANE = Ruling(Outcome.REJECT, RejectionReason.PROFANITY)
RELABELLED = Ruling(Outcome.REJECT, RejectionReason.OTHER, Label.INFLAMMATORY)
CORRECTED = Ruling(Outcome.REJECT, RejectionReason.SPAM, attributes={"insult": 1.0, "threat": 0.0})
REPORTED = Ruling(Outcome.APPROVE, label=Label.NEWS)
YES, NO, NOTHING = (1, 1), (1, 0), (0, 0)


@pytest.mark.parametrize(
    ("ruling", "attribute", "counted"),
    [
        *((SPAM, name, NOTHING) for name in ATTRIBUTE_NAMES),
        *((APPROVE, name, NOTHING if name == "news" else NO) for name in ATTRIBUTE_NAMES),
        (THREAT, "threat", YES),
        (THREAT, "inflammatory", YES),
        (THREAT, "toxicity", YES),
        (THREAT, "ethnic_hostility", NO),
        (THREAT, "insult", NOTHING),
        (HOSTILE, "ethnic_hostility", YES),
        (HOSTILE, "identity_attack", YES),
        (HOSTILE, "inflammatory", NOTHING),
        (PROFANE, "profanity", YES),
        (PROFANE, "threat", NOTHING),
        (RELABELLED, "inflammatory", YES),
        (RELABELLED, "ethnic_hostility", NO),
        (CORRECTED, "insult", YES),
        (CORRECTED, "threat", NO),
        (CORRECTED, "toxicity", NOTHING),
        (REPORTED, "news", YES),
        (REPORTED, "threat", NO),
    ],
)
def test_a_decision_counts_where_it_says_something_of_the_attribute(
    desk: Desk, ana: User, ruling: Ruling, attribute: str, counted: tuple[int, int]
) -> None:
    (number,) = desk.intake.take([sent("a")])
    desk.decisions.decide(ana, number, ruling)
    curve = desk.workbench.curve(attribute)
    assert (curve.decided, curve.rejected) == counted
    assert desk.workbench.point(attribute, 0.0, curve).held == counted[0]


def test_two_leads_who_write_at_once_both_have_their_threshold(
    desk: Desk, lead: User, admin: User, tmp_path: Path
) -> None:
    path = tmp_path / "policy.toml"

    def write(name: str) -> None:
        desk.workbench.write_policy(lead, path, Action.REVIEW, name, 0.75)

    names = [name for name in ATTRIBUTE_NAMES if name != "news"]
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(write, names))
    review = Policy.load(path).review
    assert {review[name] for name in names} == {0.75}
    assert [entry.act for entry in desk.audit.read(admin)].count("policy") == len(names)


def test_a_policy_is_not_written_where_the_log_cannot_be(
    desk: Desk, lead: User, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "policy.toml"
    desk.store._write_lock.acquire()
    monkeypatch.setattr("moderation.database.store.MAX_SECONDS", 0.01)
    if not desk.store.sqlite:
        desk.store.engine.dispose()
        monkeypatch.setattr(desk.store.engine, "connect", _refuse)
    with pytest.raises(DatabaseError):
        desk.workbench.write_policy(lead, path, Action.REVIEW, "insult", 0.75)
    assert not path.exists()


def _refuse() -> None:
    raise DatabaseError("gone")


def test_a_comment_that_was_not_judged_has_no_score_to_count(desk: Desk, ana: User) -> None:
    for number in desk.intake.take([unread("unread"), sent("judged", 0.9)]):
        desk.decisions.decide(ana, number, THREAT)
    curve = desk.workbench.curve("threat")
    assert (curve.decided, curve.rejected) == (1, 1)
    assert desk.workbench.point("threat", 0.0, curve).held == 1


def test_a_share_of_few_decisions_is_uncertain_and_one_of_many_is_not() -> None:
    few, many = confidence(0.5, 10), confidence(0.5, 1_000)
    assert (round(few[0], 3), round(few[1], 3)) == (0.237, 0.763)
    assert (round(many[0], 3), round(many[1], 3)) == (0.469, 0.531)
    low, high = confidence(1.0, 10)
    assert (round(low, 3), round(high, 3)) == (0.722, 1.0)
    assert confidence(0.0, 10)[0] == 0.0


def test_a_threshold_needs_fifty_decisions(desk: Desk, ana: User) -> None:
    numbers = desk.intake.take([sent(f"a text {place}") for place in range(MIN_DECISIONS)])
    for number in numbers[:-1]:
        desk.decisions.decide(ana, number, THREAT)
    with pytest.raises(InvalidInput, match="Only 49"):
        desk.workbench.check_enough("threat")
    desk.decisions.decide(ana, numbers[-1], THREAT)
    desk.workbench.check_enough("threat")
