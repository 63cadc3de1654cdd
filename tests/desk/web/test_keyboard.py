"""Keys and pointers: what is pressed decides what is seen, once, whatever keyboard it is."""

import pytest
from playwright.sync_api import Page, expect

from moderation.desk import Desk
from moderation.desk.types import Filters, Outcome, Queue, Role
from moderation.verdict import Span
from tests.desk.web.browsing import Open, look, number_on, press, shoot
from tests.desk.web.people import bring, comment, comments
from tests.service.fakes import HOSTILE

pytestmark = pytest.mark.slow

TEXT = f"First words, then {HOSTILE} at last."
INSULT = "4"
HELD = """key => {
  const send = (type, repeat) => document.dispatchEvent(
    new KeyboardEvent(type, {key, code: `Key${key.toUpperCase()}`, repeat, bubbles: true}));
  send("keydown", false);
  for (let at = 0; at < 5; at += 1) send("keydown", false);
}"""


def decided(desk: Desk) -> int:
    return desk.queue.count(Filters(Queue.DECIDED)).number


def select(page: Page, text: str) -> None:
    """Select words of the comment, as two clicks or a drag do."""
    page.evaluate(
        """text => {
          const walker = document.createTreeWalker(
            document.getElementById("passage"), NodeFilter.SHOW_TEXT);
          while (walker.nextNode()) {
            const at = walker.currentNode.data.indexOf(text);
            if (at < 0) continue;
            getSelection().setBaseAndExtent(
              walker.currentNode, at, walker.currentNode, at + text.length);
          }
        }""",
        text,
    )


@pytest.mark.parametrize("focused", ["body", "#passage"])
def test_a_number_names_the_evidence_while_words_are_selected_and_rejects_nothing(
    open_page: Open, desk: Desk, focused: str
) -> None:
    (number,) = bring(desk, [comment(TEXT)])
    page = open_page(Role.MODERATOR)
    press(page, "g")
    look(page)
    if focused == "body":
        page.evaluate("document.activeElement.blur()")
    select(page, "First words")
    expect(page.locator("#marking")).to_be_visible()
    page.keyboard.press("9")
    page.keyboard.press(INSULT)
    expect(page.locator("mark")).to_have_text(["First words", HOSTILE])
    expect(page.locator("#marking")).to_be_hidden()
    assert number_on(page) == number
    assert decided(desk) == 0
    press(page, "2")
    assert desk.queue.get(number).decisions[0].ruling.reason == "inflammatory"


def test_after_m_a_number_marks_at_once(open_page: Open, desk: Desk) -> None:
    bring(desk, [comment(TEXT)])
    page = open_page(Role.MODERATOR)
    press(page, "g")
    look(page)
    page.keyboard.press("m")
    page.keyboard.press(INSULT)
    expect(page.locator("mark")).to_have_text(["First", HOSTILE])
    assert decided(desk) == 0


def test_a_key_that_is_held_or_pressed_twice_decides_on_one_comment(
    open_page: Open, desk: Desk
) -> None:
    bring(desk, comments(4))
    page = open_page(Role.MODERATOR)
    press(page, "g")
    look(page)
    first = number_on(page)
    with page.expect_navigation():
        page.evaluate(HELD, "a")
    page.evaluate(HELD, "a")
    page.wait_for_timeout(150)
    page.evaluate(HELD, "a")
    page.wait_for_timeout(500)
    assert decided(desk) == 1
    assert number_on(page) != first
    press(page, "a")
    assert decided(desk) == 2


def test_another_key_while_the_next_page_is_on_its_way_does_nothing(
    open_page: Open, desk: Desk
) -> None:
    bring(desk, comments(3))
    page = open_page(Role.MODERATOR)
    press(page, "g")
    look(page)
    first = number_on(page)
    with page.expect_navigation():
        page.evaluate(
            """() => {
              document.querySelector("[data-key=a]").click();
              document.querySelector("[data-key=s]").click();
              document.querySelector("[data-key='7']").click();
            }"""
        )
    look(page)
    rulings = [each.ruling.outcome for each in desk.queue.get(first).decisions]
    assert rulings == [Outcome.APPROVE]
    assert "skip=" not in page.url


def test_a_double_click_decides_on_one_comment(open_page: Open, desk: Desk) -> None:
    bring(desk, comments(3))
    page = open_page(Role.MODERATOR)
    press(page, "g")
    look(page)
    page.get_by_role("button", name="Approve").dblclick()
    page.wait_for_timeout(800)
    assert decided(desk) == 1


def test_a_page_that_was_stopped_takes_keys_again(open_page: Open, desk: Desk) -> None:
    bring(desk, comments(2))
    page = open_page(Role.MODERATOR)
    press(page, "g")
    look(page)
    page.clock.install()
    page.reload()
    page.clock.run_for(1_000)
    page.evaluate(
        """() => {
          document.addEventListener("submit", (event) => event.preventDefault(), {once: true});
          document.querySelector("[data-key=a]").click();
        }"""
    )
    page.keyboard.press("a")
    assert decided(desk) == 0
    page.clock.run_for(10_000)
    with page.expect_navigation():
        page.keyboard.press("a")
    assert decided(desk) == 1


def test_keys_act_on_a_khmer_keyboard(open_page: Open, desk: Desk) -> None:
    first, second = bring(desk, comments(2))
    page = open_page(Role.MODERATOR)
    press(page, "g")
    for key, code in (("ា", "KeyA"), ("៤", "Digit4")):
        look(page)
        with page.expect_navigation():
            page.evaluate(
                """([key, code]) => document.dispatchEvent(
                  new KeyboardEvent("keydown", {key, code, bubbles: true, cancelable: true}))""",
                [key, code],
            )
    assert desk.queue.get(second).decisions[0].ruling.outcome is Outcome.APPROVE
    assert desk.queue.get(first).decisions[0].ruling.reason == "insult"


