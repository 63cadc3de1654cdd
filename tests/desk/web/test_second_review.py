"""A second review in a browser, from the draw to the lead who settles; sections in the queues."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from moderation.desk import Desk
from moderation.desk.types import (
    Outcome,
    Queue,
    RejectionReason,
    Role,
    Ruling,
    Section,
    SectionField,
    User,
)
from moderation.verdict import Span
from tests.desk.web.browsing import Open, look, press, shoot
from tests.desk.web.people import NAMES, PASSWORD, Person, bring, comment, told_in, words_of
from tests.service.fakes import HOSTILE

Visit = Callable[[Role], Person]
FIRST = Ruling(Outcome.REJECT, RejectionReason.ETHNIC_HOSTILITY, note="the first note")
APPEARANCES = {
    f"{device}-{scheme}": {"viewport": {"width": width, "height": 900}, "color_scheme": scheme}
    for device, width in (("desktop", 1280), ("phone", 390))
    for scheme in ("light", "dark")
}


@pytest.fixture
def colleague(desk: Desk) -> User:
    """Return a moderator who decides first."""
    return desk.accounts.add(None, "Colleague", PASSWORD, Role.MODERATOR)


def person(desk: Desk, role: Role) -> User:
    return next(user for user in desk.accounts.users() if user.name == NAMES[role])


def draw_all(desk: Desk) -> None:
    desk.second_reviews.set_share(person(desk, Role.LEAD), 100)


def decide_first(desk: Desk, user: User, *texts: str) -> list[int]:
    numbers = bring(desk, [comment(text, title="A headline", author="Reader") for text in texts])
    for number in numbers:
        desk.decisions.decide(user, number, FIRST)
    return numbers


def test_a_second_review_goes_from_the_draw_to_the_settlement(
    open_page: Open, desk: Desk, colleague: User
) -> None:
    lead = open_page(Role.LEAD)
    lead.goto(lead.url.replace("/queues/review", "/agreement"))
    lead.get_by_label("Share of decided comments").fill("100")
    lead.get_by_role("button", name="Save").click()
    expect(lead.locator(".told")).to_contain_text("has been saved")
    text = f"Some say {HOSTILE} every day"
    (number,) = decide_first(desk, colleague, text)

    page = open_page(Role.MODERATOR)
    expect(page.get_by_role("link", name="Second review 1")).to_be_visible()
    page.get_by_role("link", name="Second review").click()
    expect(page.get_by_text("1 comment waits for you.")).to_be_visible()
    press(page, "g")
    expect(page.locator("#passage")).to_have_text(text)
    shown = page.locator("main").inner_text() + page.content()
    for secret in ("the first note", "Colleague", "0.90", "fake@1", "almost certain"):
        assert secret not in shown
    expect(page.locator("mark")).to_have_count(0)
    # Its own address shows no more.
    page.goto(page.url.partition("/second")[0] + f"/comments/{number}")
    expect(page).to_have_url(re.compile("/second/"))
    page.get_by_label("Note").fill("not hostile to me")
    look(page)
    for key in ("Escape", "m", "Shift+ArrowRight", "Enter", "4"):
        page.keyboard.press(key)
    expect(page.locator("mark")).to_have_count(1)
    press(page, "4")
    expect(page.get_by_text("That was the last one")).to_be_visible()
    line = desk.queue.get(number).line
    assert (line.state, line.decision and line.decision.by) == (Queue.DECIDED, "Colleague")

    lead.reload()
    lead.get_by_role("link", name=f"Comment {number}").click()
    cards = lead.locator(".pair .card")
    expect(cards.nth(0)).to_contain_text("Colleague")
    expect(cards.nth(0)).to_contain_text("the first note")
    expect(cards.nth(1)).to_contain_text("not hostile to me")
    expect(cards.nth(1)).to_contain_text(NAMES[Role.MODERATOR])
    expect(cards.nth(1)).to_contain_text("Some say")
    lead.get_by_role("button", name="Settle with the second ruling").click()
    expect(lead.get_by_text("The disagreement has been settled.")).to_be_visible()
    decision = desk.queue.get(number).line.decision
    assert decision
    assert (decision.by, decision.ruling.reason) == (NAMES[Role.LEAD], RejectionReason.INSULT)
    assert decision.ruling.spans == (Span(0, len("Some say"), "insult", 1.0),)
    expect(lead.get_by_text("1 comment judged twice")).to_be_visible()


def test_a_lead_settles_with_a_third_ruling_by_the_ordinary_form(
    open_page: Open, desk: Desk, colleague: User
) -> None:
    draw_all(desk)
    (number,) = decide_first(desk, colleague, f"Some say {HOSTILE} every day")
    moderator = person(desk, Role.MODERATOR)
    review = desk.second_reviews.next(moderator)
    assert review
    desk.second_reviews.review(moderator, review.id, Ruling(Outcome.APPROVE))
    lead = open_page(Role.LEAD)
    lead.goto(lead.url.replace("/queues/review", f"/agreement/{review.id}"))
    press(lead, "5")
    expect(lead.get_by_text("The disagreement has been settled.")).to_be_visible()
    decision = desk.queue.get(number).line.decision
    assert decision
    assert decision.ruling.reason is RejectionReason.PROFANITY


@pytest.mark.parametrize("appearance", APPEARANCES)
def test_the_pages_fit_the_screen(
    open_page: Open, desk: Desk, colleague: User, appearance: str
) -> None:
    draw_all(desk)
    decide_first(desk, colleague, f"Some say {HOSTILE} every day", "Another one", "And a third")
    moderator = person(desk, Role.MODERATOR)
    for ruling in (Ruling(Outcome.APPROVE, note="A quotation, I think."), FIRST):
        review = desk.second_reviews.next(moderator)
        assert review
        desk.second_reviews.review(moderator, review.id, ruling)
    leader = person(desk, Role.LEAD)
    for section in (
        Section(SectionField.SOURCE, "native"),
        Section(SectionField.PAGE, "https://news.example/sport/football/"),
    ):
        desk.assignments.assign(leader, moderator.name, section)
    (pair,) = desk.disagreements.to_settle(leader)
    bring(desk, [comment("waits")])
    pages = {
        Role.MODERATOR: ("queues/review", "second", "second/3"),
        Role.LEAD: ("agreement", f"agreement/{pair.id}", "sections"),
    }
    for role, paths in pages.items():
        page = open_page(role, **APPEARANCES[appearance])
        for path in paths:
            page.goto(page.url.partition("/desk")[0] + f"/desk/{path}")
            shoot(page, f"second-{path.replace('/', '-')}-{appearance}", whole=True)
            assert _overflow(page) <= 0, path


def test_what_was_typed_is_kept_while_somebody_signs_in_again(
    desk: Desk, colleague: User, visit: Visit, site: str
) -> None:
    draw_all(desk)
    decide_first(desk, colleague, "a comment")
    with visit(Role.MODERATOR) as mo:
        address = mo.send("/second/next").headers["location"]
        csrf = mo.csrf()
        mo.client.cookies.clear()
        reply = mo.post(f"{address}/decide", {"csrf": csrf, "ruling": "approve", "note": "mine"})
    assert reply.status_code == 401
    with Person(site) as again:
        kept = {"kept.note": "mine", "kept.ruling": "approve"}
        data = {"name": NAMES[Role.MODERATOR], "password": PASSWORD, "next": address}
        page = again.post("/sign-in", data | kept)
    assert "This has not been saved" in page.text
    assert ">\nmine</textarea>" in page.text


def test_a_refused_ruling_is_shown_again_and_a_late_one_says_why(
    desk: Desk, colleague: User, visit: Visit
) -> None:
    draw_all(desk)
    (number,) = decide_first(desk, colleague, "a comment")
    with visit(Role.MODERATOR) as mo:
        address = mo.send("/second/next").headers["location"]
        reply = mo.send(f"{address}/decide", ruling="reject", note="keep me")
        assert reply.status_code == 422
        assert ">\nkeep me</textarea>" in reply.text
        desk.decisions.undo(colleague, desk.queue.get(number).decisions[0].id)
        reply = mo.send(f"{address}/decide", ruling="approve")
        assert told_in(reply) == "no_second_review"
        assert "no longer waits" in words_of(mo.see("/second"))


def test_a_moderator_sees_the_own_sections_and_switches_to_all(desk: Desk, visit: Visit) -> None:
    numbers = bring(
        desk,
        [comment("on sport", 0.6, community="sport"), comment("on art", 0.9, community="art")],
    )
    with visit(Role.LEAD) as lead, visit(Role.MODERATOR) as mo:
        fields = {"act": "assign", "name": NAMES[Role.MODERATOR], "field": "community"}
        assert told_in(lead.send("/sections", **fields, value="sport")) == "section_assigned"
        page = mo.see("/queues/review")
        assert "on sport" in words_of(page)
        assert "on art" not in words_of(page)
        assert "To review 1" in words_of(page, "//nav")
        location = mo.send("/next", queue="review").headers["location"]
        assert location.startswith(f"/desk/comments/{numbers[0]}?")
        assert "1 left" in words_of(mo.see(location))
        assert "on art" in words_of(lead.see("/queues/review"))
        mo.send("/queues/sections", show="all", queue="review")
        page = mo.see("/queues/review")
        assert "on art" in words_of(page)
        assert "All sections are shown." in words_of(page)
        assert "2 left" in words_of(mo.see(location))
        mo.send("/queues/sections", show="own", queue="review")
        assert "on art" not in words_of(mo.see("/queues/review"))
        fields["act"] = "remove"
        assert told_in(lead.send("/sections", **fields, value="sport")) == "section_removed"
        assert "on art" in words_of(mo.see("/queues/review"))


def _overflow(page: Page) -> int:
    width: int = page.evaluate(
        "document.documentElement.scrollWidth - document.documentElement.clientWidth"
    )
    return width
