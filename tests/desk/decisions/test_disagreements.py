"""Leads see how well second reviews agree with the decisions, and settle where they differ."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from moderation.desk import Desk
from moderation.desk.decisions.events import Events
from moderation.desk.errors import AlreadySettled, InvalidRuling, NotAllowed
from moderation.desk.learning.labels import DISPUTED, LeftOut
from moderation.desk.site.comments import SiteComments
from moderation.desk.types import (
    Filters,
    Outcome,
    Queue,
    RejectionReason,
    ReviewAgreement,
    Ruling,
    SettledAs,
    User,
)
from moderation.labels.agreement import alpha
from moderation.taxonomy import Label
from tests.desk.conftest import person
from tests.desk.sending import sent

APPROVE = Ruling(Outcome.APPROVE)
SPAM = Ruling(Outcome.REJECT, RejectionReason.SPAM)
OFF_TOPIC = Ruling(Outcome.REJECT, RejectionReason.OFF_TOPIC)
INSULT = Ruling(Outcome.REJECT, RejectionReason.INSULT)
THREAT = Ruling(Outcome.REJECT, RejectionReason.THREAT)
RUDE = replace(APPROVE, label=Label.INFLAMMATORY)


@pytest.fixture(autouse=True)
def everything_is_drawn(desk: Desk, lead: User) -> None:
    desk.second_reviews.set_share(lead, 100)


def judge_twice(desk: Desk, ana: User, bo: User, *pairs: tuple[Ruling, Ruling]) -> list[int]:
    """Have comments decided by one and judged again by another; return the second reviews."""
    reviews = []
    for place, (first, second) in enumerate(pairs):
        text = f"comment {place} of {len(pairs)}, {first.outcome} {second.outcome}"
        (number,) = desk.intake.take([sent(text)])
        desk.decisions.decide(ana, number, first)
        review = desk.second_reviews.next(bo)
        assert review
        desk.second_reviews.review(bo, review.id, second)
        reviews.append(review.id)
    return reviews


def agreement_of(desk: Desk, lead: User) -> ReviewAgreement:
    now = datetime.now(UTC)
    return desk.disagreements.agreement(lead, now - timedelta(days=1), now + timedelta(days=1))


def test_agreement_counts_actions_and_labels_and_alpha_over_both(
    desk: Desk, ana: User, bo: User, lead: User
) -> None:
    judge_twice(
        desk,
        ana,
        bo,
        (APPROVE, APPROVE),
        (INSULT, THREAT),
        (SPAM, OFF_TOPIC),
        (APPROVE, RUDE),
        (APPROVE, INSULT),
    )
    agreement = agreement_of(desk, lead)
    total = agreement.total
    assert (total.pairs, total.same_action, total.same_label) == (5, 4, 3)
    assert agreement.disputed == 2
    assert {name: tally.pairs for name, tally in agreement.by_moderator.items()} == {
        "Ana": 5,
        "Bo": 5,
    }
    actions = ["aa", "rr", "rr", "aa", "ar"]
    assert agreement.alpha_action == alpha([(str(n), *pair) for n, pair in enumerate(actions)])
    labels = ["cc", "ii", "nn", "ci", "ci"]
    assert agreement.alpha_label == alpha([(str(n), *pair) for n, pair in enumerate(labels)])


def test_without_pairs_there_is_no_alpha_and_moderators_see_none_of_it(
    desk: Desk, ana: User, lead: User
) -> None:
    agreement = agreement_of(desk, lead)
    assert (agreement.total.pairs, agreement.alpha_action, agreement.alpha_label) == (0, None, None)
    now = datetime.now(UTC)
    with pytest.raises(NotAllowed):
        desk.disagreements.agreement(ana, now - timedelta(days=1), now)
    with pytest.raises(NotAllowed):
        desk.disagreements.to_settle(ana)


def test_disagreements_wait_for_a_lead_with_both_rulings_and_their_authors(
    desk: Desk, ana: User, bo: User, lead: User
) -> None:
    judge_twice(desk, ana, bo, (APPROVE, replace(INSULT, note="rude")), (SPAM, SPAM))
    (pair,) = desk.disagreements.to_settle(lead)
    assert (pair.first.by, pair.first.ruling.outcome) == ("Ana", Outcome.APPROVE)
    assert (pair.second.by, pair.second.ruling.note) == ("Bo", "rude")
    assert not pair.agrees


def test_settled_with_the_first_ruling_nothing_is_decided_anew(
    desk: Desk, ana: User, bo: User, lead: User, admin: User
) -> None:
    (review,) = judge_twice(desk, ana, bo, (APPROVE, INSULT))
    for _ in range(2):
        pair = desk.disagreements.settle(lead, review, SettledAs.FIRST)
    assert pair.settlement
    assert (pair.settlement.by, pair.settlement.decision_id) == ("Lin", None)
    assert desk.disagreements.to_settle(lead) == []
    comment = desk.queue.get(pair.comment_id)
    assert [decision.by for decision in comment.decisions] == ["Ana"]
    assert [each.act for each in desk.audit.read(admin)].count("second_review.settle") == 1
    with pytest.raises(AlreadySettled):
        desk.disagreements.settle(admin, review, SettledAs.SECOND)


@pytest.mark.parametrize("third", [None, SPAM])
def test_settled_otherwise_it_is_a_new_decision_of_the_lead_that_the_site_hears_of(
    desk: Desk, ana: User, bo: User, lead: User, third: Ruling | None
) -> None:
    events = Events(desk.store, names=True)
    site = SiteComments(desk.store, events)
    kept = site.put(sent("a text", source="paper", external_id="7", of_site=True))
    desk.decisions.decide(ana, kept.number, APPROVE)
    review = desk.second_reviews.next(bo)
    assert review
    desk.second_reviews.review(bo, review.id, replace(INSULT, note="for the lead"))
    assert [event.outcome for event in events.after(0, 10)] == ["approved"]
    settled_as = SettledAs.THIRD if third else SettledAs.SECOND
    pair = desk.disagreements.settle(lead, review.id, settled_as, third)
    line = desk.queue.get(kept.number).line
    assert line.state == Queue.DECIDED
    assert line.decision
    reason = RejectionReason.SPAM if third else RejectionReason.INSULT
    assert (line.decision.by, line.decision.ruling.reason) == ("Lin", reason)
    assert line.decision.ruling.note == ""
    assert pair.settlement
    assert pair.settlement.decision_id == line.decision.id
    latest = events.after(0, 10)[-1]
    assert (latest.outcome, latest.moderator, latest.external_id) == ("rejected", "Lin", "7")
    assert site.get("paper", "7").state == "rejected"
    # It is not judged again, and the pair still counts.
    assert desk.second_reviews.waiting(person(desk, "Cy", ana.role)) == 0
    assert agreement_of(desk, lead).total.pairs == 1


def test_undoing_the_settling_decision_brings_back_the_first_and_the_disagreement(
    desk: Desk, ana: User, bo: User, lead: User
) -> None:
    (review,) = judge_twice(desk, ana, bo, (APPROVE, INSULT))
    pair = desk.disagreements.settle(lead, review, SettledAs.SECOND)
    assert pair.settlement
    assert pair.settlement.decision_id
    desk.decisions.undo(lead, pair.settlement.decision_id)
    line = desk.queue.get(pair.comment_id).line
    assert (line.state, line.decision and line.decision.by) == (Queue.DECIDED, "Ana")
    assert [each.id for each in desk.disagreements.to_settle(lead)] == [review]
    assert desk.queue.lines(Filters(Queue.FLAGGED)).lines == ()


def test_what_does_not_stand_any_more_cannot_be_settled(
    desk: Desk, ana: User, bo: User, lead: User
) -> None:
    (review,) = judge_twice(desk, ana, bo, (APPROVE, INSULT))
    comment = desk.disagreements.get(lead, review).comment_id
    desk.decisions.undo(ana, desk.queue.get(comment).decisions[0].id)
    assert desk.disagreements.to_settle(lead) == []
    assert agreement_of(desk, lead).total.pairs == 0
    with pytest.raises(AlreadySettled):
        desk.disagreements.settle(lead, review, SettledAs.SECOND)


def test_a_third_ruling_must_be_complete_and_only_leads_settle(
    desk: Desk, ana: User, bo: User, lead: User
) -> None:
    (review,) = judge_twice(desk, ana, bo, (APPROVE, INSULT))
    for settled_as, ruling in (
        (SettledAs.THIRD, None),
        (SettledAs.FIRST, APPROVE),
        (SettledAs.THIRD, Ruling(Outcome.REJECT)),
    ):
        with pytest.raises(InvalidRuling):
            desk.disagreements.settle(lead, review, settled_as, ruling)
    with pytest.raises(NotAllowed):
        desk.disagreements.settle(ana, review, SettledAs.FIRST)
    assert len(desk.disagreements.to_settle(lead)) == 1


def test_training_learns_what_was_confirmed_or_settled_and_nothing_that_is_disputed(
    desk: Desk, ana: User, bo: User, lead: User
) -> None:
    confirmed, disputed = judge_twice(desk, ana, bo, (INSULT, THREAT), (APPROVE, INSULT))
    left_out = LeftOut()
    (example,) = [json.loads(line) for line in desk.labels.export(lead, left_out)]
    assert example["origin"].endswith(", confirmed by a second moderator")
    assert left_out == {DISPUTED: 1}
    pair = desk.disagreements.settle(lead, disputed, SettledAs.SECOND)
    assert pair.settlement
    first, second = [json.loads(line) for line in desk.labels.export(lead)]
    assert (first["label"], second["label"]) == ("inflammatory", "inflammatory")
    assert second["origin"].endswith(", settled by a lead after a second review")
    assert f"decision {pair.settlement.decision_id} of" in second["origin"]
    assert confirmed != disputed


def test_a_confirmed_decision_teaches_before_a_newer_one_that_one_person_made(
    desk: Desk, ana: User, bo: User, lead: User
) -> None:
    text = "a text of enough words that the two of them are plainly near to one another"
    (number,) = desk.intake.take([sent(text)])
    desk.decisions.decide(ana, number, INSULT)
    review = desk.second_reviews.next(bo)
    assert review
    desk.second_reviews.review(bo, review.id, INSULT)
    desk.second_reviews.set_share(lead, 0)
    (copied,) = desk.intake.take([sent(text, page="https://news.example/other")])
    desk.decisions.decide(ana, copied, APPROVE)
    (example,) = [json.loads(line) for line in desk.labels.export(lead)]
    assert example["label"] == "inflammatory"
