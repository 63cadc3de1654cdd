"""Decisions: made once, taken back, many at once, and never lost."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from moderation.desk import Desk
from moderation.desk.errors import (
    AlreadyDecided,
    AlreadyUndone,
    InvalidRuling,
    NoSuchThing,
    NotAllowed,
)
from moderation.desk.types import Filters, Outcome, Queue, RejectionReason, Role, Ruling, User
from moderation.errors import InvalidInput
from moderation.taxonomy import Label
from moderation.verdict import Span
from tests.desk.conftest import person
from tests.desk.sending import sent

APPROVE = Ruling(Outcome.APPROVE)
FORM = "form 1"
REJECT = Ruling(Outcome.REJECT, RejectionReason.INSULT)


def test_a_decision_is_kept_as_it_was_made(desk: Desk, ana: User) -> None:
    (number,) = desk.intake.take([sent("you fool, go home")])
    ruling = Ruling(
        Outcome.REJECT,
        RejectionReason.ETHNIC_HOSTILITY,
        Label.ETHNIC_HOSTILITY,
        attributes={"insult": 1.0},
        targets=("Thai",),
        spans=(Span(0, 8, "insult", 1.0),),
        note="clear",
        token=FORM,
    )
    made = desk.decisions.decide(ana, number, ruling)
    (kept,) = desk.queue.get(number).decisions
    assert kept == made
    assert kept.ruling == ruling
    assert kept.by == "Ana"
    (line,) = desk.queue.lines(Filters(Queue.DECIDED)).lines
    assert line.decision == made
    assert desk.queue.lines(Filters()).lines == ()


def test_a_second_decision_is_refused_politely(desk: Desk, ana: User, bo: User) -> None:
    (number,) = desk.intake.take([sent("a")])
    desk.decisions.decide(ana, number, APPROVE)
    for user in (ana, bo):
        with pytest.raises(AlreadyDecided, match="Ana has already decided on this comment") as told:
            desk.decisions.decide(user, number, REJECT)
        assert told.value.by == "Ana"
    assert len(desk.queue.get(number).decisions) == 1
    with pytest.raises(NoSuchThing):
        desk.decisions.decide(ana, number + 1, APPROVE)


def test_the_same_request_again_gives_the_decision_that_was_made(desk: Desk, ana: User) -> None:
    (number,) = desk.intake.take([sent("a")])
    ruling = Ruling(Outcome.APPROVE, token=FORM)
    first = desk.decisions.decide(ana, number, ruling)
    assert desk.decisions.decide(ana, number, ruling) == first
    assert len(desk.queue.get(number).decisions) == 1


def test_eight_moderators_who_decide_one_comment_make_one_decision(desk: Desk) -> None:
    users = [person(desk, f"user {place}", Role.MODERATOR) for place in range(8)]
    (number,) = desk.intake.take([sent("a")])

    def decide(user: User) -> str:
        try:
            desk.decisions.decide(user, number, APPROVE)
        except AlreadyDecided:
            return "refused"
        return "made"

    with ThreadPoolExecutor(8) as pool:
        outcomes = list(pool.map(decide, users))
    assert sorted(outcomes) == ["made"] + ["refused"] * 7


def test_eight_moderators_work_a_queue_off_without_meeting(desk: Desk) -> None:
    users = [person(desk, f"user {place}", Role.MODERATOR) for place in range(8)]
    taken = desk.intake.take([sent(f"comment {place}", place / 80) for place in range(80)])

    def work(user: User) -> list[int]:
        done = []
        while comment := desk.queue.next(user, Filters()):
            desk.decisions.decide(user, comment.id, APPROVE)
            done.append(comment.id)
        return done

    with ThreadPoolExecutor(8) as pool:
        done = [number for some in pool.map(work, users) for number in some]
    assert sorted(done) == sorted(taken)


@pytest.mark.parametrize(
    "ruling",
    [
        Ruling(Outcome.REJECT),
        Ruling(Outcome.APPROVE, RejectionReason.SPAM),
        Ruling(Outcome.APPROVE, attributes={"colour": 1.0}),
        Ruling(Outcome.APPROVE, attributes={"insult": 1.5}),
        Ruling(Outcome.REJECT, RejectionReason.INSULT, Label.CIVIL, targets=("Thai",)),
        Ruling(Outcome.REJECT, RejectionReason.INSULT, targets=("Martians",)),
        Ruling(Outcome.REJECT, RejectionReason.INSULT, spans=(Span(0, 99, "insult", 1.0),)),
        Ruling(Outcome.REJECT, RejectionReason.INSULT, spans=(Span(1, 1, "insult", 1.0),)),
        Ruling(Outcome.APPROVE, label=Label.CIVIL, spans=(Span(0, 1, "insult", 1.0),)),
        Ruling(Outcome.APPROVE, note="\0"),
        Ruling(Outcome.APPROVE, note="x" * 5001),
    ],
)
def test_a_ruling_that_cannot_be_is_refused_and_the_comment_waits_on(
    desk: Desk, ana: User, ruling: Ruling
) -> None:
    (number,) = desk.intake.take([sent("a text")])
    with pytest.raises(InvalidRuling):
        desk.decisions.decide(ana, number, ruling)
    assert [line.id for line in desk.queue.lines(Filters()).lines] == [number]


def test_undoing_gives_the_comment_back_to_whoever_undid(desk: Desk, ana: User, bo: User) -> None:
    (number,) = desk.intake.take([sent("a")])
    made = desk.decisions.decide(ana, number, APPROVE)
    assert desk.decisions.latest(ana) == made
    with pytest.raises(NotAllowed):
        desk.decisions.undo(bo, made.id)
    comment = desk.decisions.undo(ana, made.id)
    assert comment.line.held_by == "Ana"
    assert comment.decisions[0].undone is not None
    assert desk.decisions.latest(ana) is None
    with pytest.raises(AlreadyUndone):
        desk.decisions.undo(ana, made.id)
    desk.decisions.decide(ana, number, REJECT)
    with pytest.raises(AlreadyUndone):
        desk.decisions.undo(ana, made.id)


def test_a_lead_may_undo_anybodys_decision(desk: Desk, ana: User, lead: User) -> None:
    (number,) = desk.intake.take([sent("a")])
    made = desk.decisions.decide(ana, number, APPROVE)
    assert desk.decisions.undo(lead, made.id).line.held_by == "Lin"


def test_readers_decide_nothing(desk: Desk, reader: User) -> None:
    (number,) = desk.intake.take([sent("a")])
    for act in (
        lambda: desk.decisions.decide(reader, number, APPROVE),
        lambda: desk.decisions.undo(reader, 1),
        lambda: desk.decisions.note(reader, number, "hello"),
    ):
        with pytest.raises(NotAllowed):
            act()


def test_notes_stay_with_the_comment(desk: Desk, ana: User, bo: User) -> None:
    (number,) = desk.intake.take([sent("a")])
    desk.decisions.note(ana, number, "ask the editor")
    desk.decisions.note(bo, number, "done")
    notes = desk.queue.get(number).notes
    assert [(note.by, note.text) for note in notes] == [("Ana", "ask the editor"), ("Bo", "done")]
    with pytest.raises(InvalidRuling):
        desk.decisions.note(ana, number, "  ")


def test_many_at_once_are_what_the_preview_said_and_can_be_undone(
    desk: Desk, lead: User, ana: User
) -> None:
    desk.intake.take([sent(f"comment {place}", place / 1000) for place in range(700)])
    held = desk.queue.next(ana, Filters(attribute="toxicity", high=0.3))
    assert held is not None
    low = Filters(attribute="toxicity", high=0.599)
    preview = desk.bulk.preview(lead, low)
    assert preview.count == 599
    assert preview.labels[Label.CIVIL] + preview.labels.get(Label.INFLAMMATORY, 0) == 599
    assert all(line.worst <= 0.599 for line in preview.examples)
    desk.intake.take([sent("came later", 0.2)])
    bulk = desk.bulk.apply(lead, low, preview.newest, Outcome.APPROVE)
    assert bulk.count == 599
    assert desk.queue.count(Filters()).number == 102
    assert desk.queue.get(held.id).line.decision is None
    assert [(one.id, one.count, one.filters) for one in desk.bulk.latest()] == [(bulk.id, 599, low)]
    assert desk.bulk.undo(lead, bulk.id) == 599
    assert desk.queue.count(Filters()).number == 701
    with pytest.raises(AlreadyUndone):
        desk.bulk.undo(lead, bulk.id)
    with pytest.raises(NoSuchThing):
        desk.bulk.undo(lead, bulk.id + 1)


def test_only_leads_decide_many_at_once(desk: Desk, ana: User, lead: User) -> None:
    with pytest.raises(NotAllowed):
        desk.bulk.preview(ana, Filters())
    with pytest.raises(NotAllowed):
        desk.bulk.apply(ana, Filters(), 10, Outcome.APPROVE)
    with pytest.raises(InvalidRuling):
        desk.bulk.apply(lead, Filters(), 10, Outcome.REJECT)
    with pytest.raises(InvalidInput):
        desk.bulk.preview(lead, Filters(Queue.DECIDED))


def test_the_histogram_counts_every_comment_in_its_band(desk: Desk) -> None:
    desk.intake.take(
        [sent(f"{n}", score) for n, score in enumerate((0.1, 0.1, 0.449, 0.45, 0.999, 1.0))]
    )
    found = desk.bulk.histogram(Filters(attribute="toxicity", low=0.9))
    assert {place: number for place, number in enumerate(found) if number} == {
        2: 2,
        8: 1,
        9: 1,
        19: 2,
    }
