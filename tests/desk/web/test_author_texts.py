"""Texts to the authors of rejected comments: shown first, changed or left out, kept, undone."""

from collections.abc import Callable

from lxml import html
from playwright.sync_api import expect

from moderation.desk import Desk
from moderation.desk.types import DeskOptions, Role, User
from tests.desk.web.browsing import Open, press, shoot
from tests.desk.web.people import NAMES, Person, bring, comment, told_in, words_of
from tests.desk.web.test_corrections import form_of

Visit = Callable[[Role], Person]
HOSTILE_TEXT = "Please do not attack people for where they come from."
OTHER_TEXT = "Your comment on “The ferry” breaks the rules: https://paper.example/rules"


def lead_of(desk: Desk) -> User:
    return next(user for user in desk.accounts.users() if user.name == NAMES[Role.LEAD])


def with_texts(desk: Desk) -> int:
    """Let the newsroom have texts, and a comment of a site in; return its number."""
    lead = lead_of(desk)
    desk.settings.save(lead, DeskOptions(rules="https://paper.example/rules"))
    templates = {"": "Your comment on “{headline}” breaks the rules: {rules}"}
    desk.author_texts.save(lead, templates | {"ethnic_hostility": HOSTILE_TEXT})
    (number,) = bring(desk, [comment("A text.", external_id="1", title="The ferry")])
    return number


def told(desk: Desk, number: int) -> list[str]:
    return [made.ruling.author_text for made in desk.queue.get(number).decisions]


def test_the_page_shows_the_text_for_each_reason_and_the_decision_keeps_it(
    visit: Visit, desk: Desk
) -> None:
    number = with_texts(desk)
    person = visit(Role.MODERATOR)
    fields = form_of(person.see(f"/comments/{number}"))
    assert fields["author_text.ethnic_hostility"] == HOSTILE_TEXT
    assert fields["author_text.spam"] == OTHER_TEXT
    person.send(f"/comments/{number}/decide", **fields, ruling="reject:spam")
    assert told(desk, number) == [OTHER_TEXT]
    page = person.see(f"/comments/{number}")
    for place in ("notes-title", "decide-title"):
        assert OTHER_TEXT in words_of(page, f'//section[@aria-labelledby="{place}"]')


def test_an_approval_tells_the_author_nothing(visit: Visit, desk: Desk) -> None:
    number = with_texts(desk)
    person = visit(Role.MODERATOR)
    fields = form_of(person.see(f"/comments/{number}"))
    person.send(f"/comments/{number}/decide", **fields, ruling="approve")
    assert told(desk, number) == [""]


def test_a_text_is_changed_for_one_case_and_undo_and_redo_bring_it_back_as_typed(
    visit: Visit, desk: Desk
) -> None:
    number = with_texts(desk)
    person = visit(Role.MODERATOR)
    typed = "Dear Ann,\r\n\r\nplease <stay> kind."
    fields = form_of(person.see(f"/comments/{number}")) | {"author_text.insult": typed}
    person.send(f"/comments/{number}/decide", **fields, ruling="reject:insult")
    kept = typed.replace("\r\n", "\n")
    assert told(desk, number) == [kept]
    (made,) = desk.queue.get(number).decisions
    back = person.send(f"/decisions/{made.id}/undo")
    again = form_of(person.see(back.headers["location"]))
    assert again["author_text.insult"] == kept
    assert again["author_text.spam"] == OTHER_TEXT
    person.send(f"/comments/{number}/decide", **again, ruling="reject:insult")
    assert told(desk, number) == [kept, kept]


def test_a_text_that_was_left_out_stays_left_out_after_undo(visit: Visit, desk: Desk) -> None:
    number = with_texts(desk)
    person = visit(Role.MODERATOR)
    fields = form_of(person.see(f"/comments/{number}"))
    del fields["tell_author"]
    person.send(f"/comments/{number}/decide", **fields, ruling="reject:insult")
    (made,) = desk.queue.get(number).decisions
    back = person.send(f"/decisions/{made.id}/undo")
    again = form_of(person.see(back.headers["location"]))
    assert "tell_author" not in again
    person.send(f"/comments/{number}/decide", **again, ruling="reject:insult")
    assert told(desk, number) == ["", ""]


