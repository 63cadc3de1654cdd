"""Corrections: they go with the decision alone, are not lost to a mistake, and have no limit."""

import json
from collections.abc import Callable

import pytest
from lxml import html

from moderation.desk import Desk
from moderation.desk.types import Role
from moderation.text.peoples import PEOPLES
from moderation.verdict import Span
from tests.desk.web.people import Person, bring, comment, comments, told_in, words_of
from tests.service.fakes import HOSTILE

Visit = Callable[[Role], Person]
TEXT = f"A calm start, then {HOSTILE} and an end."
MANY = 3_000


def form_of(page: html.HtmlElement) -> dict[str, str]:
    """Return the fields that a browser would send of a decision's form, without a button."""
    form = page.xpath('//form[@id="ruling"]')[0]
    # The first line end of a text area is none of its text.
    return {name: value.removeprefix("\n") for name, value in form.form_values() if name != "csrf"}


def number_in(path: str) -> int:
    return int(path.split("/comments/")[1].split("?", maxsplit=1)[0])


@pytest.mark.parametrize("act", ["decide", "note"])
def test_a_corrected_label_does_not_narrow_the_queue_that_one_works_through(
    visit: Visit, desk: Desk, act: str
) -> None:
    desk.intake.take(comments(3))
    person = visit(Role.MODERATOR)
    path = person.send("/next", queue="review").headers["location"]
    fields = form_of(person.see(path)) | {"right_label": "civil", "note": "seen", "target.Thai": ""}
    fields.pop("target.Hillfolk")
    reply = person.send(f"/comments/{number_in(path)}/{act}", **fields, ruling="approve")
    assert "label=" not in reply.headers["location"]
    assert told_in(reply) == ("noted" if act == "note" else "")
    assert "/comments/" in reply.headers["location"]


def test_a_chosen_filter_by_label_survives_a_decision_with_another_label(
    visit: Visit, desk: Desk
) -> None:
    desk.intake.take(comments(3))
    person = visit(Role.MODERATOR)
    path = person.send("/next", queue="review", label="ethnic_hostility").headers["location"]
    first = number_in(path)
    fields = form_of(person.see(path)) | {"right_label": "inflammatory"}
    fields.pop("target.Hillfolk")
    reply = person.send(f"/comments/{first}/decide", **fields, ruling="reject:inflammatory")
    assert desk.queue.get(first).decisions[0].ruling.label == "inflammatory"
    assert "label=ethnic_hostility" in reply.headers["location"]
    assert number_in(reply.headers["location"]) != first


def test_evidence_of_a_comment_with_thousands_of_spans_can_be_corrected(
    visit: Visit, desk: Desk
) -> None:
    (number,) = bring(desk, [comment(f"{HOSTILE} " * MANY)])
    person = visit(Role.MODERATOR)
    page = person.see(f"/comments/{number}")
    width = len(HOSTILE)
    shown = page.xpath('//template[@id="known"]/@data-spans')[0].split(";")
    assert len(shown) < MANY / 3
    changes = {"added": [[2, 5, "insult"]], "removed": [[0, width, "ethnic_hostility"]]}
    fields = form_of(page) | {"spans": json.dumps(changes)}
    person.send(f"/comments/{number}/decide", **fields, ruling="reject:ethnic_hostility")
    spans = desk.queue.get(number).decisions[0].ruling.spans
    assert spans is not None
    assert len(spans) == MANY
    assert spans[:2] == (
        Span(2, 5, "insult", 1.0),
        Span(width + 1, 2 * width + 1, "ethnic_hostility", 1.0),
    )


MISTAKES = {
    "evidence of what is civil": {"right_label": "civil", "ruling": "approve"},
    "a people that is not known": {"target.Nobodies": "1", "ruling": "reject:insult"},
    "no reason": {"ruling": "reject"},
    "too long a note": {"note": "n" * 5_001, "ruling": "approve"},
}


