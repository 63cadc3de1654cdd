"""Moderators' wellbeing: blurred texts, the reminder to pause, other comments in between."""

from collections.abc import Callable
from dataclasses import replace

import pytest
from playwright.sync_api import Page, expect

from moderation.desk import Desk
from moderation.desk.types import Blur, DeskOptions, Preferences, Role, User
from moderation.service.intake import Submission
from tests.desk.web.browsing import Open, look, number_on, press, shoot
from tests.desk.web.people import NAMES, Person, bring, comment, told_in, words_of

Visit = Callable[[Role], Person]
MINUTE = 60_000


def user_of(desk: Desk, role: Role = Role.MODERATOR) -> User:
    return next(user for user in desk.accounts.users() if user.name == NAMES[role])


def prefer(desk: Desk, blur: Blur = Blur.NEVER, pause_minutes: int = 50) -> None:
    desk.preferences.save(user_of(desk), Preferences(blur, pause_minutes))


def severe(text: str) -> Submission:
    sent = comment(text)
    scores = {**sent.verdict.scores, "threat": 0.97, "ethnic_hostility": 0.99}
    return replace(sent, verdict=replace(sent.verdict, scores=scores))


def is_blurred(page: Page, selector: str) -> bool:
    """Tell whether the words in an element are blurred on the screen."""
    script = "e => getComputedStyle(e.firstElementChild).filter !== 'none'"
    return bool(page.eval_on_selector(selector, script))


def test_preferences_are_each_persons_own(visit: Visit, desk: Desk) -> None:
    person = visit(Role.MODERATOR)
    page = person.see("/password")
    assert page.xpath('//select[@id="blur"]/option[@selected]/@value') == ["never"]
    assert page.xpath('//input[@id="pause-minutes"]/@value') == ["50"]
    done = person.send("/preferences", blur="severe", pause_minutes="25")
    assert told_in(done) == "preferences_saved"
    assert user_of(desk).preferences == Preferences(Blur.SEVERE, 25)
    assert user_of(desk, Role.LEAD).preferences == Preferences()
    page = person.see("/password")
    assert page.xpath('//select[@id="blur"]/option[@selected]/@value') == ["severe"]


@pytest.mark.parametrize(
    ("blur", "minutes"), [("sometimes", "5"), ("never", "x"), ("never", "-1"), ("never", "481")]
)
def test_impossible_preferences_are_refused(
    visit: Visit, desk: Desk, blur: str, minutes: str
) -> None:
    reply = visit(Role.MODERATOR).send("/preferences", blur=blur, pause_minutes=minutes)
    assert reply.status_code == 422
    assert user_of(desk).preferences == Preferences()


def test_only_severe_texts_are_blurred_where_that_is_chosen(visit: Visit, desk: Desk) -> None:
    calm, bad = bring(desk, [comment("A calm one.", 0.5), severe("A severe one.")])
    prefer(desk, Blur.SEVERE)
    person = visit(Role.MODERATOR)
    page = person.see("/queues/review")
    veiled = [words_of(part, ".") for part in page.xpath('//*[contains(@class, "veiled")]')]
    assert veiled == ["A severe one."]
    assert person.see(f"/comments/{bad}").xpath('//*[@id="passage"][contains(@class, "veiled")]')
    assert not person.see(f"/comments/{calm}").xpath('//*[contains(@class, "veiled")]')
    # Nobody else's texts are blurred.
    assert not visit(Role.LEAD).see("/queues/review").xpath('//*[contains(@class, "veiled")]')


@pytest.mark.parametrize("way", ["click", "button", "key", "focus"])
def test_a_blurred_text_is_shown_when_it_is_asked_for_and_not_before(
    open_page: Open, desk: Desk, way: str
) -> None:
    bring(desk, [comment("They say vile things.", parent="An earlier remark.")])
    prefer(desk, Blur.ALWAYS)
    page = open_page(Role.MODERATOR)
    press(page, "g")
    button = page.get_by_role("button", name="Show the text")
    expect(button).to_be_focused()
    passage = page.locator("#passage")
    expect(page.get_by_role("region", name="Comment, blurred")).to_be_visible()
    assert is_blurred(page, "#passage")
    # It is not read out either.
    assert passage.locator(":scope > :not([aria-hidden=true])").count() == 0
    if way == "click":
        passage.click()
    elif way == "button":
        page.keyboard.press("Enter")
    elif way == "key":
        look(page)
        page.keyboard.press("v")
    else:
        page.keyboard.press("Tab")
    assert not is_blurred(page, "#passage")
    expect(passage).to_have_accessible_name("Text of the comment")
    assert passage.locator("[aria-hidden]").count() == 0
    expect(button).to_be_hidden()
    # Each text is asked for by itself, and stays shown.
    assert is_blurred(page, ".context .passage")
    page.locator("#note").focus()
    assert not is_blurred(page, "#passage")
    assert page.get_by_role("button", name="Approve").is_visible()


def test_each_comment_of_a_list_is_shown_by_itself(open_page: Open, desk: Desk) -> None:
    bring(desk, [comment(f"Vile thing {place}.") for place in range(3)])
    prefer(desk, Blur.ALWAYS)
    page = open_page(Role.MODERATOR)
    veiled = page.locator(".excerpt.veiled")
    expect(veiled).to_have_count(3)
    expect(page.get_by_role("link", name="blurred")).to_have_count(3)
    shoot(page, "blurred-list")
    page.keyboard.press("j")
    expect(veiled).to_have_count(2)
    expect(page.get_by_role("link", name="Vile thing")).to_have_count(1)
    # The first click shows a text, the second opens it.
    last = page.locator(".excerpt").nth(2).locator("a")
    last.click()
    expect(veiled).to_have_count(1)
    assert "/queues/review" in page.url
    page.wait_for_timeout(1_100)
    last.click()
    page.wait_for_url("**/comments/*")


