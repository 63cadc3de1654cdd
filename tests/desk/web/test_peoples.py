"""Peoples on the form of a decision: found by a search, and added by leads."""

from collections.abc import Callable

from lxml import html
from playwright.sync_api import Page, expect

from moderation.desk import Desk
from moderation.desk.types import People, Role
from moderation.text.peoples import PEOPLES
from tests.desk.web.browsing import Open, press, shoot
from tests.desk.web.people import NAMES, Person, bring, comment, told_in, words_of
from tests.desk.web.test_corrections import form_of
from tests.service.fakes import TARGET

Visit = Callable[[Role], Person]


def shown(page: Page) -> list[str]:
    """Return the names of the peoples in the list that can be seen."""
    labels = page.locator("#peoples label:has(input[type=checkbox])")
    return [label.inner_text().strip() for label in labels.all() if label.is_visible()]


def add(desk: Desk, *names: str) -> None:
    """Add peoples, the fake model's among them, which no table has."""
    lead = next(user for user in desk.accounts.users() if user.name == NAMES[Role.LEAD])
    desk.peoples.add(lead, TARGET)
    if names:
        desk.peoples.add(lead, names[0], names[1:])


def open_form(open_page: Open, role: Role = Role.MODERATOR) -> Page:
    page = open_page(role)
    press(page, "g")
    page.keyboard.press("l")
    page.keyboard.press("Escape")
    return page


def test_a_people_is_found_in_any_case_and_by_other_forms_of_its_name(
    open_page: Open, desk: Desk
) -> None:
    add(desk, "Riverfolk", "Žagarė people")
    (number,) = bring(desk, [comment("A text.")])
    page = open_form(open_page)
    search = page.get_by_role("searchbox", name="Find a group")
    assert len(shown(page)) == len(PEOPLES) + 2
    for words, expected in (
        ("LAOT", "Lao"),
        ("cambodián", "Khmer"),
        ("zagare", "Riverfolk"),
        ("khmer k", "Khmer Krom"),
    ):
        search.fill(words)
        # What the model chose stays in sight.
        assert set(shown(page)) == {expected, TARGET}, words
    expect(page.locator("#found-peoples")).to_have_text("Found: 1")
    search.fill("zagare")
    shoot(page, "peoples")
    page.keyboard.press("Enter")
    expect(page.get_by_role("checkbox", name="Riverfolk")).to_be_checked()
    assert desk.queue.get(number).decisions == ()
    search.fill("")
    assert len(shown(page)) == len(PEOPLES) + 2
    press_reject(page)
    decision = desk.queue.get(number).line.decision
    assert decision
    assert set(decision.ruling.targets or ()) == {TARGET, "Riverfolk"}


def press_reject(page: Page) -> None:
    page.locator("h1").evaluate("() => document.activeElement.blur()")
    press(page, "r")


def test_the_arrows_lead_from_the_search_through_what_it_found(open_page: Open, desk: Desk) -> None:
    bring(desk, [comment("A text.")])
    page = open_form(open_page)
    search = page.get_by_role("searchbox", name="Find a group")
    search.fill("khmer")
    page.keyboard.press("ArrowDown")
    expect(page.get_by_role("checkbox", name="Khmer", exact=True)).to_be_focused()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Space")
    expect(page.get_by_role("checkbox", name="Khmer Krom")).to_be_checked()
    page.keyboard.press("ArrowUp")
    page.keyboard.press("ArrowUp")
    expect(search).to_be_focused()
    page.keyboard.press("Escape")
    expect(search).to_have_value("")


def test_without_scripts_the_whole_list_is_there_and_no_search(open_page: Open, desk: Desk) -> None:
    (number,) = bring(desk, [comment("A text.")])
    page = open_page(Role.MODERATOR, java_script_enabled=False)
    page.goto(f"{page.url.partition('/desk')[0]}/desk/comments/{number}")
    page.locator("summary", has_text="Correct the labels").click()
    expect(page.get_by_role("searchbox", name="Find a group")).to_be_hidden()
    assert len(shown(page)) == len(PEOPLES) + 1


def test_a_lead_adds_a_people_while_deciding_and_keeps_what_was_typed(
    open_page: Open, desk: Desk
) -> None:
    add(desk)
    (number,) = bring(desk, [comment("A text.")])
    page = open_form(open_page, Role.LEAD)
    page.locator("#note").fill("to be kept")
    page.locator("summary", has_text="Add a group of people").click()
    page.get_by_label("Name; on further lines").fill("Riverfolk\nUplanders")
    page.wait_for_timeout(400)
    with page.expect_navigation():
        page.get_by_role("button", name="Add the group").click()
    expect(page.locator("#note")).to_have_value("to be kept")
    expect(page.get_by_role("checkbox", name="Riverfolk")).to_be_checked()
    assert desk.peoples.added() == [People(TARGET), People("Riverfolk", ("Uplanders",))]
    press_reject(page)
    decision = desk.queue.get(number).line.decision
    assert decision
    assert "Riverfolk" in (decision.ruling.targets or ())
    assert decision.ruling.note == "to be kept"


def test_a_people_that_is_known_is_refused_and_the_form_kept(visit: Visit, desk: Desk) -> None:
    (number,) = bring(desk, [comment("A text.")])
    lead = visit(Role.LEAD)
    fields = form_of(lead.see(f"/comments/{number}"))
    filled = fields | {"new_people": "thai", "note": "to be kept"}
    reply = lead.send(f"/comments/{number}/people", **filled)
    assert reply.status_code == 422
    page = html.fromstring(reply.text)
    assert "already in the list" in words_of(page, '//*[@role="alert"]')
    assert form_of(page)["note"] == "to be kept"
    assert not visit(Role.MODERATOR).see(f"/comments/{number}").xpath('//*[@id="new-people"]')


def test_a_lead_adds_and_sees_peoples_on_the_page_of_settings(visit: Visit, desk: Desk) -> None:
    lead = visit(Role.LEAD)
    done = lead.send("/settings", act="people", new_people="Riverfolk\r\nUplanders")
    assert told_in(done) == "people_added"
    page = words_of(lead.see("/settings"))
    assert "Riverfolk has been added and can be chosen." in page
    assert "Uplanders" in page
    again = lead.send("/settings", act="people", new_people="riverfolk")
    assert again.status_code == 422
    assert "riverfolk</textarea>" in again.text