@pytest.mark.parametrize("mistake", MISTAKES.values(), ids=MISTAKES)
def test_a_mistake_costs_nothing_of_what_was_filled_in(
    visit: Visit, desk: Desk, mistake: dict[str, str]
) -> None:
    (number,) = bring(desk, [comment(TEXT)])
    person = visit(Role.MODERATOR)
    changes = json.dumps({"added": [[2, 6, "insult"]], "removed": []})
    filled = {
        "note": "Ask the editor.",
        "target.Thai": "1",
        "attribute.threat": "0",
        "spans": changes,
    } | mistake
    fields = form_of(person.see(f"/comments/{number}")) | filled
    reply = person.send(f"/comments/{number}/decide", **fields)
    assert reply.status_code == 422
    assert desk.queue.get(number).decisions == ()
    page = html.fromstring(reply.text)
    assert page.xpath("//nav//a")
    assert words_of(page, '//*[@role="alert"]')
    again = form_of(page)
    for name in ("note", "target.Thai", "attribute.threat", "spans", "right_label"):
        assert again.get(name, "") == fields.get(name, ""), name
    # Corrected, it is decided.
    again |= {"right_label": "", "note": "Ask the editor.", "ruling": "reject:ethnic_hostility"}
    again = {
        name: value for name, value in again.items() if name[7:] not in {"Nobodies", "Hillfolk"}
    }
    assert told_in(person.send(f"/comments/{number}/decide", **again)) == "done"
    assert desk.queue.get(number).decisions[0].ruling.note == "Ask the editor."


def test_an_empty_note_is_refused_on_the_page_and_costs_nothing(visit: Visit, desk: Desk) -> None:
    (number,) = bring(desk, [comment(TEXT)])
    person = visit(Role.MODERATOR)
    fields = form_of(person.see(f"/comments/{number}")) | {"target.Thai": "1", "note": " "}
    reply = person.send(f"/comments/{number}/note", **fields)
    assert reply.status_code == 422
    assert "A note has 1 to 5000 characters." in words_of(
        html.fromstring(reply.text), '//*[@role="alert"]'
    )
    assert form_of(html.fromstring(reply.text))["target.Thai"] == "1"


def test_the_peoples_that_may_be_named_are_offered(visit: Visit, desk: Desk) -> None:
    (number,) = bring(desk, [comment(TEXT)])
    page = visit(Role.MODERATOR).see(f"/comments/{number}")
    offered = {name.removeprefix("target.") for name in page.xpath("//input/@name")}
    assert set(PEOPLES) <= offered


def test_whoever_sends_another_form_after_the_visit_has_ended_is_told_that_nothing_was_saved(
    visit: Visit, desk: Desk
) -> None:
    person = visit(Role.MODERATOR)
    fields = {"csrf": person.csrf(), "old": "a", "new": "b"}
    desk.accounts.sign_out(person.client.cookies["moderation_desk"])
    reply = person.post("/password", fields)
    assert reply.status_code == 303
    page = person.see(reply.headers["location"])
    assert "was not saved" in words_of(page)
    assert page.xpath('//input[@name="next"]/@value') == ["/desk"]
    assert "was not saved" not in words_of(person.see(reply.headers["location"]))


def test_whoever_opens_a_comment_to_decide_it_holds_it(visit: Visit, desk: Desk) -> None:
    (number,) = bring(desk, [comment(TEXT)])
    visit(Role.MODERATOR).see(f"/comments/{number}")
    assert desk.queue.get(number).line.held_by == "mo"
    page = visit(Role.LEAD).see(f"/comments/{number}")
    assert "mo is reviewing this comment." in words_of(page)
    assert page.xpath('//form[@id="ruling"]') == []


def test_a_long_note_and_a_long_article_are_shown_whole(visit: Visit, desk: Desk) -> None:
    (number,) = bring(desk, [comment(TEXT, article="word " * 3_900 + "END")])
    person = visit(Role.MODERATOR)
    person.send(f"/comments/{number}/note", note="n" * 4_990 + "the end")
    told = words_of(person.see(f"/comments/{number}"))
    assert "word END" in told
    assert "nthe end" in told


def test_of_many_notes_the_latest_are_shown_and_the_others_can_be(visit: Visit, desk: Desk) -> None:
    (number,) = bring(desk, [comment(TEXT)])
    user = next(user for user in desk.accounts.users() if user.role is Role.MODERATOR)
    for place in range(25):
        desk.decisions.note(user, number, f"note number {place}.")
    person = visit(Role.MODERATOR)
    page = person.see(f"/comments/{number}")
    assert "note number 4." not in words_of(page)
    assert "note number 24." in words_of(page)
    (link,) = page.xpath('//a[contains(@href, "past=all")]')
    assert link.text == "Show 5 earlier entries"
    assert "note number 0." in words_of(person.see(link.get("href")))
