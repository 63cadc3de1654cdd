"""Two people at one comment at the same moment: one is first, and the other sees what came of it.

Each test lets the first stop before its transaction ends, and the second begin meanwhile.
"""

import pytest
import sqlalchemy as sa

from moderation.database.tables import bulks, comments, decisions
from moderation.desk import Desk
from moderation.desk.decisions.bulk import BulkRuling, decide_chunk
from moderation.desk.decisions.decisions import take_back
from moderation.desk.errors import AlreadyDecided, NoSuchThing
from moderation.desk.intake.retention import erase_some
from moderation.desk.queue import holds as holding
from moderation.desk.types import Filters, Outcome, Queue, RejectionReason, Ruling, Sort, User
from tests.desk.decisions.meeting import meet
from tests.desk.sending import sent

APPROVE = Ruling(Outcome.APPROVE)
EVERYTHING = holding.Selection(Filters(), Sort.WORST, ())


def state(desk: Desk, number: int) -> tuple[str, bool]:
    """Return the queue of a comment, and whether its text is there."""
    with desk.store.reading() as connection:
        row = connection.execute(
            sa.select(comments.c.queue, comments.c.key).where(comments.c.id == number)
        ).one()
    return row.queue, row.key is not None


def test_an_erased_comment_can_be_neither_held_nor_decided_nor_noted(desk: Desk, ana: User) -> None:
    (number,) = desk.intake.take([sent("a")])
    desk.retention.erase(None, number)
    for act in (
        lambda: desk.queue.hold(ana, number),
        lambda: desk.decisions.decide(ana, number, APPROVE),
        lambda: desk.decisions.note(ana, number, "hello"),
    ):
        with pytest.raises(NoSuchThing, match="erased"):
            act()
    assert desk.queue.next(ana, Filters()) is None
    comment = desk.queue.get(number)
    assert (comment.notes, comment.decisions) == ((), ())


def test_what_is_erased_while_somebody_undoes_stays_decided(desk: Desk, ana: User) -> None:
    (number,) = desk.intake.take([sent("a")])
    made = desk.decisions.decide(ana, number, APPROVE)
    meet(
        desk,
        lambda connection: erase_some(comments.c.id == number, connection, on_request=True),
        lambda: desk.decisions.undo(ana, made.id),
    )
    assert state(desk, number) == (Queue.DECIDED, False)
    assert desk.queue.get(number).decisions[0].undone is None
    assert desk.decisions.latest(ana) is None


def test_what_is_undone_while_somebody_erases_is_in_no_queue(desk: Desk, ana: User) -> None:
    (number,) = desk.intake.take([sent("a")])
    made = desk.decisions.decide(ana, number, APPROVE)
    meet(
        desk,
        lambda connection: take_back(connection, ana, [number], decisions.c.id == made.id),
        lambda: desk.retention.erase(None, number),
    )
    assert state(desk, number) == ("erased", False)


def test_nobody_decides_a_comment_that_another_was_just_given(
    desk: Desk, ana: User, bo: User
) -> None:
    (number,) = desk.intake.take([sent("a")])
    meet(
        desk,
        lambda connection: holding.hold_first(desk.store, connection, ana, EVERYTHING),
        lambda: desk.decisions.decide(bo, number, APPROVE),
    )
    assert state(desk, number) == (Queue.REVIEW, True)
    assert desk.decisions.decide(ana, number, APPROVE).by == "Ana"


def test_many_at_once_leave_a_comment_that_somebody_was_just_given(
    desk: Desk, ana: User, lead: User
) -> None:
    numbers = desk.intake.take([sent("a"), sent("b")])
    seen = desk.bulk.preview(lead, Filters())
    meet(
        desk,
        lambda connection: holding.hold_first(desk.store, connection, ana, EVERYTHING),
        lambda: desk.bulk.apply(lead, Filters(), seen.newest, Outcome.APPROVE),
    )
    assert sorted(state(desk, number)[0] for number in numbers) == [Queue.DECIDED, Queue.REVIEW]


def test_many_at_once_end_where_somebody_undoes_them(desk: Desk, lead: User) -> None:
    """Nothing is decided under a number that is being taken back."""
    numbers = desk.intake.take([sent(f"comment {place}") for place in range(3)])
    first = desk.bulk.apply(lead, Filters(), numbers[0], Outcome.APPROVE)
    many = BulkRuling(lead, first.id, Filters(), APPROVE)
    desk.store.write(
        lambda connection: connection.execute(
            sa.update(comments).where(comments.c.id > numbers[0]).values(flags=1)
        )
    )

    def rest(connection: sa.Connection) -> bool:
        return decide_chunk(desk.store, many, numbers, connection)

    meet(desk, rest, lambda: desk.bulk.undo(lead, first.id))
    assert [state(desk, number)[0] for number in numbers] == [Queue.REVIEW] * 3
    assert not desk.store.write(rest)
    assert [state(desk, number)[0] for number in numbers] == [Queue.REVIEW] * 3
    (shown,) = desk.bulk.latest()
    assert (shown.count, shown.undone is None) == (3, False)


def test_undoing_that_was_cut_off_can_be_finished(desk: Desk, lead: User) -> None:
    numbers = desk.intake.take([sent("a"), sent("b")])
    made = desk.bulk.apply(lead, Filters(), max(numbers), Outcome.APPROVE)

    def begun(connection: sa.Connection) -> None:
        take_back(connection, lead, numbers[:1], decisions.c.bulk_id == made.id)
        connection.execute(bulks.update().values(undone=made.time))

    desk.store.write(begun)
    assert desk.bulk.latest()[0].undone is None
    assert desk.bulk.undo(lead, made.id) == 1
    assert desk.bulk.latest()[0].undone is not None


def test_opening_a_comment_holds_it_and_lets_go_of_the_one_before(
    desk: Desk, ana: User, bo: User
) -> None:
    one, other = desk.intake.take([sent("a"), sent("b")])
    desk.queue.hold(ana, one)
    assert desk.queue.hold(ana, other).line.held_by == "Ana"
    assert desk.queue.hold(bo, one).line.held_by == "Bo"


def test_a_form_that_was_shown_before_undoing_decides_anew(desk: Desk, ana: User) -> None:
    """And sent again it gives that decision; it never passes another off as its own."""
    (number,) = desk.intake.take([sent("a")])
    approve = Ruling(Outcome.APPROVE, token="form 1")  # noqa: S106
    reject = Ruling(Outcome.REJECT, RejectionReason.SPAM, token="form 1")  # noqa: S106
    first = desk.decisions.decide(ana, number, approve)
    with pytest.raises(AlreadyDecided):
        desk.decisions.decide(ana, number, reject)
    desk.decisions.undo(ana, first.id)
    second = desk.decisions.decide(ana, number, reject)
    assert second.id != first.id
    assert desk.queue.get(number).line.decision == second
    assert desk.decisions.decide(ana, number, reject).id == second.id
    with pytest.raises(AlreadyDecided):
        desk.decisions.decide(ana, number, approve)
    desk.decisions.undo(ana, second.id)
    assert desk.decisions.decide(ana, number, approve).ruling.outcome is Outcome.APPROVE