def test_a_refused_form_keeps_the_text_and_the_choice(visit: Visit, desk: Desk) -> None:
    number = with_texts(desk)
    person = visit(Role.MODERATOR)
    fields = form_of(person.see(f"/comments/{number}"))
    del fields["tell_author"]
    changed = {"author_text.insult": "typed", "author_text.spam": "", "spans": "broken"}
    reply = person.send(f"/comments/{number}/decide", **fields | changed, ruling="reject:insult")
    assert reply.status_code == 422
    again = form_of(html.fromstring(reply.text))
    assert again["author_text.insult"] == "typed"
    assert again.get("author_text.spam", "") == ""
    assert "tell_author" not in again


def test_without_templates_or_a_site_to_tell_the_page_has_no_texts(
    visit: Visit, desk: Desk
) -> None:
    (first,) = bring(desk, [comment("Of a site.", external_id="1")])
    person = visit(Role.MODERATOR)
    assert not person.see(f"/comments/{first}").xpath('//*[@id="author-texts"]')
    with_texts(desk)
    (second,) = bring(desk, [comment("Of an upload.")])
    assert not person.see(f"/comments/{second}").xpath('//*[@id="author-texts"]')


def test_a_lead_edits_the_texts_and_a_refused_one_is_shown_again(visit: Visit, desk: Desk) -> None:
    lead = visit(Role.LEAD)
    fields = {"act": "texts", "text.default": "Dear author", "text.spam": "No {ads}"}
    reply = lead.send("/settings", **fields)
    assert reply.status_code == 422
    assert "{ads} is no placeholder" in reply.text
    assert "No {ads}" in reply.text
    assert desk.author_texts.templates() == {}
    done = lead.send("/settings", **fields | {"text.spam": "Not at {site}\r\nplease"})
    assert told_in(done) == "settings_saved"
    assert desk.author_texts.templates() == {"": "Dear author", "spam": "Not at {site}\nplease"}
    assert "Not at {site}" in words_of(lead.see("/settings"))


def test_one_key_rejects_with_the_text_that_is_seen(open_page: Open, desk: Desk) -> None:
    number = with_texts(desk)
    page = open_page(Role.MODERATOR)
    press(page, "g")
    expect(page.get_by_role("textbox", name="Ethnic hostility")).to_have_value(HOSTILE_TEXT)
    expect(page.get_by_role("textbox", name="Spam")).to_be_hidden()
    shoot(page, "author-text", whole=True)
    press(page, "r")
    assert told(desk, number) == [HOSTILE_TEXT]


def test_another_reasons_key_shows_its_text_first_and_rejects_when_pressed_again(
    open_page: Open, desk: Desk
) -> None:
    number = with_texts(desk)
    page = open_page(Role.MODERATOR)
    press(page, "g")
    page.wait_for_timeout(400)
    page.keyboard.press("7")
    spam = page.get_by_role("textbox", name="Spam")
    expect(spam).to_have_value(OTHER_TEXT)
    expect(page.get_by_role("status").filter(has_text="Press again")).to_be_visible()
    assert desk.queue.get(number).decisions == ()
    spam.fill("No advertisements, please.")
    page.keyboard.press("Escape")
    press(page, "7")
    assert told(desk, number) == ["No advertisements, please."]


def test_the_mouse_shows_a_reasons_text_before_it_rejects(open_page: Open, desk: Desk) -> None:
    number = with_texts(desk)
    page = open_page(Role.MODERATOR)
    press(page, "g")
    page.wait_for_timeout(400)
    page.get_by_role("button", name="Insult").last.hover()
    expect(page.get_by_role("textbox", name="Insult")).to_have_value(OTHER_TEXT)
    with page.expect_navigation():
        page.get_by_role("button", name="Insult").last.click()
    assert told(desk, number) == [OTHER_TEXT]


def test_on_a_phone_another_reason_is_tapped_twice(open_page: Open, desk: Desk) -> None:
    number = with_texts(desk)
    page = open_page(Role.MODERATOR, has_touch=True, viewport={"width": 390, "height": 844})
    press(page, "g")
    page.wait_for_timeout(400)
    button = page.locator('.reasons button[value="reject:spam"]')
    button.tap()
    expect(page.get_by_role("textbox", name="Spam")).to_be_visible()
    assert desk.queue.get(number).decisions == ()
    with page.expect_navigation():
        button.tap()
    assert told(desk, number) == [OTHER_TEXT]


def test_a_text_that_is_not_sent_asks_nothing(open_page: Open, desk: Desk) -> None:
    number = with_texts(desk)
    page = open_page(Role.MODERATOR)
    press(page, "g")
    page.get_by_label("Send it with a rejection").uncheck()
    expect(page.get_by_role("textbox", name="Ethnic hostility")).to_be_hidden()
    press(page, "7")
    assert told(desk, number) == [""]
