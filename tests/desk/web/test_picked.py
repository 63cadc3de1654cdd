"""Several comments of a list are decided at once, each by a decision of its own."""

from collections.abc import Callable

import pytest

from moderation.desk import Desk
from moderation.desk.queue import previews
from moderation.desk.types import Outcome, RejectionReason, Role
from tests.desk.web.people import NAMES, Person, bring, comment, comments, told_in, words_of

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


def test_approving_all_is_the_first_button_only_where_the_scores_are_low(
    visit: Visit, desk: Desk
) -> None:
    """Above a score of 0.5 it is behind the rejections, and folded away."""
    bring(desk, comments(4))
    person = visit(Role.LEAD)
    buttons = '//form[@id="all-of-these"]//button'
    high = person.see("/bulk?queue=review&low=0&high=1").xpath(buttons)
    assert [button.get("value") for button in high if button.get("class") == "primary"] == []
    assert high[-1].get("value") == "approve"
    assert high[-1].getparent().tag == "details"
    low = person.see("/bulk?queue=review&low=0&high=0.5").xpath(buttons)
    assert (low[0].get("value"), low[0].get("class")) == ("approve", "primary")


def test_a_bulk_decision_states_its_filters_its_reason_and_its_note(
    visit: Visit, desk: Desk
) -> None:
    numbers = bring(desk, comments(6))
    person = visit(Role.LEAD)
    path = "/bulk?queue=review&low=0.2&high=0.9&page=https%3A//news.example/0"
    page = person.see(path)
    stated = "To review · highest score from 0.20 to 0.90 · Page: https://news.example/0"
    assert f"Chosen: {stated}" in words_of(page)
    assert "All of them" in words_of(page)
    form = page.xpath('//form[@id="all-of-these"]')[0]
    fields = {**dict(form.form_values()), "note": "A raid from another forum"}
    fields.pop("csrf")
    assert person.send("/bulk", **fields, ruling="reject:spam").status_code == 303
    shown = words_of(person.see("/bulk"))
    assert "Rejected (Spam): 2 comments, by lea" in shown
    assert f"{stated} · A raid from another forum" in shown
    made = [desk.queue.get(number).decisions for number in numbers]
    assert [each[0].ruling.note for each in made if each] == ["A raid from another forum"] * 2


def test_of_very_many_any_may_be_left_out_by_its_number(
    visit: Visit, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(previews, "ALL_SHOWN", 5)
    numbers = bring(desk, comments(14))
    person = visit(Role.LEAD)
    page = person.see("/bulk?queue=review&low=0&high=1")
    form = page.xpath('//form[@id="all-of-these"]')[0]
    shown = {int(name.partition(".")[2]) for name in form.xpath(".//input[@type='checkbox']/@name")}
    hidden = [number for number in numbers if number not in shown]
    assert (len(shown), len(hidden)) == (9, 5)
    fields = dict(form.form_values()) | {"without": f"{hidden[0]}, {hidden[1]}"}
    fields.pop("csrf")
    person.send("/bulk", **fields, ruling="reject:spam")
    left = [number for number in numbers if desk.queue.get(number).line.decision is None]
    assert left == hidden[:2]
