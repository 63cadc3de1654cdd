"""Several comments of a list are decided at once, each by a decision of its own."""

from collections.abc import Callable

from moderation.desk import Desk
from moderation.desk.types import Outcome, RejectionReason, Role
from tests.desk.web.people import NAMES, Person, bring, comment, comments, told_in

Visit = Callable[[Role], Person]


def test_those_that_are_chosen_are_decided_and_the_others_wait(visit: Visit, desk: Desk) -> None:
    first, second, third = bring(desk, [comment(f"text {place}") for place in range(3)])
    person = visit(Role.MODERATOR)
    fields = {f"pick.{first}": "1", f"pick.{third}": "1", "queue": "review"}
    reply = person.send("/picked", **fields, ruling="reject:insult")
    assert told_in(reply) == "picked"
    outcomes = [desk.queue.get(number).line.decision for number in (first, second, third)]
    assert outcomes[1] is None
    for made in (outcomes[0], outcomes[2]):
        assert made is not None
        assert (made.ruling.outcome, made.ruling.reason) == (
            Outcome.REJECT,
            RejectionReason.INSULT,
        )
        assert (made.by, made.bulk_id) == (NAMES[Role.MODERATOR], None)
    page = person.see("/queues/review")
    assert page.xpath('//input[@class="pick"]/@name') == [f"pick.{second}"]


def test_one_that_a_colleague_holds_is_left_and_the_page_says_so(visit: Visit, desk: Desk) -> None:
    first, second = bring(desk, comments(2))
    visit(Role.LEAD).see(f"/comments/{first}")  # held from now on
    fields = {f"pick.{first}": "1", f"pick.{second}": "1", "queue": "review"}
    reply = visit(Role.MODERATOR).send("/picked", **fields, ruling="approve")
    assert told_in(reply) == "missed"
    assert desk.queue.get(first).line.decision is None
    assert desk.queue.get(second).line.decision is not None


def test_nothing_chosen_is_said_and_readers_choose_nothing(visit: Visit, desk: Desk) -> None:
    bring(desk, comments(2))
    assert visit(Role.MODERATOR).send("/picked", ruling="approve").status_code == 422
    page = visit(Role.READER).see("/queues/review")
    assert page.xpath('//input[@class="pick"]') == []


def test_a_bulk_decision_leaves_out_what_is_taken_out(visit: Visit, desk: Desk) -> None:
    numbers = bring(desk, comments(4))
    person = visit(Role.LEAD)
    page = person.see("/bulk?queue=review&low=0&high=1")
    fields = {
        name: page.xpath(f'//form[@id="all-of-these"]//input[@name="{name}"]/@value')[0]
        for name in ("newest", "seen", "low", "high", "queue")
    }
    person.send("/bulk", **fields, ruling="approve", **{f"without.{numbers[1]}": "1"})
    left = [number for number in numbers if desk.queue.get(number).line.decision is None]
    assert left == [numbers[1]]
    # Approving all is not the first button where the scores are high.
    assert page.xpath('//form[@id="all-of-these"]//button[@class="primary"]') == []