def test_a_blurred_text_is_decided_on_with_the_same_keys(open_page: Open, desk: Desk) -> None:
    (number,) = bring(desk, [comment("They say vile things.")])
    prefer(desk, Blur.ALWAYS)
    page = open_page(Role.MODERATOR)
    press(page, "g")
    shoot(page, "blurred")
    press(page, "4")
    assert desk.queue.get(number).line.decision is not None


def test_without_scripts_a_blurred_text_is_shown_while_it_has_the_focus(
    open_page: Open, desk: Desk
) -> None:
    (number,) = bring(desk, [comment("They say vile things.")])
    prefer(desk, Blur.ALWAYS)
    page = open_page(Role.MODERATOR, java_script_enabled=False)
    page.goto(f"{page.url.partition('/desk')[0]}/desk/comments/{number}")
    passage = page.locator("#passage")
    expect(page.get_by_role("button", name="Show the text")).to_be_hidden()
    expect(passage.locator("> *").first).to_have_css("filter", "blur(9.36px)")
    passage.click()
    expect(passage.locator("> *").first).to_have_css("filter", "none")


def review_for(page: Page, minutes: int) -> None:
    """Let minutes pass, in each of which somebody does something."""
    for _ in range(minutes):
        page.clock.run_for(MINUTE)
        page.keyboard.press("Shift")
    page.clock.run_for(MINUTE // 4)


def test_the_reminder_comes_after_the_chosen_time_and_is_dismissed_without_losing_a_word(
    open_page: Open, desk: Desk
) -> None:
    (number,) = bring(desk, [comment("Something to decide.")])
    prefer(desk, pause_minutes=20)
    page = open_page(Role.MODERATOR)
    page.clock.install()
    page.goto(f"{page.url.partition('/desk')[0]}/desk/comments/{number}")
    page.locator("#note").fill("half a thou")
    reminder = page.get_by_text("You have been reviewing for 20 minutes.")
    review_for(page, 19)
    expect(reminder).to_be_hidden()
    review_for(page, 2)
    expect(reminder).to_be_visible()
    # The person goes on typing where they were.
    expect(page.locator("#note")).to_be_focused()
    page.keyboard.type("ght")
    shoot(page, "pause")
    page.get_by_role("button", name="Thanks, close this").click()
    expect(reminder).to_be_hidden()
    expect(page.locator("#note")).to_have_value("half a thought")
    review_for(page, 10)
    expect(reminder).to_be_hidden()
    review_for(page, 12)
    expect(reminder).to_be_visible()


def test_the_time_is_counted_over_pages_and_a_pause_begins_it_anew(
    open_page: Open, desk: Desk
) -> None:
    first, second = bring(desk, [comment("One to decide."), comment("Another.")])
    prefer(desk, pause_minutes=10)
    page = open_page(Role.MODERATOR)
    base = f"{page.url.partition('/desk')[0]}/desk/comments"
    page.clock.install()
    page.goto(f"{base}/{first}")
    review_for(page, 6)
    page.goto(f"{base}/{second}")
    reminder = page.get_by_text("You have been reviewing for 10 minutes.")
    review_for(page, 3)
    expect(reminder).to_be_hidden()
    page.clock.run_for(6 * MINUTE)
    page.keyboard.press("Shift")
    review_for(page, 8)
    expect(reminder).to_be_hidden()
    review_for(page, 3)
    expect(reminder).to_be_visible()


def test_nobody_is_reminded_who_turned_it_off(visit: Visit, desk: Desk) -> None:
    (number,) = bring(desk, [comment("Something to decide.")])
    prefer(desk, pause_minutes=0)
    assert not visit(Role.MODERATOR).see(f"/comments/{number}").xpath('//*[@id="pause"]')
    assert visit(Role.LEAD).see(f"/comments/{number}").xpath('//*[@id="pause"]')


def test_after_severe_comments_in_a_row_another_comes_first_and_the_page_says_so(
    open_page: Open, desk: Desk
) -> None:
    desk.settings.save(user_of(desk, Role.LEAD), DeskOptions(severe_in_a_row=2))
    *_, calm = bring(desk, [*(severe(f"Severe {n}.") for n in range(3)), comment("Calm.", 0.5)])
    page = open_page(Role.MODERATOR)
    press(page, "g")
    press(page, "a")
    press(page, "a")
    assert number_on(page) == calm
    expect(page.get_by_role("status").filter(has_text="in a row")).to_be_visible()
    press(page, "a")
    assert number_on(page) != calm
    expect(page.get_by_text("in a row")).to_have_count(0)


def test_a_lead_sets_the_number_of_severe_comments_in_a_row(visit: Visit, desk: Desk) -> None:
    lead = visit(Role.LEAD)
    page = lead.see("/settings")
    assert page.xpath('//input[@name="severe_in_a_row"]/@value') == ["5"]
    fields = {"act": "options", "site_name": "The Paper", "rules": "https://paper.example/rules"}
    assert told_in(lead.send("/settings", severe_in_a_row="3", **fields)) == "settings_saved"
    assert desk.settings.get() == DeskOptions(3, "The Paper", "https://paper.example/rules")
    reply = lead.send("/settings", severe_in_a_row="many", **fields | {"site_name": "Other"})
    assert reply.status_code == 422
    assert 'value="Other"' in reply.text
    assert desk.settings.get().severe_in_a_row == 3
