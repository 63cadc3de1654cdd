"""A moderator asks a lead to decide: the comment then waits for leads, until one has decided."""

import pytest

from moderation.desk import Desk
from moderation.desk.errors import ForLeads, InvalidRuling, NotAllowed
from moderation.desk.types import Filters, Outcome, Queue, RejectionReason, Ruling, User
from tests.desk.sending import sent

APPROVE = Ruling(Outcome.APPROVE)


def queue_of(desk: Desk, queue: Queue) -> list[int]:
    return [line.id for line in desk.queue.lines(Filters(queue)).lines]


def test_it_leaves_the_moderators_queue_for_that_of_the_leads(
    desk: Desk, ana: User, bo: User, lead: User
) -> None:
    hard, easy = desk.intake.take([sent("hard to say", 0.9), sent("easy", 0.1)])
    assert desk.queue.next(ana, Filters())
    desk.escalations.ask(ana, hard, "Is this a quotation?")
    assert (queue_of(desk, Queue.REVIEW), queue_of(desk, Queue.LEADS)) == ([easy], [hard])
    for user in (ana, bo):
        given = desk.queue.next(user, Filters())
        assert given is None or given.id == easy
        with pytest.raises(ForLeads):
            desk.decisions.decide(user, hard, APPROVE)
        with pytest.raises(NotAllowed):
            desk.queue.next(user, Filters(Queue.LEADS))
    given = desk.queue.next(lead, Filters(Queue.LEADS))
    assert given
    assert given.id == hard
    assert [(each.by, each.settled) for each in given.escalations] == [("Ana", False)]
    assert [note.text for note in given.notes] == ["Is this a quotation?"]


def test_a_leads_decision_ends_it_and_undone_it_waits_for_leads_again(
    desk: Desk, ana: User, lead: User
) -> None:
    (number,) = desk.intake.take([sent("hard to say")])
    desk.escalations.ask(ana, number)
    made = desk.decisions.decide(lead, number, Ruling(Outcome.REJECT, RejectionReason.SPAM))
    assert queue_of(desk, Queue.LEADS) == []
    assert [each.settled for each in desk.queue.get(number).escalations] == [True]
    desk.decisions.undo(lead, made.id)
    assert queue_of(desk, Queue.LEADS) == [number]
    assert [each.settled for each in desk.queue.get(number).escalations] == [False]


def test_it_is_in_the_log_and_nobody_asks_twice(
    desk: Desk, ana: User, lead: User, admin: User
) -> None:
    (number,) = desk.intake.take([sent("hard to say")])
    desk.escalations.ask(ana, number, "secret words")
    with pytest.raises(ForLeads):
        desk.escalations.ask(ana, number)
    with pytest.raises(InvalidRuling):
        desk.escalations.ask(lead, number)
    entries = [entry for entry in desk.audit.read(admin) if entry.act == "escalate"]
    assert [(entry.by, entry.subject) for entry in entries] == [("Ana", f"comment {number}")]
    assert "secret" not in str(entries)


def test_readers_ask_nobody_and_a_note_that_cannot_be_kept_changes_nothing(
    desk: Desk, ana: User, reader: User
) -> None:
    (number,) = desk.intake.take([sent("hard to say")])
    with pytest.raises(NotAllowed):
        desk.escalations.ask(reader, number)
    with pytest.raises(InvalidRuling):
        desk.escalations.ask(ana, number, "x" * 5_001)
    assert queue_of(desk, Queue.LEADS) == []


def test_a_bulk_decision_does_not_reach_it(desk: Desk, ana: User, lead: User) -> None:
    hard, easy = desk.intake.take([sent("hard to say"), sent("easy")])
    desk.escalations.ask(ana, hard)
    preview = desk.bulk.preview(lead, Filters())
    assert preview.count == 1
    desk.bulk.apply(lead, Filters(), preview.newest, Outcome.APPROVE)
    assert desk.queue.get(hard).line.decision is None
    assert desk.queue.get(easy).line.decision is not None


def test_what_somebody_skipped_comes_to_that_person_after_all_others(
    desk: Desk, ana: User, bo: User
) -> None:
    first, second, third = desk.intake.take([sent(f"text {n}", n / 10) for n in (9, 5, 1)])
    desk.queue.skip(ana, first)
    assert [line.id for line in desk.queue.lines(Filters()).lines] == [first, second, third]
    seen = []
    for _ in range(2):
        given = desk.queue.next(ana, Filters())
        assert given
        seen.append(given.id)
        desk.decisions.decide(ana, given.id, APPROVE)
    assert seen == [second, third]
    given = desk.queue.next(ana, Filters())
    assert given
    assert given.id == first
    desk.queue.release(ana, first)
    desk.queue.skip(ana, first)
    other = desk.queue.next(bo, Filters())
    assert other
    assert other.id == first


def test_a_skip_is_forgotten_by_the_next_day(
    desk: Desk, ana: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, _ = desk.intake.take([sent("one", 0.9), sent("two", 0.1)])
    desk.queue.skip(ana, first)
    monkeypatch.setattr("moderation.desk.queue.holds.SKIPPED_HOURS", 0)
    given = desk.queue.next(ana, Filters())
    assert given
    assert given.id == first
