"""Nothing that a moderator has typed is lost: not by undo, a colleague or the end of a session."""

from collections.abc import Callable

from lxml import html

from moderation.desk import Desk
from moderation.desk.types import Outcome, RejectionReason, Role, Ruling
from moderation.desk.web.request import COOKIE
from tests.desk.web.people import NAMES, PASSWORD, Person, bring, comment, words_of
from tests.desk.web.test_corrections import form_of

Visit = Callable[[Role], Person]
NOTE = "Second time this week; see the thread of Monday."


def filled(page: html.HtmlElement) -> dict[str, str]:
    """Return the fields of a comment's form that are filled in."""
    fields = form_of(page)
    kept = ("note", "right_label", "for_author", "attribute.insult")
    return {name: fields[name] for name in kept if fields.get(name)}


def test_undo_brings_back_the_form_as_it_was_and_redo_decides_again(
    visit: Visit, desk: Desk
) -> None:
    number, other = bring(desk, [comment("a text", external_id="1"), comment("another")])
    person = visit(Role.MODERATOR)
    typed = {"note": NOTE, "right_label": "inflammatory", "attribute.insult": "1"}
    fields = form_of(person.see(f"/comments/{number}")) | typed | {"for_author": "1"}
    for name in [name for name in fields if name.startswith("target.")]:
        del fields[name]
    person.send(f"/comments/{number}/decide", **fields, ruling="reject:insult")
    (made,) = desk.queue.get(number).decisions
    back = person.send(f"/decisions/{made.id}/undo")
    page = person.see(back.headers["location"])
    assert filled(page) == typed | {"for_author": "1"}
    assert NOTE in words_of(page)  # the note of the undone decision stands in the history too
    (redo,) = page.xpath('//button[contains(., "Redo")]/@value')
    assert redo == "reject:insult"
    again = form_of(page)
    person.send(f"/comments/{number}/decide", **again, ruling=redo)
    second = desk.queue.get(number).line.decision
    assert second is not None
    assert (second.ruling.note, second.ruling.note_for_author) == (NOTE, True)
    # Another comment's form is empty.
    assert filled(person.see(f"/comments/{other}")) == {}


def test_a_note_is_shown_again_where_a_colleague_was_quicker(visit: Visit, desk: Desk) -> None:
    (number,) = bring(desk, [comment("a text")])
    person = visit(Role.MODERATOR)
    fields = form_of(person.see(f"/comments/{number}")) | {"note": NOTE}
    lead = next(user for user in desk.accounts.users() if user.name == NAMES[Role.LEAD])
    desk.queue.release(
        next(user for user in desk.accounts.users() if user.name == NAMES[Role.MODERATOR]), number
    )
    desk.decisions.decide(lead, number, Ruling(Outcome.REJECT, RejectionReason.SPAM))
    reply = person.send(f"/comments/{number}/decide", **fields, ruling="approve")
    assert reply.status_code == 409
    page = html.fromstring(reply.text)
    assert NOTE in page.xpath('//textarea[@id="unsaved"]')[0].text_content()
    assert "has already decided" in words_of(page)


def test_what_was_typed_comes_back_after_signing_in_again(visit: Visit, desk: Desk) -> None:
    (number,) = bring(desk, [comment("a text")])
    person = visit(Role.MODERATOR)
    fields = form_of(person.see(f"/comments/{number}")) | {"note": NOTE, "csrf": person.csrf()}
    token = person.client.cookies[COOKIE]
    desk.accounts.sign_out(token)
    reply = person.post(f"/comments/{number}/decide", {**fields, "ruling": "approve"})
    assert reply.status_code == 401
    page = html.fromstring(reply.text)
    assert "What you typed is kept here" in words_of(page)
    kept = dict(page.xpath("//form")[0].form_values())
    wrong = person.post("/sign-in", {**kept, "name": NAMES[Role.MODERATOR], "password": "no"})
    kept = dict(html.fromstring(wrong.text).xpath("//form")[0].form_values())
    signed = {**kept, "name": NAMES[Role.MODERATOR], "password": PASSWORD}
    shown = html.fromstring(person.post("/sign-in", signed).text)
    assert "has not been saved" in words_of(shown)
    assert filled(shown) == {"note": NOTE}
    assert desk.queue.get(number).decisions == ()
    again = form_of(shown) | {"csrf": person.csrf(), "ruling": "approve"}
    person.post(f"/comments/{number}/decide", again)
    assert desk.queue.get(number).decisions[0].ruling.note == NOTE
