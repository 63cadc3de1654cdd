"""Asking a lead, on the page of a comment; comments that were skipped."""

from collections.abc import Callable

from moderation.desk import Desk
from moderation.desk.types import Queue, Role
from tests.desk.web.browsing import Open, number_on, press
from tests.desk.web.people import Person, bring, comments, words_of

Visit = Callable[[Role], Person]


def test_leads_see_the_queue_and_its_count_and_others_do_not(visit: Visit, desk: Desk) -> None:
    first, second = bring(desk, comments(2))
    mo, lea = visit(Role.MODERATOR), visit(Role.LEAD)
    reply = mo.send(f"/comments/{second}/escalate", note="Is this a quotation?")
    assert reply.headers["location"].startswith(f"/desk/comments/{first}")
    assert mo.see("/queues/review").xpath('//a[contains(@href, "/queues/leads")]') == []
    assert mo.get(f"/queues/{Queue.LEADS}").status_code == 403
    assert mo.send("/next", queue="leads").status_code == 403
    (link,) = lea.see("/queues/leads").xpath('//nav/a[@href="/desk/queues/leads"]')
    assert words_of(link, ".") == "For leads 1"
    page = mo.see(f"/comments/{second}")
    assert "A lead has been asked to decide on this comment." in words_of(page)
    assert "mo asked a lead" in words_of(page)
    assert page.xpath('//form[@id="ruling"]') == []
    assert mo.send(f"/comments/{second}/decide", ruling="approve").status_code == 403
    page = lea.see(f"/comments/{second}")
    assert page.xpath('//form[@id="ruling"]')
    assert page.xpath('//button[@data-key="e"]') == []
    assert "Is this a quotation?" in words_of(page)
    lea.send(f"/comments/{second}/decide", ruling="approve")
    assert "For leads 0" in words_of(lea.see("/queues/leads"), "//nav")
    assert "asked a lead" in words_of(visit(Role.ADMIN).see("/audit"))


def test_a_key_asks_a_lead_with_the_note_that_is_written(open_page: Open, desk: Desk) -> None:
    bring(desk, comments(2))
    page = open_page(Role.MODERATOR)
    press(page, "g")
    number = number_on(page)
    page.keyboard.press("n")
    page.keyboard.type("Please look.")
    page.keyboard.press("Escape")
    press(page, "e")
    assert number_on(page) != number
    asked = desk.queue.get(number)
    assert asked.line.state == Queue.LEADS
    assert [note.text for note in asked.notes] == ["Please look."]
