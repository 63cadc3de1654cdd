"""Many at once: exactly what was previewed, whatever was asked for, and taken back whole."""

import pytest

from moderation.desk import Desk
from moderation.desk.errors import AlreadyUndone, NotAllowed, OutOfDate
from moderation.desk.types import Filters, Outcome, Queue, Role, Ruling, User
from moderation.taxonomy import Label
from tests.desk.sending import sent, unread

APPROVE = Ruling(Outcome.APPROVE)


def test_any_filter_may_be_set_and_only_which_is_in_the_log(
    desk: Desk, lead: User, admin: User
) -> None:
    (number,) = desk.intake.take([sent("peculiar words", author="Mo")])
    filters = Filters(by="Ana", outcome=Outcome.REJECT, words="peculiar", author="Mo")
    preview = desk.bulk.preview(lead, filters)
    made = desk.bulk.apply(lead, filters, preview.newest, Outcome.APPROVE, seen=preview.seen)
    assert (made.count, preview.count) == (1, 1)
    (entry,) = [entry for entry in desk.audit.read(admin) if entry.act == "bulk"]
    assert entry.details == {"outcome": "approve", "reason": None, "asked": ["author", "words"]}
    (shown,) = desk.bulk.latest()
    assert shown.filters == Filters(words="…", author="Mo")
    assert desk.queue.get(number).line.decision is not None


def test_what_was_not_previewed_is_not_decided(desk: Desk, ana: User, lead: User) -> None:
    """Neither more than was seen, nor as many others."""
    numbers = desk.intake.take([sent(f"comment {place}") for place in range(4)])
    decided = desk.decisions.decide(ana, numbers[0], APPROVE)
    preview = desk.bulk.preview(lead, Filters())
    desk.decisions.undo(ana, decided.id)
    desk.queue.release(ana, numbers[0])
    for swapped in (False, True):
        if swapped:
            desk.queue.hold(ana, numbers[1])
            assert desk.bulk.preview(lead, Filters()).count == preview.count
        with pytest.raises(OutOfDate, match="Preview again"):
            desk.bulk.apply(lead, Filters(), preview.newest, Outcome.APPROVE, seen=preview.seen)
    assert desk.queue.count(Filters()).number == 4
    assert desk.bulk.latest() == []


def test_what_others_hold_is_left_alone_and_what_the_lead_holds_is_not(
    desk: Desk, ana: User, lead: User
) -> None:
    """Others who take and leave comments meanwhile are no reason to preview again."""
    numbers = desk.intake.take([sent(f"comment {place}") for place in range(4)])
    desk.queue.hold(lead, numbers[0])
    desk.queue.hold(ana, numbers[1])
    preview = desk.bulk.preview(lead, Filters())
    assert preview.count == 3
    desk.queue.hold(ana, numbers[2])
    made = desk.bulk.apply(lead, Filters(), preview.newest, Outcome.APPROVE, seen=preview.seen)
    assert made.count == 3
    (left,) = desk.queue.lines(Filters()).lines
    assert left.id == numbers[2]


def test_all_is_taken_back_though_much_was_erased(
    desk: Desk, lead: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("moderation.desk.decisions.bulk.CHUNK", 2)
    numbers = sorted(desk.intake.take([sent(f"comment {place}") for place in range(7)]))
    made = desk.bulk.apply(lead, Filters(), numbers[-1], Outcome.APPROVE)
    assert made.count == 7
    for number in numbers[:4]:
        desk.retention.erase(None, number)
    assert desk.bulk.undo(lead, made.id) == 3
    assert {line.id for line in desk.queue.lines(Filters()).lines} == set(numbers[4:])
    assert desk.bulk.latest()[0].undone is not None
    with pytest.raises(AlreadyUndone):
        desk.bulk.undo(lead, made.id)


def test_no_moderators_token_is_in_the_way_of_another(
    desk: Desk, ana: User, bo: User, lead: User
) -> None:
    numbers = desk.intake.take([sent(f"comment {place}") for place in range(3)])
    for user, number in ((ana, numbers[0]), (bo, numbers[1]), (ana, numbers[1])):
        ruling = Ruling(Outcome.APPROVE, token=f"bulk 1 comment {numbers[2]}")
        if desk.queue.get(number).line.decision is None:
            assert desk.decisions.decide(user, number, ruling).by == user.name
    assert desk.bulk.apply(lead, Filters(), max(numbers), Outcome.APPROVE).count == 1


def test_who_is_no_lead_any_more_takes_back_none_of_many(
    desk: Desk, lead: User, admin: User
) -> None:
    (number,) = desk.intake.take([sent("a")])
    desk.bulk.apply(lead, Filters(), number, Outcome.APPROVE)
    decision = desk.queue.get(number).line.decision
    assert decision is not None
    demoted = desk.accounts.change(admin, "Lin", role=Role.MODERATOR)
    with pytest.raises(NotAllowed):
        desk.decisions.undo(demoted, decision.id)
    assert desk.queue.count(Filters(Queue.DECIDED)).number == 1


def test_what_was_not_judged_is_decided_only_where_it_was_asked_for(desk: Desk, lead: User) -> None:
    desk.intake.take([unread("unread"), sent("mild", 0.1)])
    assert sum(desk.bulk.histogram(Filters())) == 1
    preview = desk.bulk.preview(lead, Filters())
    assert (preview.count, dict(preview.labels)) == (1, {Label.CIVIL: 1})
    desk.bulk.apply(lead, Filters(), preview.newest, Outcome.APPROVE, seen=preview.seen)
    assert [line.excerpt for line in desk.queue.lines(Filters()).lines] == ["unread"]
    asked = Filters(judged=False)
    preview = desk.bulk.preview(lead, asked)
    assert (preview.count, dict(preview.labels)) == (1, {None: 1})
    desk.bulk.apply(lead, asked, preview.newest, Outcome.APPROVE, seen=preview.seen)
    assert desk.bulk.latest()[0].filters == asked
    assert desk.queue.lines(Filters()).lines == ()
