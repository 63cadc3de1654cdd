"""News for open pages, on both databases."""

from moderation.desk import Desk
from moderation.desk.types import Filters, Outcome, Queue, Ruling, User
from tests.desk.web.people import bring, comment


def test_new_comments_are_counted_by_the_filters_of_a_page(desk: Desk) -> None:
    assert desk.live.newest() == 0
    (first,) = bring(desk, [comment("one")])
    assert desk.live.newest() == first
    bring(desk, [comment("two", author="Ly"), comment("three")])
    assert desk.live.arrived(Filters(Queue.REVIEW), first) == 2
    assert desk.live.arrived(Filters(Queue.REVIEW, author="Ly"), first) == 1
    assert desk.live.arrived(Filters(Queue.REVIEW, words="three"), first) == 1
    assert desk.live.arrived(Filters(Queue.REVIEW), desk.live.newest()) == 0


def test_the_state_of_a_comment_names_who_holds_it_and_who_decided(desk: Desk, ana: User) -> None:
    (number,) = bring(desk, [comment("one")])
    assert desk.live.comment(number).held_by is None
    desk.queue.hold(ana, number)
    assert desk.live.comment(number).held_by == ana.name
    made = desk.decisions.decide(ana, number, Ruling(Outcome.APPROVE))
    state = desk.live.comment(number)
    assert (state.decision, state.by, state.outcome) == (made.id, ana.name, Outcome.APPROVE)
    assert (state.erased, state.withdrawn, state.latest) == (False, False, None)
