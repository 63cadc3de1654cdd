"""Open pages learn what happens meanwhile, without a reload and without a loss."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from playwright.sync_api import Page, Request, expect

from moderation.database.tables import comments as comments_table
from moderation.database.tables import now, sessions
from moderation.desk import Desk
from moderation.desk.queue import live
from moderation.desk.types import Filters, Outcome, Queue, RejectionReason, Role, Ruling
from tests.desk.web.browsing import Open, press, shoot
from tests.desk.web.people import NAMES, Person, bring, comment, comments
from tests.service.fakes import HOSTILE

Visit = Callable[[Role], Person]
APPROVE, REJECT = Ruling(Outcome.APPROVE), Ruling(Outcome.REJECT, RejectionReason.SPAM)


@pytest.fixture(autouse=True)
def _counted_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    """Count anew each time, so that a test need not wait."""
    monkeypatch.setattr(live, "FRESH_SECONDS", 0.0)


def ask(person: Person, **fields: object) -> Any:
    """Return the news that a page gets."""
    return person.client.get("/desk/live", params={k: str(v) for k, v in fields.items()}).json()


def user(desk: Desk, role: Role) -> Any:
    return next(each for each in desk.accounts.users() if each.name == NAMES[role])


def look_again(page: Page) -> None:
    """Have a page ask at once, as one does that is looked at again."""
    page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")


def test_a_page_is_told_the_numbers_of_the_queues_and_what_is_left(
    visit: Visit, desk: Desk
) -> None:
    first, *_ = bring(desk, comments(4))
    person = visit(Role.MODERATOR)
    told = ask(person, queue="review", comment=first)
    assert (told["counts"]["review"], told["left"]) == ("4", "4 left")
    assert "leads" not in told["counts"]
    desk.decisions.decide(user(desk, Role.LEAD), first, APPROVE)
    assert ask(person, queue="review", comment=first)["left"] == "3 left"
    assert ask(person, queue="review", author="author 0", comment=first)["left"] == "1 left"


def test_a_page_is_told_of_new_comments_that_pass_its_filters(visit: Visit, desk: Desk) -> None:
    newest = bring(desk, comments(2))[-1]
    person = visit(Role.READER)
    assert ask(person, queue="review", newest=newest)["arrived"] is None
    bring(desk, [comment("one", author="Ly"), comment("two", author="Bo")])
    assert "2 new comments" in ask(person, queue="review", newest=newest)["arrived"]["link"]
    one = ask(person, queue="review", newest=newest, author="Ly")["arrived"]
    assert one["link"] == "Show 1 new comment"
    assert ask(person, queue="blocked", newest=newest)["arrived"] is None


def test_a_page_is_told_what_others_do_with_its_comment(visit: Visit, desk: Desk) -> None:
    (number,) = bring(desk, [comment("a text")])
    person, lead = visit(Role.MODERATOR), user(desk, Role.LEAD)
    assert ask(person, comment=number, open=1)["comment"] is None
    desk.queue.hold(lead, number)
    assert "lea is reviewing" in ask(person, comment=number, open=1)["comment"]["words"]
    assert ask(person, comment=number)["comment"] is None
    made = desk.decisions.decide(lead, number, REJECT)
    assert "lea has rejected" in ask(person, comment=number, open=1)["comment"]["words"]
    # The page that shows this decision is up to date.
    assert ask(person, comment=number, decision=made.id)["comment"] is None
    desk.decisions.undo(lead, made.id)
    assert "undone" in ask(person, comment=number, decision=made.id)["comment"]["words"]
    desk.queue.release(lead, number)
    desk.escalations.ask(user(desk, Role.MODERATOR), number, "")
    assert "A lead has been asked" in ask(person, comment=number, open=1)["comment"]["words"]
    with desk.store.engine.begin() as connection:
        connection.execute(sa.update(comments_table).values(withdrawn=now()))
    assert "withdrawn" in ask(person, comment=number, open=1)["comment"]["words"]
    desk.retention.erase(user(desk, Role.ADMIN), number)
    assert "erased" in ask(person, comment=number, open=1)["comment"]["words"]
    assert person.get(f"/live?comment={number + 99}").status_code == 404


def test_asking_keeps_no_session_alive(visit: Visit, desk: Desk) -> None:
    def idle() -> timedelta:
        with desk.store.engine.connect() as connection:
            seen: datetime = connection.execute(sa.select(sessions.c.seen)).scalar_one()
            return now() - seen

    person = visit(Role.READER)
    with desk.store.engine.begin() as connection:
        connection.execute(sa.update(sessions).values(seen=now() - timedelta(minutes=100)))
    ask(person)
    assert idle() > timedelta(minutes=99)
    person.see("/queues/review")
    assert idle() < timedelta(minutes=1)


def test_numbers_are_counted_once_for_everybody(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live, "FRESH_SECONDS", 60.0)
    bring(desk, comments(3))
    assert desk.live.counts()[Queue.REVIEW].number == 3
    assert desk.live.count(Filters(Queue.REVIEW)).number == 3
    bring(desk, [comment("another")])
    assert desk.live.counts()[Queue.REVIEW].number == 3
    assert desk.live.count(Filters(Queue.REVIEW, author="author 0")).number == 1


def test_a_list_notes_new_comments_and_its_numbers_in_a_browser(
    open_page: Open, desk: Desk
) -> None:
    bring(desk, comments(2))
    page = open_page(Role.MODERATOR)
    link = page.get_by_role("navigation", name="Pages").get_by_role("link", name="To review")
    expect(link).to_have_text("To review 2")
    bring(desk, [comment("one"), comment("two")])
    look_again(page)
    expect(link).to_have_text("To review 4")
    expect(page.get_by_role("status").filter(has_text="New comments")).to_be_visible()
    shoot(page, "live-list")
    bring(desk, [comment("three")])
    look_again(page)
    page.get_by_role("link", name="Show 3 new comments").click()
    expect(page.locator("[data-line]")).to_have_count(5)
    expect(page.get_by_text("New comments have come in")).to_have_count(0)


def test_a_comment_that_a_colleague_has_decided_is_marked_and_nothing_typed_is_lost(
    open_page: Open, desk: Desk
) -> None:
    (number,) = bring(desk, [comment(f"They say {HOSTILE}.")])
    page, lead = open_page(Role.MODERATOR), user(desk, Role.LEAD)
    press(page, "g")
    page.get_by_label("Note").fill("see Monday")
    desk.queue.release(user(desk, Role.MODERATOR), number)
    desk.decisions.decide(lead, number, REJECT)
    look_again(page)
    said = page.get_by_role("status").filter(has_text="lea has rejected this comment.")
    expect(said).to_have_text(
        "lea has rejected this comment. What you have typed stays on this page."
    )
    expect(page.get_by_label("Note")).to_have_value("see Monday")
    expect(page.get_by_label("Note")).to_be_focused()
    expect(page.locator("[data-left]")).to_have_text("0 left")
    shoot(page, "live-comment")


def test_a_page_that_nobody_looks_at_asks_nothing(open_page: Open, desk: Desk) -> None:
    bring(desk, comments(2))
    page = open_page(Role.MODERATOR)
    asked: list[str] = []

    def note(request: Request) -> None:
        if "/desk/live?" in request.url:
            asked.append(request.url)

    page.on("request", note)
    page.clock.install()
    page.reload()
    asked.clear()
    page.evaluate("Object.defineProperty(document, 'hidden', {value: true, configurable: true})")
    look_again(page)
    page.clock.run_for(60_000)
    assert asked == []
    page.evaluate("Object.defineProperty(document, 'hidden', {value: false})")
    with page.expect_response("**/desk/live?*"):
        look_again(page)
    for _ in range(3):
        with page.expect_response("**/desk/live?*"):
            page.clock.run_for(5_000)
    assert len(asked) == 4


def test_a_page_whose_session_has_ended_stops_asking(open_page: Open, desk: Desk) -> None:
    bring(desk, comments(2))
    page = open_page(Role.MODERATOR)
    desk.accounts.change(None, NAMES[Role.MODERATOR], role=Role.READER)
    with page.expect_response("**/desk/live?*") as reply:
        look_again(page)
    assert reply.value.status == 303
    expect(page.get_by_role("heading", name="To review")).to_be_visible()