def test_three_clicks_select_a_line_that_can_be_marked(open_page: Open, desk: Desk) -> None:
    (number,) = bring(desk, [comment("All of this line.", 0.9)])
    page = open_page(Role.MODERATOR)
    press(page, "g")
    look(page)
    page.locator("#passage span").first.click(click_count=3)
    expect(page.locator("#marking")).to_be_visible()
    page.keyboard.press(INSULT)
    expect(page.locator("mark")).to_have_text(["All of this line."])
    press(page, "r")
    assert desk.queue.get(number).decisions[0].ruling.spans == (Span(0, 17, "insult", 1.0),)


def test_the_focus_is_where_one_goes_on(open_page: Open, desk: Desk) -> None:
    bring(desk, [comment(f"{HOSTILE} once, {HOSTILE} twice. {place}") for place in range(2)])
    page = open_page(Role.MODERATOR)
    press(page, "g")
    expect(page.locator("#passage")).to_be_focused()
    press(page, "a")
    expect(page.locator("#passage")).to_be_focused()
    page.get_by_role("button", name=f"Remove “{HOSTILE}” (Ethnic hostility)").first.click()
    expect(page.locator("#evidence li button")).to_be_focused()
    expect(page.locator("#marked")).to_have_text(f"Removed: “{HOSTILE}” (Ethnic hostility)")
    page.keyboard.press("Enter")
    expect(page.locator("#passage")).to_be_focused()
    page.get_by_role("button", name="Restore the model’s evidence").click()
    expect(page.locator("mark")).to_have_count(2)
    press(page, "a")
    expect(page.get_by_text("That was the last one")).to_be_focused()


def test_leaving_what_was_typed_is_asked_about_and_deciding_is_not(
    open_page: Open, desk: Desk
) -> None:
    bring(desk, comments(2))
    page = open_page(Role.MODERATOR)
    asked: list[str] = []

    def stay(dialog: object) -> None:
        asked.append(dialog.type)  # type: ignore[attr-defined]
        dialog.dismiss()  # type: ignore[attr-defined]

    page.on("dialog", stay)
    press(page, "g")
    look(page)
    page.get_by_label("Note").fill("Half a thought")
    page.get_by_role("link", name="Decided").click()
    page.wait_for_timeout(300)
    assert asked == ["beforeunload"]
    expect(page.get_by_label("Note")).to_have_value("Half a thought")
    look(page)
    page.get_by_label("Note").blur()
    press(page, "a")
    assert asked == ["beforeunload"]
    assert decided(desk) == 1
    with page.expect_navigation():
        page.get_by_role("link", name="Decided").click()
    assert asked == ["beforeunload"]


def test_a_refused_form_is_shown_as_it_was_filled_in(open_page: Open, desk: Desk) -> None:
    (number,) = bring(desk, [comment(TEXT)])
    page = open_page(Role.MODERATOR)
    press(page, "g")
    look(page)
    select(page, "First words")
    page.keyboard.press(INSULT)
    page.keyboard.press("l")
    page.get_by_label("Label", exact=True).select_option("civil")
    page.get_by_label("Note").fill("Half a thought")
    page.get_by_label("Note").blur()
    press(page, "a")
    alert = page.get_by_role("alert")
    expect(alert).to_be_focused()
    expect(alert).to_contain_text("Only what is inflammatory or ethnic hostility has evidence.")
    expect(page.locator("mark")).to_have_text(["First words", HOSTILE])
    expect(page.get_by_label("Note")).to_have_value("Half a thought")
    shoot(page, "refused", whole=True)
    page.get_by_label("Label", exact=True).select_option("")
    page.get_by_label("Label", exact=True).blur()
    press(page, "r")
    ruling = desk.queue.get(number).decisions[0].ruling
    assert ruling.spans is not None
    assert ruling.spans[0] == Span(0, 11, "insult", 1.0)
    assert ruling.note == "Half a thought"


def test_a_comment_with_thousands_of_spans_is_corrected_without_waiting(
    open_page: Open, desk: Desk
) -> None:
    width = 8_000 // (len(HOSTILE) + 1)
    (number,) = bring(desk, [comment(f"{HOSTILE} " * 4 * width)])
    page = open_page(Role.MODERATOR)
    press(page, "g")
    look(page)
    expect(page.locator("#evidence li")).to_have_count(50)
    expect(page.locator("#more-evidence")).to_contain_text("more")
    took = page.evaluate(
        """() => {
          const begun = performance.now();
          document.querySelector("#evidence li button").click();
          return performance.now() - begun;
        }"""
    )
    assert took < 2_000
    press(page, "r")
    spans = desk.queue.get(number).decisions[0].ruling.spans
    assert spans is not None
    assert len(spans) == 4 * width - 1


def test_without_javascript_a_mark_says_what_it_is_for_and_nothing_is_offered_that_needs_it(
    open_page: Open, desk: Desk
) -> None:
    bring(desk, [comment(TEXT)])
    page = open_page(Role.MODERATOR, java_script_enabled=False)
    page.get_by_role("button", name="Start reviewing").click()
    assert page.locator("mark").get_attribute("title") == "Ethnic hostility"
    expect(page.locator("#legend")).to_have_text("Ethnic hostility")
    expect(page.locator("#mark-hint")).to_be_hidden()
    expect(page.get_by_role("button", name="Shortcuts")).to_have_count(0)
    expect(page.locator("kbd").first).to_be_hidden()
    shoot(page, "no-script", whole=True)
